//! Writing JSON as `serde_json` writes it, byte for byte, and sooner.
//!
//! Most of an event is text that stands as it is in JSON, and the vendor's JSON, which does so too. `serde_json` looks
//! at each byte of the text, the names of the fields included, by itself; here sixteen are looked at together, and those
//! names, which need no look, not at all. What is rare in an event is left to `serde_json`.

use std::fmt::{self, Display, Write};

use arrayvec::ArrayString;
use serde::ser::{self, Error as _, Serialize};
use serde_json::Error;

use crate::plain::is_plain;

/// The name under which a `RawValue` has itself serialized, and that of its one field.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// The JSON of a value, byte for byte that of `serde_json`, in a text that has room for so many bytes from the beginning.
///
/// # Errors
/// Where a value is of a kind that no event has: a tuple, a variant with fields, a member whose name is no text.
pub fn to_json(value: &impl Serialize, capacity: usize) -> Result<String, Error> {
    let mut writer = Writer { json: String::with_capacity(capacity), next_is_json: false };
    value.serialize(&mut writer)?;
    Ok(writer.json)
}

struct Writer {
    json: String,
    /// The next text is JSON.
    next_is_json: bool,
}

impl Writer {
    fn other(&mut self, value: impl Serialize) -> Result<(), Error> {
        self.json.push_str(&serde_json::to_string(&value)?);
        Ok(())
    }
}

/// What is written to it goes into a JSON string.
struct InString<'j>(&'j mut String);

impl Write for InString<'_> {
    #[inline(always)]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if is_plain(text) {
            self.0.push_str(text);
            return Ok(());
        }
        push_escaped(self.0, text)
    }
}

#[cold]
fn push_escaped(json: &mut String, text: &str) -> fmt::Result {
    let quoted = serde_json::to_string(text).map_err(|_| fmt::Error)?;
    json.push_str(quoted.get(1..quoted.len().saturating_sub(1)).ok_or(fmt::Error)?);
    Ok(())
}

/// A list or an object, of which something stands there already or not.
struct Container<'w> {
    writer: &'w mut Writer,
    is_empty: bool,
}

impl Container<'_> {
    /// What stands in front of the next element: it may be the first.
    #[inline(always)]
    fn separate(&mut self, open: char) {
        self.writer.json.push(if self.is_empty { open } else { ',' });
        self.is_empty = false;
    }

    #[inline(always)]
    fn finish(self, open: char, close: char) -> Result<(), Error> {
        if self.is_empty {
            self.writer.json.push(open);
        }
        self.writer.json.push(close);
        Ok(())
    }
}

/// A struct, or a `RawValue`, which is its one field and no more.
struct Struct<'w> {
    container: Container<'w>,
    is_raw_value: bool,
}

impl ser::SerializeSeq for Container<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.separate('[');
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Error> {
        self.finish('[', ']')
    }
}

impl ser::SerializeStruct for Struct<'_> {
    type Ok = ();
    type Error = Error;

    #[inline(always)]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        let Container { writer, is_empty } = &mut self.container;
        if self.is_raw_value {
            writer.next_is_json = true;
        } else {
            let first = if *is_empty { "{\"" } else { ",\"" };
            // Put together by the compiler, and appended at once.
            let mut start = ArrayString::<64>::new();
            if [first, name, "\":"].into_iter().all(|part| start.try_push_str(part).is_ok()) {
                writer.json.push_str(&start);
            } else {
                writer.json.extend([first, name, "\":"]);
            }
            *is_empty = false;
        }
        value.serialize(&mut **writer)
    }

    fn end(self) -> Result<(), Error> {
        if self.is_raw_value { Ok(()) } else { self.container.finish('{', '}') }
    }
}

impl ser::SerializeMap for Container<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Error> {
        self.separate('{');
        let at = self.writer.json.len();
        name.serialize(&mut *self.writer)?;
        if self.writer.json.as_bytes().get(at) != Some(&b'"') {
            return not_of_events();
        }
        self.writer.json.push(':');
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Error> {
        self.finish('{', '}')
    }
}

/// What serde has for types that events are not made of.
type Never = ser::Impossible<(), Error>;

fn not_of_events<T>() -> Result<T, Error> {
    Err(Error::custom("events are not made of this"))
}

macro_rules! whole_numbers {
    ($($method:ident: $ty:ty,)*) => {
        $(fn $method(self, value: $ty) -> Result<(), Error> {
            write!(self.json, "{value}").map_err(Error::custom)
        })*
    };
}

macro_rules! by_serde_json {
    ($($method:ident: $ty:ty,)*) => {
        $(fn $method(self, value: $ty) -> Result<(), Error> {
            self.other(value)
        })*
    };
}

impl<'w> ser::Serializer for &'w mut Writer {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Container<'w>;
    type SerializeStruct = Struct<'w>;
    type SerializeMap = Container<'w>;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeStructVariant = Never;

    whole_numbers! {
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
    }

    by_serde_json! {
        serialize_f32: f32,
        serialize_f64: f64,
        serialize_char: char,
        serialize_bytes: &[u8],
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.json.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        if self.next_is_json {
            self.next_is_json = false;
            self.json.push_str(text);
            return Ok(());
        }
        self.json.push('"');
        InString(&mut self.json).write_str(text).map_err(Error::custom)?;
        self.json.push('"');
        Ok(())
    }

    fn collect_str<T: Display + ?Sized>(self, text: &T) -> Result<(), Error> {
        self.json.push('"');
        write!(InString(&mut self.json), "{text}").map_err(Error::custom)?;
        self.json.push('"');
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.json.push_str("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Error> {
        Ok(Container { writer: self, is_empty: true })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Error> {
        Ok(Container { writer: self, is_empty: true })
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Self::SerializeStruct, Error> {
        Ok(Struct { container: Container { writer: self, is_empty: true }, is_raw_value: name == RAW_VALUE })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        not_of_events()
    }

    fn serialize_tuple(self, _: usize) -> Result<Never, Error> {
        not_of_events()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Never, Error> {
        not_of_events()
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Never, Error> {
        not_of_events()
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Never, Error> {
        not_of_events()
    }
}

#[cfg(test)]
mod tests {
    use super::to_json;
    use serde::Serialize;
    use std::collections::BTreeMap;

    #[test]
    fn values_are_written_as_serde_json_writes_them() {
        #[derive(Serialize)]
        struct Values {
            numbers: (),
            none: Option<u8>,
            a_name_that_is_longer_than_any_of_an_event_s_and_so_does_not_fit_in_what_is_appended_at_once: bool,
            list: Vec<Option<i64>>,
            map: BTreeMap<String, f64>,
            #[serde(flatten)]
            rest: BTreeMap<&'static str, u64>,
        }
        let values = Values {
            numbers: (),
            none: None,
            a_name_that_is_longer_than_any_of_an_event_s_and_so_does_not_fit_in_what_is_appended_at_once: true,
            list: vec![Some(i64::MIN), None, Some(0)],
            map: [("a \"quoted\" name".to_owned(), 0.1), ("b".to_owned(), 1e300)].into(),
            rest: [("c", u64::MAX)].into(),
        };
        assert_eq!(to_json(&values, 0).unwrap(), serde_json::to_string(&values).unwrap());
    }

    #[test]
    fn a_name_that_is_no_text_is_refused() {
        let numbered: BTreeMap<u8, u8> = [(1, 2)].into();
        to_json(&numbered, 0).unwrap_err();
    }

    #[test]
    fn texts_are_written_as_serde_json_writes_them() {
        let bytes = (0..=0x7f_u8).map(char::from);
        for c in bytes.chain(['ü', '\u{80}', '\u{2028}', '\u{ffff}', '😀']) {
            for around in 0..9 {
                let text = format!("{}{c}{}", "a".repeat(around), "é".repeat(around));
                assert_eq!(to_json(&text, 0).unwrap(), serde_json::to_string(&text).unwrap());
            }
        }
    }
}
