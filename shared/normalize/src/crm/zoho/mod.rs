//! Zoho CRM, which sends in two ways.
//!
//! - Workflow webhooks: <https://www.zoho.com/crm/help/automation/webhooks.html>, see [`workflow`].
//! - Notification API: <https://www.zoho.com/crm/developer/docs/api/v8/notifications/enable.html>, see
//!   [`notification`]. Both checked 2026-11.
//! - Proof of origin: Zoho does not sign. A workflow webhook has a header that the administrator chooses. A
//!   notification has the channel's `token` in its body, and repeats the query of its URL there.
//! - Retries: not documented for either.
//!
//! Neither names the organization, so several of them need their own URLs.

mod catalog;
mod display;
mod fields;
mod modules;
mod notification;
mod people;
mod sales;
mod work;
mod workflow;

use super::{AnswerForm, BodyForm, PATIENT, SecretMembers, Translation, Vendor, Webhook};
use crate::body::FORM;
use crate::error::Quarantine;
use crate::scheme::Scheme;

pub const VENDOR: Vendor = Vendor {
    name: "zoho",
    title: "Zoho CRM",
    body_form: BodyForm::Object,
    // A workflow webhook is a form or JSON, as the administrator chose.
    syntaxes: &[&FORM],
    answer_within: PATIENT,
    answer: AnswerForm::Json,
    schemes: &[Scheme::Token, Scheme::MemberToken("token")],
    event_bridge_sources: &[],
    canonical_account: None,
    // There is no id. A notification is identified by its body, which has the time at which it was sent.
    change_ids: &[],
    writes_local_times: true,
    has_opaque_field_ids: false,
    reads_request: false,
    // A notification repeats the query of its URL, and with it a token there.
    // The token of a channel, and the parameters of the URL.
    secret_members: SecretMembers::Named(&["token", "secret", "query_params"]),
    log_members: &["channel_id", "module", "operation", "server_time"],
    // All events of Zoho are about a record, so this is a made-up one. It becomes `crm.unknown.received`.
    test_body: r#"{"module":"crm-events","operation":"check","ids":["0"]}"#,
    catalog: catalog::CATALOG,
    normalize: &normalize,
};

fn normalize<'a>(webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
    if notification::is_notification(&webhook.body) {
        notification::normalize(&webhook.body)
    } else {
        workflow::normalize(webhook)
    }
}
