//! `CustomFieldDatas`: every value is a text, regardless of the field's type.

use crm_event::{CustomField, Decimal, Json};
use jiff::tz::TimeZone;

use super::{enumerated, is_iso_date, is_set};
use crate::json::{Object, json_in_text};
use crate::time;

/// The documented types. Lists and attachments have others.
const TYPES: &[&str] = &["single_line_text", "multi_line_text", "number", "date", "datetime"];

/// The custom fields that are filled in.
pub(super) fn custom_fields<'a>(o: &Object<'a>) -> Vec<CustomField<'a>> {
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
    let is_date = matches!(kind, Some("date" | "datetime"));
    if is_date && date().and_then(|text| time::date(&text)).is_some_and(|date| !is_set(date)) {
        return None;
    }
    let typed = match kind {
        Some("single_line_text" | "multi_line_text") => None,
        Some("number") => Decimal::new(&*text).ok().and_then(|number| json_in_text(number.as_str())),
        Some("date") => date().and_then(|text| time::date(&text)).and_then(|date| Json::of(&date).ok()),
        Some("datetime") => {
            date().and_then(|text| time::instant(&text, &TimeZone::UTC)).and_then(|instant| Json::of(&instant).ok())
        }
        // The text of a list contains an object, that of an attachment an array.
        _ if text.starts_with(['{', '[']) => json_in_text(&text),
        _ => None,
    };
    typed.or_else(|| Json::of(&text).ok())
}
