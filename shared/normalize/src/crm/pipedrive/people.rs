//! Persons, organizations, users.

use crm_event::record::{Common, Company, Contact, User};
use crm_event::{Address, Email, Phone, Text, Web};

use super::{is_deleted, link, next_activity_at};
use crate::fields::{email, phone, word};
use crate::json::{Entry, Object};

pub(super) fn contact<'a>(common: Common<'a>, o: &Object<'a>) -> Contact<'a> {
    Contact {
        name: o.text("name"),
        first_name: o.text("first_name"),
        last_name: o.text("last_name"),
        title: o.text("job_title"),
        company: link(o, "org_id", "org_name"),
        emails: emails(o),
        phone_numbers: phones(o),
        addresses: address(o, "postal_address").into_iter().collect(),
        social_links: messengers(o),
        birthday: o.date("birthday"),
        description: o.text("notes"),
        last_emailed_at: o.time("last_outgoing_mail_time"),
        last_email_received_at: o.time("last_incoming_mail_time"),
        next_activity_at: next_activity_at(o),
        is_deleted: is_deleted(o),
        ..Contact::new(common)
    }
}

pub(super) fn company<'a>(common: Common<'a>, o: &Object<'a>) -> Company<'a> {
    let address = address(o, "address").unwrap_or_default();
    let address = Address { country_code: o.text("country_code"), ..address };
    Company {
        name: o.text("name"),
        addresses: if address == Address::default() { Vec::new() } else { vec![address] },
        next_activity_at: next_activity_at(o),
        is_deleted: is_deleted(o),
        ..Company::new(common)
    }
}

pub(super) fn user<'a>(common: Common<'a>, o: &Object<'a>) -> User<'a> {
    User {
        name: o.text("name"),
        email: o.text("email"),
        currency: o.text("default_currency"),
        language: o.text("locale"),
        time_zone: o.text("timezone_name"),
        is_active: o.bool("active_flag"),
        phone_numbers: phones(o),
        photo_url: o.text("icon_url"),
        last_login_at: o.time("last_login"),
        ..User::new(common)
    }
}

/// The e-mail addresses: objects with a label, or one text in a user.
fn emails<'a>(o: &Object<'a>) -> Vec<Email<'a>> {
    let read = |entry| match entry {
        Entry::Text(address) => email(Some(address), None),
        Entry::Object(o) => {
            let email = email(o.text("value"), o.text("label").map(word))?;
            Some(Email { primary: o.bool("primary"), ..email })
        }
    };
    o.objects_or_texts(if o.json("emails").is_some() { "emails" } else { "email" }).filter_map(read).collect()
}

fn phones<'a>(o: &Object<'a>) -> Vec<Phone<'a>> {
    let read = |entry| match entry {
        Entry::Text(number) => phone(Some(number), None),
        Entry::Object(o) => {
            let phone = phone(o.text("value"), o.text("label").map(word))?;
            Some(Phone { primary: o.bool("primary"), ..phone })
        }
    };
    o.objects_or_texts(if o.json("phones").is_some() { "phones" } else { "phone" }).filter_map(read).collect()
}

/// Names in messengers: Skype and the like.
fn messengers<'a>(o: &Object<'a>) -> Vec<Web<'a>> {
    let name =
        |o: Object<'a>| Some(Web { username: Some(o.text("value")?), kind: o.text("label").map(word), url: None });
    o.objects("im").filter_map(name).collect()
}

/// An address: an object, or in version 1 a text with its parts beside it (`address_country`).
fn address<'a>(o: &Object<'a>, name: &str) -> Option<Address<'a>> {
    let parts = o.any_object(name);
    let part = |part: &str| match &parts {
        Some(parts) => parts.text(part),
        None => o.text(&format!("{name}_{part}")),
    };
    let line1: Vec<_> = ["route", "street_number", "subpremise"].into_iter().filter_map(part).collect();
    let whole = || if parts.is_some() { part("value") } else { o.text(name) };
    let address = Address {
        line1: (!line1.is_empty()).then(|| Text::Owned(line1.join(" "))),
        city: part("locality").or_else(|| part("sublocality")),
        state: part("admin_area_level_1").or_else(|| part("admin_area_level_2")),
        postal_code: part("postal_code"),
        country: part("country"),
        text: part("formatted_address").or_else(whole),
        ..Address::default()
    };
    (address != Address::default()).then_some(address)
}
