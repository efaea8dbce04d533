//! The faults of a vendor file, each said in one line.

use std::fmt;

/// A fault of a vendor file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Not TOML, or a member that a vendor file does not have.
    #[error("line {line}, column {column}: {message}")]
    Syntax { line: usize, column: usize, message: String },
    #[error("name: {0:?} is built in, and a file must not replace it; choose another name")]
    BuiltIn(String),
    #[error("no proof of origin: add [[signatures]], basic = true, token = true or token_member; there is no \"none\"")]
    NoProof,
    /// A word that is not in its closed list.
    #[error("{at}: there is no {what} {found:?}{hint}")]
    Unknown { at: String, what: &'static str, found: String, hint: Hint },
    /// Any other fault, with the member that has it.
    #[error("{at}: {message}")]
    Wrong { at: String, message: String },
}

impl Problem {
    pub(super) fn unknown<'n>(
        at: &str,
        what: &'static str,
        found: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Self {
        Self::Unknown { at: at.to_owned(), what, found: found.to_owned(), hint: Hint::new(found, known) }
    }

    /// A field that does not exist. If no name is similar, the hint is the file that lists all, because a record has up
    /// to eighty fields.
    pub(super) fn unknown_field(at: &str, found: &str, known: &[&str]) -> Self {
        let hint = match Hint::new(found, known.iter().copied()) {
            Hint::None => Hint::ListedIn(FIELDS),
            hint => hint,
        };
        Self::Unknown { at: at.to_owned(), what: "field", found: found.to_owned(), hint }
    }

    pub(super) fn wrong(at: &str, message: impl Into<String>) -> Self {
        Self::Wrong { at: at.to_owned(), message: message.into() }
    }
}

/// The known word that is nearest to the one found, or all if they are few.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    Nearest(String),
    All(Vec<String>),
    /// The file that lists them.
    ListedIn(&'static str),
    None,
}

/// Maximum number of words that a message lists in full, enough for all entities or all actions.
const MAX_LISTED: usize = 24;
/// The most readable list of the records' fields.
const FIELDS: &str = "shared/event/schema/crm-event.ts";
/// Minimum similarity of a known word for a hint.
const MIN_SIMILARITY: f64 = 0.75;

impl Hint {
    fn new<'n>(found: &str, known: impl IntoIterator<Item = &'n str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let similarity = |word: &&str| strsim::jaro_winkler(word, &found.to_lowercase());
        let nearest = known.iter().copied().max_by(|a, b| similarity(a).total_cmp(&similarity(b)));
        match nearest.filter(|word| similarity(word) >= MIN_SIMILARITY) {
            Some(word) => Self::Nearest(word.to_owned()),
            None if known.len() <= MAX_LISTED => Self::All(known.into_iter().map(str::to_owned).collect()),
            None => Self::None,
        }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nearest(word) => write!(f, "; did you mean {word:?}?"),
            Self::ListedIn(file) => write!(f, "; {file} lists them"),
            Self::All(words) if !words.is_empty() => write!(f, "; expected one of {}", words.join(", ")),
            Self::All(_) | Self::None => Ok(()),
        }
    }
}

/// The faults of one file; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    /// In one line: the first, and how many more there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.split_first() {
            Some((first, [])) => first.fmt(f),
            Some((first, others)) => {
                write!(f, "{first} (and {} more; `crm-events check-vendor` lists them)", others.len())
            }
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problems {}
