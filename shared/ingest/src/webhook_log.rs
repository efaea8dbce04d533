//! The log line of a webhook: what came, what became of it, how long each stage took. CloudWatch makes its metrics of
//! the same line, in the
//! [embedded metric format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
//!
//! Nothing of a record is in it but ids, names of events and paths of fields.

use std::time::{Duration, Instant};

use crm_event::{Entity, EventType, to_json};
use crm_normalize::Logged;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::json_log::WEBHOOK;
use crate::reply::{Outcome, Reply};

/// How Lambda calls the function for a webhook.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Lambda's id of the request, as in its own lines.
    pub request_id: &'a str,
    /// The X-Ray trace, as Lambda's `Lambda-Runtime-Trace-Id` has it: goes on in the messages' `AWSTraceHeader`.
    pub trace_header: Option<&'a str>,
}

/// The most paths in a line: a list of a hundred thousand wrong entries is no hundred thousand news.
const MOST_PATHS: usize = 20;
/// What a line has mostly, in bytes.
const LENGTH: usize = 2 << 10;
/// No longer than a key with it in plain sight could be.
const LONGEST_ACCOUNT: usize = 128;

/// What is known of a webhook by the end of its way.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    started: Instant,
    received_at: Timestamp,
    call: Call<'a>,
    vendor: &'static str,
    metrics: Metrics,
    pub(crate) account: Option<String>,
    /// A documented name: any other could be any text.
    pub(crate) vendor_event: Option<&'static str>,
    pub(crate) event_type: Option<EventType>,
    /// Why it is no event.
    pub(crate) reason: Option<String>,
    /// Why a queue or the store did not take it.
    pub(crate) errors: Vec<String>,
    /// Paths of values that could not be read and are left out of the record.
    pub(crate) unreadable: Vec<String>,
    /// What the vendor asks to be logged of an authentic body.
    pub(crate) logged: Logged<'a>,
}

impl<'a> Line<'a> {
    pub(crate) fn new(vendor: &'static str, call: Call<'a>, received_at: Timestamp, started: Instant) -> Self {
        Self {
            started,
            received_at,
            call,
            vendor,
            metrics: Metrics::default(),
            account: None,
            vendor_event: None,
            event_type: None,
            reason: None,
            errors: Vec::new(),
            unreadable: Vec::new(),
            logged: Logged::default(),
        }
    }

    pub(crate) fn count(&mut self, metric: &'static str, number: usize) {
        self.metrics.0.push((metric, Value::Count(number)));
    }

    pub(crate) fn bytes(&mut self, metric: &'static str, bytes: usize) {
        self.metrics.0.push((metric, Value::Bytes(bytes)));
    }

    /// The time since the start, less that of the stages before.
    pub(crate) fn stage(&mut self, metric: &'static str) {
        let before = self.metrics.0.iter().filter_map(|(_, value)| match value {
            Value::Time(time) => Some(*time),
            Value::Count(_) | Value::Bytes(_) => None,
        });
        let stage = self.started.elapsed().saturating_sub(before.sum());
        self.metrics.0.push((metric, Value::Time(stage)));
    }

    /// Writes it. Metrics go to `namespace`; none are made without one.
    pub(crate) fn write(mut self, reply: &Reply, namespace: Option<&str>) {
        let outcome = reply.outcome();
        self.count("Received", 1);
        self.count(outcome.metric(), 1);
        if self.event_type.is_some_and(|event_type| event_type.entity == Entity::Unknown) {
            self.count("Unknown", 1);
        }
        if !self.unreadable.is_empty() {
            self.count("FieldWarnings", self.unreadable.len());
        }
        self.metrics.0.push(("Duration", Value::Time(self.started.elapsed())));
        let level = match outcome {
            _ if !self.errors.is_empty() => "ERROR",
            Outcome::Accepted | Outcome::Ignored if self.unreadable.is_empty() => "INFO",
            _ => "WARN",
        };
        let written = Written {
            timestamp: self.received_at,
            level,
            message: "webhook",
            request_id: self.call.request_id,
            trace_id: self.call.trace_header,
            vendor: self.vendor,
            account: self.account.as_deref().filter(|account| account.len() <= LONGEST_ACCOUNT),
            vendor_event: self.vendor_event,
            event_type: self.event_type,
            entity: self.event_type.map(|event_type| event_type.entity.as_str()),
            action: self.event_type.map(|event_type| event_type.action.as_str()),
            event_ids: reply.events(),
            outcome: outcome.as_str(),
            reason: self.reason.as_deref(),
            errors: &self.errors,
            unreadable: self.unreadable.get(..MOST_PATHS).unwrap_or(&self.unreadable),
            vendor_fields: &self.logged,
            metrics: &self.metrics,
        };
        let line = to_json(&written, LENGTH).and_then(|mut line| {
            if let Some(namespace) = namespace {
                self.embed(&mut line, outcome, &to_json(&namespace, 0)?);
            }
            Ok(line)
        });
        match line {
            Ok(line) => tracing::info!(target: WEBHOOK, line),
            Err(error) => tracing::error!(%error, "the line of a webhook cannot be written"),
        }
    }

    /// Adds which members are metrics: by vendor, and of all vendors; what was accepted also by kind, of which there is
    /// a closed list. All of it but the namespace is words of ours, which need no escapes.
    fn embed(&self, line: &mut String, outcome: Outcome, namespace: &str) {
        let _ = line.pop();
        let timestamp = self.received_at.as_millisecond().to_string();
        line.extend([r#","_aws":{"Timestamp":"#, &timestamp, r#","CloudWatchMetrics":["#]);
        push_directive(line, namespace, r#"[["vendor"],[]]"#, &self.metrics.0);
        if outcome == Outcome::Accepted && self.event_type.is_some() {
            line.push(',');
            let accepted = (outcome.metric(), Value::Count(1));
            push_directive(line, namespace, r#"[["vendor","entity","action"]]"#, &[accepted]);
        }
        line.push_str("]}}");
    }
}

fn push_directive(line: &mut String, namespace: &str, dimensions: &str, metrics: &[(&str, Value)]) {
    line.extend([r#"{"Namespace":"#, namespace, r#","Dimensions":"#, dimensions, r#","Metrics":["#]);
    for (index, (name, value)) in metrics.iter().enumerate() {
        let separator = if index > 0 { "," } else { "" };
        line.extend([separator, r#"{"Name":""#, name, r#"","Unit":""#, value.unit(), r#""}"#]);
    }
    line.push_str("]}");
}

/// The members of a line, in the order in which a person reads them. `timestamp`, `level`, `message` and `requestId` are
/// named as in [Lambda's own lines](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html).
#[derive(Serialize)]
struct Written<'a> {
    timestamp: Timestamp,
    level: &'static str,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'static str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    event_ids: &'a [String],
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    errors: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    unreadable: &'a [String],
    #[serde(skip_serializing_if = "Logged::is_empty")]
    vendor_fields: &'a Logged<'a>,
    #[serde(flatten)]
    metrics: &'a Metrics,
}

/// The metrics of one webhook. What is not there is not 0: it is no data, and costs nothing.
#[derive(Debug, Default)]
struct Metrics(Vec<(&'static str, Value)>);

#[derive(Clone, Copy, Debug)]
enum Value {
    Count(usize),
    Bytes(usize),
    Time(Duration),
}

impl Value {
    fn unit(self) -> &'static str {
        match self {
            Self::Count(_) => "Count",
            Self::Bytes(_) => "Bytes",
            Self::Time(_) => "Milliseconds",
        }
    }
}

impl Serialize for Metrics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(number) | Self::Bytes(number) => number.serialize(serializer),
            // To the microsecond.
            Self::Time(time) => ((time.as_secs_f64() * 1e6).round() / 1e3).serialize(serializer),
        }
    }
}
