//! Reading a vendor's JSON: lenient about types, strict about nothing but the syntax.
//!
//! An [`Object`] knows its members by name and leaves their values as text until somebody asks. So nothing is copied
//! that no one reads, numbers keep their digits, and a value of the wrong type costs its own field alone: the field
//! reads as absent, and its path goes to the warnings.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use crm_event::{Decimal, Json, Text};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::{Deserializer as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::time;

/// The members of a JSON object.
///
/// Names match without regard to ASCII case: one vendor's page and its server do not agree on the case of theirs. Of
/// members with one name the last counts, as in most parsers. A member that is `null` is absent.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    members: Vec<(Text<'a>, &'a RawValue)>,
    place: Rc<Place>,
}

/// Where in the body an object stands, for warnings.
#[derive(Debug)]
struct Place {
    within: Option<Rc<Place>>,
    name: String,
    /// Paths of values that could not be read; one list for the whole body.
    warnings: Rc<RefCell<Vec<String>>>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(outer) = &self.within {
            outer.fmt(f)?;
            if !outer.name.is_empty() && !self.name.starts_with('[') {
                f.write_str(".")?;
            }
        }
        f.write_str(&self.name)
    }
}

/// A value by its JSON type.
enum Scalar<'a> {
    Null,
    Bool(bool),
    /// The digits as they stand.
    Number(&'a str),
    Text(Text<'a>),
    /// An array, an object, or text that is not Unicode (a lone surrogate).
    Other,
}

impl<'a> Scalar<'a> {
    fn of(value: &'a RawValue) -> Self {
        let json = value.get();
        match json.as_bytes().first() {
            Some(b'n') => Self::Null,
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'-' | b'0'..=b'9') => Self::Number(json),
            Some(b'"') => match string(json) {
                Some(text) => Self::Text(text),
                None => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

/// The text of a JSON string, without a copy where it has no escapes.
fn string(json: &str) -> Option<Text<'_>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str::<String>(json).ok().map(Cow::Owned)
}

/// Without white space at the ends; none where nothing is left.
fn trimmed(text: Text<'_>) -> Option<Text<'_>> {
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    };
    (!text.is_empty()).then_some(text)
}

impl<'a> Object<'a> {
    /// A whole body.
    ///
    /// # Errors
    /// Where the text is not one JSON object.
    pub fn parse(json: &'a str) -> Result<Self, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let members = deserializer.deserialize_map(Members)?;
        deserializer.end()?;
        let place = Place { within: None, name: String::new(), warnings: Rc::default() };
        Ok(Self { members, place: Rc::new(place) })
    }

    /// The paths of the values that were there and could not be read, in the order of reading.
    pub fn take_warnings(&self) -> Vec<String> {
        self.place.warnings.take()
    }

    fn member(&self, name: &str) -> Option<&'a RawValue> {
        let (_, value) = self.members.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        (value.get() != "null").then_some(*value)
    }

    fn warn(&self, name: &str) {
        let dot = if self.place.name.is_empty() { "" } else { "." };
        self.place.warnings.borrow_mut().push(format!("{}{dot}{name}", self.place));
    }

    /// Reads a member by `read`; a value that `read` does not take is a warning.
    fn read<T>(&self, name: &str, read: impl FnOnce(Scalar<'a>) -> Result<Option<T>, Unreadable>) -> Option<T> {
        let value = self.member(name)?;
        read(Scalar::of(value)).unwrap_or_else(|Unreadable| {
            self.warn(name);
            None
        })
    }

    /// Whether there is such a member, be it `null`.
    pub fn has(&self, name: &str) -> bool {
        self.members.iter().any(|(key, _)| key.eq_ignore_ascii_case(name))
    }

    /// The names of the members and their JSON, `null` included, in the vendor's order.
    pub fn members(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.members.iter().map(|(name, value)| (&**name, *value))
    }

    /// The member's JSON as it stands.
    pub fn json(&self, name: &str) -> Option<&'a RawValue> {
        self.member(name)
    }

    /// Text, trimmed, or a number's or Boolean's text. Empty text is absent.
    pub fn text(&self, name: &str) -> Option<Text<'a>> {
        self.read(name, |value| match value {
            Scalar::Null => Ok(None),
            Scalar::Bool(value) => Ok(Some(Cow::Borrowed(if value { "true" } else { "false" }))),
            Scalar::Number(digits) => Ok(Some(Cow::Borrowed(digits))),
            Scalar::Text(text) => Ok(trimmed(text)),
            Scalar::Other => Err(Unreadable),
        })
    }

    /// A record's id: text or a number. No vendor gives a record the id 0, several write it for "none".
    pub fn id(&self, name: &str) -> Option<Text<'a>> {
        self.read(name, |value| match value {
            Scalar::Null => Ok(None),
            Scalar::Number(digits) => Ok(Some(Cow::Borrowed(digits))),
            Scalar::Text(text) => Ok(trimmed(text)),
            Scalar::Bool(_) | Scalar::Other => Err(Unreadable),
        })
        .filter(|id| id != "0")
    }

    /// A number with its digits as they stand, be it written as text.
    pub fn decimal(&self, name: &str) -> Option<Decimal<'a>> {
        self.read(name, |value| match value {
            Scalar::Null => Ok(None),
            Scalar::Number(digits) => Decimal::new(digits).map(Some).map_err(|_| Unreadable),
            Scalar::Text(text) => match trimmed(text) {
                Some(digits) => Decimal::new(digits).map(Some).map_err(|_| Unreadable),
                None => Ok(None),
            },
            Scalar::Bool(_) | Scalar::Other => Err(Unreadable),
        })
    }

    /// `true` or `false`, also as text, or 1 or 0.
    pub fn bool(&self, name: &str) -> Option<bool> {
        self.read(name, |value| {
            let word = match value {
                Scalar::Null => return Ok(None),
                Scalar::Bool(value) => return Ok(Some(value)),
                Scalar::Number(digits) => Cow::Borrowed(digits),
                Scalar::Text(text) => match trimmed(text) {
                    Some(word) => word,
                    None => return Ok(None),
                },
                Scalar::Other => return Err(Unreadable),
            };
            match &*word {
                "1" => Ok(Some(true)),
                "0" => Ok(Some(false)),
                word if word.eq_ignore_ascii_case("true") => Ok(Some(true)),
                word if word.eq_ignore_ascii_case("false") => Ok(Some(false)),
                _ => Err(Unreadable),
            }
        })
    }

    /// An instant in any of the vendors' forms, see [`time::instant`]. The number 0 means "never".
    pub fn time(&self, name: &str) -> Option<Timestamp> {
        self.moment(name, time::instant, time::epoch)
    }

    /// A calendar date, see [`time::date`]; of an instant its day in UTC.
    pub fn date(&self, name: &str) -> Option<Date> {
        self.moment(name, time::date, |digits| time::epoch(digits).map(time::day))
    }

    fn moment<T>(
        &self,
        name: &str,
        from_text: impl FnOnce(&str) -> Option<T>,
        from_digits: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.read(name, |value| match value {
            Scalar::Null | Scalar::Number("0") => Ok(None),
            Scalar::Number(digits) => from_digits(digits).map(Some).ok_or(Unreadable),
            Scalar::Text(text) => match trimmed(text) {
                None => Ok(None),
                Some(text) if text == "0" => Ok(None),
                Some(text) => from_text(&text).map(Some).ok_or(Unreadable),
            },
            Scalar::Bool(_) | Scalar::Other => Err(Unreadable),
        })
    }

    /// The object under a name.
    pub fn object(&self, name: &str) -> Option<Object<'a>> {
        let value = self.member(name)?;
        match self.nested(value, name.to_owned()) {
            Some(object) => Some(object),
            None => {
                self.warn(name);
                None
            }
        }
    }

    /// The objects of an array; an object that stands alone is an array of one. `null` entries are left out.
    pub fn objects(&self, name: &str) -> Vec<Object<'a>> {
        self.entries(name, |value, path| self.nested(value, path))
    }

    /// The texts of an array of texts or numbers; a text that stands alone is an array of one. Empty ones are left out.
    pub fn texts(&self, name: &str) -> Vec<Text<'a>> {
        let read = |value, _| match Scalar::of(value) {
            Scalar::Number(digits) => Some(Some(Cow::Borrowed(digits))),
            Scalar::Text(text) => Some(trimmed(text)),
            _ => None,
        };
        self.entries(name, read).into_iter().flatten().collect()
    }

    /// Reads each entry of an array that is not `null`; those that `read` does not take are warnings.
    fn entries<T>(&self, name: &str, read: impl Fn(&'a RawValue, String) -> Option<T>) -> Vec<T> {
        let Some(value) = self.member(name) else { return Vec::new() };
        let values = match value.get().as_bytes().first() {
            Some(b'[') => serde_json::Deserializer::from_str(value.get()).deserialize_seq(Entries).unwrap_or_default(),
            Some(b'"') if string(value.get()).is_some_and(|text| text.trim().is_empty()) => return Vec::new(),
            _ => vec![value],
        };
        let mut read_entries = Vec::with_capacity(values.len());
        for (index, value) in values.into_iter().enumerate() {
            if value.get() == "null" {
                continue;
            }
            match read(value, format!("{name}[{index}]")) {
                Some(entry) => read_entries.push(entry),
                None => self.warn(&format!("{name}[{index}]")),
            }
        }
        read_entries
    }

    fn nested(&self, value: &'a RawValue, name: String) -> Option<Object<'a>> {
        let members = serde_json::Deserializer::from_str(value.get()).deserialize_map(Members).ok()?;
        let place = Place { within: Some(self.place.clone()), name, warnings: self.place.warnings.clone() };
        Some(Object { members, place: Rc::new(place) })
    }

    /// The same object with other JSON for some of its members: `replace` gives the JSON to read instead, or none to
    /// leave a member as it is. For vendors that wrap values (`{"label": .., "value": ..}`).
    pub fn map_members(mut self, replace: impl Fn(&str, &'a RawValue) -> Option<&'a RawValue>) -> Self {
        for (name, value) in &mut self.members {
            if let Some(inner) = replace(name, value) {
                *value = inner;
            }
        }
        self
    }

    /// The same object with its members' names without a prefix, where they have it: for flat bodies (`deal_name`).
    /// Warnings name the members without it.
    pub fn without_prefix(mut self, prefix: &str) -> Self {
        for (name, _) in &mut self.members {
            let short = match name {
                Cow::Borrowed(name) => name.strip_prefix(prefix).map(Cow::Borrowed),
                Cow::Owned(name) => name.strip_prefix(prefix).map(|short| Cow::Owned(short.to_owned())),
            };
            if let Some(short) = short {
                *name = short;
            }
        }
        self
    }
}

/// The value is there, and is not what it should be.
struct Unreadable;

/// A JSON value that is text, trimmed; none for anything else and for empty text.
pub fn text_of(value: &RawValue) -> Option<Text<'_>> {
    match Scalar::of(value) {
        Scalar::Text(text) => trimmed(text),
        Scalar::Number(digits) => Some(Cow::Borrowed(digits)),
        _ => None,
    }
}

/// A JSON value for a record: none for `null`.
pub fn json_of(value: &RawValue) -> Option<Json<'_>> {
    (value.get() != "null").then(|| Json::new(Cow::Borrowed(value)))
}

/// Collects the members of an object, values unparsed.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(Text<'de>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        #[derive(Deserialize)]
        struct Name<'a>(#[serde(borrow)] Text<'a>);

        let mut members = Vec::with_capacity(16);
        while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
            members.push((name, value));
        }
        Ok(members)
    }
}

/// Collects the entries of an array, unparsed.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON array")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
        let mut entries = Vec::new();
        while let Some(value) = seq.next_element()? {
            entries.push(value);
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::Object;

    fn object(json: &str) -> Object<'_> {
        Object::parse(json).expect("test JSON")
    }

    #[test]
    fn numbers_and_text_read_as_each_other() {
        let o = object(r#"{"a": 5667649732214784, "b": " 12.50 ", "c": 1234.0, "d": true, "e": "0"}"#);
        assert_eq!(o.id("a").as_deref(), Some("5667649732214784"));
        assert_eq!(o.decimal("b").unwrap().as_str(), "12.50");
        assert_eq!(o.decimal("c").unwrap().as_str(), "1234.0");
        assert_eq!(o.text("d").as_deref(), Some("true"));
        assert_eq!(o.id("e"), None, "0 is no record");
        assert!(o.take_warnings().is_empty());
    }

    #[test]
    fn names_match_in_any_case_and_the_last_one_counts() {
        let o = object(r#"{"Sku": "first", "SKU": "last", "n\u0061me": "escaped"}"#);
        assert_eq!(o.text("sku").as_deref(), Some("last"));
        assert_eq!(o.text("name").as_deref(), Some("escaped"));
    }

    #[test]
    fn a_value_of_the_wrong_type_is_absent_and_named_by_its_path() {
        let o = object(r#"{"a": [], "deal": {"amount": "much", "items": [{"price": {}}, 7]}, "s": "\ud800"}"#);
        assert_eq!(o.text("a"), None);
        let deal = o.object("deal").unwrap();
        assert_eq!(deal.decimal("amount"), None);
        let items = deal.objects("items");
        assert_eq!(items.len(), 1);
        assert_eq!(items[0].decimal("price"), None);
        assert_eq!(o.text("s"), None);
        assert_eq!(o.take_warnings(), ["a", "deal.amount", "deal.items[1]", "deal.items[0].price", "s"]);
    }

    #[test]
    fn what_is_empty_is_absent_without_a_warning() {
        let o = object(r#"{"a": null, "b": "", "c": "  ", "d": [null, ""], "e": 0, "f": {}}"#);
        for name in ["a", "b", "c", "missing"] {
            assert_eq!(o.text(name), None, "{name}");
            assert_eq!(o.decimal(name), None, "{name}");
            assert_eq!(o.bool(name), None, "{name}");
            assert_eq!(o.time(name), None, "{name}");
            assert!(o.texts(name).is_empty(), "{name}");
        }
        assert!(o.texts("d").is_empty());
        assert_eq!(o.time("e"), None, "an epoch of 0 means never");
        assert!(o.take_warnings().is_empty());
    }

    #[test]
    fn what_is_not_one_object_is_refused() {
        for json in ["", "[]", "7", "{", "{}x", "{\"a\":}", "{'a':1}", "{\"a\":1,}", "null"] {
            assert!(Object::parse(json).is_err(), "{json}");
        }
    }
}
