//! Every vendor's longest case in turns with parsing its body, to a `serde_json::Value` and to nothing: what slows a
//! machine down for a while slows all three. The argument is the file that the figures go to, as JSON.
#![expect(clippy::print_stdout, reason = "a table is to be seen")]

mod cases;

use std::fs;
use std::time::{Duration, Instant};

use anyhow::Context;
use crm_normalize::vendor;
use serde_json::{Value, json};

use crate::cases::Subject;

const TURNS: usize = 2000;
/// Of ours; the others are called as often.
const TURN: Duration = Duration::from_micros(100);

fn time(calls: u32, one: impl Fn()) -> f64 {
    let started = Instant::now();
    for _ in 0..calls {
        one();
    }
    started.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn measured(subject: &Subject) -> Value {
    let mut calls = 1_u32;
    while time(calls, || subject.ours()) * f64::from(calls) < TURN.as_secs_f64() * 1e6 {
        calls = calls.saturating_mul(2);
    }
    let (mut value, mut scan, mut ours, mut ratio) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let (of_value, of_ours) = (time(calls, || subject.value()), time(calls, || subject.ours()));
        value.push(of_value);
        ours.push(of_ours);
        ratio.push(of_ours / of_value);
        scan.push(time(calls, || subject.scan()));
    }
    let [value, scan, ours, ratio] = [value, scan, ours, ratio].map(median);
    println!("| {} | {} | {value:.2} | {scan:.2} | {ours:.2} | {ratio:.2} |", subject.name, subject.body.len());
    json!({ "name": subject.name, "bytes": subject.body.len(), "value": value, "ours": ours, "ratio": ratio })
}

fn main() -> anyhow::Result<()> {
    let path = std::env::args().nth(1).context("expected the path of the file to write")?;
    let subjects = Subject::all()?;
    println!("| sample | bytes | value, us | scan, us | ours, us | ours / value |\n|---|--:|--:|--:|--:|--:|");
    let longest = vendor::ALL.iter().filter_map(|vendor| {
        let own = subjects.iter().filter(|subject| subject.vendor.name == vendor.name);
        own.filter(|subject| subject.messages() > 0).max_by_key(|subject| subject.body.len())
    });
    let figures: Vec<Value> = longest.map(measured).collect();
    fs::write(&path, serde_json::to_vec(&figures)?).context(path)
}
