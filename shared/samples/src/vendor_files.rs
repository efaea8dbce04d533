//! The vendor files of the repository: `vendors/<name>.toml`, with cases under `events/<name>`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, bail};
use crm_normalize::vendor_file::{Problem, Problems};
use crm_normalize::{Vendor, VendorFile, crm};

use crate::read;

/// The folder of the files, beside the folder of the cases.
pub const FOLDER: &str = "vendors";

/// The files that are loaded, with their text, so that only changed ones are loaded again.
static LOADED: Mutex<BTreeMap<PathBuf, String>> = Mutex::new(BTreeMap::new());

/// The folder of the files that belongs to a folder of cases.
pub fn beside(events: &Path) -> PathBuf {
    events.with_file_name(FOLDER)
}

/// All built-in vendors, and those of the files.
///
/// # Errors
/// As [`load`].
pub fn all(folder: &Path) -> anyhow::Result<Vec<&'static Vendor>> {
    load(folder)?;
    Ok(crm::ALL.iter().copied().chain(crm::from_files()).collect())
}

/// Loads the files of a folder that are new or have changed since the last time, so that their vendors are found by
/// name. A folder that does not exist has no files.
///
/// # Errors
/// If a file has a fault. The others are loaded.
pub fn load(folder: &Path) -> anyhow::Result<()> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let files = files(folder)?;
    let gone: Vec<_> =
        loaded.keys().filter(|path| path.starts_with(folder) && !files.contains(path)).cloned().collect();
    for path in gone {
        loaded.remove(&path);
        crm::remove_from_file(&stem(&path));
    }
    let mut faults = Vec::new();
    for path in files {
        let text = String::from_utf8(read(&path)?).with_context(|| format!("{} is not text", path.display()))?;
        if loaded.get(&path) == Some(&text) {
            continue;
        }
        match parse(&path, &text) {
            Ok(file) => {
                crm::add_from_file(file);
                loaded.insert(path, text);
            }
            Err(problems) => {
                let lines = problems.0.iter().map(|problem| format!("{}: {problem}", path.display()));
                faults.extend(lines);
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { bail!("{}", faults.join("\n")) }
}

/// Reads a file, whose name must be that of its vendor.
///
/// # Errors
/// If it has faults.
pub fn parse(path: &Path, text: &str) -> Result<VendorFile, Problems> {
    let file = VendorFile::parse(text)?;
    if file.name() == stem(path) {
        return Ok(file);
    }
    let message = format!("the file's name is {:?}; expected {}.toml", stem(path), file.name());
    Err(Problems(vec![Problem::Wrong { at: "name".to_owned(), message }]))
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The files in the folder, by name.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
