//! Small field readers that several vendors share.

use std::borrow::Cow;
use std::collections::HashSet;

use crm_event::{CustomField, Decimal, Email, Entity, FormField, Phone, Ref, Stage, Text, Web};

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

pub fn email<'a>(email: Option<Text<'a>>, kind: Option<&'static str>) -> Option<Email<'a>> {
    email.map(|email| Email { email: Some(email), kind: kind.map(Cow::Borrowed), ..Email::default() })
}

pub fn phone<'a>(number: Option<Text<'a>>, kind: Option<&'static str>) -> Option<Phone<'a>> {
    number.map(|number| Phone { number: Some(number), kind: kind.map(Cow::Borrowed), ..Phone::default() })
}

pub fn web<'a>(url: Option<Text<'a>>, kind: Option<&'static str>) -> Option<Web<'a>> {
    url.map(|url| Web { url: Some(url), kind: kind.map(Cow::Borrowed), ..Web::default() })
}

/// Converts an amount from minor units (cents) to major ones: `1249950` becomes `12499.50`. The point is moved in the
/// text, so that no digit is lost. A number that is not an integer is unreadable, so this is not for charges in fractions of
/// cents.
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

/// Custom fields of an object whose members are the fields. Empty ones are left out.
pub fn custom_fields<'a>(fields: &Object<'a>) -> Vec<CustomField<'a>> {
    fields.members().filter_map(|(name, value)| custom_field(name, value)).collect()
}

/// A custom field by its name and value; `None` if it is empty. Not for a field with an opaque id, which belongs into `id`.
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
    use super::{Object, minor_units};

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
