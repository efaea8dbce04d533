//! Webhooks of workflows: Admin Settings > Workflows > Trigger webhook.
//!
//! The body is flat (`deal_id`, `deal_amount`, `deal_deal_stage_name`) and has the record's current state. The URL
//! names the event, `?event=deal.updated`, because the body does not. The time of the change is included only if the
//! administrator selects that field. Without the prefix the names are those of the product events, so the same readers
//! are used. Times (`MM-DD-YYYY HH:MM:SS`) are in the account's zone, which a setting names.

use std::borrow::Cow;

use crm_event::{Action, Entity, EventType, Text};
use jiff::Timestamp;

use super::lookups::{self, Lookups};
use super::{CATALOG, members, record};
use crate::crm::{CatalogEntry, Change, Translation, Webhook, event_type};
use crate::error::Quarantine;
use crate::json::Object;

pub(super) fn normalize<'a>(webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
    let body = &webhook.body;
    let Some(vendor_event) = webhook.event_in_url().or_else(|| body.text("event")) else {
        return Err(Quarantine::no_event_name(no_name(body)));
    };
    let Some((entity, action)) = event(&vendor_event) else {
        let detail = "the event name is unknown: add event=<record>.<action> to the workflow's URL, such as \
                      event=deal.updated; the record is contact, company, deal, lead, product, task, appointment, \
                      activity, quote, call or custom_object";
        return Err(Quarantine::no_event_name(detail));
    };
    let name = members(entity).first().copied().unwrap_or_default();
    let prefix = format!("{name}_");
    // A free template may contain the record as an object, at the top or under "data" as in a product event.
    let nested = || body.any_object("data")?.any_object(name);
    let o = body.any_object(name).or_else(nested).unwrap_or_else(|| body.clone().without_prefix(&prefix));
    let o = lookups::unwrapped(o);
    let id = o.record_id("id", &format!("{prefix}id"))?;
    let known = Lookups::new(body, None);
    let change = Change {
        vendor_event,
        action,
        action_detail: None,
        record: record(entity, id, &o, known),
        account: None,
        occurred_at: occurred_at(action, &o),
        partial: true,
        changes: Vec::new(),
        actor: None,
    };
    // The readers know the fields without the prefix.
    for path in body.take_warnings() {
        let whole = [&*prefix, &*path].concat();
        let member = whole.split(['.', '[']).next().unwrap_or_default();
        body.warn(if body.has(member) { &whole } else { &path });
    }
    Ok(change.into())
}

/// The time of the change, if the administrator selected the field that has it. A record is created once, so a date
/// alone is enough for that. It may be updated several times a day.
fn occurred_at(action: Action, o: &Object<'_>) -> Option<Timestamp> {
    match action {
        Action::Created => o.time("created_at"),
        Action::Deleted => None,
        _ => o.time_of_day("updated_at"),
    }
}

/// True for the name of an event in a URL.
pub(super) fn is_event(name: &str) -> bool {
    event(name).is_some()
}

/// Parses an event name in a URL, such as `deal.updated`. Any pair of entity and action is accepted, because the
/// administrator chooses the workflow's trigger. `sales_account` is the vendor's word for a company.
fn event(name: &str) -> Option<(Entity, Action)> {
    if let Some(event) = CatalogEntry::event_of(CATALOG, name) {
        return Some(event);
    }
    let (record, action) = name.split_once('.')?;
    let record = if record == "sales_account" { "company" } else { record };
    let EventType { entity, action } = event_type(&format!("{record}.{action}"))?;
    (!members(entity).is_empty()).then_some((entity, action))
}

/// The advice for a webhook that names no event. The member names show the record's entity.
fn no_name(body: &Object<'_>) -> Text<'static> {
    if body.any_object("data").is_some() {
        return Cow::Borrowed("the body has \"data\" and no \"event\": the app must forward the payload unchanged");
    }
    let has = |prefix: &str| body.members().any(|(name, _)| name.starts_with(prefix));
    let records = [("deal_", "deal"), ("contact_", "contact"), ("sales_account_", "company"), ("lead_", "lead")];
    let record = records.into_iter().find_map(|(prefix, record)| has(prefix).then_some(record)).unwrap_or("deal");
    Cow::Owned(format!(
        "the webhook does not name its event: in the workflow's Trigger webhook action, add event={record}.created or \
         event={record}.updated to the URL, after ? or &, and give each workflow its own URL"
    ))
}
