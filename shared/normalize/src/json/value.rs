//! A value of a vendor's JSON, as text until somebody asks.

use std::borrow::Cow;

use crm_event::{Json, Text};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{BorrowedStrDeserializer, MapDeserializer};
use serde_json::value::RawValue;

use crate::tape::{Kind, Node, Tape, Wanted};

/// A JSON value where it stands in the body.
#[derive(Clone, Copy)]
pub struct Value<'o, 'a> {
    pub(super) tape: &'o Tape<'a>,
    pub(super) node: &'o Node,
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

/// Without white space at the ends; none where nothing is left.
#[inline]
pub(super) fn trimmed(text: Text<'_>) -> Option<Text<'_>> {
    // Nearly always there is nothing to trim.
    if is_trimmed(&text) { Some(text) } else { trim(text) }
}

/// Whether there surely is no white space at the ends, and something in between.
#[inline(always)]
fn is_trimmed(text: &str) -> bool {
    let (first, last) = (text.as_bytes().first(), text.as_bytes().last());
    first.is_some_and(u8::is_ascii_graphic) && last.is_some_and(u8::is_ascii_graphic)
}

#[cold]
fn trim(text: Text<'_>) -> Option<Text<'_>> {
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    };
    (!text.is_empty()).then_some(text)
}

impl<'o, 'a> Value<'o, 'a> {
    /// `null`, in place of another value.
    pub fn null(self) -> Self {
        Self { node: &Node::NULL, ..self }
    }

    /// The JSON text.
    pub fn get(self) -> &'a str {
        self.tape.text(self.node)
    }

    pub fn is_null(self) -> bool {
        self.node.kind == Kind::Null
    }

    pub fn is_string(self) -> bool {
        matches!(self.node.kind, Kind::PlainString | Kind::EscapedString)
    }

    pub fn is_object(self) -> bool {
        self.node.kind == Kind::Object
    }

    pub fn is_array(self) -> bool {
        self.node.kind == Kind::Array
    }

    /// Text that stands there as it is, as most does; none for any other value.
    #[inline(always)]
    pub(super) fn trimmed_text(self) -> Option<&'a str> {
        if self.node.kind != Kind::PlainString {
            return None;
        }
        self.tape.inner(self.node).filter(|text| is_trimmed(text))
    }

    /// Text, trimmed, or a number's digits; none for anything else and for empty text.
    pub fn text(self) -> Option<Text<'a>> {
        match self.scalar() {
            Scalar::Text(text) => trimmed(text),
            Scalar::Number(digits) => Some(Cow::Borrowed(digits)),
            _ => None,
        }
    }

    /// The value for a record: none for `null`.
    pub fn json(self) -> Option<Json<'a>> {
        if self.is_null() { None } else { checked(Cow::Borrowed(self.get())) }
    }

    /// A member of an object, unless it is `null`.
    #[inline(always)]
    pub fn member(self, name: &str) -> Option<Self> {
        self.member_of(Wanted::new(name))
    }

    fn member_of(self, name: Wanted<'_>) -> Option<Self> {
        self.of(self.tape.member(self.node, name)?).filled()
    }

    /// The entries of an array; any other value is an array of itself, empty text an empty one.
    pub(super) fn entries(self) -> &'o [Node] {
        match self.scalar() {
            Scalar::Text(text) if text.trim().is_empty() => &[],
            _ if self.is_array() => self.tape.children(self.node),
            _ => std::slice::from_ref(self.node),
        }
    }

    /// The entries of an array, or the values of an object's members.
    pub fn children(self) -> impl ExactSizeIterator<Item = Self> {
        self.tape.children(self.node).iter().map(move |node| self.of(node))
    }

    fn of(self, node: &'o Node) -> Self {
        Self { node, ..self }
    }

    pub(super) fn filled(self) -> Option<Self> {
        (!self.is_null()).then_some(self)
    }

    #[inline(always)]
    pub(super) fn scalar(self) -> Scalar<'a> {
        match self.node.kind {
            Kind::Null => Scalar::Null,
            Kind::True => Scalar::Bool(true),
            Kind::False => Scalar::Bool(false),
            Kind::Number => Scalar::Number(self.get()),
            Kind::PlainString | Kind::EscapedString => match self.tape.string(self.node) {
                Some(text) => Scalar::Text(text),
                None => Scalar::Other,
            },
            Kind::Array | Kind::Object => Scalar::Other,
        }
    }
}

/// Text that the tape has checked, as JSON for an event.
///
/// A [`RawValue`] asks the deserializer it is made by for one member, under a name of `serde_json`'s own, with its
/// text; `serde_json`'s deserializer reads the text once more before it answers. This one answers at once.
pub(super) fn checked(json: Text<'_>) -> Option<Json<'_>> {
    struct Checked<T>(T);

    impl<'de, T: IntoDeserializer<'de, serde_json::Error>> serde::Deserializer<'de> for Checked<T> {
        type Error = serde_json::Error;

        fn deserialize_any<V: serde::de::Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
            Err(serde::de::Error::custom("only for RawValue"))
        }

        fn deserialize_newtype_struct<V: serde::de::Visitor<'de>>(
            self,
            name: &'static str,
            visitor: V,
        ) -> Result<V::Value, Self::Error> {
            visitor.visit_map(MapDeserializer::new(std::iter::once((name, self.0))))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
            unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
        }
    }

    // Should RawValue ask otherwise one day, its own way is only slower for what is borrowed. The golden files show the
    // rest: without the answer, a body less its secrets is missing.
    let json = match json {
        Cow::Borrowed(json) => {
            let checked = Checked(BorrowedStrDeserializer::new(json));
            <&RawValue>::deserialize(checked).or_else(|_| serde_json::from_str(json)).map(Cow::Borrowed)
        }
        Cow::Owned(json) => Box::<RawValue>::deserialize(Checked(json)).map(Cow::Owned),
    };
    json.ok().map(Json::new)
}
