//! `BENCHMARKS.md`.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use tests::root;

use crate::Options;
use crate::goals::Results;
use crate::measure::{Figures, Slow, Step, Warm, seconds};
use crate::prepare::version;
use crate::stand::Stand;
use crate::statistics::{Samples, figure};
use crate::webhook::Webhooks;

/// The report as Markdown.
pub fn markdown(
    results: &Results,
    webhooks: &Webhooks,
    stand: &Stand,
    options: &Options,
    took: Duration,
) -> anyhow::Result<String> {
    let mut text = String::from(INTRODUCTION);
    let goals = results.goals()?;
    let missed = goals.iter().filter(|goal| !goal.is_met()).count();
    let (small, large) = (webhooks.small.body_bytes, webhooks.large.body_bytes);
    section(
        &mut text,
        "Compared",
        &format!(
            "*Small* is a webhook of {small} bytes, *large* a contact's update of {large} bytes. *Cold* is the time from the \
         start of the process to its first answer, with a trust store of {} roots. Latencies are those of a whole \
         webhook, including the Runtime API and SQS. The table shows medians, with the interquartile range in \
         parentheses.",
            stand.roots
        ),
    );
    table(&mut text, &COMPARED, results.figures.iter().map(compared));
    text.push('\n');
    let what = results.figures.iter().map(|figures| [figures.subject.name.clone(), figures.subject.what.to_owned()]);
    table(&mut text, &["", "what it does"], what);
    section(
        &mut text,
        "Aims",
        &format!(
            "{} of {} are met. A ratio is the median of the ratios of each round.",
            goals.len() - missed,
            goals.len()
        ),
    );
    table(&mut text, &["aim", "bound", "measured", ""], goals.iter().map(|goal| goal.cells()));
    if !results.bodies.is_empty() {
        growth(&mut text, results);
    }
    section(&mut text, "A slow SQS", "The time until a vendor gets its response, in ms.");
    table(&mut text, &["", "median", "longest", "webhooks"], slow(&results.slow));
    if !results.soak.is_empty() {
        section(
            &mut text,
            "A long run",
            "One process with sequential large webhooks, in turn with processes that have just started, because the \
            machine's speed varies.",
        );
        let rows = results.soak.iter().map(|slice| {
            let cpu = |warm: &Warm| figure(warm.cpu.median());
            let latency = |warm: &Warm, share| figure(warm.latency.quantile(share));
            let (old, new) = (&slice.old, &slice.new);
            [
                slice.webhooks.to_string(),
                cpu(old),
                cpu(new),
                latency(old, 0.5),
                latency(new, 0.5),
                latency(old, 0.99),
                latency(new, 0.99),
                figure(slice.memory / 1e6),
            ]
        });
        table(&mut text, &LONG_RUN, rows);
    }
    section(&mut text, "How", "");
    table(&mut text, &["", ""], how(stand, options, took));
    Ok(text)
}

/// The tables of longer bodies and of more events.
fn growth(text: &mut String, results: &Results) {
    section(
        text,
        "Longer bodies",
        "A contact's update with more and more custom fields. From 1 MiB on, the limit of SQS, the event goes to the \
        overflow store and a pointer to SQS.",
    );
    let unit = |step: &Step| step.body_bytes as f64;
    table(
        text,
        &["body, bytes", "CPU, µs", "ns/byte", "p50, ms", "p99, ms", "peak memory, MB"],
        steps(&results.bodies, unit),
    );
    section(
        text,
        "More events",
        "A webhook with more and more events, without the raw payload (`INCLUDE_RAW=false`), because each event \
        would contain all of it. An SQS batch has at most ten messages.",
    );
    let unit = |step: &Step| step.count as f64;
    table(
        text,
        &["events", "CPU, µs", "ns/event", "p50, ms", "p99, ms", "peak memory, MB"],
        steps(&results.batches, unit),
    );
}

const INTRODUCTION: &str = "# Benchmarks

`make bench` writes this page. It builds and measures everything in one run. The real functions answer webhooks through the
Lambda Runtime API and send them to an SQS with TLS; both are stubs in the benchmark's process (`tests/src/stub`). Reference
programs that do less (`tests/bench/references`) are measured in turn with them. Times differ between machines and from minute
to minute; ratios differ less.
";

const COMPARED: [&str; 11] = [
    "",
    "cold, ms",
    "cold CPU, ms",
    "CPU large, µs",
    "CPU small, µs",
    "p50 large, µs",
    "p99 large, µs",
    "large/s",
    "small/s",
    "peak memory, MB",
    "zip, MB",
];

const LONG_RUN: [&str; 8] =
    ["webhooks", "CPU, µs", "of new ones", "p50, µs", "of new ones", "p99, µs", "of new ones", "memory, MB"];

fn compared(figures: &Figures) -> [String; 11] {
    let latency = |share| figure(figures.large.latency.quantile(share));
    [
        figures.subject.name.clone(),
        figures.cold.to_string(),
        figure(figures.cold_cpu.median()),
        figures.large.cpu.to_string(),
        figures.small.cpu.to_string(),
        latency(0.5),
        latency(0.99),
        figure(figures.large.rate.median()),
        figure(figures.small.rate.median()),
        figure(figures.peak_memory / 1e6),
        figure(figures.zip / 1e6),
    ]
}

fn steps(steps: &[Step], unit: impl Fn(&Step) -> f64) -> impl Iterator<Item = [String; 6]> {
    steps.iter().map(move |step| {
        let latency = |share| figure(step.latency.quantile(share) / 1e3);
        [
            step.count.to_string(),
            figure(step.cpu.median()),
            figure(step.cpu.median() * 1e3 / unit(step)),
            latency(0.5),
            latency(0.99),
            figure(step.peak_memory / 1e6),
        ]
    })
}

fn slow(slow: &Slow) -> impl Iterator<Item = [String; 4]> {
    let row = |what: &str, times: &Samples| {
        [what.to_owned(), figure(times.median()), figure(times.max()), times.len().to_string()]
    };
    [
        row("SQS confirms", &slow.confirmed),
        row("SQS throttles the first attempt", &slow.throttled),
        row("SQS never answers, no overflow store: 503", &slow.silent),
        row("SQS never answers, the overflow store works: 200", &slow.stored),
        row("neither SQS nor the overflow store answers: 503", &slow.all_silent),
    ]
    .into_iter()
}

fn how(stand: &Stand, options: &Options, took: Duration) -> impl Iterator<Item = [String; 2]> {
    let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpu = file("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1)).unwrap_or("unknown");
    let processors = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let memory = file("/proc/meminfo");
    let memory = memory.lines().next().unwrap_or_default().trim_start_matches("MemTotal:").trim().to_owned();
    let pinned = if stand.pins.are_set() { "the function on one processor, the stubs on another" } else { "no" };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let commit = format!(
        "{} {}",
        version("git", &["rev-parse", "--short", "HEAD"]),
        version("git", &["status", "--porcelain", "--untracked-files=no"]).lines().next().map_or("", |_| "and changes")
    );
    [
        (
            "machine",
            format!("{model}, {processors} processors, {memory}, Linux {}", file("/proc/sys/kernel/osrelease").trim()),
        ),
        ("load before the run", options.load.clone()),
        ("pinned", pinned.to_owned()),
        ("date", version("date", &["-u", "+%F %H:%M UTC"])),
        ("commit", commit.trim().to_owned()),
        ("command", format!("make bench BENCH_FLAGS=\"{}\"", arguments.join(" "))),
        ("took", format!("{} s without the builds", figure(seconds(took)))),
        ("rounds", format!("{} cold, {} warm of {} webhooks", options.cold, options.rounds, options.webhooks)),
        ("Rust", version("rustc", &["--version"])),
        ("crates", ["lambda_runtime", "aws-sdk-sqs", "rustls", "ring"].map(locked).join(", ")),
        ("Node", version("node", &["--version"])),
        (
            "AWS SDK for JavaScript",
            version(
                "node",
                &["-p", "require('./tests/bench/references/node/package.json').dependencies['@aws-sdk/client-sqs']"],
            ),
        ),
        (
            "Python",
            version(
                ".venv/bin/python",
                &["-c", "import sys, boto3; print(sys.version.split()[0] + ', boto3', boto3.__version__)"],
            ),
        ),
    ]
    .into_iter()
    .map(|(what, value)| [what.to_owned(), value])
}

/// A crate and its version in `Cargo.lock`.
fn locked(name: &str) -> String {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap_or_default();
    let found = lock.split("[[package]]").find(|package| package.contains(&format!("name = \"{name}\"\n")));
    let version = found.and_then(|package| package.split("version = \"").nth(1)?.split('"').next());
    format!("{name} {}", version.unwrap_or_default())
}

fn section(text: &mut String, heading: &str, words: &str) {
    let _ = writeln!(text, "\n## {heading}\n");
    if !words.is_empty() {
        let _ = writeln!(text, "{words}\n");
    }
}

fn table<const COLUMNS: usize>(
    text: &mut String,
    heads: &[&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) {
    let _ = writeln!(text, "| {} |\n|{}", heads.join(" | "), "---|".repeat(COLUMNS));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
}
