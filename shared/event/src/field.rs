//! The fields of records and values by name, for code that learns the names at run time, from a file.
//!
//! The macros that define the structs implement [`Fields`], so there is no second list of fields.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::{Decimal, Entity, Json, Text};

/// A field to fill in, by its type.
pub enum FieldMut<'r, 'a> {
    Text(&'r mut Option<Text<'a>>),
    Decimal(&'r mut Option<Decimal<'a>>),
    Bool(&'r mut Option<bool>),
    Time(&'r mut Option<Timestamp>),
    Date(&'r mut Option<Date>),
    Entity(&'r mut Option<Entity>),
    Json(&'r mut Option<Json<'a>>),
    Texts(&'r mut Vec<Text<'a>>),
    Object(&'r mut dyn Objects<'a>),
    Objects(&'r mut dyn Objects<'a>),
}

/// A field with its name in JSON.
pub type NamedField<'r, 'a> = (&'static str, FieldMut<'r, 'a>);

/// A struct whose fields can be filled in by name.
pub trait Fields<'a>: Default {
    /// The name of the struct, for messages and schemas.
    const NAME: &'static str;

    /// The fields, always in the same order.
    fn fields_mut(&mut self) -> Vec<NamedField<'_, 'a>>;
}

/// A place for objects of one type: an optional object, or a list.
pub trait Objects<'a> {
    /// The name of the objects' type.
    fn type_name(&self) -> &'static str;

    /// Adds an empty object and returns its fields.
    fn push(&mut self) -> Vec<NamedField<'_, 'a>>;

    /// Removes the object that was added last.
    fn pop(&mut self);
}

impl<'a, T: Fields<'a>> Objects<'a> for Option<T> {
    fn type_name(&self) -> &'static str {
        T::NAME
    }

    fn push(&mut self) -> Vec<NamedField<'_, 'a>> {
        self.insert(T::default()).fields_mut()
    }

    fn pop(&mut self) {
        *self = None;
    }
}

impl<'a, T: Fields<'a>> Objects<'a> for Vec<T> {
    fn type_name(&self) -> &'static str {
        T::NAME
    }

    fn push(&mut self) -> Vec<NamedField<'_, 'a>> {
        self.push_mut(T::default()).fields_mut()
    }

    fn pop(&mut self) {
        let _ = Vec::pop(self);
    }
}

/// A type of field.
pub(crate) trait Field<'a> {
    fn field_mut(&mut self) -> FieldMut<'_, 'a>;
}

macro_rules! field_types {
    ($($ty:ty => $variant:ident,)*) => {
        $(impl<'a> Field<'a> for $ty {
            fn field_mut(&mut self) -> FieldMut<'_, 'a> {
                FieldMut::$variant(self)
            }
        })*
    };
}

field_types! {
    Option<Text<'a>> => Text,
    Option<Decimal<'a>> => Decimal,
    Option<bool> => Bool,
    Option<Timestamp> => Time,
    Option<Date> => Date,
    Option<Entity> => Entity,
    Option<Json<'a>> => Json,
    Vec<Text<'a>> => Texts,
}

impl<'a, T: Fields<'a>> Field<'a> for Option<T> {
    fn field_mut(&mut self) -> FieldMut<'_, 'a> {
        FieldMut::Object(self)
    }
}

impl<'a, T: Fields<'a>> Field<'a> for Vec<T> {
    fn field_mut(&mut self) -> FieldMut<'_, 'a> {
        FieldMut::Objects(self)
    }
}

/// A field's name in JSON, which is the Rust name unless another one is given.
macro_rules! json_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $json:literal) => {
        $json
    };
}
pub(crate) use json_name;
