//! TeamGrid.
//!
//! - Events: <https://developer.teamgridapp.com>, "Webhook Event Catalog"; fields and samples:
//!   <https://github.com/TeamGrid/developer-docs>, <https://github.com/TeamGrid/zapier-teamgrid>; checked 2026-11.
//! - Signs what API v1 registers ("signed delivery v2", <https://github.com/TeamGrid/developer-platform>). Webhooks
//!   created in the user interface or by API v0 are not signed and need a token in the URL.
//! - Retries: "at least once"; signed ones up to 32 attempts, all with one `X-TeamGrid-Webhook-Id`. Legacy ones are
//!   disabled after a 410 or the eleventh failure in a row.
//!
//! There are three bodies with the same event names: legacy (`item`), v0 (`doc`, `fieldNames`) and signed (either).
//! `collection` is `cards` for tasks and for calls, so only `event` identifies the kind of document. New documents are
//! complete. TeamGrid omits fields that it considers internal or noisy from all others, and a removed one may contain
//! little more than its id.

mod billing;
mod call;
mod contact;
mod user;
mod work;

use std::borrow::Cow;
use std::iter;

use crm_event::record::{Common, Record};
use crm_event::{Action, Entity, FieldChange, Text};
use jiff::Timestamp;

use super::{
    AnswerForm, BodyForm, CatalogEntry, Change, ChangeId, PATIENT, SecretMembers, Target, Translation, Unknown, Vendor,
    Webhook,
};
use crate::changes::{Changes, change};
use crate::error::Quarantine;
use crate::fields::{reference, user_actor};
use crate::json::Object;
use crate::scheme::{Scheme, TEAMGRID_V2};

pub const VENDOR: Vendor = Vendor {
    name: "teamgrid",
    title: "TeamGrid",
    body_form: BodyForm::Object,
    syntaxes: &[],
    answer_within: PATIENT,
    answer: AnswerForm::Json,
    schemes: &[Scheme::Signature(&TEAMGRID_V2), Scheme::Token],
    event_bridge_sources: &[],
    canonical_account: None,
    change_ids: &[ChangeId::UnsignedHeader("X-TeamGrid-Webhook-Id")],
    writes_local_times: false,
    has_opaque_field_ids: false,
    reads_request: false,
    secret_members: SecretMembers::NONE,
    // The members that TeamGrid asks receivers to log. A legacy webhook has `item` instead of `doc`.
    log_members: &["webhookId", "event", "collection", "doc._id", "item._id", "fieldNames"],
    // TeamGrid's own test, ignored.
    test_body: r#"{"event":"webhook.test"}"#,
    catalog: CATALOG,
    normalize: &normalize,
};

/// The events of a contact have two rows. The second is used if the document is a company.
const CATALOG: &[CatalogEntry] = &[
    CatalogEntry::event("user_online", Entity::User, Action::Online),
    CatalogEntry::event("user_offline", Entity::User, Action::Offline),
    CatalogEntry::event("user_added", Entity::User, Action::Added),
    CatalogEntry::event("user_removed", Entity::User, Action::Removed),
    CatalogEntry::event("task_created", Entity::Task, Action::Created),
    CatalogEntry::event("task_updated", Entity::Task, Action::Updated),
    CatalogEntry::event("task_completed", Entity::Task, Action::Completed),
    CatalogEntry::event("task_reopened", Entity::Task, Action::Reopened),
    CatalogEntry::event("task_removed", Entity::Task, Action::Deleted),
    CatalogEntry::event("task_restored", Entity::Task, Action::Restored),
    CatalogEntry::event("timetracking_started", Entity::TimeEntry, Action::Started),
    CatalogEntry::event("timetracking_stopped", Entity::TimeEntry, Action::Stopped),
    CatalogEntry::event("timeentry_created_manually", Entity::TimeEntry, Action::Created),
    CatalogEntry::event("timeentry_updated", Entity::TimeEntry, Action::Updated),
    CatalogEntry::event("timeentry_removed", Entity::TimeEntry, Action::Deleted),
    CatalogEntry::event("timeentry_restored", Entity::TimeEntry, Action::Restored),
    CatalogEntry::event("project_created", Entity::Project, Action::Created),
    CatalogEntry::event("project_updated", Entity::Project, Action::Updated),
    CatalogEntry::event("project_completed", Entity::Project, Action::Completed),
    CatalogEntry::event("project_reopened", Entity::Project, Action::Reopened),
    CatalogEntry::event("project_archived", Entity::Project, Action::Archived),
    CatalogEntry::event("project_restored", Entity::Project, Action::Restored),
    CatalogEntry::event("contact_created", Entity::Contact, Action::Created),
    CatalogEntry::event("contact_created", Entity::Company, Action::Created),
    CatalogEntry::event("contact_updated", Entity::Contact, Action::Updated),
    CatalogEntry::event("contact_updated", Entity::Company, Action::Updated),
    CatalogEntry::event("contact_removed", Entity::Contact, Action::Deleted),
    CatalogEntry::event("contact_removed", Entity::Company, Action::Deleted),
    CatalogEntry::event("contact_restored", Entity::Contact, Action::Restored),
    CatalogEntry::event("contact_restored", Entity::Company, Action::Restored),
    CatalogEntry::event("call_incoming", Entity::Call, Action::Started),
    CatalogEntry::event("call_outgoing", Entity::Call, Action::Started),
    CatalogEntry::event("call_answered", Entity::Call, Action::Answered),
    CatalogEntry::event("call_missed", Entity::Call, Action::Missed),
    CatalogEntry::event("call_hangup", Entity::Call, Action::Ended),
    CatalogEntry::event("callnote_created", Entity::Note, Action::Created),
    CatalogEntry::event("callnote_removed", Entity::Note, Action::Deleted),
    CatalogEntry::ignored("webhook.test"),
];

fn normalize<'a>(webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
    let body = &webhook.body;
    let vendor_event = body
        .text("event")
        .ok_or_else(|| Quarantine::no_event_name("the body has no \"event\", so it is not a TeamGrid webhook"))?;
    let doc = body.object("doc").or_else(|| body.object("item"));

    let Some(row) = CatalogEntry::find(CATALOG, &vendor_event) else {
        let record_id = doc.as_ref().and_then(id);
        let account = doc.as_ref().and_then(|doc| doc.id("teamId"));
        return Ok(Translation::Unknown(Unknown { vendor_event, record_id, account, occurred_at: None }));
    };
    let Target::Event(entity, action) = row.target else {
        return Ok(Translation::Ignored("a test delivery: it is about no record"));
    };
    let doc = doc
        .ok_or_else(|| Quarantine::wrong_envelope("expected the document as an object under \"doc\" (or \"item\")"))?;
    let is_of_members = matches!(action, Action::Added | Action::Removed);
    let documents = if is_of_members { user::members(&doc)? } else { vec![record(entity, &vendor_event, &doc)?] };
    // For a change of members, the document is the team itself.
    let account = doc.id("teamId").or_else(|| is_of_members.then(|| id(&doc)).flatten());
    let occurred_at = occurred_at(action, &doc);
    let partial = !is_whole(&vendor_event);
    // A new record has no changed fields, and the changed fields of a team are not those of its members.
    let field_names = if partial && !is_of_members { body.texts("fieldNames") } else { Vec::new() };
    let change_of = |document: Document<'a>| Change {
        vendor_event: vendor_event.clone(),
        action,
        action_detail: None,
        changes: changes(&field_names, document.fields),
        record: document.record,
        account: account.clone(),
        occurred_at,
        partial,
        // TeamGrid's own changes have no `userId`.
        actor: body.id("userId").map(user_actor),
    };
    Ok(Translation::Changes(documents.into_iter().map(change_of).collect()))
}

/// A record, and the canonical names of its document's fields.
struct Document<'a> {
    record: Record<'a>,
    fields: Fields,
}

/// The vendor's name of a field, and the canonical one.
type Fields = &'static [(&'static str, &'static str)];

/// The names that all documents share.
const COMMON_FIELDS: Fields = &[
    ("_id", "id"),
    ("createdAt", "created_at"),
    ("createdBy", "created_by"),
    ("updatedAt", "updated_at"),
    ("updatedBy", "updated_by"),
];

fn record<'a>(entity: Entity, vendor_event: &str, doc: &Object<'a>) -> Result<Document<'a>, Quarantine> {
    let id = match id(doc) {
        Some(id) => id,
        None => doc.record_id("_id", "doc._id (item._id in legacy webhooks)")?,
    };
    let common = Common {
        created_at: doc.time("createdAt"),
        updated_at: doc.time("updatedAt"),
        created_by: reference(doc.id("createdBy"), None),
        updated_by: reference(doc.id("updatedBy"), None),
        ..Common::new(id)
    };
    Ok(match entity {
        Entity::User => user::presence(common, vendor_event, doc),
        Entity::Task => work::task(common, doc),
        Entity::TimeEntry => work::time_entry(common, doc),
        Entity::Project => work::project(common, doc),
        Entity::Call => call::call(common, vendor_event, doc),
        Entity::Note => call::note(common, doc),
        _ => contact::contact_or_company(common, doc),
    })
}

fn id<'a>(doc: &Object<'a>) -> Option<Text<'a>> {
    doc.id("_id").or_else(|| doc.id("id"))
}

/// True if `doc` is the whole record. TeamGrid sends complete documents only for new records.
fn is_whole(vendor_event: &str) -> bool {
    matches!(
        vendor_event,
        "task_created"
            | "timetracking_started"
            | "timeentry_created_manually"
            | "project_created"
            | "contact_created"
            | "call_incoming"
            | "call_outgoing"
            | "callnote_created"
    )
}

/// The time of the change, from the document, because no envelope has one. The time of a removal is not sent. The
/// possible fields are tried in order, because some may be empty.
fn occurred_at(action: Action, doc: &Object<'_>) -> Option<Timestamp> {
    let fields: &[&str] = match action {
        Action::Created => &["createdAt"],
        Action::Started => &["start", "createdAt"],
        Action::Stopped => &["end"],
        Action::Completed => &["completedDate", "updatedAt"],
        Action::Updated | Action::Reopened | Action::Archived | Action::Restored => &["updatedAt"],
        _ => &[],
    };
    fields.iter().find_map(|field| doc.time(field))
}

/// TeamGrid names the changed fields and gives no values. A name may be a path (`billing.budget.hours`).
fn changes<'a>(field_names: &[Text<'a>], fields: Fields) -> Vec<FieldChange<'a>> {
    let mut changes = Changes::default();
    for name in field_names {
        // A path may go into a list (`billing.users.0.hourlyRate`).
        let mut prefixes = iter::successors(Some(&**name), |path| path.rsplit_once('.').map(|(path, _)| path));
        let field = match prefixes.find_map(|path| canonical(path, fields)) {
            Some(field) => Cow::Borrowed(field),
            None => name.clone(),
        };
        changes.add(change(field, None, None));
    }
    changes.into_vec()
}

fn canonical(name: &str, fields: Fields) -> Option<&'static str> {
    fields
        .iter()
        .chain(COMMON_FIELDS)
        .chain(billing::FIELDS)
        .find(|(vendor, _)| *vendor == name)
        .map(|(_, canonical)| *canonical)
}
