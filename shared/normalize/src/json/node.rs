//! The values of a JSON text, based on `serde_json`'s [`RawValue`]. Each stays text until its contents are read.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::rc::Rc;

use crm_event::Text;
use serde::de::{Deserializer as _, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Deserializer, Error};

use super::{Value, syntax};

/// The number of members up to which there is no index.
const MAX_SEARCHED: usize = 8;

/// A value and, once they have been read, the values in it.
pub struct Node<'a> {
    /// Empty for a value that is not a member.
    pub name: Text<'a>,
    pub json: &'a RawValue,
    /// Parsed only once, although callers read a container name by name.
    container: OnceCell<Option<Rc<Container<'a>>>>,
}

/// The entries of an array or the members of an object, in the vendor's order.
pub struct Container<'a> {
    pub children: Box<[Node<'a>]>,
    /// The place of [`Self::member`] by name in lower case, if there are many members.
    by_name: OnceCell<HashMap<Text<'a>, usize>>,
}

impl<'a> Node<'a> {
    pub fn new(name: Text<'a>, json: &'a RawValue) -> Self {
        Self { name, json, container: OnceCell::new() }
    }

    fn is_null(&self) -> bool {
        self.json.get() == "null"
    }

    /// The array or object. `None` for any other value.
    pub fn container(&self) -> Option<&Rc<Container<'a>>> {
        let parse = || match self.json.get() {
            json if json.starts_with('{') => Container::object(json).ok().map(Rc::new),
            json if json.starts_with('[') => Container::array(json).ok().map(Rc::new),
            _ => None,
        };
        self.container.get_or_init(parse).as_ref()
    }
}

impl<'a> Container<'a> {
    /// # Errors
    /// If the text is not one JSON object.
    pub fn object(json: &'a str) -> Result<Self, Error> {
        let mut deserializer = Deserializer::from_str(json);
        let object = deserializer.deserialize_map(Children)?;
        deserializer.end().map(|()| object)
    }

    fn array(json: &'a str) -> Result<Self, Error> {
        let mut deserializer = Deserializer::from_str(json);
        let array = deserializer.deserialize_seq(Children)?;
        deserializer.end().map(|()| array)
    }

    pub fn new(children: Vec<Node<'a>>) -> Self {
        Self { children: children.into(), by_name: OnceCell::new() }
    }

    /// The last member of a name, in any ASCII case, that is not `null`. A name may occur in two cases, one of them
    /// empty. If all are `null`, it is one of these.
    pub fn member(&self, name: &str) -> Option<&Node<'a>> {
        // Most objects are small, and an index takes longer than a look at each member. With many members, a look at each
        // for each name would take quadratic time.
        if self.children.len() <= MAX_SEARCHED {
            let mut named = self.children.iter().rev().filter(|child| child.name.eq_ignore_ascii_case(name));
            let last = named.next()?;
            return if last.is_null() { named.find(|child| !child.is_null()).or(Some(last)) } else { Some(last) };
        }
        let by_name = self.by_name.get_or_init(|| {
            let mut places = HashMap::with_capacity(self.children.len());
            for (place, child) in self.children.iter().enumerate() {
                let known = places.entry(lower_case(child.name.clone())).or_insert(place);
                if !child.is_null() {
                    *known = place;
                }
            }
            places
        });
        self.children.get(*by_name.get(&*lower_case(Cow::Borrowed(name)))?)
    }

    /// The members with other values. `replace` returns a member's value; a member for which it returns `None` is left
    /// out.
    pub fn filter_map_members(&self, replace: impl for<'o> Fn(&str, Value<'o, 'a>) -> Option<Value<'o, 'a>>) -> Self {
        let child = |child: &Node<'a>| {
            // With a node of its own, what `replace` has parsed is not kept. In a large body this would be megabytes.
            let node = Node::new(Cow::Borrowed(""), child.json);
            let json = replace(&child.name, Value(Some(&node)))?.raw();
            Some(Node::new(child.name.clone(), json))
        };
        Self::new(self.children.iter().filter_map(child).collect())
    }

    /// One of the members alone, under another name.
    pub fn renamed(&self, member: &str, name: Text<'a>) -> Self {
        Self::new(self.member(member).map(|child| Node::new(name, child.json)).into_iter().collect())
    }

    /// The last member of each of these names.
    pub fn only(&self, names: &[&str]) -> Self {
        let members = names.iter().filter_map(|name| self.member(name));
        Self::new(members.map(|child| Node::new(child.name.clone(), child.json)).collect())
    }

    /// The members without those of these names.
    pub fn without(&self, names: &[&str]) -> Self {
        let names: HashSet<Text<'_>> = names.iter().map(|name| lower_case(Cow::Borrowed(name))).collect();
        let is_left = |child: &&Node<'a>| !names.contains(&lower_case(child.name.clone()));
        Self::new(self.children.iter().filter(is_left).map(|child| Node::new(child.name.clone(), child.json)).collect())
    }

    /// These members, and those of another object whose names are not among them.
    pub fn over(&self, other: &Self) -> Self {
        let others = other.children.iter().filter(|child| self.member(&child.name).is_none());
        let children = others.chain(&self.children);
        Self::new(children.map(|child| Node::new(child.name.clone(), child.json)).collect())
    }

    /// The members, with the members of nested objects in place of these objects. `prefix` returns the beginning of the
    /// new names by the object's name; an object for which it returns `None` stays.
    pub fn flattened(&self, prefix: impl Fn(&str) -> Option<String>) -> Self {
        let mut children = Vec::with_capacity(self.children.len());
        for child in &self.children {
            let is_object = child.json.get().starts_with('{');
            match prefix(&child.name).filter(|_| is_object).zip(child.container()) {
                Some((prefix, nested)) => children.extend(
                    nested
                        .children
                        .iter()
                        .map(|member| Node::new(Cow::Owned([&*prefix, &*member.name].concat()), member.json)),
                ),
                None => children.push(Node::new(child.name.clone(), child.json)),
            }
        }
        Self::new(children)
    }

    /// The same members, with a prefix removed from their names.
    pub fn without_prefix(&self, prefix: &str) -> Self {
        let renamed = |child: &Node<'a>| Node::new(without_prefix(&child.name, prefix), child.json);
        Self::new(self.children.iter().map(renamed).collect())
    }
}

/// The name in lower case, without a copy if it is so already.
fn lower_case(name: Text<'_>) -> Text<'_> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) { Cow::Owned(name.to_ascii_lowercase()) } else { name }
}

fn without_prefix<'a>(name: &Text<'a>, prefix: &str) -> Text<'a> {
    match name {
        Cow::Borrowed(name) => Cow::Borrowed(name.strip_prefix(prefix).unwrap_or(name)),
        Cow::Owned(name) => Cow::Owned(name.strip_prefix(prefix).unwrap_or(name).to_owned()),
    }
}

struct Children;

impl<'de> Visitor<'de> for Children {
    type Value = Container<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut children = Vec::new();
        while let Some(json) = entries.next_element()? {
            children.push(Node::new(Cow::Borrowed(""), json));
        }
        Ok(Container::new(children))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut children = Vec::new();
        while let Some((name, json)) = members.next_entry::<&RawValue, &RawValue>()? {
            let name = syntax::name(name.get()).ok_or_else(|| A::Error::custom("a name is not a string"))?;
            children.push(Node::new(name, json));
        }
        Ok(Container::new(children))
    }
}
