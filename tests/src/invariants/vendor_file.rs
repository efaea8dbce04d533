//! Any text is a vendor file or is refused with a line for each fault, and a vendor file answers any body.

use std::fs;

use crm_normalize::crm::Webhook;
use crm_normalize::json::Object;
use crm_normalize::{Pairs, VendorFile};
use crm_samples::Case;

/// The line between the file and the body.
const BETWEEN: &str = "\n####\n";

pub(super) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (file, body) = text.split_once(BETWEEN).unwrap_or((text, "{}"));
    let file = match VendorFile::parse(file) {
        Ok(file) => file,
        Err(problems) => {
            assert!(!problems.0.is_empty(), "refused without a reason");
            for problem in problems.0 {
                let line = problem.to_string();
                assert!(!line.is_empty() && !line.contains('\n'), "{line:?}");
            }
            return;
        }
    };
    let once = outcome(&file, body);
    assert_eq!(once, outcome(&file, body), "the same bytes give the same outcome");
    if let Some((_, warnings)) = once {
        assert!(warnings.iter().all(|path| path.len() <= body.len() * 4 + file.name().len() + 4096), "{warnings:?}");
    }
}

/// The outcome as text, and the warnings. `None` for a body that no translation sees.
fn outcome(file: &VendorFile, body: &str) -> Option<(String, Vec<String>)> {
    let body = Object::parse(body).ok()?;
    let webhook = Webhook { body, headers: Pairs(&[]), query: Pairs(&[]), account: None };
    let outcome = format!("{:?}", file.translate(&webhook));
    Some((outcome, webhook.body.take_warnings()))
}

/// Each file of the repository, with one of its bodies.
pub(super) fn seeds() -> anyhow::Result<Vec<Vec<u8>>> {
    let mut seeds = Vec::new();
    for case in Case::all(&crate::events())? {
        let path = crate::root().join("vendors").join(format!("{}.toml", case.vendor.name));
        if path.exists() {
            let body = case.webhook()?.body;
            seeds.push([fs::read(&path)?.as_slice(), BETWEEN.as_bytes(), &body].concat());
        }
    }
    Ok(seeds)
}
