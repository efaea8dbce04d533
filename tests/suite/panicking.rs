//! A function whose translation panics, for a test of the webhook after that. Otherwise it is a function like any
//! other.

use std::process::ExitCode;

use crm_normalize::Quarantine;
use crm_normalize::crm::{AnswerForm, BodyForm, PATIENT, Translation, Vendor, Webhook, of_package};

const HEFFL: &Vendor = of_package("heffl");

static PANICKING: Vendor = Vendor {
    name: HEFFL.name,
    title: HEFFL.title,
    body_form: BodyForm::Object,
    syntaxes: &[],
    answer_within: PATIENT,
    answer: AnswerForm::Json,
    schemes: HEFFL.schemes,
    event_bridge_sources: &[],
    canonical_account: None,
    change_ids: HEFFL.change_ids,
    writes_local_times: HEFFL.writes_local_times,
    has_opaque_field_ids: HEFFL.has_opaque_field_ids,
    reads_request: HEFFL.reads_request,
    secret_members: HEFFL.secret_members,
    log_members: HEFFL.log_members,
    catalog: HEFFL.catalog,
    test_body: HEFFL.test_body,
    normalize: &normalize,
};

#[expect(clippy::panic, reason = "that is what it is for")]
fn normalize<'a>(webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
    match webhook.body.text("event").as_deref() {
        Some("panic") => panic!("a bug"),
        _ => HEFFL.normalize.normalize(webhook),
    }
}

fn main() -> ExitCode {
    // Abort like a function of the release profile, which has `panic = "abort"`.
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        print(panic);
        std::process::abort();
    }));
    crm_ingest::run(&PANICKING)
}
