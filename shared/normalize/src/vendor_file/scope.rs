//! The values at the paths of a vendor file, in one webhook.

use std::cell::RefCell;
use std::collections::HashSet;

use crm_event::Text;

use super::path::{Path, Root};
use super::plan::{Leaf, LeafSource};
use crate::crm::Webhook;
use crate::fields::{full_name, word};
use crate::json::{Object, Reading, Scalar, Step, Value, Walk};

/// The webhook, and the values at which a path may begin.
pub(super) struct Scope<'s, 'a> {
    pub webhook: &'s Webhook<'a>,
    pub event: Option<&'s Text<'a>>,
    pub record: Option<&'s Object<'a>>,
    pub entry: Option<Entry<'s, 'a>>,
    pub blocked: &'s Blocked,
}

/// An entry of a list, or a member of an object.
pub(super) struct Entry<'s, 'a> {
    pub value: Value<'s, 'a>,
    /// The member's name.
    pub name: Option<Text<'a>>,
    /// In the body.
    pub path: String,
}

/// Paths of values that have no members, although a path goes on. They are unreadable, unless another source of the
/// field has a value.
#[derive(Default)]
pub(super) struct Blocked(RefCell<Vec<String>>);

impl Blocked {
    /// The number of paths so far.
    pub fn mark(&self) -> usize {
        self.0.borrow().len()
    }

    /// Forgets the paths between the two marks.
    pub fn forget(&self, from: usize, to: usize) {
        self.0.borrow_mut().drain(from..to);
    }

    /// Adds the paths to the warnings, each once.
    pub fn warn(&self, body: &Object<'_>) {
        let mut seen = HashSet::new();
        for path in self.0.take() {
            if seen.insert(path.clone()) {
                body.warn_at(path);
            }
        }
    }

    fn add(&self, path: String) {
        self.0.borrow_mut().push(path);
    }
}

/// The value at a path.
pub(super) enum Found<'s, 'a> {
    Value(Value<'s, 'a>),
    /// From outside of the body.
    Text(Text<'a>),
    Null,
    Absent,
}

impl<'s, 'a> Scope<'s, 'a> {
    pub fn get(&self, path: &Path) -> Found<'s, 'a> {
        let text = |text: Option<Text<'a>>| text.map_or(Found::Absent, Found::Text);
        let walk = match &path.root {
            Root::Body => self.webhook.body.walk(&path.steps),
            Root::Record => match self.record {
                Some(record) => record.walk(&path.steps),
                None => return Found::Absent,
            },
            Root::Entry => match &self.entry {
                Some(entry) => entry.value.walk(&path.steps),
                None => return Found::Absent,
            },
            Root::Name => return text(self.entry.as_ref().and_then(|entry| entry.name.clone())),
            Root::Event => return text(self.event.cloned()),
            Root::Header(name) => return text(self.webhook.headers.get(name).map(Text::Borrowed)),
            Root::Query(name) => return text(self.webhook.query.get(name).map(Text::Borrowed)),
        };
        match walk {
            Walk::Value(value) => Found::Value(value),
            Walk::Null => Found::Null,
            Walk::Absent => Found::Absent,
            Walk::Blocked(steps) => {
                self.blocked.add(self.path_in_body(path, steps));
                Found::Absent
            }
        }
    }

    /// The path in the body, after so many steps. For a value from elsewhere, the path as it is in the file.
    pub fn path_in_body(&self, path: &Path, steps: usize) -> String {
        let mut text = match &path.root {
            Root::Body => String::new(),
            Root::Record => self.record.map(|record| record.path().to_owned()).unwrap_or_default(),
            Root::Entry => self.entry.as_ref().map(|entry| entry.path.clone()).unwrap_or_default(),
            Root::Name | Root::Event | Root::Header(_) | Root::Query(_) => return path.text.clone(),
        };
        for Step { name, .. } in path.steps.iter().take(steps) {
            match name.parse::<usize>() {
                Ok(index) => text.push_str(&format!("[{index}]")),
                Err(_) if text.is_empty() => text.push_str(name),
                Err(_) => {
                    text.push('.');
                    text.push_str(name);
                }
            }
        }
        text
    }

    pub fn whole_path(&self, path: &Path) -> String {
        self.path_in_body(path, path.steps.len())
    }

    /// Notes that the value at the path could not be read.
    pub fn warn(&self, path: &Path) {
        self.webhook.body.warn_at(self.whole_path(path));
    }

    pub fn warn_leaf(&self, leaf: &Leaf) {
        if let LeafSource::Path(path) = &leaf.source {
            self.warn(path);
        }
    }

    /// The leaf's value, and true if it comes from the webhook. `None` if it is absent.
    pub fn scalar(&self, leaf: &'a Leaf) -> Option<(Scalar<'a>, bool)> {
        match &leaf.source {
            LeafSource::Constant(text) => Some((Scalar::Text(Text::Borrowed(text)), false)),
            LeafSource::FullName { first, last } => {
                let part = |paths: &'a [Path]| self.text(paths, Scalar::text);
                full_name(part(first).as_ref(), part(last).as_ref()).map(|name| (Scalar::Text(name), true))
            }
            LeafSource::Path(path) => {
                let scalar = match self.get(path) {
                    Found::Value(value) => value.scalar(),
                    Found::Text(text) => Scalar::Text(text),
                    Found::Null | Found::Absent => return None,
                };
                Some((leaf.in_own_words(scalar), true))
            }
        }
    }

    /// The first text at one of the paths.
    pub fn text(&self, paths: &[Path], read: impl Fn(Scalar<'a>) -> Reading<Text<'a>>) -> Option<Text<'a>> {
        paths.iter().find_map(|path| {
            let scalar = match self.get(path) {
                Found::Value(value) => value.scalar(),
                Found::Text(text) => Scalar::Text(text),
                Found::Null | Found::Absent => return None,
            };
            read(scalar).unwrap_or_else(|_| {
                self.warn(path);
                None
            })
        })
    }

    /// The entries of the list at the path.
    pub fn entries(&self, list: &Path) -> Vec<Entry<'s, 'a>> {
        let Found::Value(value) = self.get(list) else { return Vec::new() };
        let path = self.whole_path(list);
        let entry = |(index, value): (Option<usize>, Value<'s, 'a>)| {
            let path = index.map_or_else(|| path.clone(), |index| format!("{path}[{index}]"));
            Entry { value, name: None, path }
        };
        value.indexed().map(entry).collect()
    }

    /// The members of the object at the path that are not `null`. A `*` at the end of the path stands for the rest of
    /// their names.
    pub fn members(&self, path: &Path) -> Vec<Entry<'s, 'a>> {
        let prefix = path.steps.last().and_then(|step| step.name.strip_suffix('*'));
        let (steps, prefix) = match (prefix, path.steps.split_last()) {
            (Some(prefix), Some((_, parents))) => (parents, prefix),
            _ => (path.steps.as_slice(), ""),
        };
        let parent = Path { root: path.root.clone(), steps: steps.to_vec(), text: path.text.clone() };
        let base = self.whole_path(&parent);
        let members: Vec<(Text<'a>, Value<'s, 'a>)> = match (steps, &path.root) {
            ([], Root::Record) => self.record.map(|record| record.members().collect()).unwrap_or_default(),
            ([], Root::Body) => self.webhook.body.members().collect(),
            _ => match self.get(&parent) {
                Found::Value(value) if value.is_object() => value.members().collect(),
                Found::Value(_) => self.no_members(&parent),
                Found::Text(_) | Found::Null | Found::Absent => Vec::new(),
            },
        };
        let entry = |(name, value): (Text<'a>, Value<'s, 'a>)| {
            let path = if base.is_empty() { name.to_string() } else { format!("{base}.{name}") };
            Entry { value, name: Some(name), path }
        };
        members.into_iter().filter(|(name, _)| name.starts_with(prefix)).map(entry).collect()
    }

    /// Notes that the value at the path is no object, and returns an empty list.
    fn no_members(&self, path: &Path) -> Vec<(Text<'a>, Value<'s, 'a>)> {
        self.warn(path);
        Vec::new()
    }

    /// The scope of a record.
    pub fn of_record<'r>(&self, record: Option<&'r Object<'a>>) -> Scope<'r, 'a>
    where
        's: 'r,
    {
        let Self { webhook, event, blocked, .. } = *self;
        Scope { webhook, event, record, entry: None, blocked }
    }

    /// The scope of an entry.
    pub fn of_entry(&self, entry: Entry<'s, 'a>) -> Self {
        let Self { webhook, event, record, blocked, .. } = *self;
        Self { webhook, event, record, entry: Some(entry), blocked }
    }
}

impl Leaf {
    /// The value in this project's words, if the leaf has a list of words. A word that is not in the list stays, in lower
    /// case.
    pub fn in_own_words<'a>(&'a self, scalar: Scalar<'a>) -> Scalar<'a> {
        let Some(words) = &self.words else { return scalar };
        let scalar = match scalar {
            Scalar::Bool(value) => Scalar::Text(Text::Borrowed(if value { "true" } else { "false" })),
            Scalar::Number(digits) => Scalar::Text(Text::Borrowed(digits)),
            other => other,
        };
        match scalar {
            Scalar::Text(text) => {
                let own = word(Text::Borrowed(text.trim())).into_owned();
                Scalar::Text(words.get(&own).map_or(Text::Owned(own), |word| Text::Borrowed(word)))
            }
            other => other,
        }
    }
}
