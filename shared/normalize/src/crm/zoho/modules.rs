//! The modules of Zoho CRM, by their API names.

use crm_event::{Action, Entity};

/// Modules and the entities of their records. `unknown` are kinds that are not modelled.
const MODULES: &[(&str, Entity)] = &[
    ("leads", Entity::Lead),
    ("contacts", Entity::Contact),
    ("accounts", Entity::Company),
    ("deals", Entity::Deal),
    // The name of deals in old organizations.
    ("potentials", Entity::Deal),
    ("products", Entity::Product),
    ("quotes", Entity::Quote),
    ("salesorders", Entity::Order),
    ("invoices", Entity::Invoice),
    ("tasks", Entity::Task),
    ("events", Entity::Appointment),
    // The name of events in the user interface.
    ("meetings", Entity::Appointment),
    ("appointments", Entity::Appointment),
    ("calls", Entity::Call),
    ("notes", Entity::Note),
    ("users", Entity::User),
    ("campaigns", Entity::Unknown),
    ("cases", Entity::Unknown),
    ("solutions", Entity::Unknown),
    ("vendors", Entity::Unknown),
    ("pricebooks", Entity::Unknown),
    ("purchaseorders", Entity::Unknown),
    ("services", Entity::Unknown),
];

/// The entity of a module. `None` for a module that an organization has added.
pub(super) fn entity(module: &str) -> Option<Entity> {
    // `Appointments__s`: a module that Zoho added after the others.
    let plain = module.trim().trim_end_matches("__s").replace(['_', ' '], "");
    MODULES.iter().find(|(name, _)| name.eq_ignore_ascii_case(&plain)).map(|(_, entity)| *entity)
}

/// The action of an operation. A subscription and a notification have different words for it; the first one of the pair
/// is the subscription's.
pub(super) fn action(operation: &str) -> Option<(&'static str, Action)> {
    match operation.trim().to_ascii_lowercase().as_str() {
        "create" | "insert" => Some(("create", Action::Created)),
        "edit" | "update" => Some(("edit", Action::Updated)),
        "delete" => Some(("delete", Action::Deleted)),
        _ => None,
    }
}
