//! The records, made of the attributes that changed.

use crm_event::record::{Activity, Common, Company, Contact, Deal, Lead, Project, Record, Task};
use crm_event::{Address, Email, Entity, Phone, Ref, Stage, Text, Web};
use jiff::civil::Date;

use crate::fields::{email, phone, reference, reference_to, stage, web, word};
use crate::json::{Entry, Object};

/// The record with these attributes.
pub(super) fn record<'a>(entity: Entity, id: Text<'a>, o: &Object<'a>) -> Record<'a> {
    let common = Common { owner: linked(o, "assignee_id", "assignee"), tags: o.texts("tags"), ..Common::new(id) };
    match entity {
        Entity::Contact => contact(common, o).into(),
        Entity::Company => company(common, o).into(),
        Entity::Lead => lead(common, o).into(),
        Entity::Deal => deal(common, o).into(),
        Entity::Project => project(common, o).into(),
        Entity::Task => task(common, o).into(),
        _ => activity(common, o).into(),
    }
}

fn contact<'a>(common: Common<'a>, o: &Object<'a>) -> Contact<'a> {
    Contact {
        name: o.text("name"),
        first_name: o.text("first_name"),
        last_name: o.text("last_name"),
        salutation: o.text("prefix"),
        title: o.text("title"),
        company: employer(o),
        emails: emails(o, "emails"),
        phone_numbers: phone_numbers(o),
        websites: webs(o, "websites"),
        social_links: webs(o, "socials"),
        addresses: addresses(o),
        relationship_types: contact_types(o),
        description: o.text("details"),
        ..Contact::new(common)
    }
}

fn company<'a>(common: Common<'a>, o: &Object<'a>) -> Company<'a> {
    Company {
        name: o.text("name"),
        phone_numbers: phone_numbers(o),
        websites: webs(o, "websites"),
        social_links: webs(o, "socials"),
        addresses: addresses(o),
        relationship_types: contact_types(o),
        description: o.text("details"),
        ..Company::new(common)
    }
}

fn lead<'a>(common: Common<'a>, o: &Object<'a>) -> Lead<'a> {
    let status = o.text("status");
    Lead {
        name: o.text("name"),
        first_name: o.text("first_name"),
        last_name: o.text("last_name"),
        title: o.text("title"),
        company_name: o.text("company_name"),
        // A lead has one address, unlike a person.
        emails: if o.has("email") { emails(o, "email") } else { emails(o, "emails") },
        phone_numbers: phone_numbers(o),
        websites: webs(o, "websites"),
        social_links: webs(o, "socials"),
        addresses: addresses(o),
        amount: o.decimal("monetary_value").or_else(|| o.decimal("value")),
        currency: o.text("monetary_unit"),
        stage: stage(o.id("status_id"), status.clone()),
        status,
        source: o.text("customer_source"),
        source_id: source_id(o),
        description: o.text("details"),
        ..Lead::new(common)
    }
}

fn deal<'a>(common: Common<'a>, o: &Object<'a>) -> Deal<'a> {
    Deal {
        name: o.text("name"),
        amount: o.decimal("monetary_value").or_else(|| o.decimal("value")),
        currency: o.text("monetary_unit"),
        stage: listed(o, "pipeline_stage_id", "stage"),
        pipeline: listed(o, "pipeline_id", "pipeline"),
        status: o.text("status").map(deal_status),
        probability: o.decimal("win_probability"),
        priority: o.text("priority").map(word),
        expected_close_date: day(o, "close_date"),
        lost_reason: o.text("loss_reason"),
        lost_reason_id: o.id("loss_reason_id"),
        company: employer(o),
        contact: linked(o, "primary_contact_id", "primary_contact"),
        source: o.text("customer_source"),
        source_id: source_id(o),
        description: o.text("details"),
        ..Deal::new(common)
    }
}

fn source_id<'a>(o: &Object<'a>) -> Option<Text<'a>> {
    o.id("customer_source_id").or_else(|| o.id("source_id"))
}

/// The word of a deal's status. Parts of the REST API write a number.
fn deal_status(status: Text<'_>) -> Text<'_> {
    match &*status {
        "0" => "open".into(),
        "1" => "won".into(),
        "2" => "lost".into(),
        "3" => "abandoned".into(),
        _ => word(status),
    }
}

fn project<'a>(common: Common<'a>, o: &Object<'a>) -> Project<'a> {
    let status = o.text("status").map(word);
    Project {
        name: o.text("name"),
        description: o.text("details"),
        is_completed: status.as_deref().and_then(is_completed),
        status,
        related: related(o, "related_resource").into_iter().collect(),
        ..Project::new(common)
    }
}

fn task<'a>(common: Common<'a>, o: &Object<'a>) -> Task<'a> {
    let status = o.text("status").map(word);
    Task {
        name: o.text("name"),
        description: o.text("details"),
        is_completed: status.as_deref().and_then(is_completed),
        status,
        priority: o.text("priority").map(word),
        due_at: o.time_of_day("due_date"),
        due_date: o.date_alone("due_date"),
        completed_at: o.time("completed_date"),
        related_to: related(o, "related_resource"),
        ..Task::new(common)
    }
}

fn is_completed(status: &str) -> Option<bool> {
    match status {
        "completed" => Some(true),
        "open" => Some(false),
        _ => None,
    }
}

fn activity<'a>(common: Common<'a>, o: &Object<'a>) -> Activity<'a> {
    let common = Common { owner: linked(o, "user_id", "user").or(common.owner), ..common };
    // The id 0 is that of a note.
    let kind = o.any_object("type").map(|kind| kind.text("name").or_else(|| kind.text("id")));
    Activity {
        activity_type: kind.unwrap_or_else(|| o.text("type")),
        description: o.text("details"),
        start_at: o.time("activity_date"),
        related_to: related(o, "parent"),
        ..Activity::new(common)
    }
}

/// A reference by two attributes, the record's id and its name. A notification may have one of them or both.
fn linked<'a>(o: &Object<'a>, id: &str, name: &str) -> Option<Ref<'a>> {
    let (by_id, by_name) = (id_or_name(o, id), id_or_name(o, name));
    reference(by_id.id.or(by_name.id), by_name.name.or(by_id.name))
}

/// The id or the name that an attribute has, or both if it is an object. A number is an id and a text is a name, such
/// as the stage `50`. A text of digits is an id only in an attribute for ids.
fn id_or_name<'a>(o: &Object<'a>, attribute: &str) -> Ref<'a> {
    if let Some(object) = o.any_object(attribute) {
        return Ref { id: object.id("id"), name: object.text("name"), ..Ref::default() };
    }
    let text = o.json(attribute).filter(|value| value.is_string()).and_then(|_| o.text(attribute));
    let is_digits = |text: &Text<'_>| text.bytes().all(|byte| byte.is_ascii_digit());
    match text {
        Some(name) if !(attribute.ends_with("_id") && is_digits(&name)) => Ref { name: Some(name), ..Ref::default() },
        _ => Ref { id: o.id(attribute), ..Ref::default() },
    }
}

/// An entry of a list that the account maintains: the id by one attribute, the name by another.
fn listed<'a>(o: &Object<'a>, id: &str, name: &str) -> Option<Stage<'a>> {
    linked(o, id, name).map(|Ref { id, name, .. }| Stage { id, name })
}

fn employer<'a>(o: &Object<'a>) -> Option<Ref<'a>> {
    let company = linked(o, "company_id", "company").unwrap_or_default();
    reference(company.id, o.text("company_name").or(company.name))
}

fn contact_types<'a>(o: &Object<'a>) -> Vec<Stage<'a>> {
    listed(o, "contact_type_id", "contact_type").into_iter().collect()
}

/// The record that something is about: `{"id": .., "type": "person"}`.
fn related<'a>(o: &Object<'a>, attribute: &str) -> Option<Ref<'a>> {
    let resource = o.object(attribute)?;
    let (id, name) = (resource.id("id"), resource.text("name"));
    match resource.text("type").as_deref().and_then(entity) {
        Some(entity) => reference_to(entity, id, name),
        None => reference(id, name),
    }
}

fn entity(kind: &str) -> Option<Entity> {
    match kind {
        "lead" => Some(Entity::Lead),
        "person" => Some(Entity::Contact),
        "company" => Some(Entity::Company),
        "opportunity" => Some(Entity::Deal),
        "project" => Some(Entity::Project),
        "task" => Some(Entity::Task),
        "activity_log" => Some(Entity::Activity),
        _ => None,
    }
}

fn emails<'a>(o: &Object<'a>, attribute: &str) -> Vec<Email<'a>> {
    let read = |entry| match entry {
        Entry::Object(o) => email(o.text("email"), category(&o)),
        Entry::Text(address) => email(Some(address), None),
    };
    o.objects_or_texts(attribute).filter_map(read).collect()
}

fn phone_numbers<'a>(o: &Object<'a>) -> Vec<Phone<'a>> {
    let read = |entry| match entry {
        Entry::Object(o) => phone(o.text("number"), category(&o)),
        Entry::Text(number) => phone(Some(number), None),
    };
    o.objects_or_texts("phone_numbers").filter_map(read).collect()
}

fn webs<'a>(o: &Object<'a>, attribute: &str) -> Vec<Web<'a>> {
    let read = |entry| match entry {
        Entry::Object(o) => web(o.text("url"), category(&o)),
        Entry::Text(url) => web(Some(url), None),
    };
    o.objects_or_texts(attribute).filter_map(read).collect()
}

fn category<'a>(o: &Object<'a>) -> Option<Text<'a>> {
    o.text("category").map(word)
}

/// The only address of a record.
fn addresses<'a>(o: &Object<'a>) -> Vec<Address<'a>> {
    let address = |entry| match entry {
        Entry::Object(o) => Address {
            line1: o.text("street"),
            city: o.text("city"),
            state: o.text("state"),
            postal_code: o.text("postal_code"),
            country: o.text("country"),
            ..Address::default()
        },
        Entry::Text(text) => Address { text: Some(text), ..Address::default() },
    };
    o.objects_or_texts("address").map(address).filter(|address| *address != Address::default()).collect()
}

/// A calendar date. A setting of the account decides whether `03/04/2026` is in March or in April, so a text that could
/// be two days is unreadable.
fn day(o: &Object<'_>, attribute: &str) -> Option<Date> {
    let text = o.text(attribute)?;
    if !text.contains('/') {
        return o.date(attribute);
    }
    let day = unambiguous_day(&text);
    if day.is_none() {
        o.warn(attribute);
    }
    day
}

fn unambiguous_day(text: &str) -> Option<Date> {
    // `%Y` reads `26` as the year 26.
    let day = |format: &str| Date::strptime(format, text).ok().filter(|day| day.year() >= 1000);
    match (day("%m/%d/%Y"), day("%d/%m/%Y")) {
        (Some(a), Some(b)) if a != b => None,
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::unambiguous_day;

    #[test]
    fn a_day_that_two_countries_write_alike_is_unreadable() {
        for (text, expected) in [
            ("03/15/2026", Some("2026-03-15")),
            ("3/15/2026", Some("2026-03-15")),
            ("15/03/2026", Some("2026-03-15")),
            ("04/04/2026", Some("2026-04-04")),
            ("03/04/2026", None),
            ("13/13/2026", None),
            ("02/30/2026", None),
            ("2026/03/15", None),
            ("soon/", None),
            ("3/16/26", None),
            ("03/16/0026", None),
        ] {
            assert_eq!(unambiguous_day(text).map(|day| day.to_string()).as_deref(), expected, "{text}");
        }
    }
}
