//! `crm-events`: normalize, send and watch CRM webhooks from the command line.
#![expect(clippy::print_stderr, reason = "a command line tool prints")]

mod remote;
mod secret_commands;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use clap::{Args, Parser, Subcommand};
use crm_event::Entity;
use crm_events::stack::Stack;
use crm_events::terminal::for_terminal;
use crm_events::{docs, forget, new_crm, replay, schema, send, stack, tail, vendor_file};
use crm_normalize::{Vendor, crm};
use crm_samples::{Case, Story, Webhook, api_gateway, vendor_files};
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
    /// Translate a webhook and print the function's answer, with the complete events.
    ///
    /// The webhook is signed with a sample secret and verified like any other. Standard error lists the fields that
    /// could not be read.
    #[command(override_usage = NORMALIZE_USAGE)]
    Normalize {
        /// The vendor; with --vendor-file, the body.
        vendor: String,
        /// The body, as the vendor sends it.
        body_file: Option<PathBuf>,
        /// The file of a vendor that is not built in. Standard error then also lists the values of the body that are in
        /// no event.
        #[arg(long, value_name = "FILE.toml")]
        vendor_file: Option<PathBuf>,
        /// The headers that the vendor sends: a JSON file, name to value.
        #[arg(long, value_name = "FILE.json")]
        headers: Option<PathBuf>,
        /// A parameter of the URL's query; may be given several times.
        #[arg(long, value_name = "K=V", value_parser = name_and_value)]
        query: Vec<(String, String)>,
        /// The {account} segment of the URL.
        #[arg(long)]
        account: Option<String>,
        /// The time of receipt [default: now].
        #[arg(long, value_name = "RFC3339")]
        received_at: Option<Timestamp>,
    },
    /// Check the file of a vendor that is not built in, as its function does when it starts.
    ///
    /// Prints its route, proofs and events, and what its webhooks cannot promise.
    CheckVendor { file: PathBuf },
    /// Print every vendor event and its canonical type.
    Catalog {
        /// As JSON, a list of objects.
        #[arg(long)]
        json: bool,
        /// As the README's table.
        #[arg(long, conflicts_with = "json")]
        markdown: bool,
    },
    /// Write the expected results of all sample cases and stories, with the current code. Review the diff.
    Golden {
        /// Only this vendor's cases and stories.
        #[arg(value_parser = vendor_of_name)]
        vendor: Option<&'static Vendor>,
        #[arg(long, default_value = "events", value_name = "FOLDER")]
        events: PathBuf,
        #[arg(long, default_value = "tests/stories", value_name = "FOLDER")]
        stories: PathBuf,
    },
    /// Write the generated parts of the READMEs: the catalogue, the table of CRMs, the field tables.
    Docs,
    /// Create the files of a new CRM, from a template that compiles. `make crm` runs this.
    NewCrm {
        /// One lowercase word: route, package, module and folder of cases.
        name: String,
    },
    /// Write the JSON Schema of the events and the AsyncAPI document of the queue.
    Schema {
        #[arg(default_value = schema::FOLDER)]
        folder: PathBuf,
        #[arg(long, default_value = "events", value_name = "FOLDER")]
        events: PathBuf,
    },
    /// Send sample cases to a stack, signed with the sample secrets, and print the resulting events.
    Send {
        /// The vendor [default: all].
        #[arg(value_parser = vendor_of_name)]
        vendor: Option<&'static Vendor>,
        /// The case [default: all].
        case: Option<String>,
        #[command(flatten)]
        stack: StackArguments,
    },
    /// Print a curl command that sends a case.
    Curl {
        /// The vendor's name.
        #[arg(value_parser = vendor_of_name)]
        vendor: &'static Vendor,
        /// The case [default: a simple one].
        case: Option<String>,
        #[command(flatten)]
        stack: StackArguments,
    },
    /// Print the events of the local stack as they arrive. Without the sample consumer, this takes them off the main
    /// queue.
    Tail {
        /// The stack's file. It must be a local one.
        #[arg(long, default_value = stack::LOCAL, value_name = "FILE")]
        stack: PathBuf,
    },
    /// Translate stored webhooks or dead letters again and send their events to the main queue. Shows what it would do;
    /// --confirm does it.
    ///
    /// An item is removed only after SQS has confirmed its events, so you can interrupt a replay and run it again.
    /// Events keep their original keys, so they do not take effect twice, unless you pass --again.
    Replay {
        /// The place of the stored items.
        from: replay::StoredIn,
        /// Move the items, instead of only showing them.
        #[arg(long)]
        confirm: bool,
        /// Only look; this is the default.
        #[arg(long, conflicts_with = "confirm")]
        dry_run: bool,
        /// Maximum number of items.
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
        /// Also print the first N items with reason, time and body (customer data) [default N: 10].
        #[arg(long, value_name = "N", num_args = 0..=1, default_value = "0", default_missing_value = "10",
              hide_default_value = true)]
        show: usize,
        /// Only items of this vendor.
        #[arg(long, value_parser = vendor_of_name)]
        vendor: Option<&'static Vendor>,
        /// Only items received since then (for dead letters: moved there since then).
        #[arg(long, value_name = "RFC3339")]
        since: Option<Timestamp>,
        /// Give the events new keys that end with this nonce, so that they take effect once more [default nonce: the
        /// time]. The same nonce gives the same keys.
        #[arg(long, value_name = "NONCE", num_args = 0..=1, default_missing_value = "", value_parser = replay::nonce)]
        again: Option<String>,
        /// Leave the vendor's JSON out of the events, as INCLUDE_RAW=false does.
        #[arg(long)]
        no_raw: bool,
        /// The stack's file. `make outputs` writes that of a deployed stack.
        #[arg(long, default_value = stack::LOCAL, value_name = "FILE")]
        stack: PathBuf,
    },
    /// Remove a stack's data about one record: its item in the sample consumer's table, dead letters, quarantined
    /// webhooks and objects of the overflow store. Shows what it would remove; --yes removes it.
    ///
    /// First delete the record in the CRM; otherwise its next webhook would bring it back. Webhooks about several
    /// records, and webhooks that are not understood, are counted but not removed.
    Forget {
        /// The vendor's name.
        #[arg(value_parser = vendor_of_name)]
        vendor: &'static Vendor,
        /// The account, as in the events' `data.account`: the {account} segment of the URL. Without one, it is the id
        /// of the account that the CRM puts into the body, or else `default`.
        account: String,
        /// The entity, as in the event's type: contact, company, deal.
        entity: Entity,
        /// The vendor's id of the record.
        id: String,
        /// The queue of a further consumer, to search its dead letters too: output ConsumerQueueUrl of
        /// infra/fan-out.yaml. Repeat it for each consumer.
        #[arg(long = "consumer-queue", value_name = "URL")]
        consumer_queues: Vec<String>,
        /// Remove the data, instead of only showing it.
        #[arg(long)]
        yes: bool,
        /// Only look; this is the default.
        #[arg(long, conflicts_with = "yes")]
        dry_run: bool,
        /// The stack's file. `make outputs` writes that of a deployed stack.
        #[arg(long, default_value = stack::LOCAL, value_name = "FILE")]
        stack: PathBuf,
    },
    #[command(flatten)]
    Remote(remote::Command),
    /// Serve a page on this machine that shows each webhook of the local stack as it arrives. `make run` starts it.
    Console {
        /// The port of the page, on loopback.
        #[arg(long)]
        port: u16,
        /// The URL of the AWS emulator.
        #[arg(long)]
        emulator: String,
        #[command(flatten)]
        stack: StackArguments,
    },
    /// Print the event that API Gateway passes to a function for a case, for `cargo lambda invoke`.
    InvokeEvent {
        /// The vendor's name.
        #[arg(value_parser = vendor_of_name)]
        vendor: &'static Vendor,
        case: String,
        #[arg(long, default_value = "events", value_name = "FOLDER")]
        events: PathBuf,
    },
    #[command(flatten)]
    Secret(secret_commands::Command),
}

const NORMALIZE_USAGE: &str = "crm-events normalize [OPTIONS] <VENDOR> <BODY_FILE>
       crm-events normalize [OPTIONS] --vendor-file <FILE.toml> <BODY_FILE>";

#[derive(Args)]
struct StackArguments {
    /// The stack's file, as the local stack writes it.
    #[arg(long, default_value = stack::LOCAL, value_name = "FILE")]
    stack: PathBuf,
    /// The folder of the cases.
    #[arg(long, default_value = "events", value_name = "FOLDER")]
    events: PathBuf,
}

fn main() -> ExitCode {
    // A vendor file with a fault does not stop the other commands. The commands about one file report its faults
    // themselves.
    let loaded = vendor_files::load(Path::new(vendor_files::FOLDER));
    let arguments = Arguments::try_parse();
    let is_about_a_file = arguments.as_ref().is_ok_and(|arguments| {
        matches!(&arguments.command, Command::CheckVendor { .. } | Command::Normalize { vendor_file: Some(_), .. })
    });
    if let Err(error) = loaded
        && !is_about_a_file
    {
        eprintln!("crm-events: {error:#}");
    }
    match run(arguments.unwrap_or_else(|error| error.exit()).command) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader closed the pipe, as in `crm-events catalog | head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        // It may quote a server, or a message that is not ours.
        Err(error) => {
            eprintln!("{}", for_terminal(&format!("crm-events: {error:#}")));
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn run(command: Command) -> anyhow::Result<()> {
    let mut out = io::stdout();
    match command {
        Command::CheckVendor { file } => write!(out, "{}", vendor_file::summary(&file)?)?,
        Command::Normalize { vendor, vendor_file, body_file, headers, query, account, received_at } => {
            let now = received_at.unwrap_or_else(now);
            let is_by_file = vendor_file.is_some();
            let (vendor, body_file) = match (vendor_file, body_file) {
                (None, Some(body_file)) => (vendor_of_name(&vendor).map_err(anyhow::Error::msg)?, body_file),
                (Some(file), None) => (vendor_file::load(&file)?, PathBuf::from(vendor)),
                _ => bail!("expected <VENDOR> <BODY_FILE>, or --vendor-file <FILE.toml> <BODY_FILE>"),
            };
            let mut headers = headers.map_or_else(|| Ok(Vec::new()), |file| crm_samples::pairs(&file))?;
            // A form is recognized by its content type alone.
            if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                headers.extend(crm_samples::content_type_of_file(&body_file));
            }
            let query = query.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
            let webhook =
                Webhook { body: crm_samples::read(&body_file)?, headers, query, account, ..Webhook::default() }
                    .proven(vendor, now);
            let (answer, warnings) = webhook.answer(vendor, now)?;
            for path in warnings {
                eprintln!("crm-events: could not be read and was left out of the record: {path}");
            }
            if is_by_file {
                for path in crm_console::unused(vendor, &webhook, now) {
                    eprintln!("crm-events: in the body, and in no field of an event: {path}");
                }
            }
            write!(out, "{}", crm_samples::answer_json(&answer)?)?;
        }
        Command::Catalog { markdown: true, .. } => write!(out, "{}", docs::catalog_table())?,
        Command::Catalog { json: true, .. } => writeln!(out, "{}", serde_json::to_string_pretty(&docs::catalog())?)?,
        Command::Catalog { .. } => {
            for line in docs::catalog() {
                writeln!(out, "{:<12} {:<30} {}", line.vendor, line.vendor_event, line.target)?;
            }
        }
        Command::Golden { vendor, events, stories } => {
            let mut changed = 0_usize;
            let cases = cases_of(vendor, &events)?;
            for case in &cases {
                let output = case.output().with_context(|| case.folder.display().to_string())?;
                if fs::read_to_string(case.expected()).ok().as_deref() != Some(output.as_str()) {
                    fs::write(case.expected(), output)?;
                    writeln!(out, "wrote {}", case.expected().display())?;
                    changed = changed.saturating_add(1);
                }
            }
            writeln!(out, "{} cases, {changed} changed", cases.len())?;
            for story in Story::all(&stories)? {
                if vendor.is_some_and(|vendor| vendor.name != story.vendor) {
                    continue;
                }
                let file = story.file.clone();
                let story = story.told_again().with_context(|| file.display().to_string())?.to_json()?;
                if fs::read_to_string(&file)? != story {
                    fs::write(&file, story)?;
                    writeln!(out, "wrote {}", file.display())?;
                }
            }
        }
        Command::Docs => {
            for (path, text) in docs::files(Path::new("."))? {
                fs::write(path, text)?;
            }
        }
        Command::NewCrm { name } => {
            for path in new_crm::write(Path::new("."), &name)? {
                writeln!(out, "wrote {path}")?;
            }
        }
        Command::Schema { folder, events } => {
            fs::create_dir_all(&folder)?;
            for (name, text) in schema::files(&events)? {
                fs::write(folder.join(name), text)?;
            }
        }
        Command::Send { vendor, case, stack } => send_cases(vendor, case.as_deref(), &stack)?,
        Command::Curl { vendor, case, stack: StackArguments { stack, events } } => {
            let case = match case {
                Some(name) => Case::find(&events, vendor, &name)?,
                None => plainest(cases_of(Some(vendor), &events)?)?,
            };
            writeln!(out, "{}", send::curl(&Stack::read(&stack)?, &case, now())?)?;
        }
        Command::Tail { stack } => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(tail::tail(&Stack::read(&stack)?))?;
        }
        Command::Replay { from, confirm, dry_run: _, limit, show, vendor, since, again, no_raw, stack } => {
            let again =
                again.map(|nonce| if nonce.is_empty() { now().strftime("%Y%m%dT%H%M%SZ").to_string() } else { nonce });
            let options = replay::Options { from, confirm, limit, show, vendor, since, again, include_raw: !no_raw };
            let mut report = replay::Report::new(confirm);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let replayed = runtime.block_on(replay::replay(&Stack::read(&stack)?, &options, now(), &mut report));
            write!(out, "{report}")?;
            if let Some(nonce) = &options.again {
                writeln!(out, "the keys end with :again-{nonce}")?;
            }
            replayed?;
        }
        Command::Forget { vendor, account, entity, id, consumer_queues, yes, dry_run: _, stack } => {
            let record = forget::RecordName { vendor, account: &account, entity, id: &id };
            let mut report = forget::Report::new(yes);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let stack = Stack::read(&stack)?;
            let forgotten = runtime.block_on(forget::forget(&stack, &consumer_queues, record, &mut report));
            write!(out, "{report}")?;
            forgotten?;
        }
        Command::Remote(command) => remote::run(command, &mut out)?,
        Command::Console { port, emulator, stack: StackArguments { stack, events } } => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(crm_console::serve(crm_console::Settings { port, emulator, stack, events, now }))?;
        }
        Command::InvokeEvent { vendor, case, events } => {
            let webhook = Case::find(&events, vendor, &case)?.webhook()?.proven(vendor, now());
            writeln!(out, "{}", serde_json::to_string_pretty(&api_gateway::event(vendor, &webhook))?)?;
        }
        Command::Secret(command) => secret_commands::run(command, &mut out)?,
    }
    Ok(())
}

/// Sends the selected cases, and fails at the end if an answer was not as expected.
fn send_cases(
    vendor: Option<&'static Vendor>,
    case: Option<&str>,
    StackArguments { stack, events }: &StackArguments,
) -> anyhow::Result<()> {
    let stack = Stack::read(stack)?;
    let cases = match (vendor, case) {
        (Some(vendor), Some(case)) => vec![Case::find(events, vendor, case)?],
        _ => cases_of(vendor, events)?,
    };
    let mut out = io::stdout();
    let mut wrong = 0_usize;
    send::send_all(&stack, &cases, now, |sent| {
        wrong = wrong.saturating_add(usize::from(!sent.as_expected));
        Ok(writeln!(out, "{}", for_terminal(&sent.to_string()))?)
    })?;
    ensure!(wrong == 0, "{wrong} of {} cases were not answered as expected", cases.len());
    Ok(())
}

/// A simple case to begin with: the creation with the shortest name.
fn plainest(cases: Vec<Case>) -> anyhow::Result<Case> {
    let plain = cases.into_iter().min_by_key(|case| (!case.name.ends_with("_created"), case.name.len()));
    plain.context("there is no case")
}

/// The cases of a vendor, or of all.
fn cases_of(vendor: Option<&'static Vendor>, events: &Path) -> anyhow::Result<Vec<Case>> {
    let mut cases = Case::all(events)?;
    cases.retain(|case| vendor.is_none_or(|vendor| vendor.name == case.vendor.name));
    ensure!(!cases.is_empty(), "there are no such cases in {}", events.display());
    Ok(cases)
}

#[expect(clippy::disallowed_methods, reason = "here the clock becomes an argument")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// The built-in vendors, and those of the files in `vendors`.
fn vendors() -> impl Iterator<Item = &'static Vendor> {
    crm::ALL.iter().copied().chain(crm::from_files())
}

fn vendor_of_name(name: &str) -> Result<&'static Vendor, String> {
    crm::find(name).ok_or_else(|| {
        let names: Vec<_> = vendors().map(|vendor| vendor.name).collect();
        format!("no vendor of that name; expected one of {}", names.join(", "))
    })
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
