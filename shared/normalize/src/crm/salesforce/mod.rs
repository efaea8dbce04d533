//! Salesforce.
//!
//! - Outbound messages:
//!   <https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_understanding.htm>;
//!   change events: <https://developer.salesforce.com/docs/atlas.en-us.change_data_capture.meta/change_data_capture/>.
//!   Checked 2026-11.
//! - Proof of origin: a token in the URL or a header, HTTP Basic. Salesforce does not sign. Events that come through
//!   Amazon EventBridge are proved by AWS.
//! - Retries: an outbound message for 24 hours, at growing intervals of up to 2 hours, until it is answered 200 with an
//!   acknowledgement in SOAP. The order is not kept. EventBridge's API destinations retry for 24 hours too.
//!
//! Salesforce has no webhooks; changes come in three ways, each with a form of body of its own: [`outbound`],
//! [`change_events`], [`callout`].

mod callout;
mod catalog;
mod change_events;
mod changes;
mod ids;
mod objects;
mod outbound;
mod people;
mod records;
mod sales;
mod work;

use std::time::Duration;

use crm_event::{Action, Actor, Entity, Text};

use super::{ActionDetail, AnswerForm, BodyForm, ChangeId, SecretMembers, Translation, Unknown, Vendor, Webhook, XML};
use crate::error::Quarantine;
use crate::fields::user_actor;
use crate::json::Object;
use crate::scheme::Scheme;

/// The beginning of the EventBridge source of an Event Relay. The organization's id follows.
const RELAY: &str = "aws.partner/salesforce.com/";
/// The beginning of the EventBridge source of an AppFlow flow.
const APP_FLOW: &str = "aws.partner/appflow/salesforce.com/";

/// The acknowledgement of all notifications of an outbound message. Salesforce takes any other answer for a failure.
const ACK: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8"?>"#,
    r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>"#,
    r#"<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>"#,
    r#"</soapenv:Body></soapenv:Envelope>"#,
);

pub const VENDOR: Vendor = Vendor {
    name: "salesforce",
    title: "Salesforce",
    body_form: BodyForm::ArrayAt("Envelope.Body.notifications.Notification"),
    syntaxes: &[&XML],
    // An outbound message waits for 60 s, an API destination of EventBridge for 5 s.
    answer_within: Duration::from_secs(5),
    answer: AnswerForm::Constant { content_type: "text/xml; charset=utf-8", body: ACK },
    schemes: &[Scheme::Token, Scheme::Basic],
    event_bridge_sources: &[RELAY, APP_FLOW],
    canonical_account: Some(ids::canonical_account),
    change_ids: &[
        ChangeId::Members(&["Envelope.Body.notifications.Notification.Id"]),
        // The place in the transaction. The record's id is in the key too.
        ChangeId::Members(&[
            "detail.payload.ChangeEventHeader.transactionKey",
            "detail.payload.ChangeEventHeader.sequenceNumber",
        ]),
        ChangeId::Members(&["detail.ChangeEventHeader.transactionKey", "detail.ChangeEventHeader.sequenceNumber"]),
        ChangeId::Members(&[
            "data.payload.ChangeEventHeader.transactionKey",
            "data.payload.ChangeEventHeader.sequenceNumber",
        ]),
        ChangeId::Members(&["payload.ChangeEventHeader.transactionKey", "payload.ChangeEventHeader.sequenceNumber"]),
        ChangeId::Members(&["ChangeEventHeader.transactionKey", "ChangeEventHeader.sequenceNumber"]),
        // EventBridge's own id, for platform events.
        ChangeId::MembersIf { member: "version", is: "0", id: &["id", "source"] },
    ],
    writes_local_times: false,
    has_opaque_field_ids: false,
    reads_request: false,
    // A live session of the user who sends the message.
    secret_members: SecretMembers::Named(&["SessionId"]),
    log_members: &[
        "Envelope.Body.notifications.ActionId",
        "Envelope.Body.notifications.Notification.Id",
        "detail.payload.ChangeEventHeader.transactionKey",
        "detail.payload.ChangeEventHeader.commitNumber",
    ],
    // Salesforce has no test message: a made-up one, which becomes `crm.unknown.received`.
    test_body: r#"{"event":"crm-events.check"}"#,
    catalog: catalog::CATALOG,
    normalize: &normalize,
};

fn normalize<'a>(webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
    let body = &webhook.body;
    if let Some(envelope) = body.any_object("Envelope") {
        return outbound::normalize(webhook, &envelope);
    }
    if let Some(payload) = change_events::payload(body) {
        return change_events::normalize(webhook, &payload);
    }
    match body.text("detail-type").or_else(|| body.text("detailType")) {
        Some(name) => platform_event(webhook, name),
        None => callout::normalize(webhook),
    }
}

/// An event of EventBridge that is no change of a record: a platform event, whose fields are the customer's own.
fn platform_event<'a>(webhook: &Webhook<'a>, name: Text<'a>) -> Result<Translation<'a>, Quarantine> {
    let account = change_events::organization(&webhook.body);
    ids::check_organization(webhook.account, account.as_ref())?;
    let detail = webhook.body.any_object("detail");
    let payload = detail.as_ref().and_then(|detail| detail.any_object("payload")).or(detail);
    let occurred_at = payload.and_then(|payload| payload.time("CreatedDate"));
    Ok(Translation::Unknown(Unknown { vendor_event: name, record_id: None, account, occurred_at }))
}

/// The action in the name of an event: `opportunity.stage_changed`. The object is that of the record.
fn action_in_name(name: &str) -> Option<Action> {
    name.rsplit_once('.').and_then(|(_, action)| action.parse().ok())
}

/// True for the task of a telephone call.
fn is_call(entity: Entity, record: &Object<'_>) -> bool {
    let is_call = |member| record.text(member).as_deref() == Some("Call");
    entity == Entity::Task && (is_call("TaskSubtype") || is_call("Type"))
}

/// The record that a deleted one was merged into.
fn deletion_detail<'a>(action: Action, record: &Object<'a>) -> Option<ActionDetail<'a>> {
    let master = record.id("MasterRecordId").filter(|_| action == Action::Deleted)?;
    Some(ActionDetail::MergedInto(ids::long(master)))
}

fn user(id: Text<'_>) -> Actor<'_> {
    user_actor(ids::long(id))
}
