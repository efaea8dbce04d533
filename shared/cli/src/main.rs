//! `crm-events`: normalize, send and watch CRM webhooks from the command line.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use crm_events::answer::Webhook;
use crm_events::case::{self, Case};
use crm_events::catalog;
use crm_normalize::{Vendor, sample, vendor};
use jiff::Timestamp;

/// Normalize, send and watch CRM webhooks.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print what a webhook becomes: the function's answer, with the whole events in it.
    ///
    /// The webhook is signed with a sample secret and goes through the proof of origin like any other. What could not
    /// be read in it is named on standard error.
    Normalize {
        #[arg(value_parser = vendor_of_name)]
        vendor: &'static Vendor,
        /// The body, as the vendor sends it.
        body_file: PathBuf,
        /// The headers that the vendor sends: a JSON file, name to value.
        #[arg(long, value_name = "FILE.json")]
        headers: Option<PathBuf>,
        /// A parameter of the URL's query; may be given several times.
        #[arg(long, value_name = "K=V", value_parser = name_and_value)]
        query: Vec<(String, String)>,
        /// The {account} segment of the URL.
        #[arg(long)]
        account: Option<String>,
        /// When it was received [default: now].
        #[arg(long, value_name = "RFC3339")]
        received_at: Option<Timestamp>,
    },
    /// Print every vendor event and its canonical type.
    Catalog {
        /// As JSON, a list of objects.
        #[arg(long)]
        json: bool,
    },
    /// Write expected.json of every sample case anew, from the code. Read the diff.
    Golden {
        /// Only this vendor's cases.
        #[arg(value_parser = vendor_of_name)]
        vendor: Option<&'static Vendor>,
        #[arg(long, default_value = "events", value_name = "FOLDER")]
        events: PathBuf,
    },
    /// Print the secrets setting that accepts the samples, by vendor. Not for a function that faces the world.
    Secrets,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("crm-events: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Normalize { vendor, body_file, headers, query, account, received_at } => {
            let now = received_at.unwrap_or_else(Timestamp::now);
            let headers = match headers {
                Some(file) => {
                    case::read(&file)?;
                    case::pairs(&file)?
                }
                None => Vec::new(),
            };
            let query = query.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
            let webhook = Webhook { body: case::read(&body_file)?, headers, query, account }.proven(vendor, now);
            let (answer, warnings) = webhook.answer(vendor, now)?;
            for path in warnings {
                eprintln!("crm-events: could not be read, and is left out of the record: {path}");
            }
            print!("{}", answer.to_json()?);
        }
        Command::Catalog { json: true } => println!("{}", serde_json::to_string_pretty(&catalog::lines())?),
        Command::Catalog { json: false } => {
            for line in catalog::lines() {
                println!("{:<12} {:<30} {}", line.vendor, line.vendor_event, line.becomes);
            }
        }
        Command::Golden { vendor, events } => {
            let mut changed = 0_usize;
            let mut cases = Case::all(&events)?;
            cases.retain(|case| vendor.is_none_or(|vendor| vendor.name == case.vendor.name));
            for case in &cases {
                let output = case.output().with_context(|| case.folder.display().to_string())?;
                if fs::read_to_string(case.expected()).ok().as_deref() != Some(output.as_str()) {
                    fs::write(case.expected(), output)?;
                    println!("wrote {}", case.expected().display());
                    changed += 1;
                }
            }
            println!("{} cases, {changed} changed", cases.len());
        }
        Command::Secrets => {
            let all = vendor::ALL.iter().map(|vendor| format!("  \"{}\": {}", vendor.name, sample::secrets(vendor)));
            println!("{{\n{}\n}}", all.collect::<Vec<_>>().join(",\n"));
        }
    }
    Ok(())
}

fn vendor_of_name(name: &str) -> Result<&'static Vendor, String> {
    vendor::find(name).ok_or_else(|| {
        let names: Vec<_> = vendor::ALL.iter().map(|vendor| vendor.name).collect();
        format!("no vendor of that name; expected one of {}", names.join(", "))
    })
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
