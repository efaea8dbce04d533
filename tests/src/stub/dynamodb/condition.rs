//! Condition expressions that compare top-level attributes.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html>

use std::cmp::Ordering;
use std::str::FromStr;

use serde_json::{Map, Value};

/// An item: attribute name to typed value, such as `{"S": "text"}`.
pub type Item = Map<String, Value>;

/// The values of an expression's placeholders.
#[derive(Clone, Copy, Debug)]
pub struct Placeholders<'a> {
    pub names: &'a Item,
    pub values: &'a Item,
}

/// True if an item meets a condition.
///
/// # Errors
/// If the condition is not supported here. The message has the position.
pub fn holds(expression: &str, placeholders: Placeholders<'_>, item: Option<&Item>) -> Result<bool, String> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace(',', " , ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser { words: &words, placeholders, item };
    let holds = parser.any()?;
    match parser.words {
        [] => Ok(holds),
        [word, ..] => Err(format!("unexpected {word:?} in {expression:?}")),
    }
}

struct Parser<'a> {
    words: &'a [&'a str],
    placeholders: Placeholders<'a>,
    item: Option<&'a Item>,
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Result<&'a str, String> {
        let (word, rest) = self.words.split_first().ok_or("the expression ends early")?;
        self.words = rest;
        Ok(word)
    }

    fn take(&mut self, word: &str) -> bool {
        let is = self.words.first().is_some_and(|next| next.eq_ignore_ascii_case(word));
        if is {
            self.words = self.words.split_first().map_or(&[], |(_, rest)| rest);
        }
        is
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.take(word) { Ok(()) } else { Err(format!("expected {word:?}, found {:?}", self.words.first())) }
    }

    /// `a OR b`
    fn any(&mut self) -> Result<bool, String> {
        let mut holds = self.all()?;
        while self.take("OR") {
            holds |= self.all()?;
        }
        Ok(holds)
    }

    /// `a AND b`
    fn all(&mut self) -> Result<bool, String> {
        let mut holds = self.one()?;
        while self.take("AND") {
            holds &= self.one()?;
        }
        Ok(holds)
    }

    fn one(&mut self) -> Result<bool, String> {
        if self.take("NOT") {
            return self.one().map(|holds| !holds);
        }
        if self.take("(") {
            let holds = self.any()?;
            self.expect(")")?;
            return Ok(holds);
        }
        for (function, wanted) in [("attribute_exists", true), ("attribute_not_exists", false)] {
            if self.take(function) {
                self.expect("(")?;
                let name = self.next()?;
                let exists = self.attribute(name)?.is_some();
                self.expect(")")?;
                return Ok(exists == wanted);
            }
        }
        let (left, operator, right) = (self.next()?, self.next()?, self.next()?);
        let (left, right) = (self.operand(left)?, self.operand(right)?);
        // A comparison with a missing attribute is false.
        let order = left.zip(right).and_then(|(left, right)| compare(left, right));
        Ok(match operator {
            "=" => order == Some(Ordering::Equal),
            "<>" => order != Some(Ordering::Equal),
            "<" => order == Some(Ordering::Less),
            "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            ">" => order == Some(Ordering::Greater),
            ">=" => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            _ => return Err(format!("unknown operator {operator:?}")),
        })
    }

    fn operand(&self, word: &str) -> Result<Option<&'a Value>, String> {
        if word.starts_with(':') {
            let value = self.placeholders.values.get(word);
            return value.map(Some).ok_or_else(|| format!("no value for {word}"));
        }
        self.attribute(word)
    }

    fn attribute(&self, word: &str) -> Result<Option<&'a Value>, String> {
        let name = match self.placeholders.names.get(word) {
            Some(name) => name.as_str().ok_or("a name is no text")?,
            None if word.starts_with('#') => return Err(format!("no name for {word}")),
            None => word,
        };
        Ok(self.item.and_then(|item| item.get(name)))
    }
}

/// Compares two values of the same type.
fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    let (left_type, left) = left.as_object()?.iter().next()?;
    let (right_type, right) = right.as_object()?.iter().next()?;
    if left_type != right_type {
        return None;
    }
    match left_type.as_str() {
        "S" => Some(left.as_str()?.cmp(right.as_str()?)),
        // Integers are enough for the times and counts here.
        "N" => Some(i128::from_str(left.as_str()?).ok()?.cmp(&i128::from_str(right.as_str()?).ok()?)),
        "BOOL" => Some(left.as_bool()?.cmp(&right.as_bool()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Placeholders, holds};
    use serde_json::{Value, json};

    fn check(expression: &str, item: &Value) -> Result<bool, String> {
        let names = json!({"#id": "id", "#expiry": "expiration", "#status": "status", "#in_progress_expiry": "in_progress_expiration"});
        let values =
            json!({":now": {"N": "100"}, ":now_in_millis": {"N": "100000"}, ":inprogress": {"S": "INPROGRESS"}});
        let placeholders = Placeholders { names: names.as_object().unwrap(), values: values.as_object().unwrap() };
        holds(expression, placeholders, item.as_object())
    }

    /// The condition of Powertools for AWS Lambda: a record may be claimed if there is none, if it has expired, or if
    /// its invocation ended without a result.
    #[test]
    fn the_condition_of_an_idempotency_record() {
        let condition = "attribute_not_exists(#id) OR #expiry < :now OR (#status = :inprogress AND \
                         attribute_exists(#in_progress_expiry) AND #in_progress_expiry < :now_in_millis)";
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
            assert_eq!(check(condition, &item), Ok(free), "{item}");
        }
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for expression in
            ["", "#id", "#id = ", "size(#id) > :now", "#id = :none", "#none = :now", "(#id = :now", "#id ~ :now"]
        {
            assert!(check(expression, &json!({})).is_err(), "{expression}");
        }
        assert_eq!(check("NOT #id = :now", &json!({"id": {"S": "100"}})), Ok(true), "values of two types");
        assert_eq!(check("id = :now", &json!({"id": {"N": "100"}})), Ok(true));
    }
}
