//! The commands that call a vendor's API or a deployed route.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use crm_events::check;
use crm_events::register::{self, Api, Registration};
use crm_events::terminal::for_terminal;
use crm_normalize::Vendor;

use crate::{now, vendor_of_name};

#[derive(Subcommand)]
pub enum Command {
    /// Register a route's URL with a vendor's API, and print the entry for its secrets setting.
    ///
    /// The vendor's token or key is read from an environment variable, which `--dry-run` names.
    Register {
        /// The vendor's name.
        #[arg(value_parser = vendor_of_name)]
        vendor: &'static Vendor,
        /// The route's URL, as printed by the deployment.
        #[arg(long)]
        url: String,
        /// The vendor's event names, separated by commas, or `all`. See `catalog`.
        #[arg(long)]
        events: String,
        /// Use the vendor's API without signatures. A random token is generated and added to the URL.
        #[arg(long)]
        unsigned: bool,
        /// Show the request, without the token, and send nothing.
        #[arg(long)]
        dry_run: bool,
        /// The URL of the vendor's API, if it is not the usual one (another region, a test server).
        #[arg(long, value_name = "URL")]
        api_url: Option<String>,
    },
    /// List the webhooks that are registered with a vendor.
    List {
        /// The vendor's name.
        #[arg(value_parser = vendor_of_name)]
        vendor: &'static Vendor,
        #[command(flatten)]
        api: ApiArguments,
    },
    /// Remove a registered webhook.
    Unregister {
        /// The vendor's name.
        #[arg(value_parser = vendor_of_name)]
        vendor: &'static Vendor,
        /// The webhook's id, as printed by `list`.
        id: String,
        /// Show the request, without the token, and send nothing.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        api: ApiArguments,
    },
    /// Send a test webhook to a deployed route, without a proof and with it, and report each step.
    ///
    /// The webhook is not about a record. For Freshsales, HubSpot and TeamGrid it is ignored and leaves nothing behind.
    /// For the other vendors, one event crm.unknown.received lands on the main queue.
    Check {
        /// The route's URL: .../webhooks/<vendor> or .../webhooks/<vendor>/<account>.
        #[arg(long)]
        url: String,
        /// An entry of WEBHOOK_SECRETS (hmac:..., token:..., basic:...). Other users of this machine can see it in
        /// `ps`, so prefer CRM_EVENTS_SECRET or --secret-file.
        #[arg(long, conflicts_with = "secret_file")]
        secret: Option<String>,
        /// A file with the entry.
        #[arg(long, value_name = "FILE")]
        secret_file: Option<PathBuf>,
    },
}

#[derive(Args)]
pub struct ApiArguments {
    /// Use the vendor's API without signatures.
    #[arg(long)]
    unsigned: bool,
    /// The URL of the vendor's API, if it is not the usual one.
    #[arg(long, value_name = "URL")]
    api_url: Option<String>,
}

pub fn run(command: Command, out: &mut impl Write) -> anyhow::Result<()> {
    match command {
        Command::Register { vendor, url, events, unsigned, dry_run, api_url } => {
            let api = Api::find(vendor.name, !unsigned)?;
            let registration = Registration::new(api, &url, &api.events(&events)?)?;
            if dry_run {
                writeln!(out, "{}", registration.shown(api_url.as_deref(), api))?;
                return Ok(());
            }
            let done = client(api, api_url)?.register(&registration)?;
            let register::Registrations { registered, setting, existing, failed } = done;
            if !existing.is_empty() {
                writeln!(out, "registered before; their secret is unchanged: {existing}")?;
            }
            if !registered.is_empty() {
                writeln!(out, "registered: {registered}\n")?;
                writeln!(
                    out,
                    "The entry of the secret is below; it is shown only once. Paste it into\n\
                     make secret VENDOR={} ADD=1, which adds it and keeps the other entries. No deployment is needed.\
                     \n\n{setting}",
                    vendor.name
                )?;
            }
            if !failed.is_empty() {
                let why: Vec<_> = failed.iter().map(|error| format!("{error:#}")).collect();
                bail!("{}", why.join("\n"));
            }
        }
        Command::List { vendor, api: ApiArguments { unsigned, api_url } } => {
            for webhook in client(Api::find(vendor.name, !unsigned)?, api_url)?.list()? {
                let register::Registered { id, url, events, status } = webhook;
                // If the vendor does not sign, the URL contains the secret.
                let url = url.split('?').next().unwrap_or_default();
                let line = format!("{id}  {status:<9} {url}  {}", events.join(","));
                writeln!(out, "{}", for_terminal(&line))?;
            }
        }
        Command::Unregister { vendor, id, dry_run, api: ApiArguments { unsigned, api_url } } => {
            let api = Api::find(vendor.name, !unsigned)?;
            if dry_run {
                writeln!(out, "{}", api.shown(api_url.as_deref(), &(api.remove)(&id)))?;
                return Ok(());
            }
            client(api, api_url)?.unregister(&id)?;
            writeln!(out, "unregistered: {id}")?;
        }
        Command::Check { url, secret, secret_file } => {
            let secret = match (secret, secret_file) {
                (Some(secret), _) => secret,
                (None, Some(file)) => String::from_utf8(crm_samples::read(&file)?).context("the secret is not text")?,
                (None, None) => {
                    variable("CRM_EVENTS_SECRET").context("expected CRM_EVENTS_SECRET, --secret-file or --secret")?
                }
            };
            let route = check::Route::new(&url, secret.trim_end())?;
            route.check(now(), |step| Ok(writeln!(out, "{}", for_terminal(&step.to_string()))?))?;
        }
    }
    Ok(())
}

fn client(api: &'static Api, api_url: Option<String>) -> anyhow::Result<register::Client> {
    let name = api.token_variable;
    let token = variable(name).with_context(|| format!("{name} is not set: expected it in the environment"))?;
    register::Client::new(api, api_url, token)
}

#[expect(clippy::disallowed_methods, reason = "a token on a command line would be seen by everybody on the machine")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
