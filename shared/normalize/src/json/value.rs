//! A value of a vendor's JSON, kept as text until it is read.

use std::borrow::Cow;
use std::rc::Rc;

use crm_event::{Json, Text};
use serde_json::value::RawValue;

use super::node::{Container, Node};
use super::scalar::{Scalar, trimmed};
use super::syntax;

/// A JSON value in the body, or `null` in its place.
#[derive(Clone, Copy)]
pub struct Value<'o, 'a>(pub(super) Option<&'o Node<'a>>);

impl<'o, 'a> Value<'o, 'a> {
    /// Replaces the value with `null`.
    pub fn null(self) -> Self {
        Self(None)
    }

    pub(super) fn raw(self) -> &'a RawValue {
        self.0.map_or(RawValue::NULL, |node| node.json)
    }

    /// The JSON text.
    pub fn get(self) -> &'a str {
        self.raw().get()
    }

    pub fn is_null(self) -> bool {
        self.get() == "null"
    }

    /// True for `null`, for text without anything but white space, and for an array or object of nothing else. False
    /// for text that is not Unicode, because it says something.
    pub fn is_empty(self) -> bool {
        match self.scalar() {
            Scalar::Null => true,
            Scalar::Text(text) => text.trim().is_empty(),
            Scalar::Bool(_) | Scalar::Number(_) => false,
            Scalar::Other => self.container().is_some() && self.children().all(Self::is_empty),
        }
    }

    pub fn is_string(self) -> bool {
        self.get().starts_with('"')
    }

    /// True for text without anything but white space.
    pub fn is_blank(self) -> bool {
        matches!(self.scalar(), Scalar::Text(text) if text.trim().is_empty())
    }

    pub fn is_object(self) -> bool {
        self.get().starts_with('{')
    }

    pub fn is_array(self) -> bool {
        self.get().starts_with('[')
    }

    /// Text, trimmed, or a number's digits. `None` for anything else and for empty text.
    pub fn text(self) -> Option<Text<'a>> {
        match self.scalar() {
            Scalar::Text(text) => trimmed(text),
            Scalar::Number(digits) => Some(Cow::Borrowed(digits)),
            _ => None,
        }
    }

    /// The value for a record. `None` for `null`.
    pub fn json(self) -> Option<Json<'a>> {
        let node = self.filled()?.0?;
        Some(Json::new(Cow::Borrowed(node.json)))
    }

    /// The value for a change: `null` if it is empty.
    pub fn json_or_null(self) -> Json<'a> {
        let value = if self.is_empty() { None } else { self.json() };
        value.unwrap_or(Json::null())
    }

    /// A member of an object by its name, or an entry of an array by its index, unless it is `null`.
    pub fn member(self, name: &str) -> Option<Self> {
        let container = self.container()?;
        let node =
            if self.is_array() { container.children.get(name.parse::<usize>().ok()?) } else { container.member(name) };
        Self(Some(node?)).filled()
    }

    /// The entries of an array. Any other value counts as an array of one, empty text as an empty array.
    pub(super) fn entries(self) -> &'o [Node<'a>] {
        match self.scalar() {
            Scalar::Text(text) if text.trim().is_empty() => &[],
            _ if self.is_array() => self.nodes(),
            _ => self.0.map(std::slice::from_ref).unwrap_or_default(),
        }
    }

    /// The entries of an array, or the values of an object's members.
    pub fn children(self) -> impl ExactSizeIterator<Item = Self> {
        self.nodes().iter().map(|node| Self(Some(node)))
    }

    pub(super) fn nodes(self) -> &'o [Node<'a>] {
        self.container().map(|container| &*container.children).unwrap_or_default()
    }

    pub(super) fn container(self) -> Option<&'o Rc<Container<'a>>> {
        self.0?.container()
    }

    pub(super) fn filled(self) -> Option<Self> {
        (!self.is_null()).then_some(self)
    }

    pub(crate) fn scalar(self) -> Scalar<'a> {
        match self.get() {
            "null" => Scalar::Null,
            "true" => Scalar::Bool(true),
            "false" => Scalar::Bool(false),
            json if json.starts_with('"') => syntax::string(json).map_or(Scalar::Other, Scalar::Text),
            json if json.starts_with(['{', '[']) => Scalar::Other,
            digits => Scalar::Number(digits),
        }
    }
}
