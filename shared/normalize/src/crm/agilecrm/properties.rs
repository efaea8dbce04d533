//! Reads `properties`, the list with the values of a contact or company.
//!
//! `[{"type": "SYSTEM", "name": "email", "subtype": "work", "value": "jane@example.com"}, ..]`. A name may occur
//! several times; `type` may be missing; `subtype` may be `null`, empty or missing. `value` is text or sometimes a
//! number; for addresses and lists of records it is JSON in a string.

use std::borrow::Cow;

use crm_event::{Address, CustomField, Email, Json, Phone, Text, Web};

use crate::fields::{email, phone, profile, web, word};
use crate::json::{Object, json_in_text};

/// The `type` of a property that the CRM's customer has added.
const CUSTOM: &str = "CUSTOM";

/// The values by name. If a record has only one of a kind, the first value is used.
#[derive(Default)]
pub(super) struct Properties<'a> {
    pub(super) name: Option<Text<'a>>,
    pub(super) first_name: Option<Text<'a>>,
    pub(super) last_name: Option<Text<'a>>,
    pub(super) title: Option<Text<'a>>,
    pub(super) company: Option<Text<'a>>,
    pub(super) image: Option<Text<'a>>,
    pub(super) emails: Vec<Email<'a>>,
    pub(super) phone_numbers: Vec<Phone<'a>>,
    pub(super) addresses: Vec<Address<'a>>,
    pub(super) websites: Vec<Web<'a>>,
    pub(super) social_links: Vec<Web<'a>>,
    /// The properties of type `CUSTOM`, and those with other names than the fields above.
    pub(super) custom_fields: Vec<CustomField<'a>>,
}

impl<'a> Properties<'a> {
    pub(super) fn read(record: &Object<'a>) -> Self {
        let mut all = Self::default();
        for property in record.objects("properties") {
            all.add(&property);
        }
        all
    }

    fn add(&mut self, property: &Object<'a>) {
        let Some(name) = property.text("name") else { return };
        let kind = property.text("type");
        let is_custom = kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case(CUSTOM));
        let name = if is_custom { "" } else { &*name };
        let value = || property.text("value");
        let subtype = || property.text("subtype").map(word);
        match name {
            "first_name" => keep_first(&mut self.first_name, value()),
            "last_name" => keep_first(&mut self.last_name, value()),
            "name" => keep_first(&mut self.name, value()),
            "title" => keep_first(&mut self.title, value()),
            "company" => keep_first(&mut self.company, value()),
            "image" => keep_first(&mut self.image, value()),
            // The name again, in lower case, for the vendor's search.
            "name_lower" => {}
            "email" => self.emails.extend(email(value(), subtype())),
            "phone" => self.phone_numbers.extend(phone(value(), subtype())),
            "address" => self.addresses.extend(address(property)),
            "url" => self.websites.extend(web(value(), None)),
            "website" => {
                let kind = subtype();
                if matches!(kind.as_deref(), None | Some("url" | "feed")) {
                    self.websites.extend(web(value(), kind));
                } else {
                    self.social_links.extend(profile(value(), kind));
                }
            }
            _ => self.custom_fields.extend(custom_field(property, kind)),
        }
    }
}

fn keep_first<'a>(field: &mut Option<Text<'a>>, value: Option<Text<'a>>) {
    if field.is_none() {
        *field = value;
    }
}

/// A field that the CRM's customer has added: `{"name": .., "value": ..}`. Empty ones are left out.
pub(super) fn custom_field<'a>(field: &Object<'a>, kind: Option<Text<'a>>) -> Option<CustomField<'a>> {
    Some(CustomField {
        name: Some(field.text("name")?),
        kind: kind.filter(|kind| !kind.eq_ignore_ascii_case(CUSTOM)).map(word),
        value: Some(value(field)?),
        ..CustomField::default()
    })
}

/// A field's value in its own type. Lists of records (`"[\"5694691248963584\"]"`) are JSON in a string.
fn value<'a>(field: &Object<'a>) -> Option<Json<'a>> {
    let json = field.json("value")?;
    if !json.is_string() {
        return json.json();
    }
    let text = field.text("value")?;
    let inner = if text.starts_with(['[', '{']) { json_in_text(&text) } else { None };
    inner.or_else(|| Json::of(&text).ok())
}

/// An address, which is JSON in a string: `{"address": .., "city": .., "state": .., "zip": .., "country": ..}`.
/// `country` is a name or a code. If it is a code, newer records have the name as `countryname`.
fn address<'a>(property: &Object<'a>) -> Option<Address<'a>> {
    let kind = property.text("subtype").map(word);
    if let Some(object) = property.any_object("value") {
        return parts(&object, kind);
    }
    let text = property.text("value")?;
    match Object::parse(&text) {
        Ok(object) => {
            let address = parts(&object, kind);
            if object.has_warnings() {
                property.warn("value");
            }
            address
        }
        Err(_) => Some(Address { kind, text: Some(text), ..Address::default() }),
    }
}

fn parts<'a>(parts: &Object<'_>, kind: Option<Text<'a>>) -> Option<Address<'a>> {
    let part = |name| parts.text(name).map(|text| Cow::Owned(text.into_owned()));
    let country: Option<Text<'a>> = part("country");
    let is_code = |text: &Text<'_>| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    let address = Address {
        line1: part("address"),
        city: part("city"),
        state: part("state"),
        postal_code: part("zip"),
        country_code: country.clone().filter(is_code),
        country: part("countryname").or(country),
        ..Address::default()
    };
    (address != Address::default()).then_some(Address { kind, ..address })
}
