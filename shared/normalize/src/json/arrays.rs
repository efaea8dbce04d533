//! The readers of arrays. A single value is read as an array of one.

use std::borrow::Cow;

use crm_event::Text;

use super::scalar::{Scalar, is_placeholder, trimmed};
use super::value::Value;
use super::{Entry, Object, integer_digits};

impl<'a> Object<'a> {
    /// The objects of an array. A single object is read as an array of one. `null` entries are left out.
    pub fn objects<'o>(&'o self, name: &'o str) -> impl Iterator<Item = Object<'a>> + 'o {
        self.entries(name, |value, path| self.nested(value, path))
    }

    /// The entries of an array, each an object, a text or a number. A single entry is read as an array of one. Empty
    /// ones are left out.
    pub fn objects_or_texts<'o>(&'o self, name: &'o str) -> impl Iterator<Item = Entry<'a>> + 'o {
        let read = |value: Value<'_, 'a>, path: &dyn Fn() -> String| match value.scalar() {
            Scalar::Number(digits) => Some(Some(Entry::Text(Cow::Borrowed(digits)))),
            Scalar::Text(text) => Some(trimmed(text).map(Entry::Text)),
            _ => self.nested(value, path).map(|object| Some(Entry::Object(object))),
        };
        self.entries(name, read).flatten()
    }

    /// The entries of an array that are texts, and the texts under `member` in those that are objects, such as the
    /// names of tags.
    pub fn texts_or_members(&self, name: &str, member: &str) -> Vec<Text<'a>> {
        let text = |entry| match entry {
            Entry::Object(entry) => entry.text(member),
            Entry::Text(text) => Some(text),
        };
        self.objects_or_texts(name).filter_map(text).collect()
    }

    /// The texts of an array of texts or numbers. A single text is read as an array of one. Empty ones are left out.
    pub fn texts(&self, name: &str) -> Vec<Text<'a>> {
        let read = |value: Value<'_, 'a>, _: &dyn Fn() -> String| match value.scalar() {
            Scalar::Number(digits) => Some(Some(Cow::Borrowed(digits))),
            Scalar::Text(text) => Some(trimmed(text)),
            _ => None,
        };
        self.entries(name, read).flatten().collect()
    }

    /// The ids of an array of texts or numbers, read by the rules of [`Self::id`]. A single id is read as an array of
    /// one.
    pub fn ids(&self, name: &str) -> Vec<Text<'a>> {
        let read = |value: Value<'_, 'a>, _: &dyn Fn() -> String| match value.scalar() {
            Scalar::Number(digits) => Some(Some(integer_digits(digits).unwrap_or(Cow::Borrowed(digits)))),
            Scalar::Text(text) if is_placeholder(&text) => None,
            Scalar::Text(text) => Some(trimmed(text)),
            _ => None,
        };
        self.entries(name, read).flatten().filter(|id| id != "0").collect()
    }

    /// Reads each entry of an array that is not `null`, with its path. Entries that `read` refuses are added to the
    /// warnings.
    fn entries<'o, T>(
        &'o self,
        name: &'o str,
        read: impl Fn(Value<'o, 'a>, &dyn Fn() -> String) -> Option<T> + 'o,
    ) -> impl Iterator<Item = T> + 'o {
        let member = self.member(name);
        let is_array = member.is_some_and(Value::is_array);
        let entries = member.map(Value::entries).unwrap_or_default().iter().enumerate();
        let values = entries.map(|(index, node)| (index, Value(Some(node)))).filter(|(_, value)| !value.is_null());
        values.filter_map(move |(index, value)| {
            let entry = format!("{name}[{index}]");
            // A single object has the path of the member.
            let path = || self.path_of(if is_array { &entry } else { name });
            let read = read(value, &path);
            if read.is_none() {
                self.warn(&entry);
            }
            read
        })
    }
}
