//! Tables of what a webhook costs in the process, in Markdown: every vendor's largest sample, growth with the body's
//! size, growth with the number of events.
//!
//! `value`, `scan` and `ours` are those of the other benchmark. `hash` is the SHA-256 of what the webhook's proof and
//! key are made of, whatever else is done: with the SHA instructions of a processor a tenth of what it is without. The
//! times are medians of rounds in which all of a row are measured in turn. Allocations are counted, which costs what
//! allocates a little time: `value` more than `ours`.
#![expect(clippy::print_stdout, reason = "tables are to be seen")]

mod cases;

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::Context;
use crm_normalize::crm;
use ring::digest::{SHA256, digest};
use serde_json::Value;

use crate::cases::Subject;

const ROUNDS: usize = 60;

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

fn largest_samples() -> anyhow::Result<()> {
    println!(
        "| sample | bytes | value, us | scan, us | hash, us | ours, us | ours / value | (ours - hash) / value | allocations: value | ours |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    let subjects = Subject::all()?;
    for vendor in crm::ALL {
        let own = subjects.iter().filter(|subject| subject.vendor.name == vendor.name);
        let accepted = own.filter(|subject| subject.messages() > 0);
        let Some(subject) = accepted.max_by_key(|subject| subject.body.len()) else { continue };
        let hash = || {
            black_box(digest(&SHA256, black_box(&subject.body)));
        };
        let [value, scan, hash, ours] = medians([&|| subject.value(), &|| subject.scan(), &hash, &|| subject.ours()]);
        println!(
            "| {} | {} | {value:.1} | {scan:.1} | {hash:.1} | {ours:.1} | {:.2} | {:.2} | {} | {} |",
            subject.name,
            subject.body.len(),
            ours / value,
            (ours - hash) / value,
            allocations(|| subject.value()),
            allocations(|| subject.ours()),
        );
    }
    Ok(())
}

fn find(name: &str) -> anyhow::Result<Subject> {
    Subject::all()?.into_iter().find(|subject| subject.name == name).with_context(|| format!("there is no {name}"))
}

/// The same record with more and more beside it that nobody reads.
fn body_sizes() -> anyhow::Result<()> {
    let name = "freshsales/contact_updated";
    let sample = String::from_utf8(find(name)?.body)?;
    println!("\n| bytes | value, us | ours, us | ours, ns per byte | ours / value | allocations: ours |");
    println!("|--:|--:|--:|--:|--:|--:|");
    for size in [10_000, 100_000, 1_000_000, 6_000_000_usize] {
        let copies = vec![sample.trim(); size.div_ceil(sample.len())].join(",");
        let body = sample.trim_start().replacen('{', &format!("{{\"more\":[{copies}],"), 1);
        let subject = find(name)?.with_body(body.into_bytes());
        let [value, ours] = medians([&|| subject.value(), &|| subject.ours()]);
        let bytes = subject.body.len();
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
fn batches() -> anyhow::Result<()> {
    println!("\n| events | bytes of raw in all messages | ours, us | us per event | ns per byte |");
    println!("|--:|--:|--:|--:|--:|");
    for count in [1, 3, 10, 30, 100_u32] {
        let ids: Vec<String> = (0..count).map(|index| format!("user{index:04}")).collect();
        let subject = find("teamgrid/user_added")?;
        let mut body: Value = serde_json::from_slice(&subject.body)?;
        let document = body.as_object_mut().and_then(|body| {
            let name = if body.contains_key("doc") { "doc" } else { "item" };
            body.get_mut(name)?.as_object_mut()
        });
        if let Some(document) = document {
            document.insert("userIds".to_owned(), ids.into());
        }
        let subject = subject.with_body(body.to_string().into_bytes());
        let events = subject.messages();
        anyhow::ensure!(events == usize::try_from(count)?, "{count} users became {events} events");
        let [ours] = medians([&|| subject.ours()]);
        let bytes = f64::from(count) * f64::from(u32::try_from(subject.body.len())?);
        println!("| {count} | {bytes} | {ours:.1} | {:.2} | {:.2} |", ours / f64::from(count), ours * 1e3 / bytes);
    }
    Ok(())
}

fn main() -> anyhow::Result<()> {
    largest_samples()?;
    body_sizes()?;
    batches()
}
