#![doc = include_str!("../README.md")]

mod config;
mod connection;
mod function;
mod json_log;
mod message;
mod overflow;
mod publish;
mod reply;
mod request;
mod signed_client;
mod vendor_file;
mod webhook_log;
mod webhook_secrets;

use std::process::ExitCode;

use crm_normalize::Vendor;
use jiff::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::value::RawValue;

pub use config::{Aws, Config, ConfigError, Destination, TimeLimit};
pub use function::{Function, NotStored};
pub use json_log::{Lines, subscriber};
pub use publish::{PublishError, Queues};
pub use reply::HttpResponse;
pub use request::HttpRequest;
pub use webhook_log::Call;
pub use webhook_secrets::{SecretStoreError, SecretsSetting, StoredSecret, WebhookSecrets};

/// Runs a vendor's function: reads the settings, then serves the Lambda Runtime API until Lambda ends the process.
///
/// It exits with one line on standard error if a setting is missing or malformed, or if the secrets cannot be read.
/// Lambda starts it again for the next webhook. Running without secrets would answer 401, and the webhook would be
/// lost.
pub fn run(vendor: &'static Vendor) -> ExitCode {
    start(vendor, &[])
}

/// Runs the function of a vendor that a file describes: the file that `VENDOR_FILE` names, `vendor.toml` beside the
/// binary by default. Otherwise as [`run`]; a file with a fault stops the function in the same way.
pub fn run_vendor_file() -> ExitCode {
    let file = match vendor_file::read() {
        Ok(file) => file,
        Err(error) => return stop(vendor_file::VARIABLE, &error),
    };
    let weaknesses = file.weaknesses();
    start(file.into_vendor(), &weaknesses)
}

fn start(vendor: &'static Vendor, weaknesses: &[String]) -> ExitCode {
    let config = match Config::from_env(vendor) {
        Ok(config) => config,
        Err(error) => return stop(vendor.name, &error),
    };
    json_log::init(config.log_level);
    for weakness in weaknesses {
        tracing::warn!(vendor = vendor.name, weakness, "the vendor file cannot promise more");
    }
    // Lambda gives a process one webhook at a time, so threads would only slow the start.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return stop(vendor.name, &error),
    };
    match runtime.block_on(serve(vendor, config)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => stop(vendor.name, &error),
    }
}

async fn serve(vendor: &'static Vendor, config: Config) -> Result<(), lambda_runtime::Error> {
    let connector = connection::connector();
    let queues = Queues::with_connector(&config.destination, connector.clone());
    let aws = &config.destination.aws;
    let (secrets, ()) =
        tokio::join!(WebhookSecrets::open(vendor, &config.secrets, aws, connector, now()), queues.prime());
    let function = Function::new(vendor, config, secrets?, queues);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Box<RawValue>>| {
        let trace_header = event.context.xray_trace_id.as_deref();
        let call = Call { request_id: &event.context.request_id, trace_header };
        function.invoke(event.payload.into(), call, now()).await.map_err(lambda_runtime::Error::from)
    }))
    .await
}

/// The time, truncated to milliseconds; finer precision has no use.
#[expect(clippy::disallowed_methods, reason = "here the clock becomes an argument")]
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

#[expect(clippy::print_stderr, reason = "nothing else is set up yet")]
fn stop(subject: &str, error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("{subject}: {error}");
    ExitCode::FAILURE
}
