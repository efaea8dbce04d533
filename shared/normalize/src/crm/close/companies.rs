//! Leads, which are companies, and their contacts.

use std::borrow::Cow;

use crm_event::record::{Common, Company, Contact};
use crm_event::{Address, Email, Phone, Ref, Text, Web};

use super::lead;
use crate::fields::{reference, stage, web, word};
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
        return o.ids("contact_ids").into_iter().filter_map(|id| reference(Some(id), None)).collect();
    }
    o.objects("contacts").filter_map(|contact| reference(contact.id("id"), name(&contact))).collect()
}

fn name<'a>(o: &Object<'a>) -> Option<Text<'a>> {
    o.text("name").or_else(|| o.text("display_name"))
}

pub(super) fn contact<'a>(common: Common<'a>, o: &Object<'a>) -> Contact<'a> {
    let email = |entry: Object<'a>| Email {
        email: entry.text("email"),
        kind: entry.text("type").map(word),
        is_unsubscribed: entry.bool("is_unsubscribed"),
        ..Email::default()
    };
    let phone = |entry: Object<'a>| Phone {
        number: entry.text("phone"),
        kind: entry.text("type").map(word),
        ..Phone::default()
    };
    let website =
        |entry: Object<'a>| Web { url: entry.text("url"), kind: entry.text("type").map(word), ..Web::default() };
    Contact {
        name: name(o),
        title: o.text("title"),
        company: lead(o),
        // Close may send an entry that has a type and no value.
        emails: o.objects("emails").map(email).filter(|entry| entry.email.is_some()).collect(),
        phone_numbers: o.objects("phones").map(phone).filter(|entry| entry.number.is_some()).collect(),
        websites: o.objects("urls").map(website).filter(|entry| entry.url.is_some()).collect(),
        time_zone: o.text("timezone"),
        ..Contact::new(common)
    }
}
