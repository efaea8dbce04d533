//! The kinds of HubSpot's records: names of the first subscriptions, type ids of the generic ones.

use std::borrow::Cow;

use crm_event::{Entity, Text};

/// The entity of a name in a subscription (`deal.creation`) or in an association (`DEAL_TO_CONTACT`).
pub(super) fn entity_of_name(name: &str) -> Option<Entity> {
    let entities = [Entity::Contact, Entity::Company, Entity::Deal, Entity::Product];
    entities.into_iter().find(|entity| entity.as_str().eq_ignore_ascii_case(name))
}

/// <https://developers.hubspot.com/docs/guides/crm/understanding-the-crm#object-type-ids>
const TYPES: &[(&str, Entity)] = &[
    ("0-1", Entity::Contact),
    ("0-2", Entity::Company),
    ("0-3", Entity::Deal),
    ("0-7", Entity::Product),
    ("0-14", Entity::Quote),
    ("0-18", Entity::Activity),
    ("0-27", Entity::Task),
    ("0-46", Entity::Note),
    ("0-47", Entity::Appointment),
    ("0-48", Entity::Call),
    ("0-49", Entity::Activity),
    // HubSpot's pages disagree on the id of invoices.
    ("0-52", Entity::Invoice),
    ("0-53", Entity::Invoice),
    ("0-101", Entity::Payment),
    ("0-115", Entity::User),
    ("0-116", Entity::Activity),
    ("0-123", Entity::Order),
    ("0-136", Entity::Lead),
    ("0-421", Entity::Appointment),
];

/// The entity of a type id. `2-...` is a custom kind of the customer. `None` for kinds that are not modelled: tickets,
/// line items, subscriptions and others.
pub(super) fn entity_of_type(type_id: &str) -> Option<Entity> {
    if type_id.starts_with("2-") {
        return Some(Entity::CustomObject);
    }
    TYPES.iter().find(|(id, _)| *id == type_id).map(|(_, entity)| *entity)
}

/// The id of a record that no other record of its entity has. HubSpot's ids are unique only within a type. If several
/// types have one entity, the id begins with the type (`2-1111/900`), as in the paths of HubSpot's API.
pub(super) fn unique_id<'a>(type_id: Option<&str>, id: Text<'a>) -> Text<'a> {
    match type_id.filter(|type_id| shares_entity(type_id)) {
        Some(type_id) => Cow::Owned([type_id, "/", &id].concat()),
        None => id,
    }
}

/// False for the main type of an entity. Custom objects and activities have none.
fn shares_entity(type_id: &str) -> bool {
    entity_of_type(type_id) == Some(Entity::CustomObject)
        || activity_type(type_id).is_some()
        // Meetings, 0-47, are the main type of appointments.
        || type_id == "0-421"
}

/// The kind of an activity.
pub(super) fn activity_type(type_id: &str) -> Option<&'static str> {
    match type_id {
        "0-18" => Some("communication"),
        "0-49" => Some("email"),
        "0-116" => Some("postal_mail"),
        _ => None,
    }
}
