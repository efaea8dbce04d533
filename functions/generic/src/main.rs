//! `POST /webhooks/<name>` for a vendor that is not built in. A file beside the binary describes the vendor, so the
//! package is deployed once for each file.

use std::process::ExitCode;

fn main() -> ExitCode {
    crm_ingest::run_vendor_file()
}
