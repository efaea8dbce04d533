//! Custom fields: their key is an opaque hash of 40 digits, and their name is in no webhook.
//!
//! Version 2 has them under `custom_fields`, each with its type. Version 1 has them among the record's own members; a
//! field with several values has several members (`<key>`, `<key>_currency`).

use std::borrow::Cow;

use crm_event::{CustomField, Json, Text};
use serde_json::value::RawValue;

use crate::json::{Object, Value};

const KEY_DIGITS: usize = 40;

/// The suffixes that may follow the key of a field in version 1. In version 2 they are the names of the field's
/// members.
const PARTS: [&str; 15] = [
    "currency",
    "until",
    "timezone_id",
    "lat",
    "long",
    "subpremise",
    "street_number",
    "route",
    "sublocality",
    "locality",
    "admin_area_level_1",
    "admin_area_level_2",
    "country",
    "postal_code",
    "formatted_address",
];

/// The key of a custom field at the start of a member's name: the whole name, or all before a part.
pub(super) fn key_of(name: &str) -> Option<&str> {
    let (key, rest) = name.split_at_checked(KEY_DIGITS)?;
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (key.bytes().all(is_digit) && (rest.is_empty() || rest.starts_with('_'))).then_some(key)
}

/// The fields of version 2. Empty ones are left out.
pub(super) fn typed<'a>(fields: &Object<'a>) -> Vec<CustomField<'a>> {
    let field = |(key, value): (Text<'a>, Value<'_, 'a>)| {
        let (kind, value) = match fields.any_object(&key) {
            Some(field) => (field.text("type"), typed_value(&field)),
            None if is_filled(value) => (None, value.json()),
            None => (None, None),
        };
        Some(CustomField { id: Some(key), kind, value: Some(value?), ..CustomField::default() })
    };
    fields.members().filter_map(field).collect()
}

/// The value of a field: a single value as it is, an option or a record as its id, several of them as a list of ids,
/// and anything else as an object without its type.
fn typed_value<'a>(field: &Object<'a>) -> Option<Json<'a>> {
    let parts: Vec<_> = field.members().filter(|(name, value)| name != "type" && is_filled(*value)).collect();
    match parts.as_slice() {
        [] => None,
        [(name, value)] if name == "value" || name == "id" => value.json(),
        [(name, values)] if name == "values" => {
            let ids: Vec<_> = values.children().filter_map(|value| value.member("id")).map(Value::get).collect();
            if ids.is_empty() { None } else { json(format!("[{}]", ids.join(","))) }
        }
        parts => object(parts.iter().map(|(name, value)| (&**name, value.get()))),
    }
}

/// The fields of version 1. Empty ones are left out.
pub(super) fn flat<'a>(record: &Object<'a>) -> Vec<CustomField<'a>> {
    let field = |(key, value): (Text<'a>, Value<'_, 'a>)| {
        let part = |name: &'static str| Some((name, record.json(&format!("{key}_{name}"))?));
        let parts: Vec<_> = PARTS.into_iter().filter_map(part).filter(|(_, value)| is_filled(*value)).collect();
        let first = if parts.iter().any(|(name, _)| *name == "until") { "from" } else { "value" };
        let value = match parts.as_slice() {
            [] => value.json(),
            parts => object([(first, value)].iter().chain(parts).map(|(name, value)| (*name, value.get()))),
        };
        Some(CustomField { id: Some(key), value: Some(value?), ..CustomField::default() })
    };
    let is_key = |name: &str| name.len() == KEY_DIGITS && key_of(name).is_some();
    record.members().filter(|(name, value)| is_key(name) && is_filled(*value)).filter_map(field).collect()
}

/// False for `null` and empty text.
fn is_filled(value: Value<'_, '_>) -> bool {
    !value.is_null() && !value.is_blank()
}

/// An object of these names and JSON texts.
fn object<'m>(members: impl Iterator<Item = (&'m str, &'m str)>) -> Option<Json<'static>> {
    let members: Vec<_> = members.map(|(name, value)| format!("{}:{value}", serde_json::Value::from(name))).collect();
    json(format!("{{{}}}", members.join(",")))
}

fn json(text: String) -> Option<Json<'static>> {
    RawValue::from_string(text).ok().map(|json| Json::new(Cow::Owned(json)))
}
