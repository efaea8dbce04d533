//! Measures the functions as whole processes, cold and warm, through the Lambda Runtime API and an SQS with TLS,
//! together with references in the same run. Writes `BENCHMARKS.md`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool prints")]
#![expect(clippy::arithmetic_side_effects, reason = "no count here comes near its type's end")]
#![expect(clippy::indexing_slicing, reason = "of JSON, where what is missing is null")]

mod goals;
mod measure;
mod prepare;
mod process;
mod report;
mod stand;
mod statistics;
mod webhook;

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use goals::Results;
use prepare::Build;
use process::Pins;
use stand::Stand;
use tests::root;
use webhook::Webhooks;

/// Measure the functions, cold and warm, together with references.
#[derive(Debug, Parser)]
struct Options {
    /// Starts of each program
    #[arg(long, default_value_t = 40)]
    cold: u32,
    /// Rounds of warm webhooks
    #[arg(long, default_value_t = 12)]
    rounds: u32,
    /// Webhooks of each program and size in a round
    #[arg(long, default_value_t = 1000)]
    webhooks: u32,
    /// Webhooks with a silent SQS; ten times as many with a throttling SQS
    #[arg(long, default_value_t = 3)]
    slow: u32,
    /// Webhooks of the long run; 0 to skip it
    #[arg(long, default_value_t = 1_000_000)]
    soak: u32,
    /// A few of each, within a minute, to check that everything works
    #[arg(long)]
    quick: bool,
    /// Leave out the longer bodies and the larger batches
    #[arg(long)]
    skip_growth: bool,
    /// Measure the existing binaries
    #[arg(long)]
    no_build: bool,
    /// The references; the last one is measured right before ours
    #[arg(long, value_delimiter = ',', default_value = "runtime,plain,node,python,tuned")]
    references: Vec<String>,
    /// The folder of our functions, for example of another build [default: target/release]
    #[arg(long)]
    binaries: Option<PathBuf>,
    /// The file for the report [default: BENCHMARKS.md; with --quick, target/bench/quick.md]
    #[arg(long)]
    report: Option<PathBuf>,
    /// The machine's load before the benchmark
    #[arg(skip)]
    load: String,
}

fn main() -> anyhow::Result<()> {
    let mut options = Options::parse();
    if options.quick {
        options = Options { cold: 2, rounds: 2, webhooks: 50, slow: 1, soak: 1000, ..options };
    }
    let build = if options.no_build { Build::No } else { Build::First };
    let (ours, batches) = prepare::functions(build, options.binaries.as_deref())?;
    let mut subjects = prepare::references(build, &options.references)?;
    subjects.push(ours.clone());
    let load = fs::read_to_string("/proc/loadavg")?;
    options.load = load.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    // One thread, pinned to its own processor.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let growth = !options.skip_growth;
    let text = runtime.block_on(async {
        let started = Instant::now();
        let stand = Stand::start(&prepare::folder()?, Pins::take()).await?;
        let webhooks = Webhooks::read()?;
        let results = Results {
            figures: measure::compare(&stand, &subjects, &webhooks, &options).await?,
            bodies: if growth { measure::bodies(&stand, &ours, &webhooks, &options).await? } else { Vec::new() },
            batches: if growth { measure::batches(&stand, &batches, &webhooks, &options).await? } else { Vec::new() },
            slow: measure::slow(&stand, &ours, &webhooks, &options).await?,
            soak: match options.soak {
                0 => Vec::new(),
                count => measure::soak(&stand, &ours, &webhooks, count).await?,
            },
            shipped: prepare::shipped()?,
        };
        report::markdown(&results, &webhooks, &stand, &options, started.elapsed())
    })?;
    let quick = root().canonicalize()?.join("target/bench/quick.md");
    let path = match options.report {
        Some(path) => path,
        None if options.quick => quick,
        None => root().canonicalize()?.join("BENCHMARKS.md"),
    };
    fs::write(&path, &text)?;
    println!("{text}\nThis is in {}.", path.display());
    Ok(())
}
