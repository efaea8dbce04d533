//! The kinds of records: their API names, and the first characters of their ids.

use crm_event::Entity;

/// The modelled standard objects: API name, entity, first characters of the ids.
const OBJECTS: &[(&str, Entity, &str)] = &[
    ("Account", Entity::Company, "001"),
    ("Contact", Entity::Contact, "003"),
    ("Lead", Entity::Lead, "00Q"),
    ("Opportunity", Entity::Deal, "006"),
    ("Product2", Entity::Product, "01t"),
    ("Order", Entity::Order, "801"),
    ("Quote", Entity::Quote, "0Q0"),
    ("Invoice", Entity::Invoice, "3tt"),
    ("Task", Entity::Task, "00T"),
    ("Event", Entity::Appointment, "00U"),
    ("Note", Entity::Note, "002"),
    ("ContentNote", Entity::Note, "069"),
    ("User", Entity::User, "005"),
];

/// The entity of an object's API name. `X__c` is an object of the customer. `None` for objects that are not modelled:
/// cases, campaigns, line items and others.
pub(super) fn entity_of_name(name: &str) -> Option<Entity> {
    if name.ends_with("__c") {
        return Some(Entity::CustomObject);
    }
    OBJECTS.iter().find(|(api_name, ..)| api_name.eq_ignore_ascii_case(name)).map(|(_, entity, _)| *entity)
}

/// The entity of a record's id. Ids of the customer's objects begin with `a`.
pub(super) fn entity_of_id(id: &str) -> Option<Entity> {
    if id.starts_with('a') {
        return Some(Entity::CustomObject);
    }
    OBJECTS.iter().find(|(.., prefix)| id.starts_with(prefix)).map(|(_, entity, _)| *entity)
}

/// The API name of a standard object by its name in a callout's event, in any case, or by this project's word
/// (`opportunity`, `deal`).
pub(super) fn api_name(word: &str) -> Option<&'static str> {
    let is_named =
        |(name, entity, _): &&(&str, Entity, &str)| name.eq_ignore_ascii_case(word) || entity.as_str() == word;
    OBJECTS.iter().find(is_named).map(|(name, ..)| *name)
}

/// The API name of the standard object that an id belongs to.
pub(super) fn name_of_id(id: &str) -> Option<&'static str> {
    OBJECTS.iter().find(|(.., prefix)| id.starts_with(prefix)).map(|(name, ..)| *name)
}
