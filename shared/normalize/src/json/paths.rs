//! Values at paths that are known at run time only, from a vendor file.

use crm_event::Text;
use jiff::tz::TimeZone;

use super::Object;
use super::node::Node;
use super::scalar::Scalar;
use super::value::Value;

/// A step of a path: the name of a member, or the index of an entry if the value is an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) name: String,
    index: Option<usize>,
}

impl Step {
    pub(crate) fn new(name: String) -> Self {
        let index = name.parse().ok();
        Self { name, index }
    }
}

/// The end of a path.
pub(crate) enum Walk<'o, 'a> {
    Value(Value<'o, 'a>),
    Null,
    Absent,
    /// After this many steps there is a value that has no members.
    Blocked(usize),
}

impl<'a> Object<'a> {
    /// The value at the end of the path.
    pub(crate) fn walk(&self, steps: &[Step]) -> Walk<'_, 'a> {
        let Some((first, rest)) = steps.split_first() else { return Walk::Absent };
        match self.member(&first.name) {
            Some(value) => value.walk_after(rest, 1),
            None if rest.is_empty() && self.has(&first.name) => Walk::Null,
            None => Walk::Absent,
        }
    }

    /// The object as a value in the body, with its path. `None` if the value is no object.
    pub(crate) fn at_value(&self, value: Value<'_, 'a>, path: &str) -> Option<Object<'a>> {
        self.nested(value, || path.to_owned())
    }

    /// The path of the object in the body. Empty for the body itself.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The zone for times without a zone.
    pub(crate) fn zone(&self) -> &TimeZone {
        &self.body.zone
    }

    /// Notes that the value at this path of the body could not be read.
    pub(crate) fn warn_at(&self, path: String) {
        self.body.warnings.borrow_mut().push(path);
    }
}

impl<'o, 'a> Value<'o, 'a> {
    /// The value at the end of the path.
    pub(crate) fn walk(self, steps: &[Step]) -> Walk<'o, 'a> {
        self.walk_after(steps, 0)
    }

    fn walk_after(mut self, steps: &[Step], done: usize) -> Walk<'o, 'a> {
        for (place, step) in steps.iter().enumerate() {
            let is_last = place.saturating_add(1) == steps.len();
            self = match self.step(step) {
                Walk::Value(value) => value,
                Walk::Null if is_last => return Walk::Null,
                Walk::Null | Walk::Absent => return Walk::Absent,
                Walk::Blocked(_) => return Walk::Blocked(done.saturating_add(place)),
            };
        }
        if self.is_null() { Walk::Null } else { Walk::Value(self) }
    }

    fn step(self, step: &Step) -> Walk<'o, 'a> {
        let Some(container) = self.container() else {
            return match self.scalar() {
                Scalar::Null => Walk::Absent,
                Scalar::Text(text) if text.trim().is_empty() => Walk::Absent,
                _ => Walk::Blocked(0),
            };
        };
        if self.is_array() {
            return match step.index {
                // PHP writes an empty object as an empty array.
                None if !container.children.is_empty() => Walk::Blocked(0),
                index => index.and_then(|index| container.children.get(index)).map_or(Walk::Absent, end),
            };
        }
        container.member(&step.name).map_or(Walk::Absent, end)
    }

    /// The names of an object's members and their values, `null` included.
    pub(crate) fn members(self) -> impl Iterator<Item = (Text<'a>, Value<'o, 'a>)> {
        let nodes = if self.is_object() { self.nodes() } else { &[] };
        nodes.iter().map(|node| (node.name.clone(), Value(Some(node))))
    }

    /// The entries of an array that are not `null`, with their index. Any other value counts as an array of one, without
    /// an index; empty text as an empty array.
    pub(crate) fn indexed(self) -> impl Iterator<Item = (Option<usize>, Value<'o, 'a>)> {
        let is_array = self.is_array();
        let entries = self.entries().iter().enumerate().map(|(index, node)| (index, Value(Some(node))));
        let filled = entries.filter(|(_, value)| !value.is_null());
        filled.map(move |(index, value)| (is_array.then_some(index), value))
    }
}

fn end<'o, 'a>(node: &'o Node<'a>) -> Walk<'o, 'a> {
    let value = Value(Some(node));
    if value.is_null() { Walk::Null } else { Walk::Value(value) }
}
