//! Pipedrive.
//!
//! - Events: <https://pipedrive.readme.io/docs/list-of-webhooks-v2>,
//!   <https://pipedrive.readme.io/docs/list-of-webhooks>; bodies:
//!   <https://pipedrive.readme.io/docs/webhooks-v2-migration-guide>. Checked 2026-11.
//! - Proof of origin: HTTP Basic, or a token in the URL. Pipedrive does not sign.
//! - Retries: three, after 3, 30 and 150 seconds; a status outside 2xx or 10 s without an answer is a failure. Ten
//!   failed first attempts ban a webhook for 30 minutes, whose events are lost.
//!
//! Two generations of bodies are in use. Version 2 has the record under `data` and the old values of what changed under
//! `previous`; version 1 has whole records under `current` and `previous`. [`Envelope`] reads both, so that the rest of
//! the module need not distinguish them.

mod changes;
mod custom_fields;
mod envelope;
mod people;
mod sales;
mod work;

use std::borrow::Cow;
use std::time::Duration;

use crm_event::record::{Common, Record};
use crm_event::{Action, Entity, FieldChange, Ref, Text};
use jiff::Timestamp;

use super::{
    ActionDetail, AnswerForm, BodyForm, CatalogEntry, Change, ChangeId, SecretMembers, Translation, Unknown, Vendor,
    Webhook,
};
use crate::error::Quarantine;
use crate::fields::{entries, reference, user_actor};
use crate::json::Object;
use crate::scheme::Scheme;
use crate::time;
use envelope::{Envelope, Kind};

pub const VENDOR: Vendor = Vendor {
    name: "pipedrive",
    title: "Pipedrive",
    body_form: BodyForm::Object,
    syntaxes: &[],
    answer_within: Duration::from_secs(10),
    answer: AnswerForm::Json,
    schemes: &[Scheme::Basic, Scheme::Token],
    event_bridge_sources: &[],
    canonical_account: None,
    change_ids: &[
        // `meta.id` of a user's event is the user's id.
        ChangeId::MembersIf {
            member: "meta.entity",
            is: "user",
            id: &["meta.correlation_id", "meta.timestamp", "meta.entity_id", "meta.action"],
        },
        ChangeId::MembersIf { member: "meta.version", is: "2.0", id: &["meta.id"] },
        // `meta.id` of version 1 is the record's id.
        ChangeId::MembersIf {
            member: "v",
            is: "1",
            id: &["meta.timestamp_micro", "meta.company_id", "meta.object", "meta.id", "meta.action"],
        },
    ],
    writes_local_times: false,
    has_opaque_field_ids: true,
    reads_request: false,
    secret_members: SecretMembers::NONE,
    log_members: &["meta.id", "meta.correlation_id", "meta.webhook_id", "meta.attempt", "retry"],
    // Pipedrive has no test event: a made-up one, which becomes `crm.unknown.received`.
    test_body: r#"{"meta":{"version":"2.0","action":"check","entity":"crm-events"},"data":null,"previous":null}"#,
    catalog: CATALOG,
    normalize: &normalize,
};

const CATALOG: &[CatalogEntry] = &[
    // Version 2.
    CatalogEntry::event("create.person", Entity::Contact, Action::Created),
    CatalogEntry::event("change.person", Entity::Contact, Action::Updated),
    CatalogEntry::event("change.person", Entity::Contact, Action::Merged),
    CatalogEntry::event("delete.person", Entity::Contact, Action::Deleted),
    CatalogEntry::event("create.organization", Entity::Company, Action::Created),
    CatalogEntry::event("change.organization", Entity::Company, Action::Updated),
    CatalogEntry::event("change.organization", Entity::Company, Action::Merged),
    CatalogEntry::event("delete.organization", Entity::Company, Action::Deleted),
    CatalogEntry::event("create.deal", Entity::Deal, Action::Created),
    CatalogEntry::event("change.deal", Entity::Deal, Action::Updated),
    CatalogEntry::event("change.deal", Entity::Deal, Action::StageChanged),
    CatalogEntry::event("change.deal", Entity::Deal, Action::StatusChanged),
    CatalogEntry::event("change.deal", Entity::Deal, Action::Archived),
    CatalogEntry::event("change.deal", Entity::Deal, Action::Restored),
    CatalogEntry::event("change.deal", Entity::Deal, Action::Deleted),
    CatalogEntry::event("change.deal", Entity::Deal, Action::Merged),
    CatalogEntry::event("delete.deal", Entity::Deal, Action::Deleted),
    CatalogEntry::event("create.lead", Entity::Lead, Action::Created),
    CatalogEntry::event("change.lead", Entity::Lead, Action::Updated),
    CatalogEntry::event("change.lead", Entity::Lead, Action::Archived),
    CatalogEntry::event("change.lead", Entity::Lead, Action::Restored),
    CatalogEntry::event("delete.lead", Entity::Lead, Action::Deleted),
    CatalogEntry::event("create.product", Entity::Product, Action::Created),
    CatalogEntry::event("change.product", Entity::Product, Action::Updated),
    CatalogEntry::event("delete.product", Entity::Product, Action::Deleted),
    CatalogEntry::event("create.activity", Entity::Activity, Action::Created),
    CatalogEntry::event("change.activity", Entity::Activity, Action::Updated),
    CatalogEntry::event("change.activity", Entity::Activity, Action::Completed),
    CatalogEntry::event("change.activity", Entity::Activity, Action::Reopened),
    CatalogEntry::event("delete.activity", Entity::Activity, Action::Deleted),
    CatalogEntry::event("create.note", Entity::Note, Action::Created),
    CatalogEntry::event("change.note", Entity::Note, Action::Updated),
    CatalogEntry::event("delete.note", Entity::Note, Action::Deleted),
    CatalogEntry::event("create.user", Entity::User, Action::Created),
    CatalogEntry::event("change.user", Entity::User, Action::Updated),
    CatalogEntry::event("change.user", Entity::User, Action::Deleted),
    CatalogEntry::event("change.user", Entity::User, Action::Restored),
    CatalogEntry::event("delete.user", Entity::User, Action::Deleted),
    CatalogEntry::event("create.project", Entity::Project, Action::Created),
    CatalogEntry::event("change.project", Entity::Project, Action::Updated),
    CatalogEntry::event("change.project", Entity::Project, Action::StatusChanged),
    CatalogEntry::event("change.project", Entity::Project, Action::Deleted),
    CatalogEntry::event("delete.project", Entity::Project, Action::Deleted),
    CatalogEntry::event("create.task", Entity::Task, Action::Created),
    CatalogEntry::event("change.task", Entity::Task, Action::Updated),
    CatalogEntry::event("change.task", Entity::Task, Action::Completed),
    CatalogEntry::event("change.task", Entity::Task, Action::Reopened),
    CatalogEntry::event("delete.task", Entity::Task, Action::Deleted),
    CatalogEntry::unknown("create.pipeline"),
    CatalogEntry::unknown("change.pipeline"),
    CatalogEntry::unknown("delete.pipeline"),
    CatalogEntry::unknown("create.stage"),
    CatalogEntry::unknown("change.stage"),
    CatalogEntry::unknown("delete.stage"),
    CatalogEntry::unknown("create.deal_product"),
    CatalogEntry::unknown("change.deal_product"),
    CatalogEntry::unknown("delete.deal_product"),
    CatalogEntry::unknown("create.deal_installment"),
    CatalogEntry::unknown("change.deal_installment"),
    CatalogEntry::unknown("delete.deal_installment"),
    CatalogEntry::unknown("create.board"),
    CatalogEntry::unknown("change.board"),
    CatalogEntry::unknown("delete.board"),
    CatalogEntry::unknown("create.phase"),
    CatalogEntry::unknown("change.phase"),
    CatalogEntry::unknown("delete.phase"),
    // Version 1.
    CatalogEntry::event("added.person", Entity::Contact, Action::Created),
    CatalogEntry::event("updated.person", Entity::Contact, Action::Updated),
    CatalogEntry::event("merged.person", Entity::Contact, Action::Merged),
    CatalogEntry::event("deleted.person", Entity::Contact, Action::Deleted),
    CatalogEntry::event("added.organization", Entity::Company, Action::Created),
    CatalogEntry::event("updated.organization", Entity::Company, Action::Updated),
    CatalogEntry::event("merged.organization", Entity::Company, Action::Merged),
    CatalogEntry::event("deleted.organization", Entity::Company, Action::Deleted),
    CatalogEntry::event("added.deal", Entity::Deal, Action::Created),
    CatalogEntry::event("updated.deal", Entity::Deal, Action::Updated),
    CatalogEntry::event("updated.deal", Entity::Deal, Action::StageChanged),
    CatalogEntry::event("updated.deal", Entity::Deal, Action::StatusChanged),
    CatalogEntry::event("updated.deal", Entity::Deal, Action::Deleted),
    CatalogEntry::event("updated.deal", Entity::Deal, Action::Restored),
    CatalogEntry::event("merged.deal", Entity::Deal, Action::Merged),
    CatalogEntry::event("deleted.deal", Entity::Deal, Action::Deleted),
    CatalogEntry::event("added.product", Entity::Product, Action::Created),
    CatalogEntry::event("updated.product", Entity::Product, Action::Updated),
    CatalogEntry::event("deleted.product", Entity::Product, Action::Deleted),
    CatalogEntry::event("added.activity", Entity::Activity, Action::Created),
    CatalogEntry::event("updated.activity", Entity::Activity, Action::Updated),
    CatalogEntry::event("updated.activity", Entity::Activity, Action::Completed),
    CatalogEntry::event("updated.activity", Entity::Activity, Action::Reopened),
    CatalogEntry::event("deleted.activity", Entity::Activity, Action::Deleted),
    CatalogEntry::event("added.note", Entity::Note, Action::Created),
    CatalogEntry::event("updated.note", Entity::Note, Action::Updated),
    CatalogEntry::event("deleted.note", Entity::Note, Action::Deleted),
    CatalogEntry::event("added.user", Entity::User, Action::Created),
    CatalogEntry::event("updated.user", Entity::User, Action::Updated),
    CatalogEntry::event("updated.user", Entity::User, Action::Deleted),
    CatalogEntry::event("updated.user", Entity::User, Action::Restored),
    CatalogEntry::event("deleted.user", Entity::User, Action::Deleted),
    CatalogEntry::unknown("added.pipeline"),
    CatalogEntry::unknown("updated.pipeline"),
    CatalogEntry::unknown("deleted.pipeline"),
    CatalogEntry::unknown("added.stage"),
    CatalogEntry::unknown("updated.stage"),
    CatalogEntry::unknown("deleted.stage"),
    CatalogEntry::unknown("added.activityType"),
    CatalogEntry::unknown("updated.activityType"),
    CatalogEntry::unknown("deleted.activityType"),
];

fn normalize<'a>(webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
    let Envelope { meta, vendor_event, entity, kind, record_id, occurred_at, now, before } =
        Envelope::read(&webhook.body)?;
    let account = meta.id("company_id");
    let (Some(entity), Some(kind)) = (entity, kind) else {
        return Ok(Translation::Unknown(Unknown { vendor_event, record_id, account, occurred_at }));
    };
    let id = record_id.ok_or_else(|| Quarantine::no_record_id("meta.entity_id (meta.id in version 1)"))?;
    let host = meta.text("host");
    let read = |state: &Object<'a>, custom_fields: Option<&Object<'a>>| {
        let url = host.as_ref().and_then(|host| page(host, entity, &id));
        record(entity, Common { url, ..common(id.clone(), state, custom_fields) }, state)
    };
    let merged_id = meta.id("merged_from_id").or_else(|| {
        let survivor = before.as_ref().filter(|_| kind == Kind::Merged)?;
        survivor.id("id").filter(|other| *other != id)
    });
    let state = if kind == Kind::Deleted { &before } else { &now };
    let record = match state {
        Some(state) => read(state, state.any_object("custom_fields").as_ref()),
        None if kind == Kind::Deleted => read(&Object::empty(), None),
        None => {
            return Err(Quarantine::wrong_envelope("expected the record under \"data\" (\"current\" in version 1)"));
        }
    };
    let changes = match (kind, &before, &now) {
        (Kind::Changed | Kind::Merged, Some(before), Some(now)) => changes_of(before, now, &record, read),
        _ => Vec::new(),
    };
    let (action, action_detail) = match kind {
        Kind::Created => (Action::Created, None),
        Kind::Deleted => (Action::Deleted, meta.id("merged_to_id").map(ActionDetail::MergedInto)),
        Kind::Merged => (Action::Merged, merged_id.map(|id| ActionDetail::MergedIds(vec![id]))),
        Kind::Changed => match merged_id {
            Some(id) => (Action::Merged, Some(ActionDetail::MergedIds(vec![id]))),
            None => (changes::action(entity, &changes), None),
        },
    };
    let change = Change {
        vendor_event,
        action,
        action_detail,
        partial: state.is_none(),
        record,
        account,
        occurred_at,
        changes,
        actor: meta.id("user_id").map(user_actor),
    };
    Ok(change.into())
}

/// The changes of a record. `before` may have only the members that changed. `read` makes a record of members and
/// custom fields.
fn changes_of<'a>(
    before: &Object<'a>,
    now: &Object<'a>,
    record: &Record<'a>,
    read: impl Fn(&Object<'a>, Option<&Object<'a>>) -> Record<'a>,
) -> Vec<FieldChange<'a>> {
    // For a merge, version 1 sends the states of both records.
    if before.id("id").is_some_and(|id| Some(id) != now.id("id")) {
        return Vec::new();
    }
    let custom_fields = match (before.any_object("custom_fields"), now.any_object("custom_fields")) {
        (Some(before), Some(now)) => Some(before.over(&now)),
        (before, now) => before.or(now),
    };
    let whole = before.over(now);
    let record_before = read(&whole, custom_fields.as_ref());
    let mut changes = changes::of_records(&record_before, record);
    // A field that could not be read looks empty and is not.
    changes::forget_empty(&mut changes, whole.has_warnings(), now.has_warnings());
    changes.extend(changes::of_hidden_members(before, now, |state| read(state, None)));
    changes.extend(changes::of_other_members(before, now));
    changes
}

fn record<'a>(entity: Entity, common: Common<'a>, o: &Object<'a>) -> Record<'a> {
    match entity {
        Entity::Contact => Record::from(people::contact(common, o)),
        Entity::Company => Record::from(people::company(common, o)),
        Entity::User => Record::from(people::user(common, o)),
        Entity::Lead => Record::from(sales::lead(common, o)),
        Entity::Product => Record::from(sales::product(common, o)),
        Entity::Activity => Record::from(work::activity(common, o)),
        Entity::Note => Record::from(work::note(common, o)),
        Entity::Project => Record::from(work::project(common, o)),
        Entity::Task => Record::from(work::task(common, o)),
        _ => Record::from(sales::deal(common, o)),
    }
}

/// The members that all records share. `custom_fields` are those of version 2; version 1 has them among the members.
fn common<'a>(id: Text<'a>, o: &Object<'a>, custom_fields: Option<&Object<'a>>) -> Common<'a> {
    let creator = ["creator_user_id", "creator_id", "created_by_user_id"].into_iter().find_map(|name| o.id(name));
    let mut all_custom_fields = custom_fields::flat(o);
    all_custom_fields.extend(custom_fields.map(custom_fields::typed).unwrap_or_default());
    Common {
        created_at: o.time("add_time").or_else(|| o.time("created")),
        updated_at: o.time("update_time").or_else(|| o.time("modified")),
        created_by: reference(creator, None),
        updated_by: reference(o.id("update_user_id"), None),
        owner: owner(o),
        last_activity_at: o.time("last_activity_date"),
        tags: labels(o),
        custom_fields: all_custom_fields,
        ..Common::new(id)
    }
}

fn owner<'a>(o: &Object<'a>) -> Option<Ref<'a>> {
    ["owner_id", "assigned_to_user_id", "user_id"].into_iter().find_map(|name| link(o, name, "owner_name"))
}

/// The ids of labels: no webhook has their names. In version 1 a text such as `3,9`.
fn labels<'a>(o: &Object<'a>) -> Vec<Text<'a>> {
    for name in ["label_ids", "labels"] {
        let ids = o.ids(name);
        if !ids.is_empty() {
            return ids;
        }
    }
    o.text("label").map(|label| entries(&label, &[','])).unwrap_or_default()
}

/// A reference by id, with the name that version 1 has beside it.
fn link<'a>(o: &Object<'a>, id: &str, name: &str) -> Option<Ref<'a>> {
    let id = o.id(id)?;
    Some(Ref { name: o.text(name), id: Some(id), ..Ref::default() })
}

/// Version 1 says whether a record is active, version 2 of the API whether it is deleted.
fn is_deleted(o: &Object<'_>) -> Option<bool> {
    let is_inactive = || o.bool("active_flag").map(|is_active| !is_active);
    o.bool("is_deleted").or_else(|| o.bool("deleted")).or_else(is_inactive)
}

/// The time of the next activity: a date, and a time of day if the activity has one.
fn next_activity_at(o: &Object<'_>) -> Option<Timestamp> {
    let (date, time) = (o.date("next_activity_date")?, o.civil_time("next_activity_time"));
    time::utc(date, time.unwrap_or_default())
}

/// The record's page in Pipedrive.
fn page<'a>(host: &str, entity: Entity, id: &str) -> Option<Text<'a>> {
    let path = match entity {
        Entity::Contact => "person",
        Entity::Company => "organization",
        Entity::Deal => "deal",
        Entity::Lead => "leads/inbox",
        _ => return None,
    };
    host.ends_with(".pipedrive.com").then(|| Cow::Owned(format!("https://{host}/{path}/{id}")))
}
