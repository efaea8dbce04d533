//! Tables of what a webhook costs in the process, in Markdown: every vendor's largest sample, growth with the body's
//! size, growth with the number of events.
//!
//! `value`, `scan` and `ours` are those of the other benchmark. `hash` is the SHA-256 of what the webhook's proof and
//! key are made of, whatever else is done: with the SHA instructions of a processor a tenth of what it is without. The
//! times are medians of rounds in which all of a row are measured in turn.
#![expect(clippy::print_stdout, reason = "tables are to be seen")]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use crm_events::answer::Webhook;
use crm_events::case::{Case, RECEIVED_AT};
use crm_normalize::{Accepted, Options, Pairs, Request, Secrets, Vendor, sample, vendor};
use ring::digest::{SHA256, digest};
use serde::de::IgnoredAny;
use serde_json::Value;

const ROUNDS: usize = 60;

/// A webhook and the secrets that prove it.
struct Subject {
    vendor: &'static Vendor,
    name: String,
    webhook: Webhook,
    secrets: Secrets,
}

impl Subject {
    fn new(case: &Case) -> anyhow::Result<Self> {
        Self::with_body(case, case.webhook()?.body)
    }

    fn with_body(case: &Case, body: Vec<u8>) -> anyhow::Result<Self> {
        let webhook = Webhook { body, ..case.webhook()? }.proven(case.vendor, RECEIVED_AT);
        let secrets = Secrets::parse(&sample::secrets(case.vendor), case.vendor.schemes)?;
        Ok(Self { vendor: case.vendor, name: format!("{}/{}", case.vendor.name, case.name), webhook, secrets })
    }

    /// All that a function does between request and message.
    fn ours(&self) {
        black_box(self.messages());
    }

    fn messages(&self) -> usize {
        let request = Request {
            body: black_box(&self.webhook.body),
            headers: Pairs(&self.webhook.headers),
            query: Pairs(&self.webhook.query),
            account: None,
        };
        let Ok(verified) = self.vendor.verify(request, &self.secrets, RECEIVED_AT) else { return 0 };
        match verified.normalize(Options { include_raw: true }).result {
            Ok(Accepted::Events(events)) => events.iter().filter(|event| black_box(event.to_json()).is_ok()).count(),
            Ok(Accepted::Ignored(_)) | Err(_) => 0,
        }
    }

    fn value(&self) {
        drop(black_box(serde_json::from_slice::<Value>(black_box(&self.webhook.body))));
    }

    fn scan(&self) {
        drop(black_box(serde_json::from_slice::<IgnoredAny>(black_box(&self.webhook.body))));
    }

    fn hash(&self) {
        black_box(digest(&SHA256, black_box(&self.webhook.body)));
    }
}

/// The median time of one call of each, in microseconds.
fn medians<const N: usize>(each: [&dyn Fn(); N]) -> [f64; N] {
    let mut times = [(); N].map(|()| Vec::with_capacity(ROUNDS));
    // So many calls that the clock's own time does not count.
    let calls = each.map(|one| {
        let started = Instant::now();
        one();
        Duration::from_micros(200).div_duration_f64(started.elapsed()).clamp(1.0, 1000.0).round()
    });
    for _ in 0..ROUNDS {
        for ((one, calls), times) in each.iter().zip(calls).zip(&mut times) {
            let started = Instant::now();
            let mut call = 0.0;
            while call < calls {
                one();
                call += 1.0;
            }
            times.push(started.elapsed().as_secs_f64() * 1e6 / calls);
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times.get(ROUNDS / 2).copied().unwrap_or_default()
    })
}

fn allocations(call: impl FnOnce()) -> u64 {
    allocation_counter::measure(call).count_total
}

fn largest_samples(cases: &[Case]) -> anyhow::Result<()> {
    println!(
        "| sample | bytes | value, us | scan, us | hash, us | ours, us | ours / value | (ours - hash) / value | allocations: value | ours |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for vendor in vendor::ALL {
        let own = cases.iter().filter(|case| case.vendor.name == vendor.name);
        let subjects = own.map(Subject::new).collect::<anyhow::Result<Vec<_>>>()?;
        let accepted = subjects.iter().filter(|subject| subject.messages() > 0);
        let Some(subject) = accepted.max_by_key(|subject| subject.webhook.body.len()) else { continue };
        let [value, scan, hash, ours] =
            medians([&|| subject.value(), &|| subject.scan(), &|| subject.hash(), &|| subject.ours()]);
        println!(
            "| {} | {} | {value:.1} | {scan:.1} | {hash:.1} | {ours:.1} | {:.2} | {:.2} | {} | {} |",
            subject.name,
            subject.webhook.body.len(),
            ours / value,
            (ours - hash) / value,
            allocations(|| subject.value()),
            allocations(|| subject.ours()),
        );
    }
    Ok(())
}

/// The same record with more and more beside it that nobody reads.
fn body_sizes(events: &Path) -> anyhow::Result<()> {
    let Some(freshsales) = vendor::find("freshsales") else { return Ok(()) };
    let case = Case::find(events, freshsales, "contact_updated")?;
    let sample = String::from_utf8(case.webhook()?.body)?;
    println!("\n| bytes | value, us | ours, us | ours, ns per byte | ours / value | allocations: ours |");
    println!("|--:|--:|--:|--:|--:|--:|");
    for size in [10_000, 100_000, 1_000_000, 6_000_000_usize] {
        let copies = vec![sample.trim(); size.div_ceil(sample.len())].join(",");
        let body = sample.trim_start().replacen('{', &format!("{{\"more\":[{copies}],"), 1);
        let subject = Subject::with_body(&case, body.into_bytes())?;
        let [value, ours] = medians([&|| subject.value(), &|| subject.ours()]);
        let bytes = subject.webhook.body.len();
        println!(
            "| {bytes} | {value:.0} | {ours:.0} | {:.2} | {:.2} | {} |",
            ours * 1e3 / f64::from(u32::try_from(bytes)?),
            ours / value,
            allocations(|| subject.ours()),
        );
    }
    Ok(())
}

/// One webhook about more and more records.
fn batches(events: &Path) -> anyhow::Result<()> {
    let Some(teamgrid) = vendor::find("teamgrid") else { return Ok(()) };
    let case = Case::find(events, teamgrid, "user_added")?;
    println!("\n| events | bytes of raw in all messages | ours, us | us per event | ns per byte |");
    println!("|--:|--:|--:|--:|--:|");
    for count in [1, 3, 10, 30, 100_u32] {
        let ids: Vec<String> = (0..count).map(|index| format!("user{index:04}")).collect();
        let mut body: Value = serde_json::from_slice(&case.webhook()?.body)?;
        let document = body.as_object_mut().and_then(|body| {
            let name = if body.contains_key("doc") { "doc" } else { "item" };
            body.get_mut(name)?.as_object_mut()
        });
        if let Some(document) = document {
            document.insert("userIds".to_owned(), ids.into());
        }
        let subject = Subject::with_body(&case, body.to_string().into_bytes())?;
        let events = subject.messages();
        anyhow::ensure!(events == usize::try_from(count)?, "{count} users became {events} events");
        let [ours] = medians([&|| subject.ours()]);
        let bytes = f64::from(count) * f64::from(u32::try_from(subject.webhook.body.len())?);
        println!("| {count} | {bytes} | {ours:.1} | {:.2} | {:.2} |", ours / f64::from(count), ours * 1e3 / bytes);
    }
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let events = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events");
    largest_samples(&Case::all(&events)?)?;
    body_sizes(&events)?;
    batches(&events)
}
