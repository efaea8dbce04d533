//! Freshsales (Freshworks CRM).
//!
//! - Product events and samples: <https://developers.freshworks.com/crm/docs/product-events/>, and by module of the
//!   platform 3.0: <https://developers.freshworks.com/docs/app-sdk/v3.0/>; workflow webhooks:
//!   <https://crmsupport.freshworks.com/support/solutions/articles/50000002418>, checked 2026-11.
//! - Does not sign. Product events go to a marketplace app, which forwards them with a token in a header. A workflow
//!   webhook can have a token in a custom header or in its URL's query.
//! - Retries: the app's request template makes 1 to 5 attempts within seconds. Nothing is documented for workflows.
//!   There is no delivery id.
//!
//! Three generations of payloads have the same event names. Classic: plain values, arrays of users and stages beside
//! the record, changes inside it. Suite (2.0): wrapped values (`{"label", "type", "value"}`), lookups in
//! `data.associations`, changes in `data.changes`. Platform 3.0: the same, partly plain, mostly without `account_id`.
//! One set of readers serves all: [`lookups::unwrapped`] makes the values plain, [`Lookups`] finds the names.

mod changes;
mod lookups;
mod people;
mod sales;
mod work;
mod workflow;

use crm_event::record::{Common, Record};
use crm_event::{Action, Actor, CustomField, Entity, FieldChange, Text};

use self::lookups::{CREATOR, Lookups, OWNER, UPDATER};
use super::{
    AnswerForm, BodyForm, CatalogEntry, Change, PATIENT, SecretMembers, Target, Translation, Unknown, Vendor, Webhook,
};
use crate::changes::is_json;
use crate::error::{Quarantine, Reason};
use crate::fields::{custom_field, word};
use crate::json::{Object, Value};
use crate::scheme::Scheme;

pub const VENDOR: Vendor = Vendor {
    name: "freshsales",
    title: "Freshsales",
    body_form: BodyForm::Object,
    syntaxes: &[],
    answer_within: PATIENT,
    answer: AnswerForm::Json,
    schemes: &[Scheme::Token, Scheme::Basic],
    event_bridge_sources: &[],
    canonical_account: None,
    change_ids: &[],
    writes_local_times: true,
    has_opaque_field_ids: false,
    reads_request: false,
    // The settings of the app's installation, including API keys.
    secret_members: SecretMembers::Named(&["iparams"]),
    log_members: &[],
    // Ignored, like every event of the app itself.
    test_body: r#"{"event":"onScheduledEvent","data":{"check":"crm-events"}}"#,
    catalog: CATALOG,
    normalize: &normalize,
};

const CATALOG: &[CatalogEntry] = &[
    CatalogEntry::event("onContactCreate", Entity::Contact, Action::Created),
    CatalogEntry::event("onContactUpdate", Entity::Contact, Action::Updated),
    CatalogEntry::event("onContactDelete", Entity::Contact, Action::Deleted),
    CatalogEntry::event("onDealCreate", Entity::Deal, Action::Created),
    CatalogEntry::event("onDealUpdate", Entity::Deal, Action::Updated),
    CatalogEntry::event("onDealDelete", Entity::Deal, Action::Deleted),
    CatalogEntry::event("onSalesAccountCreate", Entity::Company, Action::Created),
    CatalogEntry::event("onSalesAccountUpdate", Entity::Company, Action::Updated),
    CatalogEntry::event("onSalesAccountDelete", Entity::Company, Action::Deleted),
    CatalogEntry::event("onCustomModuleCreate", Entity::CustomObject, Action::Created),
    CatalogEntry::event("onCustomModuleUpdate", Entity::CustomObject, Action::Updated),
    CatalogEntry::event("onCustomModuleDelete", Entity::CustomObject, Action::Deleted),
    CatalogEntry::event("onAppointmentCreate", Entity::Appointment, Action::Created),
    CatalogEntry::event("onAppointmentUpdate", Entity::Appointment, Action::Updated),
    CatalogEntry::event("onAppointmentDelete", Entity::Appointment, Action::Deleted),
    CatalogEntry::event("onTaskCreate", Entity::Task, Action::Created),
    CatalogEntry::event("onTaskUpdate", Entity::Task, Action::Updated),
    CatalogEntry::event("onTaskDelete", Entity::Task, Action::Deleted),
    CatalogEntry::event("onLeadCreate", Entity::Lead, Action::Created),
    CatalogEntry::event("onLeadUpdate", Entity::Lead, Action::Updated),
    CatalogEntry::event("onLeadDelete", Entity::Lead, Action::Deleted),
    CatalogEntry::event("onProductCreate", Entity::Product, Action::Created),
    CatalogEntry::event("onProductUpdate", Entity::Product, Action::Updated),
    CatalogEntry::event("onProductDelete", Entity::Product, Action::Deleted),
    CatalogEntry::event("onSalesActivityCreate", Entity::Activity, Action::Created),
    CatalogEntry::event("onSalesActivityUpdate", Entity::Activity, Action::Updated),
    CatalogEntry::event("onSalesActivityDelete", Entity::Activity, Action::Deleted),
    // The spelling on one page of the vendor.
    CatalogEntry::event("onSalesActivitiesCreate", Entity::Activity, Action::Created),
    CatalogEntry::event("onSalesActivitiesUpdate", Entity::Activity, Action::Updated),
    CatalogEntry::event("onCpqDocumentCreate", Entity::Quote, Action::Created),
    CatalogEntry::event("onCpqDocumentUpdate", Entity::Quote, Action::Updated),
    CatalogEntry::event("onCpqDocumentDelete", Entity::Quote, Action::Deleted),
    CatalogEntry::event("onPhoneCallCreate", Entity::Call, Action::Created),
    CatalogEntry::event("onPhoneCallUpdate", Entity::Call, Action::Updated),
    CatalogEntry::event("onPhoneCallDelete", Entity::Call, Action::Deleted),
    CatalogEntry::ignored("onAppInstall"),
    CatalogEntry::ignored("afterAppUpdate"),
    CatalogEntry::ignored("onAppUninstall"),
    CatalogEntry::ignored("onScheduledEvent"),
    CatalogEntry::ignored("onExternalEvent"),
    // Workflow webhooks, by the name in the URL. Other pairs of entity and action work too.
    CatalogEntry::event("contact.created", Entity::Contact, Action::Created),
    CatalogEntry::event("contact.updated", Entity::Contact, Action::Updated),
    CatalogEntry::event("contact.deleted", Entity::Contact, Action::Deleted),
    CatalogEntry::event("company.created", Entity::Company, Action::Created),
    CatalogEntry::event("company.updated", Entity::Company, Action::Updated),
    CatalogEntry::event("company.deleted", Entity::Company, Action::Deleted),
    CatalogEntry::event("deal.created", Entity::Deal, Action::Created),
    CatalogEntry::event("deal.updated", Entity::Deal, Action::Updated),
    CatalogEntry::event("deal.stage_changed", Entity::Deal, Action::StageChanged),
    CatalogEntry::event("deal.deleted", Entity::Deal, Action::Deleted),
    CatalogEntry::event("lead.created", Entity::Lead, Action::Created),
    CatalogEntry::event("lead.updated", Entity::Lead, Action::Updated),
    CatalogEntry::event("lead.deleted", Entity::Lead, Action::Deleted),
];

fn normalize<'a>(webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
    let body = &webhook.body;
    if let Some(product) = other_product(body) {
        let detail = format!(
            "this comes from {product}, not from Freshsales: remove this URL from the app or the webhook there"
        );
        return Err(Quarantine::new(Reason::OtherProduct, detail));
    }
    match body.text("event") {
        Some(name) if is_product_event(webhook, &name) => product_event(body, name),
        _ => workflow::normalize(webhook),
    }
}

/// True for product events, such as `onDealUpdate`. Workflow events have names such as `deal.updated`. The body of a
/// workflow may also have a member `event` with any text, and the URL then names the event.
fn is_product_event(webhook: &Webhook<'_>, name: &str) -> bool {
    if CatalogEntry::find(CATALOG, name).is_none()
        && webhook.event_in_url().is_some_and(|name| workflow::is_event(&name))
    {
        return false;
    }
    let after = ["on", "after"].into_iter().find_map(|start| name.strip_prefix(start));
    let is_named_so = after.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()));
    is_named_so || (webhook.body.has("data") && !name.contains('.'))
}

/// Detects other products of the vendor with similar events: Freshdesk also sends `onContactCreate` with a
/// `data.contact`. The domain distinguishes them; the account id does not.
fn other_product(body: &Object<'_>) -> Option<&'static str> {
    const DOMAINS: &[(&str, &str)] = &[
        ("freshdesk", "Freshdesk"),
        ("freshservice", "Freshservice"),
        ("freshchat", "Freshchat"),
        ("freshcaller", "Freshcaller"),
    ];
    let domain = body.text("domain").unwrap_or_default().to_ascii_lowercase();
    let labels = || domain.split('.').rev().skip(1);
    if let Some((_, product)) = DOMAINS.iter().find(|(label, _)| labels().any(|part| part == *label)) {
        return Some(product);
    }
    // Platform 3.0 has the hosts of the event's products instead of the domain.
    if let Some(hosts) = body.any_object("currentHost").and_then(|host| host.any_object("endpoint_urls")) {
        let own = hosts.has("freshworks_crm") || hosts.has("freshsales");
        if let Some((_, product)) = DOMAINS.iter().find(|(host, _)| !own && hosts.has(host)) {
            return Some(product);
        }
    }
    // Freshmarketer's journeys post `{"Headers": .., "Body": {"event", "event_type", "event_time", "id", "data"}}`.
    let inner = body.any_object("Body");
    let journey = |o: &Object<'_>| o.has("event_type") && o.has("event_time");
    (journey(body) || inner.is_some_and(|inner| journey(&inner))).then_some("Freshmarketer")
}

fn product_event<'a>(body: &Object<'a>, vendor_event: Text<'a>) -> Result<Translation<'a>, Quarantine> {
    let account = body.id("account_id");
    let occurred_at = body.time("timestamp");
    let data = body.any_object("data");
    let (entity, action) = match CatalogEntry::find(CATALOG, &vendor_event).map(|row| row.target) {
        Some(Target::Event(entity, action)) => (entity, action),
        Some(Target::Ignored) => return Ok(Translation::Ignored("an event of the app itself, not of a record")),
        None => {
            let record_id = data.and_then(|data| any_record_id(&data));
            return Ok(Translation::Unknown(Unknown { vendor_event, record_id, account, occurred_at }));
        }
    };
    let data = data.ok_or_else(|| Quarantine::wrong_envelope("expected an object under \"data\""))?;
    let members = members(entity);
    let found = members.iter().find_map(|name| Some((*name, data.any_object(name)?)));
    let Some((name, o)) = found else {
        let name = members.first().copied().unwrap_or_default();
        let detail = format!("expected the record as an object under \"data.{name}\"");
        return Err(Quarantine::new(Reason::WrongEnvelope, detail));
    };
    let o = lookups::unwrapped(o);
    let id = o.record_id("id", &format!("data.{name}.id"))?;
    let associations = data.any_object("associations");
    let known = Lookups::new(&data, associations.as_ref());
    let changes = changes::changes(entity, &data, &o, known);
    let action = match action {
        Action::Updated if is_deleted(entity, &o) => Action::Deleted,
        Action::Updated if is_restored(&changes) => Action::Restored,
        _ => action,
    };
    let change = Change {
        action,
        action_detail: None,
        record: record(entity, id, &o, known),
        account,
        occurred_at,
        // Only the ids of a deleted document are sent.
        partial: vendor_event == "onCpqDocumentDelete",
        changes,
        actor: actor(&data),
        vendor_event,
    };
    Ok(change.into())
}

/// The names of a record in `data`. The second name occurs in one generation only.
fn members(entity: Entity) -> &'static [&'static str] {
    match entity {
        Entity::Contact => &["contact"],
        Entity::Company => &["sales_account"],
        Entity::Deal => &["deal"],
        Entity::Lead => &["lead"],
        Entity::Product => &["product"],
        Entity::Appointment => &["appointment"],
        Entity::Task => &["task"],
        Entity::Activity => &["sales_activity", "sales_activities"],
        Entity::Quote => &["cpq_document"],
        Entity::Call => &["phone_call"],
        Entity::CustomObject => &["custom_module_record", "custom_module"],
        _ => &[],
    }
}

/// True for a deleted record. After the classic generation there is no event for deletions; an update has a flag
/// instead.
fn is_deleted(entity: Entity, o: &Object<'_>) -> bool {
    let by_status = || {
        matches!(entity, Entity::Contact | Entity::Company | Entity::Lead)
            && o.text("status").is_some_and(|status| status.eq_ignore_ascii_case("deleted"))
    };
    o.bool("is_deleted").unwrap_or_else(by_status)
}

/// True for a restored record. There is no event for it either; an update shows that the flag was removed.
fn is_restored(changes: &[FieldChange<'_>]) -> bool {
    let is = |value: &Option<_>, json| is_json(value.as_ref(), json);
    changes.iter().any(|change| change.field == "is_deleted" && is(&change.from, "true") && is(&change.to, "false"))
}

/// The record id of an event that is not modelled, whose record has an unknown name in `data`.
fn any_record_id<'a>(data: &Object<'a>) -> Option<Text<'a>> {
    let names =
        data.members().map(|(name, _)| name).filter(|name| !matches!(&**name, "actor" | "associations" | "changes"));
    names.filter_map(|name| data.any_object(&name)).find_map(|o| lookups::unwrapped(o).id("id"))
}

fn record<'a>(entity: Entity, id: Text<'a>, o: &Object<'a>, known: Lookups<'_, 'a>) -> Record<'a> {
    let common = Common {
        created_at: o.time("created_at"),
        updated_at: o.time("updated_at"),
        created_by: known.reference(o, &CREATOR),
        updated_by: known.reference(o, &UPDATER),
        owner: known.reference(o, &OWNER),
        last_activity_at: o.time("last_contacted_via_sales_activity"),
        tags: lookups::texts(o, "tags"),
        custom_fields: custom_fields(o),
        external_id: external_id(o),
        ..Common::new(id)
    };
    match entity {
        Entity::Contact => Record::from(people::contact(common, o, known)),
        Entity::Company => Record::from(people::company(common, o, known)),
        Entity::Lead => Record::from(people::lead(common, o, known)),
        Entity::Deal => Record::from(sales::deal(common, o, known)),
        Entity::Product => Record::from(sales::product(common, o, known)),
        Entity::Quote => Record::from(sales::quote(common, o, known)),
        Entity::Appointment => Record::from(work::appointment(common, o, known)),
        Entity::Task => Record::from(work::task(common, o, known)),
        Entity::Activity => Record::from(work::activity(common, o, known)),
        Entity::Call => Record::from(work::call(common, o, known)),
        _ => Record::from(work::custom_object(common, o)),
    }
}

fn external_id<'a>(o: &Object<'a>) -> Option<Text<'a>> {
    ["external_id", "import_id", "remote_id"].into_iter().find_map(|name| o.id(name))
}

/// The custom fields: a list, an object with plain or wrapped values (classic: `custom_field`), or members `cf_*` of a
/// flat body. Also the source data that an app has stored, which has its own form.
fn custom_fields<'a>(o: &Object<'a>) -> Vec<CustomField<'a>> {
    let mut fields = Vec::new();
    if o.json("custom_fields").is_some_and(Value::is_array) {
        fields.extend(o.objects("custom_fields").filter_map(|field| {
            let value = field.json("value").filter(|value| !value.is_empty())?;
            let (label, kind) = (field.text("label"), field.text("type").map(word));
            Some(CustomField { name: field.text("name"), label, kind, value: value.json(), id: None })
        }));
    }
    for name in ["custom_fields", "custom_field"] {
        let Some(object) = o.any_object(name) else { continue };
        fields.extend(object.members().filter_map(|(name, value)| named_field(name, value)));
    }
    let own = |name: &str| name.starts_with("cf_") || name == "source_additional_info";
    fields.extend(o.members().filter(|(name, _)| own(name)).filter_map(|(name, value)| named_field(name, value)));
    fields
}

fn named_field<'a>(name: Text<'a>, value: Value<'_, 'a>) -> Option<CustomField<'a>> {
    let value = lookups::plain(value).unwrap_or(value);
    if value.is_empty() { None } else { custom_field(name, value) }
}

/// The actor: a user, the system (with the id 0), or only an id.
fn actor<'a>(data: &Object<'a>) -> Option<Actor<'a>> {
    let Some(actor) = data.any_object("actor") else {
        let id = data.json("actor").is_some_and(|actor| !actor.is_array()).then(|| data.id("actor")).flatten();
        return id.map(|id| Actor { id: Some(id), ..Actor::default() });
    };
    let user = lookups::described(&actor);
    let actor = Actor {
        id: user.id,
        name: user.name,
        email: user.email,
        title: user.title,
        phone_number: user.phone_number,
        language: actor.text("language"),
        time_zone: actor.text("time_zone"),
        actor_type: actor.text("type").map(word),
    };
    (actor != Actor::default()).then_some(actor)
}
