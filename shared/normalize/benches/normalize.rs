//! What a webhook costs in the process: proof, translation, keys and the message's JSON, for every case under `events/`,
//! beside what it costs merely to read the same body.
//!
//! - `value`: the body parsed to a `serde_json::Value`, which is where a function without a model starts
//! - `scan`: the body parsed to nothing, the floor of any reading
//! - `ours`: all that a function does between request and message

use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use crm_events::case::{Case, RECEIVED_AT};
use crm_normalize::{Accepted, Options, Pairs, Request, Secrets, sample};
use serde::de::IgnoredAny;
use serde_json::Value;

fn benchmark(criterion: &mut Criterion) {
    let events = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events");
    let cases = Case::all(&events).unwrap_or_else(|error| unreadable(&error));
    for case in cases {
        let webhook = case.webhook().unwrap_or_else(|error| unreadable(&error)).proven(case.vendor, RECEIVED_AT);
        let Ok(secrets) = Secrets::parse(&sample::secrets(case.vendor), case.vendor.schemes) else { continue };
        let mut group = criterion.benchmark_group(format!("{}/{}", case.vendor.name, case.name));
        group.throughput(Throughput::Bytes(webhook.body.len().try_into().unwrap_or_default()));
        group.bench_function(BenchmarkId::from_parameter("value"), |bencher| {
            bencher.iter(|| serde_json::from_slice::<Value>(black_box(&webhook.body)).is_ok());
        });
        group.bench_function(BenchmarkId::from_parameter("scan"), |bencher| {
            bencher.iter(|| serde_json::from_slice::<IgnoredAny>(black_box(&webhook.body)).is_ok());
        });
        group.bench_function(BenchmarkId::from_parameter("ours"), |bencher| {
            bencher.iter(|| {
                let request = Request {
                    body: black_box(&webhook.body),
                    headers: Pairs(&webhook.headers),
                    query: Pairs(&webhook.query),
                    account: None,
                };
                let verified = case.vendor.verify(request, &secrets, RECEIVED_AT).ok()?;
                match verified.normalize(Options { include_raw: true }).result {
                    Ok(Accepted::Events(events)) => {
                        events.iter().map(|event| event.to_json().ok()).collect::<Option<Vec<_>>>()
                    }
                    Ok(Accepted::Ignored(_)) | Err(_) => None,
                }
            });
        });
        group.finish();
    }
}

#[expect(clippy::panic, reason = "there is nothing to measure without the cases")]
fn unreadable<T>(error: &dyn std::fmt::Display) -> T {
    panic!("{error}")
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
