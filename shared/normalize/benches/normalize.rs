//! Measures a webhook in the process: proof, translation, keys and the message's JSON (`ours`), for every case under
//! `events/`. For comparison it measures parsing the same body to a `serde_json::Value` (`value`) and without a result
//! (`scan`).

mod cases;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

use crate::cases::Subject;

fn benchmark(criterion: &mut Criterion) {
    for subject in Subject::all().unwrap_or_else(|error| unreadable(&error)) {
        let mut group = criterion.benchmark_group(&subject.name);
        group.throughput(Throughput::Bytes(subject.body.len().try_into().unwrap_or_default()));
        group.bench_function(BenchmarkId::from_parameter("value"), |bencher| bencher.iter(|| subject.value()));
        group.bench_function(BenchmarkId::from_parameter("scan"), |bencher| bencher.iter(|| subject.scan()));
        group.bench_function(BenchmarkId::from_parameter("ours"), |bencher| bencher.iter(|| subject.ours()));
        group.finish();
    }
}

#[expect(clippy::panic, reason = "there is nothing to measure without the cases")]
fn unreadable<T>(error: &anyhow::Error) -> T {
    panic!("{error:#}")
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
