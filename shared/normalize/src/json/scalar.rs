//! A single value by its JSON type, and its readings: each accepts every form that a vendor may write.

use std::borrow::Cow;

use crm_event::{Decimal, Text};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::integer::{integer_digits, is_zero, without_exponent};
use crate::time;

/// A JSON value by its type.
pub(crate) enum Scalar<'a> {
    Null,
    Bool(bool),
    /// The digits, unchanged.
    Number(&'a str),
    Text(Text<'a>),
    /// An array, an object, or text that is not Unicode (a lone surrogate).
    Other,
}

/// The value is present, but has the wrong type or form.
pub(crate) struct Unreadable;

/// The value; `None` if it is empty.
pub(crate) type Reading<T> = Result<Option<T>, Unreadable>;

impl<'a> Scalar<'a> {
    pub(crate) fn text(self) -> Reading<Text<'a>> {
        match self {
            Self::Null => Ok(None),
            Self::Bool(value) => Ok(Some(Cow::Borrowed(if value { "true" } else { "false" }))),
            Self::Number(digits) => Ok(Some(Cow::Borrowed(digits))),
            Self::Text(text) => Ok(trimmed(text)),
            Self::Other => Err(Unreadable),
        }
    }

    pub(crate) fn id(self) -> Reading<Text<'a>> {
        let id = match self {
            Self::Null => None,
            Self::Number(digits) => Some(integer_digits(digits).unwrap_or(Cow::Borrowed(digits))),
            Self::Text(text) if is_placeholder(&text) => return Err(Unreadable),
            Self::Text(text) => trimmed(text),
            Self::Bool(_) | Self::Other => return Err(Unreadable),
        };
        Ok(id.filter(|id| id != "0"))
    }

    /// A number, converted by `read` from its digits. Digits that `read` refuses are unreadable.
    pub(crate) fn decimal_by(self, read: impl FnOnce(Text<'a>) -> Option<Decimal<'a>>) -> Reading<Decimal<'a>> {
        let digits = match self {
            Self::Null => None,
            Self::Number(digits) => Some(Cow::Borrowed(digits)),
            Self::Text(text) => trimmed(text),
            Self::Bool(_) | Self::Other => return Err(Unreadable),
        };
        digits.map(|digits| read(digits).ok_or(Unreadable)).transpose()
    }

    pub(crate) fn decimal(self) -> Reading<Decimal<'a>> {
        self.decimal_by(|digits| Decimal::new(digits).ok())
    }

    pub(crate) fn bool(self) -> Reading<bool> {
        let word = match self {
            Self::Null => return Ok(None),
            Self::Bool(value) => return Ok(Some(value)),
            Self::Number(digits) => Cow::Borrowed(digits),
            Self::Text(text) => match trimmed(text) {
                Some(word) => word,
                None => return Ok(None),
            },
            Self::Other => return Err(Unreadable),
        };
        match &*word {
            "1" => Ok(Some(true)),
            "0" => Ok(Some(false)),
            word if word.eq_ignore_ascii_case("true") => Ok(Some(true)),
            word if word.eq_ignore_ascii_case("false") => Ok(Some(false)),
            _ => Err(Unreadable),
        }
    }

    pub(crate) fn time(self, zone: &TimeZone) -> Reading<Timestamp> {
        self.moment(|text| time::instant(text, zone), time::epoch)
    }

    pub(crate) fn date(self) -> Reading<Date> {
        self.moment(time::date, time::date_of_epoch)
    }

    pub(crate) fn civil_time(self) -> Reading<Time> {
        match self {
            Self::Null => Ok(None),
            Self::Text(text) => match trimmed(text) {
                Some(text) => text.parse().map(Some).map_err(|_| Unreadable),
                None => Ok(None),
            },
            Self::Bool(_) | Self::Number(_) | Self::Other => Err(Unreadable),
        }
    }

    /// A moment, by `from_text` from text and by `from_digits` from a number without an exponent. Zero in any notation
    /// means "never" and is absent.
    pub(super) fn moment<T>(
        self,
        from_text: impl FnOnce(&str) -> Option<T>,
        from_digits: impl FnOnce(&str) -> Option<T>,
    ) -> Reading<T> {
        match self {
            Self::Null => Ok(None),
            Self::Number(digits) if is_zero(digits) => Ok(None),
            Self::Number(digits) => {
                without_exponent(digits).and_then(|digits| from_digits(&digits)).map(Some).ok_or(Unreadable)
            }
            Self::Text(text) => match trimmed(text) {
                None => Ok(None),
                Some(text) if is_zero(&text) => Ok(None),
                Some(text) => from_text(&text).map(Some).ok_or(Unreadable),
            },
            Self::Bool(_) | Self::Other => Err(Unreadable),
        }
    }
}

/// The text without leading and trailing white space. `None` if nothing is left.
pub(super) fn trimmed(text: Text<'_>) -> Option<Text<'_>> {
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    };
    (!text.is_empty()).then_some(text)
}

/// True if the text is an unfilled placeholder of a template, such as `{{deal.id}}` or `${Deals.Deal Id}`.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    [("{{", "}}"), ("${", "}")].iter().any(|(start, end)| text.starts_with(start) && text.ends_with(end))
}
