//! Reading a vendor's JSON: strict about the syntax, lenient about types.
//!
//! An [`Object`] finds its members by name and leaves their values as text until they are read. So values that nobody
//! reads are not copied, numbers keep their digits, and a value of the wrong type affects only its own field: the field
//! reads as absent, and its path is added to the warnings.

mod node;
pub(crate) mod syntax;
mod value;

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use crm_event::{Decimal, Json, Text};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::de::Error as _;
use serde_json::value::RawValue;

use self::node::{Container, Node};
pub use self::value::Value;
use self::value::{Scalar, trimmed};
use crate::error::Quarantine;
use crate::redact;
use crate::time;

/// Maximum nesting depth of arrays and objects. The event adds up to five levels around a value of the body, and many
/// parsers, such as `serde_json`, accept at most 127 levels.
const MAX_DEPTH: usize = 120;

/// Returns the value to read instead of a member's value, by the member's name. `None` reads the value itself.
pub type Replace = for<'o, 'a> fn(&str, Value<'o, 'a>) -> Option<Value<'o, 'a>>;

/// The members of a JSON object.
///
/// Names match in any ASCII case, because one vendor's page and server use different cases. If a name occurs several
/// times, the last member that is not `null` is used. A member that is `null` is absent.
#[derive(Clone)]
pub struct Object<'a> {
    body: Rc<Body<'a>>,
    container: Rc<Container<'a>>,
    /// The object's path in the body, such as `data.deals[2]`. Empty for the body itself.
    path: Rc<str>,
    replace: Option<Replace>,
}

/// An entry of an array that may hold both objects and texts.
pub enum Entry<'a> {
    Object(Object<'a>),
    Text(Text<'a>),
}

/// State that all objects of one body share.
struct Body<'a> {
    text: &'a str,
    /// Paths of values that could not be read.
    warnings: RefCell<Vec<String>>,
    /// The zone for times without a zone.
    zone: TimeZone,
}

impl<'a> Object<'a> {
    /// Parses a whole body.
    ///
    /// # Errors
    /// If the text is not one JSON object, or if it is nested deeper than 120 levels.
    pub fn parse(json: &'a str) -> Result<Self, serde_json::Error> {
        Self::parse_in(json, TimeZone::UTC)
    }

    /// Parses a whole body, with the zone for times without a zone.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_in(json: &'a str, zone: TimeZone) -> Result<Self, serde_json::Error> {
        let container = Rc::new(Container::object(json)?);
        if syntax::depth(json) > MAX_DEPTH {
            return Err(serde_json::Error::custom(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let body = Rc::new(Body { text: json, warnings: RefCell::default(), zone });
        Ok(Self { body, container, path: Rc::from(""), replace: None })
    }

    /// An object without members.
    pub fn empty() -> Self {
        let body = Body { text: "{}", warnings: RefCell::default(), zone: TimeZone::UTC };
        let container = Container::new(Vec::new());
        Self { body: Rc::new(body), container: Rc::new(container), path: Rc::from(""), replace: None }
    }

    /// The paths of the values that were present but could not be read, in the order of reading.
    pub fn take_warnings(&self) -> Vec<String> {
        self.body.warnings.take()
    }

    /// The whole body byte for byte, without the members of these names at any depth. The parsed nodes are dropped
    /// before the copy is made, so that a large body is not in memory three times.
    ///
    /// # Errors
    /// If the rest is not JSON.
    pub fn into_json_without(self, names: &[&str]) -> Result<Json<'a>, serde_json::Error> {
        let text = self.body.text;
        drop(self);
        let json = match redact::without_members_of_json(text, names) {
            Cow::Borrowed(json) => Cow::Borrowed(serde_json::from_str(json)?),
            Cow::Owned(json) => Cow::Owned(RawValue::from_string(json.trim_ascii().to_owned())?),
        };
        Ok(Json::new(json))
    }

    /// The value of a member of this object.
    fn value<'o>(&self, member: &'o Node<'a>) -> Value<'o, 'a> {
        let value = Value(Some(member));
        self.replace.and_then(|replace| replace(&member.name, value)).unwrap_or(value)
    }

    fn member(&self, name: &str) -> Option<Value<'_, 'a>> {
        let value = self.value(self.container.member(name)?);
        value.filled().or_else(|| self.last_filled(name))
    }

    /// The last member of this name that is not `null`. A name may occur in two cases, one of them empty.
    fn last_filled(&self, name: &str) -> Option<Value<'_, 'a>> {
        let named = self.container.children.iter().rev().filter(|member| member.name.eq_ignore_ascii_case(name));
        named.filter_map(|member| self.value(member).filled()).next()
    }

    /// Notes that a member could not be read.
    pub(crate) fn warn(&self, name: &str) {
        self.body.warnings.borrow_mut().push(self.path_of(name));
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { [&self.path, ".", name].concat() }
    }

    /// True if a value of the body could not be read so far.
    pub fn has_warnings(&self) -> bool {
        !self.body.warnings.borrow().is_empty()
    }

    /// Reads a member with `read`. A value that `read` refuses is added to the warnings.
    fn read<T>(&self, name: &str, read: impl FnOnce(Scalar<'a>) -> Result<Option<T>, Unreadable>) -> Option<T> {
        read(self.member(name)?.scalar()).unwrap_or_else(|Unreadable| {
            self.warn(name);
            None
        })
    }

    /// True if there is such a member, even if it is `null`.
    pub fn has(&self, name: &str) -> bool {
        self.container.member(name).is_some()
    }

    /// The names of the members and their values, `null` included, in the vendor's order.
    pub fn members(&self) -> impl Iterator<Item = (Text<'a>, Value<'_, 'a>)> {
        self.container.children.iter().map(|member| (member.name.clone(), self.value(member)))
    }

    /// The member's value, unread.
    pub fn json(&self, name: &str) -> Option<Value<'_, 'a>> {
        self.member(name)
    }

    /// The value at a path of names (`meta.id`); `null` is absent.
    pub fn at(&self, path: &str) -> Option<Value<'_, 'a>> {
        let mut names = path.split('.');
        let top = self.json(names.next()?)?;
        names.try_fold(top, Value::member)
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

    /// The id of the event's own record.
    ///
    /// # Errors
    /// If there is none, or if it is a placeholder that the CRM's template has not filled (`{{deal.id}}`). `path` names
    /// the member in the error.
    pub fn record_id(&self, name: &str, path: &str) -> Result<Text<'a>, Quarantine> {
        match self.id(name) {
            Some(id) => Ok(id),
            None if self.text(name).is_some_and(|text| is_placeholder(&text)) => {
                Err(Quarantine::unfilled_placeholder(path))
            }
            None => Err(Quarantine::no_record_id(path)),
        }
    }

    /// An id: text, or the digits of a number (`5001264008.0` and `5.001264008e9` are `5001264008`). 0 is absent: no
    /// vendor gives a record the id 0, but several write it for "none". So is a placeholder that was not filled.
    pub fn id(&self, name: &str) -> Option<Text<'a>> {
        let id = self.read(name, |value| match value {
            Scalar::Null => Ok(None),
            Scalar::Number(digits) => Ok(Some(integer_digits(digits).unwrap_or(Cow::Borrowed(digits)))),
            Scalar::Text(text) if is_placeholder(&text) => Err(Unreadable),
            Scalar::Text(text) => Ok(trimmed(text)),
            Scalar::Bool(_) | Scalar::Other => Err(Unreadable),
        });
        id.filter(|id| id != "0")
    }

    /// A number with its original digits, also if it is written as text.
    pub fn decimal(&self, name: &str) -> Option<Decimal<'a>> {
        self.decimal_by(name, |digits| Decimal::new(digits).ok())
    }

    /// A number, converted by `read` from its digits. Digits that `read` refuses are unreadable.
    pub fn decimal_by(&self, name: &str, read: impl FnOnce(Text<'a>) -> Option<Decimal<'a>>) -> Option<Decimal<'a>> {
        self.read(name, |value| {
            let digits = match value {
                Scalar::Null => None,
                Scalar::Number(digits) => Some(Cow::Borrowed(digits)),
                Scalar::Text(text) => trimmed(text),
                Scalar::Bool(_) | Scalar::Other => return Err(Unreadable),
            };
            digits.map(|digits| read(digits).ok_or(Unreadable)).transpose()
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

    /// An instant in any of the vendors' forms, see [`time::instant`]. A local time is in the body's zone. The number 0
    /// means "never" and is absent.
    pub fn time(&self, name: &str) -> Option<Timestamp> {
        self.moment(name, |text| time::instant(text, &self.body.zone), time::epoch)
    }

    /// A calendar date, see [`time::date`] and [`time::date_of_epoch`].
    pub fn date(&self, name: &str) -> Option<Date> {
        self.moment(name, time::date, time::date_of_epoch)
    }

    /// A time of day without a date: `10:30`, `10:30:00`.
    pub fn civil_time(&self, name: &str) -> Option<Time> {
        self.read(name, |value| match value {
            Scalar::Null => Ok(None),
            Scalar::Text(text) => match trimmed(text) {
                Some(text) => text.parse().map(Some).map_err(|_| Unreadable),
                None => Ok(None),
            },
            Scalar::Bool(_) | Scalar::Number(_) | Scalar::Other => Err(Unreadable),
        })
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
        let object = self.nested(self.member(name)?, || self.path_of(name));
        if object.is_none() {
            self.warn(name);
        }
        object
    }

    /// The object under a name; anything else is absent without a warning.
    pub fn any_object(&self, name: &str) -> Option<Object<'a>> {
        self.nested(self.member(name)?, || self.path_of(name))
    }

    /// The objects of an array. A single object is read as an array of one. `null` entries are left out.
    pub fn objects<'o>(&'o self, name: &'o str) -> impl Iterator<Item = Object<'a>> + 'o {
        self.entries(name, |value, path| self.nested(value, path))
    }

    /// The entries of an array, each an object or a text. A single entry is read as an array of one. Empty ones are
    /// left out.
    pub fn objects_or_texts<'o>(&'o self, name: &'o str) -> impl Iterator<Item = Entry<'a>> + 'o {
        let read = |value: Value<'_, 'a>, path: &dyn Fn() -> String| match value.scalar() {
            Scalar::Text(text) => Some(trimmed(text).map(Entry::Text)),
            _ => self.nested(value, path).map(|object| Some(Entry::Object(object))),
        };
        self.entries(name, read).flatten()
    }

    /// A calendar date without a time of day. Anything else is `None`, without a warning.
    pub fn date_alone(&self, name: &str) -> Option<Date> {
        let text = self.json(name).filter(|value| value.is_string())?.text()?;
        if time::is_date_alone(&text) { time::date(&text) } else { None }
    }

    /// An instant as read by [`Self::time`]; `None` for a calendar date without a time of day.
    pub fn time_of_day(&self, name: &str) -> Option<Timestamp> {
        if self.date_alone(name).is_some() { None } else { self.time(name) }
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

    fn nested(&self, value: Value<'_, 'a>, path: impl FnOnce() -> String) -> Option<Object<'a>> {
        let container = value.container().filter(|_| value.is_object())?.clone();
        Some(Object { body: self.body.clone(), container, path: Rc::from(path()), replace: None })
    }

    /// The same object with other values for some of its members, for vendors that wrap values (`{"label": .., "value":
    /// ..}`). Nested objects are not changed.
    pub fn map_members(self, replace: Replace) -> Self {
        Self { replace: Some(replace), ..self }
    }

    /// An object of one of the members under another name, for bodies that tell a field by its name and value
    /// (`{"propertyName": "amount", "propertyValue": "10"}`). Warnings have the new name.
    pub fn renamed(self, member: &str, name: Text<'a>) -> Self {
        Self { container: Rc::new(self.container.renamed(member, name)), ..self }
    }

    /// The same object without the members of these names.
    pub fn without(self, names: &[&str]) -> Self {
        Self { container: Rc::new(self.container.without(names)), ..self }
    }

    /// The members of this object, `null` included, and those of another that this one does not have. No such object is in
    /// the body: what cannot be read in it is no warning about the body.
    pub fn over(&self, other: &Self) -> Self {
        let Body { text, zone, .. } = &*self.body;
        let body = Body { text, warnings: RefCell::default(), zone: zone.clone() };
        let container = self.container.over(&other.container);
        Self { body: Rc::new(body), container: Rc::new(container), ..self.clone() }
    }

    /// The same object, with a prefix removed from its members' names, for flat bodies (`deal_name`). Warnings name the
    /// members without the prefix.
    pub fn without_prefix(self, prefix: &str) -> Self {
        Self { container: Rc::new(self.container.without_prefix(prefix)), ..self }
    }
}

/// The value is present, but has the wrong type or form.
struct Unreadable;

/// True if the text is an unfilled placeholder of a template, such as `{{deal.id}}`.
fn is_placeholder(text: &str) -> bool {
    text.trim_start().starts_with("{{") && text.trim_end().ends_with("}}")
}

/// Maximum digits of an integer that is expanded from a number with an exponent. No id is longer.
const MAX_INTEGER_DIGITS: usize = 40;

/// The digits of a JSON number that is an integer in any notation: `1.357e+06` is `1357000`. `None` for any other
/// number, and for an integer of more than [`MAX_INTEGER_DIGITS`].
pub(crate) fn integer_digits(number: &str) -> Option<Text<'_>> {
    if number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return Some(Cow::Borrowed(number));
    }
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |number| ("-", number));
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let exponent: i32 = exponent.parse().ok()?;
    let digits = [whole, fraction].concat();
    // Position of the decimal point in `digits`, from the left.
    let point = i64::try_from(whole.len()).ok()?.checked_add(i64::from(exponent))?;
    let point = usize::try_from(point).ok().filter(|point| *point <= MAX_INTEGER_DIGITS)?;
    let (integer, rest) = digits.split_at_checked(point).unwrap_or((&digits, ""));
    if rest.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let integer = format!("{integer:0<point$}");
    let integer = integer.trim_start_matches('0');
    Some(Cow::Owned(if integer.is_empty() { "0".to_owned() } else { [sign, integer].concat() }))
}

#[cfg(test)]
mod tests {
    use super::{Object, integer_digits};

    #[test]
    fn an_integer_is_one_however_it_is_written() {
        for (number, digits) in [
            ("5667649732214784", Some("5667649732214784")),
            ("5001264008.0", Some("5001264008")),
            ("5.687539843203072E15", Some("5687539843203072")),
            ("1.357e+06", Some("1357000")),
            ("12300e-2", Some("123")),
            ("-7.0", Some("-7")),
            ("0.0", Some("0")),
            ("0e9", Some("0")),
            ("9007199254740993.000", Some("9007199254740993")),
            ("1.5", None),
            ("15e-1", None),
            ("1e41", None),
            ("1e999999999999", None),
            ("1e-400", None),
        ] {
            assert_eq!(integer_digits(number).as_deref(), digits, "{number}");
        }
    }

    #[test]
    fn a_placeholder_is_no_id_and_says_what_to_mend() {
        let o = object(r#"{"id": "{{deal.id}}", "owner": " {{ owner.id }} ", "name": "{{deal.name}}"}"#);
        assert_eq!(o.id("owner"), None);
        assert_eq!(o.take_warnings(), ["owner"]);
        let why = o.record_id("id", "deal_id").unwrap_err().to_string();
        assert!(why.contains("deal_id") && why.contains("template"), "{why}");
        assert_eq!(o.text("name").as_deref(), Some("{{deal.name}}"));
    }

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

    /// In quadratic time this would take minutes.
    #[test]
    fn any_number_of_members_are_read_by_name() {
        let members: Vec<String> = (0..50_000).map(|at| format!(r#""custom__{at:05}__field_a":{at}"#)).collect();
        let json = format!("{{{}}}", members.join(","));
        let o = object(&json);
        for at in 0..50_000 {
            assert_eq!(o.text(&format!("CUSTOM__{at:05}__field_a")), Some(at.to_string().into()));
        }
        assert_eq!(o.text("custom__-----__field_a"), None);
    }

    #[test]
    fn a_name_that_is_not_unicode_keeps_its_escapes() {
        let o = object(r#"{"\ud800x": 1, "b": {"\ud800": []}}"#);
        assert_eq!(o.members().map(|(name, _)| name).collect::<Vec<_>>(), [r"\ud800x", "b"]);
    }

    #[test]
    fn a_name_in_two_cases_of_which_one_is_null_has_the_other_value() {
        let o = object(r#"{"SKU": "x-1", "Sku": null, "n": {"ID": 7, "id": null, "Id": null}}"#);
        assert_eq!(o.text("SKU").as_deref(), Some("x-1"));
        assert_eq!(o.object("n").unwrap().id("Id").as_deref(), Some("7"));
        assert_eq!(o.text("missing"), None);
    }

    #[test]
    fn a_value_of_the_wrong_type_is_absent_and_named_by_its_path() {
        let o = object(r#"{"a": [], "deal": {"amount": "much", "items": [{"price": {}}, 7]}, "s": "\ud800"}"#);
        assert_eq!(o.text("a"), None);
        let deal = o.object("deal").unwrap();
        assert_eq!(deal.decimal("amount"), None);
        let items: Vec<_> = deal.objects("items").collect();
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
