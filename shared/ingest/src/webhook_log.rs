//! The log line of a webhook, with its outcome and the duration of each stage. If someone must act, CloudWatch extracts
//! metrics from the same line, by the [embedded metric
//! format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
//! Everything else is counted by the free metrics of Lambda, API Gateway and SQS.
//!
//! The line contains no data of a record except ids, event names and field paths.

use std::borrow::Cow;
use std::time::Duration;

use crm_event::EventType;
use crm_normalize::outcome::{Failure, Outcome};
use crm_normalize::{Logged, is_loggable_path};
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::json_log::WEBHOOK;

/// Lambda's data about the invocation for a webhook.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Lambda's id of the request, as in its own lines.
    pub request_id: &'a str,
    /// The X-Ray trace from Lambda's `Lambda-Runtime-Trace-Id`. The messages continue it in `AWSTraceHeader`.
    pub trace_header: Option<&'a str>,
}

/// Maximum number of webhooks of one request whose fields are in its line.
pub(crate) const MAX_VENDOR_FIELDS: usize = 20;
/// Maximum number of paths in a line, in case a list has very many wrong entries.
const MAX_PATHS: usize = 20;
/// Maximum length of an account in the line. A key that contains a longer one would be hashed.
const MAX_ACCOUNT_BYTES: usize = 128;

/// An invocation of the function, around the webhook.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Invocation<'a> {
    pub(crate) call: Call<'a>,
    pub(crate) vendor: &'static str,
    pub(crate) received_at: Timestamp,
    pub(crate) body_bytes: usize,
    /// True for the first webhook of a process (cold start).
    pub(crate) is_cold: bool,
    pub(crate) duration: Duration,
}

/// A handled webhook.
#[derive(Debug)]
pub(crate) struct Handled<'a> {
    pub(crate) outcome: Outcome,
    /// The reason for a refusal, which the sender does not see.
    pub(crate) reason: Option<String>,
    pub(crate) account: Option<String>,
    /// Only a documented name, because any other could be any text. For many webhooks, only if all have the same name.
    pub(crate) vendor_event: Option<&'static str>,
    pub(crate) event_type: Option<EventType>,
    /// The number of events of a kind that is neither modelled nor documented.
    pub(crate) unknown: usize,
    /// The number of webhooks that were not understood.
    pub(crate) quarantined: usize,
    /// The reasons why a queue or the store did not accept it.
    pub(crate) errors: Vec<String>,
    /// Paths of values that could not be read and were left out of the record. They contain names of the body, of which
    /// the line has only plain ones.
    pub(crate) unreadable: Vec<String>,
    /// For each authentic webhook, the members that the vendor asks receivers to log.
    pub(crate) vendor_fields: Vec<Logged<'a>>,
    /// The number of events that were put into the overflow store.
    pub(crate) overflowed: usize,
    /// True if the webhook is in the overflow store, for a replay.
    pub(crate) is_stored: bool,
    /// The duration of each stage.
    pub(crate) proof: Option<Duration>,
    pub(crate) normalize: Option<Duration>,
    pub(crate) publish: Option<Duration>,
}

impl Handled<'_> {
    pub(crate) fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            reason: None,
            account: None,
            vendor_event: None,
            event_type: None,
            unknown: 0,
            quarantined: 0,
            errors: Vec::new(),
            unreadable: Vec::new(),
            vendor_fields: Vec::new(),
            overflowed: 0,
            is_stored: false,
            proof: None,
            normalize: None,
            publish: None,
        }
    }

    /// Counts of the conditions that someone must look at.
    fn metrics(&self) -> Metrics {
        let failure = match &self.outcome {
            Outcome::Failed { error } => Some(match error {
                Failure::BadRequest => "BadRequest",
                Failure::Unauthorized => "Unauthorized",
                Failure::TooLarge => "TooLarge",
                Failure::Unavailable => "Unavailable",
            }),
            _ => None,
        };
        // A failed request does not count as quarantined, because the vendor sends it again.
        let quarantined = if failure.is_none() { self.quarantined } else { 0 };
        let counts = [
            ("Quarantined", quarantined),
            ("Stored", usize::from(self.is_stored)),
            ("Overflowed", self.overflowed),
            ("Unknown", self.unknown),
            ("Unreadable", self.unreadable.len()),
        ];
        let failure = failure.map(|name| (name, 1));
        Metrics(failure.into_iter().chain(counts).filter(|(_, count)| *count > 0).collect())
    }
}

/// Writes the line, with metrics if there is a `namespace`. A line with metrics is a warning or an error, and is
/// written at every log level.
pub(crate) fn write(invocation: &Invocation<'_>, handled: &Handled<'_>, namespace: Option<&str>) {
    let metrics = handled.metrics();
    let is_warning = !metrics.0.is_empty();
    let line = Line {
        message: "webhook",
        request_id: invocation.call.request_id,
        trace_id: invocation.call.trace_header.filter(|_| is_warning),
        vendor: invocation.vendor,
        account: handled.account.as_deref().filter(|account| account.len() <= MAX_ACCOUNT_BYTES),
        vendor_event: handled.vendor_event,
        event_type: handled.event_type,
        event_ids: handled.outcome.events(),
        outcome: handled.outcome.word(),
        reason: handled.reason.as_deref().map(Cow::Borrowed).or(handled.outcome.reason()),
        errors: &handled.errors,
        unreadable: handled.unreadable.iter().filter(|path| is_loggable_path(path)).take(MAX_PATHS).collect(),
        vendor_fields: &handled.vendor_fields,
        cold_start: invocation.is_cold,
        body_bytes: invocation.body_bytes,
        proof_ms: handled.proof.map(Milliseconds),
        normalize_ms: handled.normalize.map(Milliseconds),
        publish_ms: handled.publish.map(Milliseconds),
        duration_ms: Milliseconds(invocation.duration),
        embedded: namespace.filter(|_| is_warning).map(|namespace| EmbeddedMetrics {
            timestamp: invocation.received_at.as_millisecond(),
            directives: [Directive {
                namespace,
                dimensions: [[]],
                metrics: metrics.0.iter().map(|(name, _)| Definition { name, unit: "Count" }).collect(),
            }],
        }),
        metrics: &metrics,
    };
    match serde_json::to_string(&line) {
        Ok(line) if !handled.errors.is_empty() => tracing::error!(target: WEBHOOK, line),
        Ok(line) if is_warning => tracing::warn!(target: WEBHOOK, line),
        Ok(line) => tracing::info!(target: WEBHOOK, line),
        Err(error) => tracing::error!(%error, "the log line of a webhook cannot be written"),
    }
}

/// The members of a line after its time and level, in the order in which a person reads them. `message` and `requestId`
/// are named as in [Lambda's own lines](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html).
#[derive(Serialize)]
struct Line<'a> {
    message: &'static str,
    #[serde(rename = "requestId")]
    request_id: &'a str,
    #[serde(rename = "traceId", skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
    vendor: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor_event: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    event_type: Option<EventType>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    event_ids: &'a [String],
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    errors: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<&'a String>,
    #[serde(skip_serializing_if = "<[Logged<'_>]>::is_empty", serialize_with = "one_or_list")]
    vendor_fields: &'a [Logged<'a>],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cold_start: bool,
    body_bytes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof_ms: Option<Milliseconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    normalize_ms: Option<Milliseconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    publish_ms: Option<Milliseconds>,
    duration_ms: Milliseconds,
    #[serde(flatten)]
    metrics: &'a Metrics,
    #[serde(rename = "_aws", skip_serializing_if = "Option::is_none")]
    embedded: Option<EmbeddedMetrics<'a>>,
}

/// Writes a list of one as its only entry.
fn one_or_list<T: Serialize, S: Serializer>(list: &&[T], serializer: S) -> Result<S::Ok, S::Error> {
    match list {
        [one] => one.serialize(serializer),
        list => list.serialize(serializer),
    }
}

/// A duration, written in milliseconds with microsecond precision.
struct Milliseconds(Duration);

impl Serialize for Milliseconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ((self.0.as_secs_f64() * 1e6).round() / 1e3).serialize(serializer)
    }
}

/// The metrics of one webhook. A metric that is absent has no data, which costs nothing, unlike 0.
struct Metrics(Vec<(&'static str, usize)>);

impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// Declares the members of the line that are metrics. They have no dimensions, because an alarm needs the sum over all
/// vendors, and each dimension is another metric to pay for. The vendor is in the line.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EmbeddedMetrics<'a> {
    timestamp: i64,
    #[serde(rename = "CloudWatchMetrics")]
    directives: [Directive<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    dimensions: [[&'static str; 0]; 1],
    metrics: Vec<Definition<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Definition<'a> {
    name: &'a str,
    unit: &'static str,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Milliseconds;

    #[test]
    fn a_duration_is_written_in_milliseconds_to_the_microsecond() {
        for (duration, json) in [
            (Duration::ZERO, "0.0"),
            (Duration::from_nanos(1_499), "0.001"),
            (Duration::from_nanos(1_234_567_800), "1234.568"),
            (Duration::from_secs(2), "2000.0"),
        ] {
            assert_eq!(serde_json::to_string(&Milliseconds(duration)).unwrap(), json);
        }
    }
}
