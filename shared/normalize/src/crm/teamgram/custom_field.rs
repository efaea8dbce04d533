//! `CustomFieldDatas`: every value is a text, regardless of the field's type.

use std::borrow::Cow;

use crm_event::{CustomField, Decimal, Json};
use jiff::tz::TimeZone;
use serde_json::value::RawValue;

use super::{enumerated, is_iso_date};
use crate::json::Object;
use crate::time;

/// The documented types. Lists and attachments have others.
const TYPES: &[&str] = &["single_line_text", "multi_line_text", "number", "date", "datetime"];

/// The custom fields that are filled in.
pub fn custom_fields<'a>(o: &Object<'a>) -> Vec<CustomField<'a>> {
    o.objects("CustomFieldDatas").filter_map(|field| custom_field(&field)).collect()
}

fn custom_field<'a>(o: &Object<'a>) -> Option<CustomField<'a>> {
    let kind = enumerated(o, "CustomFieldType", TYPES);
    Some(CustomField {
        value: Some(value(o, kind.as_deref())?),
        id: o.id("CustomFieldId"),
        name: o.text("CustomFieldName"),
        label: None,
        kind,
    })
}

/// The value in the JSON type that fits the field's.
fn value<'a>(o: &Object<'a>, kind: Option<&str>) -> Option<Json<'a>> {
    let json = o.json("Value")?;
    if !json.is_string() {
        return json.json();
    }
    let text = o.text("Value")?;
    // If there is an `UnFormattedDate`, `Value` is in the account's own format.
    let date = || Some(o.text("UnFormattedDate").unwrap_or_else(|| text.clone())).filter(|text| is_iso_date(text));
    let typed = match kind {
        Some("single_line_text" | "multi_line_text") => None,
        Some("number") => Decimal::new(&*text).ok().and_then(|number| parsed(number.as_str())),
        Some("date") => date().and_then(|text| time::date(&text)).and_then(|date| Json::of(&date).ok()),
        Some("datetime") => {
            date().and_then(|text| time::instant(&text, &TimeZone::UTC)).and_then(|instant| Json::of(&instant).ok())
        }
        // The text of a list contains an object, that of an attachment an array.
        _ if text.starts_with(['{', '[']) => parsed(&text),
        _ => None,
    };
    typed.or_else(|| Json::of(&text).ok())
}

/// Parses the JSON in a text, if every parser can read it. Some parsers refuse values that ours accepts, such as
/// `1e999`.
fn parsed(text: &str) -> Option<Json<'static>> {
    serde_json::from_str::<serde_json::Value>(text).ok()?;
    RawValue::from_string(text.to_owned()).ok().map(|json| Json::new(Cow::Owned(json)))
}
