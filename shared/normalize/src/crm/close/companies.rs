//! Leads, which are companies, and their contacts.

use std::borrow::Cow;

use crm_event::record::{Common, Company, Contact};
use crm_event::{Address, Email, Ref, Text};

use super::lead;
use crate::fields::{email, phone, reference, references, stage, web, word};
use crate::json::Object;

pub(super) fn company<'a>(common: Common<'a>, o: &Object<'a>) -> Company<'a> {
    Company {
        // For a lead without a name, `name` is `""` and `display_name` is "Untitled" or a contact's name.
        name: o.text("name").or_else(|| o.text("display_name")),
        description: o.text("description"),
        websites: web(o.text("url"), None).into_iter().collect(),
        status: o.text("status_label"),
        stage: stage(o.id("status_id"), o.text("status_label")),
        addresses: o.objects("addresses").map(|entry| address(&entry)).collect(),
        contacts: contacts(o),
        ..Company::new(common)
    }
}

fn address<'a>(o: &Object<'a>) -> Address<'a> {
    let line1 = match (o.text("address_1"), o.text("address_2")) {
        (Some(first), Some(second)) => Some(Cow::Owned([&*first, ", ", &*second].concat())),
        (first, second) => first.or(second),
    };
    Address {
        line1,
        city: o.text("city"),
        state: o.text("state"),
        postal_code: o.text("zipcode"),
        country: o.text("country"),
        kind: o.text("label").map(word),
        ..Address::default()
    }
}

/// The contacts. A webhook has their ids; a response of Close's API has the contacts themselves.
fn contacts<'a>(o: &Object<'a>) -> Vec<Ref<'a>> {
    if o.has("contact_ids") {
        return references(o.ids("contact_ids"));
    }
    o.objects("contacts").filter_map(|contact| reference(contact.id("id"), name(&contact))).collect()
}

fn name<'a>(o: &Object<'a>) -> Option<Text<'a>> {
    o.text("name").or_else(|| o.text("display_name"))
}

pub(super) fn contact<'a>(common: Common<'a>, o: &Object<'a>) -> Contact<'a> {
    // Close may send an entry that has a type and no value.
    let kind = |entry: &Object<'a>| entry.text("type").map(word);
    let email = |entry: Object<'a>| {
        let email = email(entry.text("email"), kind(&entry))?;
        Some(Email { is_unsubscribed: entry.bool("is_unsubscribed"), ..email })
    };
    Contact {
        name: name(o),
        title: o.text("title"),
        company: lead(o),
        emails: o.objects("emails").filter_map(email).collect(),
        phone_numbers: o.objects("phones").filter_map(|entry| phone(entry.text("phone"), kind(&entry))).collect(),
        websites: o.objects("urls").filter_map(|entry| web(entry.text("url"), kind(&entry))).collect(),
        time_zone: o.text("timezone"),
        ..Contact::new(common)
    }
}
