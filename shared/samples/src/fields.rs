//! The field list of a CRM: `shared/normalize/src/crm/<name>/fields.txt`.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

/// A field that the vendor documents, and its mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The section of the list, which is a heading of the CRM's README.
    pub section: String,
    /// The path in the vendor's body. `[]` means every entry of a list.
    pub path: String,
    /// Canonical fields such as `deal.name`, `custom_fields`, or `raw only`.
    pub targets: Vec<String>,
    /// An explanation; for `raw only` the reason.
    pub note: String,
}

impl Field {
    /// True if the field is only in the vendor's JSON.
    pub fn is_raw_only(&self) -> bool {
        self.targets == ["raw only"]
    }

    /// Reads the list of a CRM; `root` is the workspace's folder.
    ///
    /// # Errors
    /// If there is no list, or a line of it is not a section, a comment or a field.
    pub fn of_crm(root: &Path, name: &str) -> anyhow::Result<Vec<Self>> {
        let path = folder(root, name).join("fields.txt");
        let text = String::from_utf8(crate::read(&path)?)?;
        let mut section = None;
        let mut fields = Vec::new();
        for (number, line) in (1_usize..).zip(text.lines()) {
            let line = line.trim();
            let at = || format!("{}:{number}", path.display());
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                section = Some(name.to_owned());
                continue;
            }
            let mut cells = line.splitn(3, " | ").map(str::trim);
            let (field, targets) = (cells.next().unwrap_or_default(), cells.next().with_context(at)?);
            ensure!(!field.is_empty() && !targets.is_empty(), "{}: expected `path | canonical | note`", at());
            fields.push(Self {
                section: section.clone().with_context(at)?,
                path: field.to_owned(),
                targets: targets.split(", ").map(str::to_owned).collect(),
                note: cells.next().unwrap_or_default().to_owned(),
            });
        }
        ensure!(!fields.is_empty(), "{} has no field", path.display());
        Ok(fields)
    }
}

/// The folder of a CRM: its code, field list and README.
pub fn folder(root: &Path, name: &str) -> PathBuf {
    root.join("shared/normalize/src/crm").join(name)
}
