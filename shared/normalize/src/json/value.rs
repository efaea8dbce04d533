//! A value of a vendor's JSON, as text until somebody asks.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use crm_event::{Json, Text};
use serde::de::{DeserializeSeed, Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A value and, once somebody has asked, what is in it: each value's text is parsed once.
#[derive(Clone)]
pub(crate) struct Node<'a> {
    json: &'a RawValue,
    content: OnceCell<Rc<Content<'a>>>,
}

/// What is in an object or an array. Nothing is in any other value.
enum Content<'a> {
    Members(Members<'a>),
    Entries(Vec<Node<'a>>),
    Nothing,
}

/// The members of an object in the vendor's order, and a way to find one by its name.
struct Members<'a> {
    all: Vec<Member<'a>>,
    /// Places in `all` by name in lower case; empty for an object of few members.
    index: HashMap<String, usize>,
}

pub(crate) struct Member<'a> {
    pub(crate) name: Text<'a>,
    pub(crate) node: Node<'a>,
}

/// Up to this many members are compared one by one.
const MAX_UNINDEXED_MEMBERS: usize = 64;

impl<'a> Node<'a> {
    pub(super) fn new(json: &'a RawValue) -> Self {
        Self { json, content: OnceCell::new() }
    }

    pub(crate) fn json(&self) -> &'a RawValue {
        self.json
    }

    fn first_byte(&self) -> u8 {
        self.json.get().as_bytes().first().copied().unwrap_or_default()
    }

    pub(super) fn is_object(&self) -> bool {
        self.first_byte() == b'{'
    }

    fn content(&self) -> &Rc<Content<'a>> {
        self.content.get_or_init(|| Rc::new(Content::of(self.json.get())))
    }

    /// The same value, whose content both parse only once.
    pub(super) fn share(&self) -> Self {
        self.content();
        self.clone()
    }

    /// The same object with other names for its members.
    pub(super) fn rename_members(&self, rename: impl Fn(&Text<'a>) -> Text<'a>) -> Self {
        let renamed = |member: &Member<'a>| Member { name: rename(&member.name), node: member.node.share() };
        let content = Content::Members(Members::new(self.members().iter().map(renamed).collect()));
        Self { json: self.json, content: OnceCell::from(Rc::new(content)) }
    }

    pub(crate) fn members(&self) -> &[Member<'a>] {
        match &**self.content() {
            Content::Members(members) => &members.all,
            Content::Entries(_) | Content::Nothing => &[],
        }
    }

    pub(crate) fn entries(&self) -> &[Self] {
        match &**self.content() {
            Content::Entries(entries) => entries,
            Content::Members(_) | Content::Nothing => &[],
        }
    }

    /// The member of a name in any ASCII case. Of several the last that is not `null` counts.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        match &**self.content() {
            Content::Members(members) => members.find(name),
            Content::Entries(_) | Content::Nothing => None,
        }
    }
}

impl<'a> Members<'a> {
    fn new(all: Vec<Member<'a>>) -> Self {
        let mut index = HashMap::new();
        if all.len() > MAX_UNINDEXED_MEMBERS {
            for (place, member) in all.iter().enumerate() {
                let name = member.name.to_ascii_lowercase();
                if member.node.first_byte() != b'n' || !index.contains_key(&name) {
                    index.insert(name, place);
                }
            }
        }
        Self { all, index }
    }

    fn find(&self, name: &str) -> Option<&Node<'a>> {
        if !self.index.is_empty() {
            let place = self.index.get(&name.to_ascii_lowercase())?;
            return self.all.get(*place).map(|member| &member.node);
        }
        let named = || self.all.iter().rev().filter(|member| member.name.eq_ignore_ascii_case(name));
        let found = named().find(|member| member.node.first_byte() != b'n').or_else(|| named().next());
        found.map(|member| &member.node)
    }
}

impl<'a> Content<'a> {
    /// Parses one level of a text that is JSON as a whole, so that nothing here can fail.
    fn of(json: &'a str) -> Self {
        match json.as_bytes().first() {
            Some(b'{') => {
                let members = serde_json::Deserializer::from_str(json).deserialize_map(MembersVisitor);
                members.map_or(Self::Nothing, |all| Self::Members(Members::new(all)))
            }
            Some(b'[') => {
                let entries = serde_json::from_str::<Vec<&RawValue>>(json);
                entries.map_or(Self::Nothing, |all| Self::Entries(all.into_iter().map(Node::new).collect()))
            }
            _ => Self::Nothing,
        }
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Vec<Member<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key_seed(Name)? {
            members.push(Member { name, node: Node::new(map.next_value()?) });
        }
        Ok(members)
    }
}

/// A member's name. It is read as bytes, for a name with a lone surrogate must not cost the whole object.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Text<'de>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_bytes<E>(self, name: &'de [u8]) -> Result<Self::Value, E> {
        Ok(String::from_utf8_lossy(name))
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(String::from_utf8_lossy(name).into_owned()))
    }
}

/// A JSON value where it stands in the body.
#[derive(Clone, Copy)]
pub struct Value<'o, 'a> {
    /// `None` for a `null` in place of another value.
    node: Option<&'o Node<'a>>,
}

/// A value by its JSON type.
pub(super) enum Scalar<'a> {
    Null,
    Bool(bool),
    /// The digits as they stand.
    Number(&'a str),
    Text(Text<'a>),
    /// An array, an object, or text that is not Unicode (a lone surrogate).
    Other,
}

/// The text without white space at its ends; `None` if nothing is left.
pub(super) fn trimmed(text: Text<'_>) -> Option<Text<'_>> {
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    };
    (!text.is_empty()).then_some(text)
}

impl<'o, 'a> Value<'o, 'a> {
    pub(super) fn new(node: &'o Node<'a>) -> Self {
        Self { node: Some(node) }
    }

    pub(super) fn node(self) -> Option<&'o Node<'a>> {
        self.node
    }

    /// `null`, in place of another value.
    pub fn null(self) -> Self {
        Self { node: None }
    }

    /// The JSON text.
    pub fn get(self) -> &'a str {
        self.node.map_or("null", |node| node.json.get())
    }

    fn starts_with(self, byte: u8) -> bool {
        self.node.is_some_and(|node| node.first_byte() == byte)
    }

    pub fn is_null(self) -> bool {
        self.node.is_none() || self.starts_with(b'n')
    }

    pub fn is_string(self) -> bool {
        self.starts_with(b'"')
    }

    pub fn is_object(self) -> bool {
        self.starts_with(b'{')
    }

    pub fn is_array(self) -> bool {
        self.starts_with(b'[')
    }

    /// Text, trimmed, or a number's digits; `None` for anything else and for empty text.
    pub fn text(self) -> Option<Text<'a>> {
        match self.scalar() {
            Scalar::Text(text) => trimmed(text),
            Scalar::Number(digits) => Some(Cow::Borrowed(digits)),
            _ => None,
        }
    }

    /// The value for a record; `None` for `null`.
    pub fn json(self) -> Option<Json<'a>> {
        let node = self.filled()?.node?;
        Some(Json::new(Cow::Borrowed(node.json)))
    }

    /// A member of an object, unless it is `null`.
    pub fn member(self, name: &str) -> Option<Self> {
        Self::new(self.node?.member(name)?).filled()
    }

    /// The entries of an array; any other value is an array of itself, empty text an empty one.
    pub(super) fn entries(self) -> &'o [Node<'a>] {
        let Some(node) = self.node else { return &[] };
        match self.scalar() {
            Scalar::Text(text) if text.trim().is_empty() => &[],
            _ if self.is_array() => node.entries(),
            _ => std::slice::from_ref(node),
        }
    }

    /// The entries of an array, or the values of an object's members.
    pub fn children(self) -> impl ExactSizeIterator<Item = Self> {
        let (members, entries): (&[Member<'a>], &[Node<'a>]) = match self.node {
            Some(node) => (node.members(), node.entries()),
            None => (&[], &[]),
        };
        let count = members.len().max(entries.len());
        let child = move |place: usize| match members.get(place) {
            Some(member) => Some(&member.node),
            None => entries.get(place),
        };
        (0..count).map(move |place| Self { node: child(place) })
    }

    pub(super) fn filled(self) -> Option<Self> {
        (!self.is_null()).then_some(self)
    }

    pub(super) fn scalar(self) -> Scalar<'a> {
        let json = self.get();
        match json.as_bytes().first() {
            Some(b'n') | None => Scalar::Null,
            Some(b't') => Scalar::Bool(true),
            Some(b'f') => Scalar::Bool(false),
            Some(b'{' | b'[') => Scalar::Other,
            Some(b'"') => match serde_json::from_str::<Unescaped<'a>>(json) {
                Ok(Unescaped(text)) => Scalar::Text(text),
                Err(_) => Scalar::Other,
            },
            Some(_) => Scalar::Number(json),
        }
    }
}

/// Text that borrows from its JSON where nothing in it is escaped.
#[derive(serde::Deserialize)]
struct Unescaped<'a>(#[serde(borrow)] Text<'a>);
