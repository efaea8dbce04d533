//! Small field readers that several vendors share.

use std::borrow::Cow;
use std::collections::HashSet;

use crm_event::{Actor, CustomField, Decimal, Email, Entity, FormField, Phone, Ref, Stage, Text, Web};

use crate::json::{Object, Value, integer_digits};

/// The ids of a webhook about many records, each once.
pub fn distinct<'a>(ids: impl IntoIterator<Item = Text<'a>>) -> Vec<Text<'a>> {
    let mut seen = HashSet::new();
    ids.into_iter().filter(|id| seen.insert(id.clone())).collect()
}

/// First and last name joined; `None` if both are missing.
pub fn full_name<'a>(first: Option<&Text<'a>>, last: Option<&Text<'a>>) -> Option<Text<'a>> {
    match (first, last) {
        (Some(first), Some(last)) => Some(Cow::Owned([first, " ", last].concat())),
        (one, other) => one.or(other).cloned(),
    }
}

/// A reference by id, name or both; `None` if both are missing.
pub fn reference<'a>(id: Option<Text<'a>>, name: Option<Text<'a>>) -> Option<Ref<'a>> {
    (id.is_some() || name.is_some()).then(|| Ref { id, name, ..Ref::default() })
}

/// A reference that also names the entity it refers to.
pub fn reference_to<'a>(entity: Entity, id: Option<Text<'a>>, name: Option<Text<'a>>) -> Option<Ref<'a>> {
    reference(id, name).map(|reference| Ref { entity: Some(entity), ..reference })
}

/// A stage, pipeline, category or region by id, name or both.
pub fn stage<'a>(id: Option<Text<'a>>, name: Option<Text<'a>>) -> Option<Stage<'a>> {
    (id.is_some() || name.is_some()).then_some(Stage { id, name })
}

/// References to records by their ids.
pub fn references(ids: Vec<Text<'_>>) -> Vec<Ref<'_>> {
    ids.into_iter().map(|id| Ref { id: Some(id), ..Ref::default() }).collect()
}

/// The user who made a change.
pub fn user_actor(id: Text<'_>) -> Actor<'_> {
    Actor { id: Some(id), actor_type: Some(Cow::Borrowed("user")), ..Actor::default() }
}

pub fn email<'a>(email: Option<Text<'a>>, kind: Option<Text<'a>>) -> Option<Email<'a>> {
    email.map(|email| Email { email: Some(email), kind, ..Email::default() })
}

pub fn phone<'a>(number: Option<Text<'a>>, kind: Option<Text<'a>>) -> Option<Phone<'a>> {
    number.map(|number| Phone { number: Some(number), kind, ..Phone::default() })
}

pub fn web<'a>(url: Option<Text<'a>>, kind: Option<Text<'a>>) -> Option<Web<'a>> {
    url.map(|url| Web { url: Some(url), kind, ..Web::default() })
}

/// A profile in a network, for vendors that store what a person typed: its URL or the name there.
pub fn profile<'a>(text: Option<Text<'a>>, kind: Option<Text<'a>>) -> Option<Web<'a>> {
    let text = text?;
    let is_url = text.contains('/') || text.starts_with("www.");
    let (url, username) = if is_url { (Some(text), None) } else { (None, Some(text)) };
    Some(Web { url, kind, username })
}

/// The status of a task.
pub fn task_status(is_completed: bool) -> Text<'static> {
    Cow::Borrowed(if is_completed { "completed" } else { "open" })
}

/// The state of a call in this project's words. Words without one stay.
pub fn call_state(text: Text<'_>) -> Text<'_> {
    let state = word(text);
    match &*state {
        "in_progress" => Cow::Borrowed("active"),
        "completed" => Cow::Borrowed("ended"),
        "no_answer" => Cow::Borrowed("missed"),
        _ => state,
    }
}

/// The direction of a call or a message: `inbound` or `outbound`, also for `incoming` and `outgoing`.
pub fn direction(text: Text<'_>) -> Text<'_> {
    let direction = word(text);
    match &*direction {
        "incoming" => Cow::Borrowed("inbound"),
        "outgoing" => Cow::Borrowed("outbound"),
        _ => direction,
    }
}

/// The number that a call or a message came from and the one it went to, for vendors that send the account's own number
/// and the other side's.
pub fn from_and_to<T>(direction: Option<&str>, own: T, other: T) -> (T, T) {
    if direction == Some("outbound") { (own, other) } else { (other, own) }
}

/// Converts a share of one to percent: `0.25` becomes `25`. The point is moved in the text, so that no digit is lost. A
/// share with an exponent or below zero is unreadable.
pub fn percent(share: Text<'_>) -> Option<Decimal<'_>> {
    let share = Decimal::new(share).ok()?;
    if !share.as_str().bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let (whole, fraction) = share.as_str().split_once('.').unwrap_or((share.as_str(), ""));
    let fraction = format!("{fraction:0<2}");
    let (moved, rest) = fraction.split_at_checked(2)?;
    let digits = [whole, moved].concat();
    // A number begins with one zero only if no other digit is before the point.
    let digits = digits.trim_start_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    Decimal::new(if rest.is_empty() { digits.to_owned() } else { [digits, ".", rest].concat() }).ok()
}

/// Converts an amount from minor units (cents) to major ones: `1249950` becomes `12499.50`. The point is moved in the
/// text, so that no digit is lost. A number that is not an integer is unreadable, so this is not for charges in
/// fractions of cents.
pub fn minor_units<'a>(o: &Object<'a>, name: &str) -> Option<Decimal<'a>> {
    o.decimal_by(name, |digits| {
        let number = Decimal::new(digits).ok()?;
        Decimal::new(with_two_decimals(&integer_digits(number.as_str())?)?).ok()
    })
}

/// Inserts the point: `-5` becomes `-0.05`. All amounts in minor units have two decimals at these vendors.
fn with_two_decimals(integer: &str) -> Option<String> {
    let (sign, digits) = integer.strip_prefix('-').map_or(("", integer), |digits| ("-", digits));
    let digits = format!("{digits:0>3}");
    let (whole, cents) = digits.split_at_checked(digits.len().checked_sub(2)?)?;
    let sign = if digits.bytes().all(|digit| digit == b'0') { "" } else { sign };
    Some([sign, whole, ".", cents].concat())
}

/// A vendor's word of a closed list in this project's spelling: lower case, `_` between words.
pub fn word(text: Text<'_>) -> Text<'_> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || !byte.is_ascii();
    if text.bytes().all(plain) {
        return text;
    }
    let lower = text.to_ascii_lowercase();
    Cow::Owned(if lower.contains([' ', '-']) { lower.replace([' ', '-'], "_") } else { lower })
}

/// The entries of a list in one text. Empty ones are left out.
pub fn entries(list: &str, separators: &[char]) -> Vec<Text<'static>> {
    let entries = list.split(separators).map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(|entry| Cow::Owned(entry.to_owned())).collect()
}

/// Custom fields of an object whose members are the fields. Empty ones are left out.
pub fn custom_fields<'a>(fields: &Object<'a>) -> Vec<CustomField<'a>> {
    fields.members().filter_map(|(name, value)| custom_field(name, value)).collect()
}

/// A custom field by its name and value; `None` if it is empty. Not for a field with an opaque id, which belongs into
/// `id`.
pub fn custom_field<'a>(name: Text<'a>, value: Value<'_, 'a>) -> Option<CustomField<'a>> {
    Some(CustomField { name: Some(name), value: Some(value.json()?), ..CustomField::default() })
}

/// Form fields of an object whose members are the fields. Empty ones stay, because the form was submitted that way.
pub fn form_fields<'a>(fields: &Object<'a>) -> Vec<FormField<'a>> {
    let field = |(name, value): (Text<'a>, Value<'_, 'a>)| FormField { name: Some(name), value: value.json() };
    fields.members().map(field).collect()
}

#[cfg(test)]
mod tests {
    use super::{Object, minor_units, percent};

    #[test]
    fn percent_keep_every_digit() {
        for (share, expected) in [
            ("0", Some("0")),
            ("0.0", Some("0")),
            ("0.25", Some("25")),
            ("0.2", Some("20")),
            ("0.05", Some("5")),
            ("0.005", Some("0.5")),
            ("1", Some("100")),
            ("1.0", Some("100")),
            ("0.20000000298023224", Some("20.000000298023224")),
            ("1E-4", None),
            ("1.0E-4", None),
            ("-0.5", None),
            ("half", None),
            ("", None),
        ] {
            assert_eq!(percent(share.into()).as_ref().map(|percent| percent.as_str()), expected, "{share}");
        }
    }

    #[test]
    fn minor_units_keep_every_digit_and_what_is_no_integer_is_unreadable() {
        for (value, expected) in [
            ("1249950", Some("12499.50")),
            ("25000", Some("250.00")),
            ("100", Some("1.00")),
            ("99", Some("0.99")),
            ("5", Some("0.05")),
            ("0", Some("0.00")),
            ("-0", Some("0.00")),
            ("-5", Some("-0.05")),
            ("-1249950", Some("-12499.50")),
            ("9007199254740993", Some("90071992547409.93")),
            ("123456789012345678901234567890", Some("1234567890123456789012345678.90")),
            ("1249950.0", Some("12499.50")),
            ("1.24995e6", Some("12499.50")),
            ("\" 25000 \"", Some("250.00")),
        ] {
            let body = format!("{{\"value\": {value}}}");
            let o = Object::parse(&body).unwrap();
            assert_eq!(minor_units(&o, "value").as_ref().map(|amount| amount.as_str()), expected, "{value}");
            assert!(o.take_warnings().is_empty(), "{value}");
        }
        for value in ["12.5", "1e-1", "1e400", "\"007\"", "\"$250\"", "\"2,500\"", "true", "[25000]", "{}"] {
            let body = format!("{{\"value\": {value}}}");
            let o = Object::parse(&body).unwrap();
            assert_eq!(minor_units(&o, "value"), None, "{value}");
            assert_eq!(o.take_warnings(), ["value"], "{value}");
        }
        for value in ["null", "\"\"", "\" \""] {
            let body = format!("{{\"value\": {value}}}");
            let o = Object::parse(&body).unwrap();
            assert_eq!(minor_units(&o, "value"), None, "{value}");
            assert!(o.take_warnings().is_empty(), "{value}");
        }
    }
}
