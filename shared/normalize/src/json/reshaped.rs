//! Objects with other members than those in the body, for vendors that wrap, prefix or split them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crm_event::Text;
use jiff::tz::TimeZone;

use super::node::{Container, Node};
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
        self.apart(Rc::new(self.container.over(&other.container)))
    }

    /// The members of these names. Values that cannot be read in the new object are not among the body's warnings.
    pub fn only(&self, names: &[&str]) -> Self {
        self.apart(Rc::new(self.container.only(names)))
    }

    /// The same object. Values that cannot be read in the new one are not among the body's warnings.
    pub fn with_own_warnings(&self) -> Self {
        self.apart(self.container.clone())
    }

    /// An object with its own warnings.
    fn apart(&self, container: Rc<Container<'a>>) -> Self {
        let body = Body { warnings: RefCell::default(), zone: self.body.zone.clone() };
        Self { body: Rc::new(body), container, ..self.clone() }
    }

    /// One object with the members of several, for bodies that split a record. If a name occurs in several of them, it
    /// has the value of the last. Warnings have the path of the last object. `None` if there is no object.
    pub fn joined(all: Vec<Self>) -> Option<Self> {
        // The last object with a name, in lower case.
        let mut last_with: HashMap<String, usize> = HashMap::new();
        for (place, object) in all.iter().enumerate() {
            last_with.extend(object.container.children.iter().map(|member| (member.name.to_ascii_lowercase(), place)));
        }
        let mut members = Vec::with_capacity(last_with.len());
        for (place, object) in all.iter().enumerate() {
            let is_last = |member: &&Node<'a>| last_with.get(&member.name.to_ascii_lowercase()) == Some(&place);
            let of_object = object.container.children.iter().filter(is_last);
            members.extend(of_object.map(|member| Node::new(member.name.clone(), member.json)));
        }
        let last = all.into_iter().next_back()?;
        Some(Self { container: Rc::new(Container::new(members)), ..last })
    }

    /// The same object, with the members of nested objects in place of these objects, for vendors that group fields
    /// (`{"BillingAddress": {"City": ..}}`). `prefix` returns the beginning of the new names by the nested object's
    /// name; an object for which it returns `None` stays. Warnings have the new names.
    pub fn flattened(self, prefix: impl Fn(&str) -> Option<String>) -> Self {
        Self { container: Rc::new(self.container.flattened(prefix)), ..self }
    }

    /// The same object, with a prefix removed from its members' names, for flat bodies (`deal_name`). Warnings name the
    /// members without the prefix.
    pub fn without_prefix(self, prefix: &str) -> Self {
        Self { container: Rc::new(self.container.without_prefix(prefix)), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::Object;

    #[test]
    fn the_last_of_joined_objects_counts() {
        let o = Object::parse(
            r#"{"all": [{"a": 1, "b": 2}, {"B": 3, "c": "x", "C": null}, {"d": 5, "A": null, "n": "much"}]}"#,
        );
        let o = o.unwrap();
        let joined = Object::joined(o.objects("all").collect()).unwrap();
        assert_eq!(joined.members().map(|(name, _)| name).collect::<Vec<_>>(), ["B", "c", "C", "d", "A", "n"]);
        assert_eq!(joined.text("b").as_deref(), Some("3"));
        assert_eq!(joined.text("c").as_deref(), Some("x"));
        assert!(joined.has("a") && joined.text("a").is_none(), "the last object cleared it");
        assert_eq!(joined.decimal("n"), None);
        assert_eq!(o.take_warnings(), ["all[2].n"]);
        assert!(Object::joined(Vec::new()).is_none());
    }
}
