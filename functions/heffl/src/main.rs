//! `POST /webhooks/heffl`: the package's name says which vendor.

use std::process::ExitCode;

use crm_normalize::vendor::{self, Vendor};

const VENDOR: &Vendor = vendor::of_package(env!("CARGO_PKG_NAME"));

fn main() -> ExitCode {
    crm_ingest::run(VENDOR)
}
