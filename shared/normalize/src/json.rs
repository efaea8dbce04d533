//! Reading a vendor's JSON: strict about the syntax, lenient about types.
//!
//! An [`Object`] finds its members by name and leaves their values as text until they are read. So values that nobody
//! reads are not copied, numbers keep their digits, and a value of the wrong type affects only its own field: the field
//! reads as absent, and its path is added to the warnings.

mod arrays;
mod integer;
mod node;
mod paths;
mod readers;
mod reshaped;
mod scalar;
pub(crate) mod syntax;
mod value;

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use crm_event::{Json, Text};
use jiff::tz::TimeZone;
use serde::de::Error as _;
use serde_json::value::RawValue;

pub(crate) use self::integer::{integer_digits, is_zero};
use self::node::Container;
pub(crate) use self::paths::{Step, Walk};
pub(crate) use self::scalar::{Reading, Scalar, Unreadable, is_placeholder};
pub use self::value::Value;

/// Maximum nesting depth of arrays and objects. The event adds up to five levels around a value of the body, and many
/// parsers, such as `serde_json`, accept at most 127 levels.
const MAX_DEPTH: usize = 120;

/// The JSON in a text, which is a customer's own: the vendor's secrets are members of the body. `None` if the text is
/// not JSON, if it is nested deeper than a body may be, or if it has a number that some parsers refuse, such as
/// `1e999`.
pub(crate) fn json_in_text(text: &str) -> Option<Json<'static>> {
    if syntax::is_deeper(text, MAX_DEPTH) {
        return None;
    }
    serde_json::from_str::<serde_json::Value>(text).ok()?;
    RawValue::from_string(text.to_owned()).ok().map(|json| Json::new(Cow::Owned(json)))
}

/// The members of a JSON object.
///
/// Names match in any ASCII case, because one vendor's page and server use different cases. If a name occurs several
/// times, the last member that is not `null` is used. A member that is `null` is absent.
#[derive(Clone)]
pub struct Object<'a> {
    body: Rc<Body>,
    container: Rc<Container<'a>>,
    /// The object's path in the body, such as `data.deals[2]`. Empty for the body itself.
    path: Rc<str>,
}

/// An entry of an array that may hold both objects and texts.
pub enum Entry<'a> {
    Object(Object<'a>),
    Text(Text<'a>),
}

/// State that all objects of one body share.
struct Body {
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
        if syntax::is_deeper(json, MAX_DEPTH) {
            return Err(serde_json::Error::custom(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let body = Rc::new(Body { warnings: RefCell::default(), zone });
        Ok(Self { body, container, path: Rc::from("") })
    }

    /// The paths of the values that were present but could not be read, in the order of reading.
    pub fn take_warnings(&self) -> Vec<String> {
        self.body.warnings.take()
    }

    fn member(&self, name: &str) -> Option<Value<'_, 'a>> {
        Value(Some(self.container.member(name)?)).filled()
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

    /// True if there is such a member, even if it is `null`.
    pub fn has(&self, name: &str) -> bool {
        self.container.member(name).is_some()
    }

    /// The names of the members and their values, `null` included, in the vendor's order.
    pub fn members(&self) -> impl Iterator<Item = (Text<'a>, Value<'_, 'a>)> {
        self.container.children.iter().map(|member| (member.name.clone(), Value(Some(member))))
    }

    /// The member's value, unread.
    pub fn json(&self, name: &str) -> Option<Value<'_, 'a>> {
        self.member(name)
    }

    /// The value at a path of names and, in arrays, indexes (`meta.ids.0`); `null` is absent.
    pub fn at(&self, path: &str) -> Option<Value<'_, 'a>> {
        let mut names = path.split('.');
        let top = self.json(names.next()?)?;
        names.try_fold(top, Value::member)
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

    fn nested(&self, value: Value<'_, 'a>, path: impl FnOnce() -> String) -> Option<Object<'a>> {
        let container = value.container().filter(|_| value.is_object())?.clone();
        Some(Object { body: self.body.clone(), container, path: Rc::from(path()) })
    }
}

#[cfg(test)]
mod tests {
    use super::Object;

    #[test]
    fn a_placeholder_is_no_id_and_says_what_to_mend() {
        let o = object(r#"{"id": "{{deal.id}}", "owner": " {{ owner.id }} ", "name": "{{deal.name}}"}"#);
        assert_eq!(o.id("owner"), None);
        assert_eq!(o.take_warnings(), ["owner"]);
        let why = o.record_id("id", "deal_id").unwrap_err().to_string();
        assert!(why.contains("deal_id") && why.contains("template"), "{why}");
        assert_eq!(o.text("name").as_deref(), Some("{{deal.name}}"));
        let o = object(r#"{"id": " ${Leads.Lead Id} ", "other": "$5 {a}"}"#);
        let why = o.record_id("id", "id").unwrap_err().to_string();
        assert!(why.contains("template"), "{why}");
        assert_eq!(o.id("other").as_deref(), Some("$5 {a}"));
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
        let nulls: Vec<String> = (0..50_000).map(|at| format!(r#""field_{at:05}":null"#)).collect();
        let json = format!("{{{}}}", nulls.join(","));
        let o = object(&json);
        assert!((0..50_000).all(|at| o.has(&format!("Field_{at:05}")) && o.text(&format!("Field_{at:05}")).is_none()));
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
        assert_eq!(o.at("n.id").unwrap().get(), "7");
        assert_eq!(o.text("missing"), None);
        let o = object(r#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"ID":7,"id":null,"h":8,"X":null,"x":null}"#);
        assert_eq!(o.text("Id").as_deref(), Some("7"), "with an index");
        assert!(o.has("x") && o.text("x").is_none());
    }

    #[test]
    fn a_path_may_contain_indexes_of_arrays() {
        let o = object(r#"{"a": [{"b": 1}, null], "1": {"0": 2}}"#);
        let at = |path: &str| o.at(path).map(|value| value.get());
        assert_eq!((at("a.0.b"), at("1.0")), (Some("1"), Some("2")));
        assert_eq!((at("a.1"), at("a.2"), at("a.b"), at("a.0.b.0")), (None, None, None, None));
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
