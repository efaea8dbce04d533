//! The Lambda side of a consumer.

use std::convert::Infallible;
use std::fmt::Display;
use std::process::ExitCode;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use crm_event::Event;
use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::consumer::{Batch, Consumer};
use crate::settings::{SettingError, Settings};

/// Runs a consumer: calls `function` with each event of the queue, and records the consumed events in the table
/// `IDEMPOTENCY_TABLE` ([`Consumer::each`], [`Settings::idempotency_records`]). Serves the Lambda Runtime API until
/// Lambda ends the process.
///
/// A missing or malformed setting ends the process immediately with one line on standard error.
pub fn run<E: Display>(function: impl AsyncFn(&Event<'_>) -> Result<(), E>) -> ExitCode {
    run_with(|settings| {
        let consumer = Consumer::new(settings.idempotency_records()?).with_queue(settings.queue());
        #[cfg(feature = "s3")]
        let consumer = consumer.with_payloads(crate::payload::S3::new(settings.s3()));
        Ok(async move |batch| consumer.each(batch, &function).await)
    })
}

/// Runs a consumer of your own: `setup` reads the settings and returns the handler of a batch.
///
/// A missing or malformed setting ends the process immediately with one line on standard error.
pub fn run_with<H>(setup: impl FnOnce(&Settings) -> Result<H, SettingError>) -> ExitCode
where
    H: AsyncFn(Batch) -> SqsBatchResponse,
{
    let start = || {
        let settings = Settings::from_env()?;
        log(settings.log_level()?);
        setup(&settings)
    };
    let handle = match start() {
        Ok(handle) => handle,
        Err(error) => return stop(&error),
    };
    // Lambda gives a process one batch at a time, so threads would only slow the start.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return stop(&error),
    };
    let serve = lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, Infallible>(handle(event.into()).await)
    }));
    match runtime.block_on(serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => stop(&error),
    }
}

/// Logs one JSON object per line, as in Lambda's JSON log format. From other crates only warnings and errors are
/// logged: at lower levels the SDK and the runtime log requests, which contain bodies.
fn log(level: LevelFilter) {
    let targets = Targets::new().with_default(level.min(LevelFilter::WARN)).with_target("crm_consume", level);
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(false);
    // This is the first subscriber; a second one would be refused.
    let _ = tracing_subscriber::registry().with(lines.with_span_list(false)).with(targets).try_init();
}

#[expect(clippy::disallowed_methods, reason = "here the clock becomes an argument")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

#[expect(clippy::print_stderr, reason = "nothing else is set up yet")]
fn stop(error: &dyn Display) -> ExitCode {
    eprintln!("{error}");
    ExitCode::FAILURE
}
