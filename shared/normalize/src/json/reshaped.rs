//! Objects with other members than those in the body, for vendors that wrap, prefix or split them.

use std::cell::RefCell;
use std::rc::Rc;

use crm_event::Text;
use jiff::tz::TimeZone;

use super::node::Container;
use super::{Body, Object, Value};

impl<'a> Object<'a> {
    /// An object without members.
    pub fn empty() -> Self {
        let body = Body { warnings: RefCell::default(), zone: TimeZone::UTC };
        let container = Container::new(Vec::new());
        Self { body: Rc::new(body), container: Rc::new(container), path: Rc::from("") }
    }

    /// The same object with other values for some of its members, for vendors that wrap values (`{"label": .., "value":
    /// ..}`). `replace` gets a member's name and value; `None` keeps the value. Nested objects are not changed.
    pub fn map_members(self, replace: impl for<'o> Fn(&str, Value<'o, 'a>) -> Option<Value<'o, 'a>>) -> Self {
        self.filter_map_members(|name, value| Some(replace(name, value).unwrap_or(value)))
    }

    /// As [`Self::map_members`], but a member for which `replace` returns `None` is left out.
    pub fn filter_map_members(self, replace: impl for<'o> Fn(&str, Value<'o, 'a>) -> Option<Value<'o, 'a>>) -> Self {
        Self { container: Rc::new(self.container.filter_map_members(replace)), ..self }
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

    /// The members of this object, `null` included, and those of another that this one does not have. The new object is
    /// not in the body, so values that cannot be read in it are not among the body's warnings.
    pub fn over(&self, other: &Self) -> Self {
        self.apart(self.container.over(&other.container))
    }

    /// The members of these names. Values that cannot be read in the new object are not among the body's warnings.
    pub fn only(&self, names: &[&str]) -> Self {
        self.apart(self.container.only(names))
    }

    /// An object with its own warnings.
    fn apart(&self, container: Container<'a>) -> Self {
        let zone = self.body.zone.clone();
        let body = Body { warnings: RefCell::default(), zone };
        Self { body: Rc::new(body), container: Rc::new(container), ..self.clone() }
    }

    /// The same object, with the members of another that this one does not have, for bodies that split a record into several
    /// objects. Warnings have the path of this object.
    pub fn merged(self, other: &Self) -> Self {
        Self { container: Rc::new(self.container.over(&other.container)), ..self }
    }

    /// The same object, with the members of nested objects in place of these objects, for vendors that group fields
    /// (`{"BillingAddress": {"City": ..}}`). `prefix` returns the beginning of the new names by the nested object's name;
    /// an object for which it returns `None` stays. Warnings have the new names.
    pub fn flattened(self, prefix: impl Fn(&str) -> Option<String>) -> Self {
        Self { container: Rc::new(self.container.flattened(prefix)), ..self }
    }

    /// The same object, with a prefix removed from its members' names, for flat bodies (`deal_name`). Warnings name the
    /// members without the prefix.
    pub fn without_prefix(self, prefix: &str) -> Self {
        Self { container: Rc::new(self.container.without_prefix(prefix)), ..self }
    }
}
