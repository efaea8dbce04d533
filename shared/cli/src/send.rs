//! Sending sample cases to a stack over HTTP, as the vendors do.

use std::fmt;
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use anyhow::{Context, anyhow};
use crm_event::{Event, TimeSource};
use crm_normalize::Vendor;
use crm_normalize::crm::AnswerForm;
use crm_normalize::outcome::Outcome;
use crm_samples::{Case, Webhook};
use jiff::Timestamp;
use serde::Deserialize;

pub use crate::http::Reply;
use crate::stack::Stack;

/// Posts a webhook unchanged.
///
/// # Errors
/// If there is no response.
pub fn post(stack: &Stack, vendor: &Vendor, webhook: &Webhook) -> anyhow::Result<Reply> {
    let url = url(stack, vendor, webhook)?;
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into();
    let webhook = webhook.clone().with_content_type();
    let mut request = agent.post(&url);
    if let Some(host) = &stack.host_header {
        request = request.header("host", host);
    }
    for (name, value) in &webhook.headers {
        request = request.header(&**name, &**value);
    }
    Reply::read(request.send(&webhook.body[..]).with_context(|| format!("no response from {}", vendor.name))?)
}

fn url(stack: &Stack, vendor: &Vendor, webhook: &Webhook) -> anyhow::Result<String> {
    stack.url(vendor.name)?;
    Ok(webhook.url(&stack.public_base_url(vendor), vendor))
}

/// The result of one case.
#[derive(Debug)]
pub struct Sent {
    pub case: Case,
    pub reply: Reply,
    /// Type and id of each event in the function's answer.
    pub events: Vec<(String, String)>,
    /// True if the code here gives the same answer.
    pub as_expected: bool,
}

impl fmt::Display for Sent {
    /// A line per event, or one for the answer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[derive(Default, Deserialize)]
        struct Words {
            #[serde(default)]
            status: String,
            #[serde(default)]
            reason: String,
        }
        let words: Words = serde_json::from_str(&self.reply.body).unwrap_or_default();
        let Self { case, reply, .. } = self;
        let start = format!("{:<11}{:<50} {} {:<12}", case.vendor.name, case.name, reply.status, words.status);
        if !self.as_expected {
            return write!(f, "{start}NOT AS EXPECTED: {}", reply.body);
        }
        if self.events.is_empty() {
            return write!(f, "{start}{}", words.reason);
        }
        let lines = self.events.iter().map(|(event_type, id)| format!("{start}{event_type:<28}{id}"));
        f.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
}

/// Posts a case with its proof of origin, and compares the answer with that of the code here.
///
/// # Errors
/// If the case cannot be read or there is no answer.
pub fn send(stack: &Stack, case: &Case, now: Timestamp) -> anyhow::Result<Sent> {
    let webhook = case.webhook()?.proven_at(&stack.public_base_url(case.vendor), case.vendor, now);
    let reply = post(stack, case.vendor, &webhook)?;
    let (answer, _) = webhook.answer(case.vendor, now)?;
    if let AnswerForm::Constant { body, .. } = case.vendor.answer {
        let as_expected = reply.status == 200 && reply.body == body;
        let events = answer.events().iter().map(|event| (event.event_type.to_string(), event.id.to_string())).collect();
        return Ok(Sent { case: case.clone(), as_expected, reply, events });
    }
    let Ok(actual) = serde_json::from_str::<Outcome>(&reply.body) else {
        return Ok(Sent { case: case.clone(), as_expected: false, reply, events: Vec::new() });
    };
    let (expected_events, ids) = (answer.events(), actual.events());
    let same_events = expected_events.len() == ids.len() && expected_events.iter().zip(ids).all(|(e, id)| is_id(e, id));
    let as_expected = same_events && answer.word() == actual.word() && answer.reason() == actual.reason();
    let events = expected_events.iter().map(|event| event.event_type.to_string()).zip(ids.iter().cloned()).collect();
    Ok(Sent { case: case.clone(), as_expected: as_expected && reply.status == 200, reply, events })
}

/// The number of cases that are posted at the same time.
const AT_A_TIME: usize = 4;

/// Posts cases, some at the same time because the stack mostly waits, and passes their results on in order.
///
/// # Errors
/// If a case cannot be read, there is no answer, or `each` fails.
pub fn send_all(
    stack: &Stack,
    cases: &[Case],
    now: fn() -> Timestamp,
    mut each: impl FnMut(Sent) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for cases in cases.chunks(AT_A_TIME) {
        let results: Vec<_> = thread::scope(|scope| {
            let post = |case| scope.spawn(move || send(stack, case, now()));
            let threads: Vec<_> = cases.iter().map(post).collect();
            threads.into_iter().map(ScopedJoinHandle::join).collect()
        });
        for result in results {
            each(result.map_err(|_| anyhow!("a sender panicked"))??)?;
        }
    }
    Ok(())
}

/// True if the id is that of the event. Without the vendor's time of the change, the digest may depend on the time of
/// receipt, which only the function knows.
fn is_id(event: &Event<'_>, id: &str) -> bool {
    let without_digest = |id: &str| id.rsplit_once(':').map(|(start, _)| start.to_owned());
    *event.id == *id || (event.timesource == TimeSource::Received && without_digest(&event.id) == without_digest(id))
}

/// A `curl` command that posts a case. It uses a token or password rather than a signature, which would expire in
/// minutes.
///
/// # Errors
/// If the case cannot be read or the stack has no route for it.
pub fn curl(stack: &Stack, case: &Case, now: Timestamp) -> anyhow::Result<String> {
    let mut webhook = case.webhook()?;
    for id in case.vendor.signature_schemes().filter_map(|scheme| scheme.id_header) {
        webhook.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(id));
    }
    let webhook = webhook.proven_at(&stack.public_base_url(case.vendor), case.vendor, now).with_content_type();
    let mut command = format!("curl '{}'", url(stack, case.vendor, &webhook)?);
    let host = stack.host_header.iter().map(|host| ("host", host.as_str()));
    let headers = webhook.headers.iter().map(|(name, value)| (&**name, &**value));
    for (name, value) in host.chain(headers) {
        command.push_str(&format!(" -H '{name}: {value}'"));
    }
    Ok(command + &format!(" --data-binary @{}", case.body_file()?.display()))
}
