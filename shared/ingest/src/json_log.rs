//! The log format: one JSON object per line, as in Lambda's JSON log format.
//!
//! `tracing-subscriber` has a similar format, but cannot nest objects. The line of a webhook needs that for the metrics
//! of CloudWatch.

use std::fmt;

use serde::Serializer as _;
use serde::ser::SerializeMap;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// The target of the line of a webhook.
pub(crate) const WEBHOOK: &str = "crm_ingest::webhook";

/// The field of a [`WEBHOOK`] event that holds the members of its line, as a JSON object.
const LINE: &str = "line";

/// Writes this project's own lines at `level` and above to `writer`. From other crates only warnings and errors pass:
/// at lower levels the SDK and the runtime log requests, which contain bodies.
pub fn subscriber<W>(level: LevelFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().event_format(Lines).with_writer(writer);
    tracing_subscriber::registry().with(targets(level)).with(lines)
}

/// Installs the subscriber, with standard output as the writer.
pub(crate) fn init(level: LevelFilter) {
    // This is the first subscriber; a second one would be refused.
    let _ = subscriber(level, std::io::stdout).try_init();
}

fn targets(level: LevelFilter) -> Targets {
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("crm_ingest", level)
        // Lines with metrics are warnings or errors.
        .with_target(WEBHOOK, level.max(LevelFilter::WARN))
}

/// Formats an event as one JSON object per line.
#[derive(Clone, Copy, Debug)]
pub struct Lines;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let json = object(event).map_err(|_| fmt::Error)?;
        writeln!(writer, "{}", String::from_utf8(json).map_err(|_| fmt::Error)?)
    }
}

fn object(event: &Event<'_>) -> Result<Vec<u8>, serde_json::Error> {
    let mut json = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut json);
    let mut map = serializer.serialize_map(None)?;
    let mut timestamp = String::new();
    // Writing to a String cannot fail.
    let _ = tracing_subscriber::fmt::time::SystemTime.format_time(&mut Writer::new(&mut timestamp));
    map.serialize_entry("timestamp", &timestamp)?;
    map.serialize_entry("level", event.metadata().level().as_str())?;
    if event.metadata().target() == WEBHOOK {
        let mut line = None;
        event.record(&mut WebhookLine(&mut line));
        map.end()?;
        return Ok(joined(json, line.as_deref()));
    }
    let mut members = Members { map: &mut map, failed: None };
    event.record(&mut members);
    if let Some(error) = members.failed {
        return Err(error);
    }
    map.serialize_entry("target", event.metadata().target())?;
    map.end()?;
    Ok(json)
}

/// Joins two JSON objects: the members of the first, then those of the second.
fn joined(mut first: Vec<u8>, second: Option<&str>) -> Vec<u8> {
    if let Some(members) = second.and_then(|object| object.strip_prefix('{')).filter(|members| *members != "}") {
        let _ = first.pop();
        first.push(b',');
        first.extend_from_slice(members.as_bytes());
    }
    first
}

/// Extracts the line from a webhook's event.
struct WebhookLine<'a>(&'a mut Option<String>);

impl Visit for WebhookLine<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == LINE {
            *self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// Writes an event's fields as members.
struct Members<'a, M: SerializeMap> {
    map: &'a mut M,
    failed: Option<M::Error>,
}

impl<M: SerializeMap> Members<'_, M> {
    fn entry(&mut self, field: &Field, value: &impl serde::Serialize) {
        if self.failed.is_none() {
            self.failed = self.map.serialize_entry(field.name(), value).err();
        }
    }
}

impl<M: SerializeMap> Visit for Members<'_, M> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.entry(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.entry(field, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.entry(field, &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.entry(field, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.entry(field, &value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.entry(field, &value);
    }
}

#[cfg(test)]
mod tests {
    use super::{WEBHOOK, subscriber};
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex, Once};
    use tracing::level_filters::LevelFilter;
    use tracing_subscriber::filter::dynamic_filter_fn;
    use tracing_subscriber::layer::SubscriberExt;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines(level: LevelFilter, log: impl FnOnce()) -> Vec<String> {
        // tracing permanently disables a call site that finds no subscriber, and these tests run concurrently.
        static OPEN: Once = Once::new();
        OPEN.call_once(|| {
            let open = tracing_subscriber::registry().with(dynamic_filter_fn(|_, _| false));
            tracing::subscriber::set_global_default(open).unwrap();
        });
        let written = Written::default();
        let writer = written.clone();
        tracing::subscriber::with_default(subscriber(level, move || writer.clone()), log);
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn every_line_is_one_json_object() {
        let lines = lines(LevelFilter::INFO, || {
            tracing::info!(number = 1.5, yes = true, error = %"a \"quoted\"\nerror", "a message");
            tracing::info!(target: WEBHOOK, line = r#"{"a":{"b":1}}"#);
        });
        let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["message"], "a message");
        assert_eq!((&line["number"], &line["yes"]), (&1.5.into(), &true.into()));
        assert_eq!(line["error"], "a \"quoted\"\nerror");
        line["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        let line: serde_json::Value = serde_json::from_str(&lines[1]).unwrap();
        assert_eq!((&line["level"], &line["a"]["b"]), (&"INFO".into(), &1.into()));
        line["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    }

    #[test]
    fn warnings_about_webhooks_are_written_at_every_level_and_others_requests_at_none() {
        for (level, written) in [
            (LevelFilter::TRACE, &["INFO", "WARN", "ERROR"][..]),
            (LevelFilter::INFO, &["INFO", "WARN", "ERROR"]),
            (LevelFilter::WARN, &["WARN", "ERROR"]),
            (LevelFilter::ERROR, &["WARN", "ERROR"]),
        ] {
            let lines = lines(level, || {
                tracing::info!(target: WEBHOOK, line = "{}");
                tracing::warn!(target: WEBHOOK, line = "{}");
                tracing::error!(target: WEBHOOK, line = "{}");
                tracing::info!(target: "hyper", "a request");
            });
            assert_eq!(lines.len(), written.len(), "{lines:?}");
            assert!(lines.iter().zip(written).all(|(line, level)| line.contains(level)), "{lines:?}");
        }
    }
}
