//! The readers of single values: each has a type that it accepts in every form that a vendor may write.

use std::borrow::Cow;

use crm_event::{Decimal, Text};
use jiff::Timestamp;
use jiff::civil::{Date, Time};

use super::value::{Scalar, trimmed};
use super::{Object, integer_digits};
use crate::error::Quarantine;
use crate::time;

impl<'a> Object<'a> {
    /// Reads a member with `read`. A value that `read` refuses is added to the warnings.
    fn read<T>(&self, name: &str, read: impl FnOnce(Scalar<'a>) -> Result<Option<T>, Unreadable>) -> Option<T> {
        read(self.member(name)?.scalar()).unwrap_or_else(|Unreadable| {
            self.warn(name);
            None
        })
    }

    /// Text, trimmed, or a number's or Boolean's text. Empty text is absent.
    pub fn text(&self, name: &str) -> Option<Text<'a>> {
        self.read(name, |value| match value {
            Scalar::Null => Ok(None),
            Scalar::Bool(value) => Ok(Some(Cow::Borrowed(if value { "true" } else { "false" }))),
            Scalar::Number(digits) => Ok(Some(Cow::Borrowed(digits))),
            Scalar::Text(text) => Ok(trimmed(text)),
            Scalar::Other => Err(Unreadable),
        })
    }

    /// The id of the event's own record.
    ///
    /// # Errors
    /// If there is none, or if it is a placeholder that the CRM's template has not filled (`{{deal.id}}`). `path` names
    /// the member in the error.
    pub fn record_id(&self, name: &str, path: &str) -> Result<Text<'a>, Quarantine> {
        match self.id(name) {
            Some(id) => Ok(id),
            None if self.text(name).is_some_and(|text| is_placeholder(&text)) => {
                Err(Quarantine::unfilled_placeholder(path))
            }
            None => Err(Quarantine::no_record_id(path)),
        }
    }

    /// An id: text, or the digits of a number (`5001264008.0` and `5.001264008e9` are `5001264008`). 0 is absent: no
    /// vendor gives a record the id 0, but several write it for "none". So is a placeholder that was not filled.
    pub fn id(&self, name: &str) -> Option<Text<'a>> {
        let id = self.read(name, |value| match value {
            Scalar::Null => Ok(None),
            Scalar::Number(digits) => Ok(Some(integer_digits(digits).unwrap_or(Cow::Borrowed(digits)))),
            Scalar::Text(text) if is_placeholder(&text) => Err(Unreadable),
            Scalar::Text(text) => Ok(trimmed(text)),
            Scalar::Bool(_) | Scalar::Other => Err(Unreadable),
        });
        id.filter(|id| id != "0")
    }

    /// A number with its original digits, also if it is written as text.
    pub fn decimal(&self, name: &str) -> Option<Decimal<'a>> {
        self.decimal_by(name, |digits| Decimal::new(digits).ok())
    }

    /// A number, converted by `read` from its digits. Digits that `read` refuses are unreadable.
    pub fn decimal_by(&self, name: &str, read: impl FnOnce(Text<'a>) -> Option<Decimal<'a>>) -> Option<Decimal<'a>> {
        self.read(name, |value| {
            let digits = match value {
                Scalar::Null => None,
                Scalar::Number(digits) => Some(Cow::Borrowed(digits)),
                Scalar::Text(text) => trimmed(text),
                Scalar::Bool(_) | Scalar::Other => return Err(Unreadable),
            };
            digits.map(|digits| read(digits).ok_or(Unreadable)).transpose()
        })
    }

    /// `true` or `false`, also as text, or 1 or 0.
    pub fn bool(&self, name: &str) -> Option<bool> {
        self.read(name, |value| {
            let word = match value {
                Scalar::Null => return Ok(None),
                Scalar::Bool(value) => return Ok(Some(value)),
                Scalar::Number(digits) => Cow::Borrowed(digits),
                Scalar::Text(text) => match trimmed(text) {
                    Some(word) => word,
                    None => return Ok(None),
                },
                Scalar::Other => return Err(Unreadable),
            };
            match &*word {
                "1" => Ok(Some(true)),
                "0" => Ok(Some(false)),
                word if word.eq_ignore_ascii_case("true") => Ok(Some(true)),
                word if word.eq_ignore_ascii_case("false") => Ok(Some(false)),
                _ => Err(Unreadable),
            }
        })
    }

    /// An instant in any of the vendors' forms, see [`time::instant`]. A local time is in the body's zone. The number 0
    /// means "never" and is absent.
    pub fn time(&self, name: &str) -> Option<Timestamp> {
        self.moment(name, |text| time::instant(text, &self.body.zone), time::epoch)
    }

    /// A calendar date, see [`time::date`] and [`time::date_of_epoch`].
    pub fn date(&self, name: &str) -> Option<Date> {
        self.moment(name, time::date, time::date_of_epoch)
    }

    /// A time of day without a date: `10:30`, `10:30:00`.
    pub fn civil_time(&self, name: &str) -> Option<Time> {
        self.read(name, |value| match value {
            Scalar::Null => Ok(None),
            Scalar::Text(text) => match trimmed(text) {
                Some(text) => text.parse().map(Some).map_err(|_| Unreadable),
                None => Ok(None),
            },
            Scalar::Bool(_) | Scalar::Number(_) | Scalar::Other => Err(Unreadable),
        })
    }

    /// A calendar date without a time of day. Anything else is `None`, without a warning.
    pub fn date_alone(&self, name: &str) -> Option<Date> {
        let text = self.json(name).filter(|value| value.is_string())?.text()?;
        if time::is_date_alone(&text) { time::date(&text) } else { None }
    }

    /// An instant as read by [`Self::time`]; `None` for a calendar date without a time of day.
    pub fn time_of_day(&self, name: &str) -> Option<Timestamp> {
        if self.date_alone(name).is_some() { None } else { self.time(name) }
    }

    fn moment<T>(
        &self,
        name: &str,
        from_text: impl FnOnce(&str) -> Option<T>,
        from_digits: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.read(name, |value| match value {
            Scalar::Null | Scalar::Number("0") => Ok(None),
            Scalar::Number(digits) => from_digits(digits).map(Some).ok_or(Unreadable),
            Scalar::Text(text) => match trimmed(text) {
                None => Ok(None),
                Some(text) if text == "0" => Ok(None),
                Some(text) => from_text(&text).map(Some).ok_or(Unreadable),
            },
            Scalar::Bool(_) | Scalar::Other => Err(Unreadable),
        })
    }
}

/// The value is present, but has the wrong type or form.
struct Unreadable;

/// True if the text is an unfilled placeholder of a template, such as `{{deal.id}}`.
pub(super) fn is_placeholder(text: &str) -> bool {
    text.trim_start().starts_with("{{") && text.trim_end().ends_with("}}")
}
