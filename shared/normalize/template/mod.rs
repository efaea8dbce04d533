//! TITLE.
//!
//! - Events and samples: <https://example.com/webhooks>, checked YYYY-MM.
//! - Proof of origin: a token in the URL.
//! - Retries: not documented.

use crm_event::record::{Common, Contact, Record};
use crm_event::{Action, Entity, Text};

use super::{
    AnswerForm, BodyForm, CatalogEntry, Change, PATIENT, SecretMembers, Translation, Unknown, Vendor, Webhook,
};
use crate::error::Quarantine;
use crate::json::Object;
use crate::scheme::Scheme;

pub const VENDOR: Vendor = Vendor {
    name: "NAME",
    title: "TITLE",
    body_form: BodyForm::Object,
    syntaxes: &[],
    // The vendor's own figure where it documents one.
    answer_within: PATIENT,
    answer: AnswerForm::Json,
    // For signed webhooks: `Scheme::Signature(&...)`, with a constant of `scheme/known.rs`.
    schemes: &[Scheme::Token],
    event_bridge_sources: &[],
    canonical_account: None,
    // If the vendor sends an id of the change or delivery that stays the same for redeliveries, name it here.
    change_ids: &[],
    writes_local_times: false,
    has_opaque_field_ids: false,
    reads_request: false,
    secret_members: SecretMembers::NONE,
    log_members: &[],
    test_body: r#"{"event":"crm-events.check"}"#,
    catalog: CATALOG,
    normalize: &normalize,
};

const CATALOG: &[CatalogEntry] = &[CatalogEntry::event("contact.created", Entity::Contact, Action::Created)];

fn normalize<'a>(webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
    let body = &webhook.body;
    let vendor_event = body
        .text("event")
        .ok_or_else(|| Quarantine::no_event_name("the body has no \"event\", which names the event"))?;
    let occurred_at = body.time("time");
    let record = body.object("record");

    let Some((_, action)) = CatalogEntry::event_of(CATALOG, &vendor_event) else {
        let record_id = record.and_then(|record| record.id("id"));
        return Ok(Translation::Unknown(Unknown { vendor_event, record_id, account: None, occurred_at }));
    };
    // If the id is also elsewhere in the body, a missing record is no error: the event has the id alone, and is
    // partial.
    let record = record.ok_or_else(|| Quarantine::wrong_envelope("expected an object under \"record\""))?;
    let id = record.record_id("id", "record.id")?;
    let change = Change {
        vendor_event,
        action,
        action_detail: None,
        record: Record::from(contact(id, &record)),
        account: None,
        occurred_at,
        partial: false,
        changes: Vec::new(),
        actor: None,
    };
    Ok(change.into())
}

fn contact<'a>(id: Text<'a>, o: &Object<'a>) -> Contact<'a> {
    Contact { name: o.text("name"), ..Contact::new(Common::new(id)) }
}
