//! Contacts: persons and companies.

use std::borrow::Cow;

use crm_event::record::{Common, Company, Contact, Record};
use crm_event::{Address, Email, Entity, Phone, Ref, Stage, Text, Web};

use super::billing::{Billing, billing};
use super::{Document, Fields};
use crate::fields::{email, full_name, phone, reference_to, word};
use crate::json::Object;

const PERSON_FIELDS: Fields = &[
    ("firstname", "first_name"),
    ("lastname", "last_name"),
    ("companyTitle", "company"),
    ("companies", "companies"),
    ("customerId", "number"),
    ("emails", "emails"),
    ("phoneNumbers", "phone_numbers"),
    ("addresses", "addresses"),
    ("websites", "websites"),
    ("socialNetworks", "social_links"),
    ("category", "relationship_types"),
    ("archived", "is_archived"),
];

const COMPANY_FIELDS: Fields = &[
    ("companyTitle", "name"),
    ("type", "kind"),
    ("customerId", "number"),
    ("emails", "emails"),
    ("phoneNumbers", "phone_numbers"),
    ("addresses", "addresses"),
    ("websites", "websites"),
    ("socialNetworks", "social_links"),
    ("category", "relationship_types"),
    ("archived", "is_archived"),
];

pub(super) fn contact_or_company<'a>(common: Common<'a>, doc: &Object<'a>) -> Document<'a> {
    if is_company(doc) {
        Document { record: Record::from(company(common, doc)), fields: COMPANY_FIELDS }
    } else {
        Document { record: Record::from(contact(common, doc)), fields: PERSON_FIELDS }
    }
}

/// True for a company, by `type`. A document without `type` is a company if it has a company's name and no person's
/// name.
fn is_company(doc: &Object<'_>) -> bool {
    match doc.text("type").map(word).as_deref() {
        Some("company") => true,
        Some("person") => false,
        _ => {
            let has = |name| doc.text(name).is_some();
            has("companyTitle") && !has("firstname") && !has("lastname")
        }
    }
}

fn contact<'a>(common: Common<'a>, doc: &Object<'a>) -> Contact<'a> {
    let (first_name, last_name) = (doc.text("firstname"), doc.text("lastname"));
    let Reach { mut emails, mut phone_numbers, mut addresses, websites, social_links } = reach(doc);
    let jobs: Vec<_> = doc.objects("companies").collect();
    for job in &jobs {
        emails.extend(email(job.text("email"), at_company()));
        phone_numbers.extend(phone(job.text("phone"), at_company()));
        addresses.extend(job.object("address").and_then(|place| address(&place, at_company())));
    }
    let companies: Vec<Ref<'a>> = jobs.iter().filter_map(job).collect();
    let Billing { billing_type, rate, rates, budget_type, budget, budget_hours } = billing(doc);
    Contact {
        name: full_name(first_name.as_ref(), last_name.as_ref()),
        first_name,
        last_name,
        salutation: doc.text("salutation"),
        title: companies.iter().find_map(|company| company.title.clone()),
        gender: doc.text("gender").map(word),
        company: companies.first().cloned().or_else(|| reference_to(Entity::Company, None, doc.text("companyTitle"))),
        emails,
        phone_numbers,
        addresses,
        websites,
        social_links,
        birthday: doc.date("birthday"),
        relationship_types: relationship_types(doc),
        companies,
        number: doc.text("customerId"),
        is_archived: doc.bool("archived"),
        billing_type,
        rate,
        rates,
        budget_type,
        budget,
        budget_hours,
        ..Contact::new(common)
    }
}

fn company<'a>(common: Common<'a>, doc: &Object<'a>) -> Company<'a> {
    let Reach { emails, phone_numbers, addresses, websites, social_links } = reach(doc);
    let Billing { billing_type, rate, rates, budget_type, budget, budget_hours } = billing(doc);
    Company {
        name: doc.text("companyTitle"),
        kind: Some(Cow::Borrowed("company")),
        number: doc.text("customerId"),
        emails,
        phone_numbers,
        addresses,
        websites,
        social_links,
        relationship_types: relationship_types(doc),
        is_archived: doc.bool("archived"),
        billing_type,
        rate,
        rates,
        budget_type,
        budget,
        budget_hours,
        ..Company::new(common)
    }
}

/// The types of relationship, `customer` and `supplier`.
fn relationship_types<'a>(doc: &Object<'a>) -> Vec<Stage<'a>> {
    doc.text("category").map(|category| Stage { id: None, name: Some(word(category)) }).into_iter().collect()
}

/// A company that a person works for.
fn job<'a>(job: &Object<'a>) -> Option<Ref<'a>> {
    let company = reference_to(Entity::Company, job.id("companyId"), None)?;
    Some(Ref { title: job.text("position"), ..company })
}

/// The kind of an address, number or e-mail address that a person has at a company.
fn at_company() -> Option<Text<'static>> {
    Some(Cow::Borrowed("company"))
}

/// The contact data of a person or company.
struct Reach<'a> {
    emails: Vec<Email<'a>>,
    phone_numbers: Vec<Phone<'a>>,
    addresses: Vec<Address<'a>>,
    websites: Vec<Web<'a>>,
    social_links: Vec<Web<'a>>,
}

fn reach<'a>(doc: &Object<'a>) -> Reach<'a> {
    let kind = |entry: &Object<'a>| entry.text("type").map(word);
    let web = |entry: Object<'a>| {
        let (url, username) = (entry.text("url"), entry.text("username"));
        (url.is_some() || username.is_some()).then(|| Web { url, kind: kind(&entry), username })
    };
    Reach {
        emails: doc.objects("emails").filter_map(|entry| email(entry.text("email"), kind(&entry))).collect(),
        phone_numbers: doc
            .objects("phoneNumbers")
            .filter_map(|entry| phone(entry.text("number"), kind(&entry)))
            .collect(),
        addresses: doc
            .objects("addresses")
            .filter_map(|entry| address(&entry.object("address")?, kind(&entry)))
            .collect(),
        websites: doc.objects("websites").filter_map(web).collect(),
        social_links: doc.objects("socialNetworks").filter_map(web).collect(),
    }
}

/// Reads an address; `None` if all parts are empty.
fn address<'a>(place: &Object<'a>, kind: Option<Text<'a>>) -> Option<Address<'a>> {
    let text = place.text("fullAddress");
    let address = Address {
        line1: line(place.text("street"), place.text("street_number"), text.as_deref()),
        city: place.text("city"),
        state: place.text("state"),
        postal_code: place.text("zip"),
        country: place.text("country"),
        text,
        latitude: place.decimal("lat"),
        longitude: place.decimal("lng"),
        ..Address::default()
    };
    (address != Address::default()).then_some(Address { kind, ..address })
}

/// Street and number in the order of the whole address: `Lindenstraße 12`, but `140 10th St`.
fn line<'a>(street: Option<Text<'a>>, number: Option<Text<'a>>, whole: Option<&str>) -> Option<Text<'a>> {
    let (Some(street), Some(number)) = (street.as_deref(), number.as_deref()) else { return street.or(number) };
    let number_first = [number, " ", street].concat();
    let line = match whole {
        Some(whole) if whole.contains(&number_first) => number_first,
        _ => [street, " ", number].concat(),
    };
    Some(Cow::Owned(line))
}
