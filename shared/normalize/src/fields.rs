//! Small field readers that several vendors share.

use std::borrow::Cow;

use crm_event::{CustomField, Email, Entity, FormField, Phone, Ref, Stage, Text, Web};

use crate::json::{Object, Value};

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
    email.map(|email| Email { email: Some(email), kind: kind.map(Cow::Borrowed), primary: None })
}

pub fn phone<'a>(number: Option<Text<'a>>, kind: Option<&'static str>) -> Option<Phone<'a>> {
    number.map(|number| Phone { number: Some(number), kind: kind.map(Cow::Borrowed), extension: None })
}

pub fn web<'a>(url: Option<Text<'a>>, kind: Option<&'static str>) -> Option<Web<'a>> {
    url.map(|url| Web { url: Some(url), kind: kind.map(Cow::Borrowed), ..Web::default() })
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

/// A custom field by its name and value; `None` if it is empty.
pub fn custom_field<'a>(name: Text<'a>, value: Value<'_, 'a>) -> Option<CustomField<'a>> {
    Some(CustomField { name: Some(name), value: Some(value.json()?), ..CustomField::default() })
}

/// Form fields of an object whose members are the fields. Empty ones stay, because the form was submitted that way.
pub fn form_fields<'a>(fields: &Object<'a>) -> Vec<FormField<'a>> {
    let field = |(name, value): (Text<'a>, Value<'_, 'a>)| FormField { name: Some(name), value: value.json() };
    fields.members().map(field).collect()
}
