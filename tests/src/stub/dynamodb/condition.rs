//! Supports only the condition expressions that the consumers send.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html>

use std::str::FromStr;

use serde_json::{Map, Value};

/// An item: attribute name to typed value, such as `{"S": "text"}`.
pub type Item = Map<String, Value>;

/// The names and values that the placeholders of an expression stand for.
#[derive(Clone, Copy, Debug)]
pub struct Placeholders<'a> {
    pub names: &'a Item,
    pub values: &'a Item,
}

/// True if an item meets a condition.
///
/// # Errors
/// If the condition is not supported, or lacks a placeholder.
pub fn holds(expression: &str, placeholders: Placeholders<'_>, item: Option<&Item>) -> Result<bool, String> {
    let check = Check { placeholders, item };
    match expression {
        "attribute_not_exists(id)" => Ok(check.attribute("id")?.is_none()),
        "attribute_not_exists(effects)" => Ok(check.attribute("effects")?.is_none()),
        "effects = :before" => check.equal("effects", ":before"),
        "#status = :inprogress AND #in_progress_expiry = :deadline" => {
            Ok(check.equal("#status", ":inprogress")? && check.equal("#in_progress_expiry", ":deadline")?)
        }
        // Powertools for AWS Lambda: a record may be claimed if there is none, if it has expired, or if its invocation
        // ended without a result.
        "attribute_not_exists(#id) OR #expiry < :now OR (#status = :inprogress AND \
         attribute_exists(#in_progress_expiry) AND #in_progress_expiry < :now_in_millis)" => {
            Ok(check.attribute("#id")?.is_none()
                || check.less("#expiry", ":now")?
                || (check.equal("#status", ":inprogress")? && check.less("#in_progress_expiry", ":now_in_millis")?))
        }
        _ => Err(format!("the stub does not know the condition {expression:?}")),
    }
}

struct Check<'a> {
    placeholders: Placeholders<'a>,
    item: Option<&'a Item>,
}

impl<'a> Check<'a> {
    fn attribute(&self, word: &str) -> Result<Option<&'a Value>, String> {
        let name = match self.placeholders.names.get(word) {
            Some(name) => name.as_str().ok_or("a name is no text")?,
            None if word.starts_with('#') => return Err(format!("no name for {word}")),
            None => word,
        };
        Ok(self.item.and_then(|item| item.get(name)))
    }

    fn value(&self, word: &str) -> Result<&'a Value, String> {
        self.placeholders.values.get(word).ok_or_else(|| format!("no value for {word}"))
    }

    fn equal(&self, attribute: &str, value: &str) -> Result<bool, String> {
        Ok(self.attribute(attribute)? == Some(self.value(value)?))
    }

    /// A comparison with a missing attribute, or one of another type, is false.
    fn less(&self, attribute: &str, value: &str) -> Result<bool, String> {
        let (attribute, value) = (self.attribute(attribute)?, self.value(value)?);
        Ok(attribute.and_then(number).zip(number(value)).is_some_and(|(attribute, value)| attribute < value))
    }
}

/// Integers are enough for the times here.
fn number(value: &Value) -> Option<i128> {
    i128::from_str(value.get("N")?.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::{Placeholders, holds};
    use serde_json::{Value, json};

    const CLAIM: &str = "attribute_not_exists(#id) OR #expiry < :now OR (#status = :inprogress AND \
                         attribute_exists(#in_progress_expiry) AND #in_progress_expiry < :now_in_millis)";

    fn check(expression: &str, item: &Value) -> Result<bool, String> {
        let names = json!({"#id": "id", "#expiry": "expiration", "#status": "status", "#in_progress_expiry": "in_progress_expiration"});
        let values =
            json!({":now": {"N": "100"}, ":now_in_millis": {"N": "100000"}, ":inprogress": {"S": "INPROGRESS"}});
        let placeholders = Placeholders { names: names.as_object().unwrap(), values: values.as_object().unwrap() };
        holds(expression, placeholders, item.as_object())
    }

    #[test]
    fn the_condition_of_an_idempotency_record() {
        let record = |status: &str, expiry: &str, in_progress: Option<&str>| {
            let mut record = json!({"id": {"S": "x"}, "status": {"S": status}, "expiration": {"N": expiry}});
            if let Some(in_progress) = in_progress {
                record["in_progress_expiration"] = json!({"N": in_progress});
            }
            record
        };
        for (item, free) in [
            (Value::Null, true),
            (record("COMPLETED", "101", None), false),
            (record("COMPLETED", "99", None), true),
            (record("COMPLETED", "101", Some("99999")), false),
            (record("INPROGRESS", "101", None), false),
            (record("INPROGRESS", "101", Some("100001")), false),
            (record("INPROGRESS", "101", Some("99999")), true),
            (record("INPROGRESS", "1000", Some("9")), true),
        ] {
            assert_eq!(check(CLAIM, &item), Ok(free), "{item}");
        }
    }

    #[test]
    fn any_other_condition_is_an_error() {
        for expression in ["", "#id = :now", "effects = :before OR effects = :after", "effects = :before"] {
            assert!(check(expression, &json!({})).is_err(), "{expression}");
        }
    }
}
