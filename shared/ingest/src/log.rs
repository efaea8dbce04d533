//! The log's form: one JSON object a line, as Lambda's JSON log format has it.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Sends this project's own lines to standard output from `level` on. Of other crates only warnings and errors are
/// let through: at lower levels the SDK and the runtime log requests, and requests hold bodies.
pub(crate) fn init(level: LevelFilter) {
    let targets = Targets::new().with_default(level.min(LevelFilter::WARN)).with_target("crm_ingest", level);
    let lines = fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(false);
    // A second subscriber is refused; there is none before this.
    let _ = tracing_subscriber::registry().with(targets).with(lines).try_init();
}
