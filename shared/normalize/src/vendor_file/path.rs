//! The paths of a vendor file.

use super::file::File;
use super::problem::Problem;
use crate::json::Step;

/// A path, from its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    pub root: Root,
    pub steps: Vec<Step>,
    /// As in the file.
    pub text: String,
}

/// The beginning of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Body,
    Record,
    /// The entry of a list, or the value of a member.
    Entry,
    /// The name of a member.
    Name,
    /// The event's name.
    Event,
    Header(String),
    Query(String),
}

/// The place in the file that a path is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Here {
    /// Outside of `fields`: paths begin at the body.
    Top,
    /// In a record's fields: paths begin at the record.
    Record,
    /// In the fields of a list's entry: paths begin at the entry.
    Entry,
    /// In the fields of an object's member: paths begin at the member's value.
    Member,
}

/// The words that a path may begin with.
const ROOTS: [&str; 7] = ["$body", "$record", "$entry", "$name", "$event", "$header", "$query"];

impl Path {
    /// Reads a path. `at` is for the message.
    pub fn parse(text: &str, here: Here, at: &str) -> Result<Self, Problem> {
        let wrong = |message: &str| Problem::wrong(at, format!("{message} in the path {text:?}"));
        let mut names = names(text).ok_or_else(|| wrong("a double quote is not closed"))?;
        if names.iter().any(String::is_empty) {
            return Err(wrong("a name is empty"));
        }
        let mut root = match here {
            Here::Top => Root::Body,
            Here::Record => Root::Record,
            Here::Entry | Here::Member => Root::Entry,
        };
        if let Some(word) = names.first().filter(|name| name.starts_with('$')).cloned() {
            names.remove(0);
            // A header's name may contain a dot.
            let rest = text.split_once('.').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
            root = match word.as_str() {
                "$body" => Root::Body,
                "$record" => Root::Record,
                "$entry" => Root::Entry,
                "$name" => Root::Name,
                "$event" => Root::Event,
                "$header" => Root::Header(rest),
                "$query" => Root::Query(rest),
                other => return Err(Problem::unknown(at, "beginning", other, ROOTS)),
            };
            let is_whole = names.is_empty();
            match &root {
                Root::Body | Root::Record | Root::Header(_) | Root::Query(_) if is_whole => {
                    return Err(wrong("a name is missing"));
                }
                Root::Name | Root::Event if !is_whole => return Err(wrong("this text has no members")),
                Root::Entry if matches!(here, Here::Top | Here::Record) => {
                    return Err(wrong("there is no \"each\" or \"members\" around it"));
                }
                Root::Name if here != Here::Member => return Err(wrong("there is no \"members\" around it")),
                Root::Header(_) | Root::Query(_) => names.clear(),
                _ => {}
            }
        }
        Ok(Self { root, steps: names.into_iter().map(Step::new).collect(), text: text.to_owned() })
    }

    /// Reads a path of a file. It must not lead to a secret, because secrets are removed before the translation.
    pub fn parse_for(file: &File, text: &str, here: Here, at: &str) -> Result<Self, Problem> {
        let path = Self::parse(text, here, at)?;
        match path.removed_by(file) {
            Some(by) => Err(Problem::wrong(at, format!("{by} removes the value at {text:?} before it can be read"))),
            None => Ok(path),
        }
    }

    /// The member of the file that removes the value at the path.
    fn removed_by(&self, file: &File) -> Option<&'static str> {
        let is_among = |names: &[String], step: &Step| names.iter().any(|name| name.eq_ignore_ascii_case(&step.name));
        if let Some(public) = &file.public_members {
            let is_body = file.record.is_none() && file.records.is_none();
            let is_at_root = self.root == Root::Body || (self.root == Root::Record && is_body);
            let first = self.steps.first().filter(|_| is_at_root)?;
            return (!is_among(public, first)).then_some("public_members");
        }
        if self.steps.iter().any(|step| is_among(&file.secret_members, step)) {
            return Some("secret_members");
        }
        let token = file.token_member.as_slice();
        self.steps.iter().any(|step| is_among(token, step)).then_some("token_member")
    }

    /// The path in the record; `None` if it is elsewhere.
    pub fn in_record(&self) -> Option<String> {
        (self.root == Root::Record).then(|| self.names().join("."))
    }

    fn names(&self) -> Vec<&str> {
        self.steps.iter().map(|step| step.name.as_str()).collect()
    }

    /// The path in the form that `Object::at` reads; `None` if it is elsewhere or has a name with a dot.
    pub fn in_body(&self) -> Option<String> {
        let names = self.names();
        let is_plain = self.root == Root::Body && names.iter().all(|name| !name.contains('.'));
        is_plain.then(|| names.join("."))
    }
}

/// The names between the dots. A name in double quotes may contain dots. `None` if a quote is not closed.
fn names(text: &str) -> Option<Vec<String>> {
    let mut names = vec![String::new()];
    let mut is_quoted = false;
    for character in text.chars() {
        match (character, names.last_mut()) {
            ('"', _) => is_quoted = !is_quoted,
            ('.', _) if !is_quoted => names.push(String::new()),
            (character, Some(name)) => name.push(character),
            (_, None) => {}
        }
    }
    (!is_quoted).then_some(names)
}
