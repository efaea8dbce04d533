//! The file of a function whose vendor is not built in.

use std::path::PathBuf;
use std::{env, fs, io};

use crm_normalize::VendorFile;
use crm_normalize::vendor_file::Problems;

/// The setting that names the file, relative to the folder of the function's binary.
pub(crate) const VARIABLE: &str = "VENDOR_FILE";
const DEFAULT: &str = "vendor.toml";

/// The vendor file cannot be read, or has a fault. One line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VendorFileError {
    #[error("cannot read {}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("{}: {problems}", path.display())]
    Faulty { path: PathBuf, problems: Problems },
}

#[expect(clippy::disallowed_methods, reason = "the file names the vendor, without which no other setting can be read")]
pub(crate) fn read() -> Result<VendorFile, VendorFileError> {
    let name = env::var(VARIABLE).ok().filter(|name| !name.trim().is_empty());
    let name = PathBuf::from(name.unwrap_or_else(|| DEFAULT.to_owned()));
    let path = env::current_exe().map(|binary| binary.with_file_name(&name)).unwrap_or(name);
    match fs::read_to_string(&path) {
        Ok(text) => VendorFile::parse(&text).map_err(|problems| VendorFileError::Faulty { path, problems }),
        Err(error) => Err(VendorFileError::Io { path, error }),
    }
}
