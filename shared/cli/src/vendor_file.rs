//! The commands about the file of a vendor that is not built in.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, bail};
use crm_normalize::{Vendor, VendorFile, crm};
use crm_samples::vendor_files;

fn parse(path: &Path) -> anyhow::Result<VendorFile> {
    let text =
        String::from_utf8(crm_samples::read(path)?).with_context(|| format!("{} is not text", path.display()))?;
    match VendorFile::parse(&text) {
        Ok(file) => Ok(file),
        Err(problems) => {
            let lines: Vec<_> = problems.0.iter().map(|problem| format!("{}: {problem}", path.display())).collect();
            bail!("{}", lines.join("\n"))
        }
    }
}

/// The vendor of a file.
///
/// # Errors
/// If the file cannot be read, or has a fault. One line for each.
pub fn load(path: &Path) -> anyhow::Result<&'static Vendor> {
    parse(path).map(crm::add_from_file)
}

/// The vendor of a file in a few lines: route, secrets, events, and what its webhooks cannot promise.
///
/// # Errors
/// As [`load`], and if the file's name is not that of its vendor.
pub fn summary(path: &Path) -> anyhow::Result<String> {
    let file = parse(path)?;
    let weaknesses = file.weaknesses();
    let text = String::from_utf8(crm_samples::read(path)?)?;
    let is_in_folder = path.parent().is_some_and(|folder| folder.ends_with(vendor_files::FOLDER));
    if is_in_folder && let Err(problems) = vendor_files::parse(path, &text) {
        bail!("{}: {problems}", path.display());
    }
    let vendor = file.into_vendor();
    let forms: Vec<_> = vendor.schemes.iter().map(|scheme| format!("{:?}", scheme.form())).collect();
    let mut summary = format!("{}: POST /webhooks/{}\n", vendor.title, vendor.name);
    writeln!(summary, "WEBHOOK_SECRETS: {{\"default\": [{}]}}", forms.join(", "))?;
    for row in vendor.catalog {
        writeln!(summary, "{:<30} {}", row.vendor_event, row.target)?;
    }
    for weakness in weaknesses {
        writeln!(summary, "note: {weakness}")?;
    }
    Ok(summary)
}
