//! `POST /webhooks/copper`. The package's name selects the vendor.

use std::process::ExitCode;

use crm_normalize::crm::{self, Vendor};

const VENDOR: &Vendor = crm::of_package(env!("CARGO_PKG_NAME"));

fn main() -> ExitCode {
    crm_ingest::run(VENDOR)
}
