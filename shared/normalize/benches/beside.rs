//! Every vendor's longest case in turns with parsing its body, to a `serde_json::Value` and to nothing: what slows a
//! machine down for a while slows all three. And in several processes, for where one has its code and its heap changes
//! a ratio by 4 %. The argument is the file that the figures go to, as JSON; a process without one prints its own.
#![expect(clippy::print_stdout, reason = "a table is to be seen")]

mod cases;

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use crm_normalize::crm;
use serde::{Deserialize, Serialize};

use crate::cases::Subject;

const PROCESSES: usize = 11;
const TURNS: usize = 300;
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

/// Of a case; times in microseconds.
#[derive(Deserialize, Serialize)]
struct Figures {
    name: String,
    bytes: usize,
    value: f64,
    scan: f64,
    ours: f64,
    /// Ours of `Value`'s.
    ratio: f64,
}

fn measured(subject: &Subject) -> Figures {
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
    Figures { name: subject.name.clone(), bytes: subject.body.len(), value, scan, ours, ratio }
}

fn own() -> anyhow::Result<Vec<Figures>> {
    let subjects = Subject::all()?;
    let longest = crm::ALL.iter().filter_map(|vendor| {
        let own = subjects.iter().filter(|subject| subject.vendor.name == vendor.name);
        own.filter(|subject| subject.messages() > 0).max_by_key(|subject| subject.body.len())
    });
    Ok(longest.map(measured).collect())
}

/// What a process of its own measures.
fn of_another() -> anyhow::Result<Vec<Figures>> {
    let output = Command::new(std::env::current_exe()?).stderr(Stdio::inherit()).output()?;
    anyhow::ensure!(output.status.success(), "a process of the benchmark: {}", output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The medians of what several processes measured of one case.
fn pooled(case: &[Figures]) -> Option<Figures> {
    let of = |figure: fn(&Figures) -> f64| median(case.iter().map(figure).collect());
    let first = case.first()?;
    Some(Figures {
        name: first.name.clone(),
        bytes: first.bytes,
        value: of(|one| one.value),
        scan: of(|one| one.scan),
        ours: of(|one| one.ours),
        ratio: of(|one| one.ratio),
    })
}

fn main() -> anyhow::Result<()> {
    let Some(path) = std::env::args().nth(1) else {
        println!("{}", serde_json::to_string(&own()?)?);
        return Ok(());
    };
    let mut cases: Vec<Vec<Figures>> = Vec::new();
    for _ in 0..PROCESSES {
        for (index, figures) in of_another()?.into_iter().enumerate() {
            match cases.get_mut(index) {
                Some(case) => case.push(figures),
                None => cases.push(vec![figures]),
            }
        }
    }
    println!("| sample | bytes | value, us | scan, us | ours, us | ours / value |\n|---|--:|--:|--:|--:|--:|");
    let figures: Vec<Figures> = cases.iter().filter_map(|case| pooled(case)).collect();
    for Figures { name, bytes, value, scan, ours, ratio } in &figures {
        println!("| {name} | {bytes} | {value:.2} | {scan:.2} | {ours:.2} | {ratio:.2} |");
    }
    fs::write(&path, serde_json::to_vec(&figures)?).context(path)
}
