//! The long chaos run: `make chaos`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command's output, and how far it is")]

use std::path::PathBuf;
use std::process::ExitCode;

use chaos::{Options, run};
use clap::Parser;

/// Posts webhooks as the vendors do, redeliveries included, to the real functions, while SQS, S3, DynamoDB and the
/// functions themselves fail, from a seed. Accounts for every delivery and every refusal; fails where an event is lost or
/// in effect twice, or no fault explains a refusal. Prints its tables as Markdown.
#[derive(Parser)]
#[command(name = "chaos")]
struct Arguments {
    /// Seed of the faults
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of webhooks that the vendors send
    #[arg(long, default_value_t = 100_000)]
    deliveries: u64,
    /// Number of concurrent posts
    #[arg(long, default_value_t = 40)]
    concurrency: usize,
    /// Processes of each vendor's function
    #[arg(long, default_value_t = 8)]
    processes: usize,
    /// Processes of the consumer; with fewer, the queue grows while the vendors send
    #[arg(long, default_value_t = 16)]
    consumers: usize,
    /// Factor for the number of faults; by default some 7 of 100 requests fail
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(..=10))]
    faults: u64,
    /// The folder of the functions' binaries [default: that of this program]
    #[arg(long)]
    binaries: Option<PathBuf>,
    /// A folder for the functions' logs
    #[arg(long)]
    logs: Option<PathBuf>,
}

fn main() -> anyhow::Result<ExitCode> {
    let Arguments { seed, deliveries, concurrency, processes, consumers, faults, binaries, logs } = Arguments::parse();
    let binaries = binaries.map_or_else(tests::binaries, Ok)?;
    let options = Options { seed, deliveries, concurrency, processes, consumers, faults, binaries, logs };
    eprintln!("{deliveries} deliveries, seed {seed}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(run(options, |how_far| eprintln!("{how_far}")))?;
    println!("{report}");
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
