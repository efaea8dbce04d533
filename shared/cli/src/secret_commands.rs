//! The commands about the secrets settings of functions.

use std::io::{self, Read, Write};

use anyhow::Context;
use clap::Subcommand;
use crm_events::secrets;
use crm_normalize::Vendor;

use crate::{vendor_of_name, vendors};

#[derive(Subcommand)]
pub enum Command {
    /// Print the secrets setting that accepts the samples, by vendor. Do not use it for a public function.
    Secrets,
    /// Print, as JSON, how the secrets of each vendor are written, and which of them the CRM makes.
    SecretForms,
    /// Print a new random entry of a vendor's secrets setting.
    NewSecret {
        /// The vendor's name.
        #[arg(value_parser = vendor_of_name)]
        vendor: &'static Vendor,
        /// The word before the secret: hmac, basic, token. See `secret-forms`.
        scheme: String,
    },
    /// Check a vendor's secrets setting, given on stdin. Prints what is expected if it is malformed, never a secret.
    CheckSecrets {
        /// The vendor's name.
        #[arg(value_parser = vendor_of_name)]
        vendor: &'static Vendor,
    },
}

pub fn run(command: Command, out: &mut impl Write) -> anyhow::Result<()> {
    match command {
        Command::Secrets => {
            let all = vendors().map(|vendor| format!("  \"{}\": {}", vendor.name, crm_samples::secrets(vendor)));
            writeln!(out, "{{\n{}\n}}", all.collect::<Vec<_>>().join(",\n"))?;
        }
        Command::SecretForms => writeln!(out, "{}", serde_json::to_string_pretty(&secrets::forms())?)?,
        Command::NewSecret { vendor, scheme } => writeln!(out, "{}", secrets::random(vendor, &scheme)?)?,
        Command::CheckSecrets { vendor } => {
            let mut setting = String::new();
            io::stdin().read_to_string(&mut setting).context("stdin is not text")?;
            secrets::check(vendor, &setting)?;
        }
    }
    Ok(())
}
