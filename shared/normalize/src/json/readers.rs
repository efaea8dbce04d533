//! The readers of single members. Their forms are those of [`Scalar`].

use crm_event::{Decimal, Text};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::scalar::{Reading, Scalar, Unreadable, is_placeholder};
use super::{Object, Value};
use crate::error::Quarantine;
use crate::time;

impl<'a> Object<'a> {
    /// Reads a member with `read`. A value that `read` refuses is added to the warnings.
    fn read<T>(&self, name: &str, read: impl FnOnce(Scalar<'a>) -> Reading<T>) -> Option<T> {
        read(self.member(name)?.scalar()).unwrap_or_else(|Unreadable| {
            self.warn(name);
            None
        })
    }

    /// Text, trimmed, or a number's or Boolean's text. Empty text is absent.
    pub fn text(&self, name: &str) -> Option<Text<'a>> {
        self.read(name, Scalar::text)
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
        self.read(name, Scalar::id)
    }

    /// A number with its original digits, also if it is written as text.
    pub fn decimal(&self, name: &str) -> Option<Decimal<'a>> {
        self.read(name, Scalar::decimal)
    }

    /// A number, converted by `read` from its digits. Digits that `read` refuses are unreadable.
    pub fn decimal_by(&self, name: &str, read: impl FnOnce(Text<'a>) -> Option<Decimal<'a>>) -> Option<Decimal<'a>> {
        self.read(name, |value| value.decimal_by(read))
    }

    /// `true` or `false`, also as text, or 1 or 0.
    pub fn bool(&self, name: &str) -> Option<bool> {
        self.read(name, Scalar::bool)
    }

    /// An instant in any of the vendors' forms, see [`time::instant`]. A local time is in the body's zone. The number
    /// zero means "never" and is absent.
    pub fn time(&self, name: &str) -> Option<Timestamp> {
        self.read(name, |value| value.time(&self.body.zone))
    }

    /// An instant in a form of one vendor. `read` gets the text and the body's zone; a number is an epoch.
    pub fn time_by(&self, name: &str, read: impl FnOnce(&str, &TimeZone) -> Option<Timestamp>) -> Option<Timestamp> {
        self.read(name, |value| value.moment(|text| read(text, &self.body.zone), time::epoch))
    }

    /// An instant as [`Self::time`] reads it, of a vendor whose epoch numbers are milliseconds, also as text.
    pub fn time_or_milliseconds(&self, name: &str) -> Option<Timestamp> {
        let instant = |text: &str| time::milliseconds(text).or_else(|| time::instant(text, &self.body.zone));
        self.read(name, |value| value.moment(instant, time::milliseconds))
    }

    /// A calendar date, see [`time::date`] and [`time::date_of_epoch`].
    pub fn date(&self, name: &str) -> Option<Date> {
        self.read(name, Scalar::date)
    }

    /// A calendar date as [`Self::date`] reads it, of a vendor whose epoch numbers are milliseconds, also as text. 0 is
    /// the first day of 1970, on which people were born.
    pub fn date_or_milliseconds(&self, name: &str) -> Option<Date> {
        if self.json(name).and_then(Value::text).as_deref() == Some("0") {
            return time::date_of_milliseconds("0");
        }
        let date = |text: &str| time::date_of_milliseconds(text).or_else(|| time::date(text));
        self.read(name, |value| value.moment(date, time::date_of_milliseconds))
    }

    /// A calendar date that the vendor sends with a time of day, see [`time::date_with_time`].
    pub fn date_with_time(&self, name: &str) -> Option<Date> {
        self.read(name, |value| value.moment(time::date_with_time, time::day_of_epoch))
    }

    /// A calendar date in a form of one vendor. `read` gets the text; a number is an epoch.
    pub fn date_by(&self, name: &str, read: impl FnOnce(&str) -> Option<Date>) -> Option<Date> {
        self.read(name, |value| value.moment(read, time::date_of_epoch))
    }

    /// A time of day without a date: `10:30`, `10:30:00`.
    pub fn civil_time(&self, name: &str) -> Option<Time> {
        self.read(name, Scalar::civil_time)
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
}
