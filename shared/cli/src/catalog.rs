//! The catalogue: every vendor event and what it becomes, from the vendors' own tables.

use crm_normalize::crm;
use serde::Serialize;

/// One line of the catalogue.
#[derive(Debug, Serialize)]
pub struct Line {
    pub vendor: &'static str,
    pub vendor_event: &'static str,
    /// The canonical type, or `ignored`.
    #[serde(rename = "type")]
    pub target: String,
}

/// All of it, in the order of the vendors and their tables.
pub fn lines() -> Vec<Line> {
    let rows = crm::ALL.iter().flat_map(|vendor| vendor.catalog.iter().map(move |row| (vendor.name, row)));
    rows.map(|(vendor, row)| Line { vendor, vendor_event: row.vendor_event, target: row.target.to_string() }).collect()
}

/// As a Markdown table.
pub fn markdown() -> String {
    let mut table = String::from("| vendor | vendor event | canonical type |\n|---|---|---|\n");
    for Line { vendor, vendor_event, target } in lines() {
        table.push_str(&format!("| {vendor} | `{vendor_event}` | `{target}` |\n"));
    }
    table
}
