//! Workflow webhooks: Setup > Automation > Actions > Webhooks.
//!
//! The administrator designs the body: parameters of a form, or a JSON template, with fields of one record as text as
//! Zoho displays it. Nothing in it names the event, so the URL does: `?event=deal.updated`. The keys should be the API
//! names of the fields; labels (`Deal Name`) are read too, and any other key becomes a custom field.

use std::borrow::Cow;

use crm_event::{Action, Entity, EventType, Text};
use jiff::Timestamp;

use super::fields::{self, key};
use super::{display, modules};
use crate::crm::{Change, Translation, Unknown, Webhook, event_type};
use crate::error::Quarantine;
use crate::field_tables::Members;
use crate::json::{Object, Value};

/// The names for the id of a record of any kind. The more specific names, such as `deal_id`, depend on the event.
const IDS: &[&str] = &["id", "record_id", "record id", "zoho_id"];

pub(super) fn normalize<'a>(webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
    let body = &webhook.body;
    let Some(vendor_event) = event_name(webhook) else {
        let detail = "nothing names the event: add event=<record>.<action> to the webhook's URL, after ? or &, such as \
                      event=deal.updated, and give each workflow rule its own webhook";
        return Err(Quarantine::no_event_name(detail));
    };
    let Some((entity, action)) = event(&vendor_event) else {
        let detail = "the event name is unknown: give the webhook's URL event=<record>.<action>, such as \
                      event=deal.updated; the record is contact, company, deal, lead, product, order, quote, invoice, \
                      task, appointment, call, note, user or custom_object";
        return Err(Quarantine::no_event_name(detail));
    };
    // A template may have the record as an object.
    let o = body.any_object("data").unwrap_or_else(|| body.clone()).map_members(cleaned);
    // The module of a record that an organization has added may be in the body alone.
    let module = if entity == Entity::CustomObject { body.text("module") } else { None };
    let names = id_names(entity, &vendor_event, module.as_deref());
    if entity == Entity::Unknown {
        let record_id = names.iter().find_map(|name| o.id(name));
        return Ok(Translation::Unknown(Unknown { vendor_event, record_id, account: None, occurred_at: None }));
    }
    let id = record_id(&o, &names)?;
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    let o = o.without(&names);
    let record = fields::record(entity, id, object_name(body, &vendor_event), Some(&o), Members::Selected);
    let change = Change {
        vendor_event,
        action,
        action_detail: None,
        record,
        account: None,
        occurred_at: occurred_at(action, &o),
        partial: true,
        changes: Vec::new(),
        actor: None,
    };
    Ok(change.into())
}

/// A value without the text that Zoho writes for an empty field.
fn cleaned<'o, 'a>(_: &str, value: Value<'o, 'a>) -> Option<Value<'o, 'a>> {
    (value.is_string() && value.text().is_some_and(|text| text == "null")).then(|| value.null())
}

/// The name in the URL, else in the body: `event`, or the names of a notification.
fn event_name<'a>(webhook: &Webhook<'a>) -> Option<Text<'a>> {
    let body = &webhook.body;
    webhook.event_in_url().or_else(|| body.text("event")).or_else(|| {
        let (module, operation) = (body.text("module")?, body.text("operation")?);
        Some(Cow::Owned([&*module, ".", &*operation].concat()))
    })
}

/// Parses an event name, such as `deal.updated` or `Deals.edit`. Any pair of entity and action is accepted, because the
/// administrator chooses the rule.
fn event(name: &str) -> Option<(Entity, Action)> {
    if let Some(EventType { entity, action }) = event_type(name) {
        return is_in_zoho(entity).then_some((entity, action));
    }
    let (module, operation) = name.split_once('.')?;
    let entity = modules::entity(module).or_else(|| module.parse().ok().filter(|entity| is_in_zoho(*entity)));
    match modules::action(operation) {
        // A module that the organization has added. Zoho's own words for the operation tell it from a misspelled
        // record.
        Some((_, action)) => (!module.is_empty()).then(|| (entity.unwrap_or(Entity::CustomObject), action)),
        None => Some((entity?, operation.parse().ok()?)),
    }
}

fn is_in_zoho(entity: Entity) -> bool {
    !matches!(
        entity,
        Entity::Unknown
            | Entity::Project
            | Entity::TimeEntry
            | Entity::Activity
            | Entity::Payment
            | Entity::FormResponse
    )
}

/// The names that the id of an event's own record may have. `module` is the record's, if the event does not name it.
fn id_names(entity: Entity, vendor_event: &str, module: Option<&str>) -> Vec<Text<'static>> {
    // The names of the module, in singular and plural, as in the placeholder `${Deals.Deal Id}`.
    let own: &[&str] = match entity {
        Entity::Lead => &["lead", "leads"],
        Entity::Contact => &["contact", "contacts"],
        Entity::Company => &["account", "accounts", "company"],
        Entity::Deal => &["deal", "deals", "potential"],
        Entity::Product => &["product", "products"],
        Entity::Quote => &["quote", "quotes"],
        Entity::Order => &["sales_order", "sales_orders", "salesorder", "so", "order"],
        Entity::Invoice => &["invoice", "invoices"],
        Entity::Task => &["task", "tasks", "activity"],
        Entity::Appointment => &["event", "events", "meeting", "appointment", "activity"],
        Entity::Call => &["call", "calls", "activity"],
        Entity::Note => &["note", "notes"],
        Entity::User => &["user", "users"],
        _ => &[],
    };
    let in_event = vendor_event.split_once('.').map(|(module, _)| module);
    let own = own.iter().copied().chain(in_event).chain(module);
    let own = own.flat_map(|own| [format!("{own}_id"), format!("{} id", own.replace('_', " "))]);
    IDS.iter().map(|name| Cow::Borrowed(*name)).chain(own.map(Cow::Owned)).collect()
}

/// The first id under one of these names. If there is none, the error names the first of them that the body has.
fn record_id<'a>(o: &Object<'a>, names: &[Text<'_>]) -> Result<Text<'a>, Quarantine> {
    let present = || names.iter().filter(|name| o.json(name).is_some());
    let id = present().find_map(|name| o.record_id(name, name).ok());
    let name = present().next().map_or("id", |name| &**name);
    id.map_or_else(|| o.record_id(name, name), Ok)
}

/// The module of a record that an organization has added: in the body, or in the URL.
fn object_name<'a>(body: &Object<'a>, vendor_event: &Text<'a>) -> Option<Text<'a>> {
    let in_url = || vendor_event.split_once('.').map(|(module, _)| Cow::Owned(module.to_owned()));
    body.text("module").or_else(in_url).filter(|name| name != "custom_object")
}

/// The record's own time of the change, if the template has it with its seconds. The rule of a workflow may fire twice
/// in one minute, so a time without seconds does not identify a change.
fn occurred_at(action: Action, o: &Object<'_>) -> Option<Timestamp> {
    let wanted = match action {
        Action::Created => "Created_Time",
        Action::Deleted => return None,
        _ => "Modified_Time",
    };
    let (name, value) = o.members().find(|(name, _)| key(name).eq_ignore_ascii_case(wanted))?;
    let is_exact = value.text().is_some_and(|text| display::has_seconds(&text));
    if is_exact { o.time_by(&name, display::instant) } else { None }
}
