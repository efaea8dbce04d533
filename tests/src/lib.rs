//! Shared code of the tests: folders and files of the workspace, a function fixture, and the invariants.
#![expect(
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::arithmetic_side_effects,
    reason = "a check that does not hold is a panic"
)]

pub mod function;
pub mod invariants;
pub mod stub;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;

use crm_normalize::Vendor;
use crm_samples::vendor_files;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt;

/// The workspace's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folder of the cases.
pub fn events() -> PathBuf {
    root().join("events")
}

/// The built-in vendors, and those of the files in `vendors`.
pub fn vendors() -> Vec<&'static Vendor> {
    vendor_files::all(&root().join(vendor_files::FOLDER)).unwrap_or_else(|error| panic!("{error:#}"))
}

/// The folder of the binaries that were built with this one: `target/<profile>`.
///
/// # Errors
/// If this process has no file.
pub fn binaries() -> anyhow::Result<PathBuf> {
    let folder = std::env::current_exe()?;
    // A test is in `deps`, a binary is not.
    let folder = folder.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    folder.map(Path::to_owned).ok_or_else(|| anyhow::anyhow!("this process is in no folder"))
}

/// Keeps all log call sites enabled for the tests that read the log. `tracing` decides once for each call site, by the
/// subscribers at that moment. A concurrent test without a subscriber could decide last and disable it for the other tests
/// too, so every helper that makes a function calls this first.
pub fn keep_callsites_open() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let open = tracing_subscriber::registry().with(dynamic_filter_fn(|_, _| false));
        let is_first = tracing::subscriber::set_global_default(open).is_ok();
        assert!(is_first, "another subscriber is the default of all threads");
    });
}

/// The folder of the stored inputs of the fuzzer, with one folder per target.
pub fn corpus() -> PathBuf {
    root().join("tests/corpus")
}

/// The names in a folder, sorted; without those that start with a dot.
///
/// # Errors
/// If the folder cannot be read.
pub fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| anyhow::anyhow!("{}: {error}", folder.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// The rows of all Markdown tables with these columns. Each has the heading above its table, and the list of its cells.
pub fn table_rows(markdown: &str, columns: &[&str]) -> Vec<(String, Vec<String>)> {
    let mut rows = Vec::new();
    let mut heading = String::new();
    let mut inside = false;
    for line in markdown.lines() {
        if line.starts_with('#') {
            heading = line.trim_start_matches('#').trim().to_owned();
        }
        let Some(inner) = line.trim().strip_prefix('|').and_then(|line| line.strip_suffix('|')) else {
            inside = false;
            continue;
        };
        // A pipe in a cell is written as `\|`.
        let cells: Vec<String> =
            inner.replace("\\|", "\u{0}").split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect();
        if cells == columns {
            inside = true;
        } else if inside && !cells.iter().all(|cell| cell.trim_matches([':', '-']).is_empty()) {
            rows.push((heading.clone(), cells));
        }
    }
    rows
}
