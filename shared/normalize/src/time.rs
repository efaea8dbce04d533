//! The vendors' ways to write a time, as instants in UTC and calendar dates.

use jiff::civil::{Date, DateTime};
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// From here on an epoch number counts milliseconds, below it seconds. 1e11 seconds is the year 5138, 1e11
/// milliseconds is March 1973: no CRM event is near either.
const FIRST_MILLISECONDS: i128 = 100_000_000_000;

/// An instant from text: RFC 3339 with any offset, or without one, which all five vendors mean as UTC; a date alone is
/// 00:00 UTC; `MM-DD-YYYY[ HH:MM:SS]` as Freshsales' workflow webhooks write it; an epoch number as text.
pub fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(pieces) = Pieces::parse(text) {
        let local = DateTime::from_parts(pieces.date(), pieces.time().unwrap_or_default());
        return pieces.to_numeric_offset().unwrap_or(Offset::UTC).to_timestamp(local).ok();
    }
    if let Some(local) = month_first(text) {
        return utc(local);
    }
    epoch(text)
}

/// A calendar date from text: the date itself, or the day of an instant in UTC.
pub fn date(text: &str) -> Option<Date> {
    instant(text).map(day)
}

/// The day of an instant in UTC.
pub fn day(instant: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(instant).date()
}

/// An instant from seconds or milliseconds since 1970, by magnitude. Digits after the point count down to the
/// microsecond: the vendor that writes them (Freshsales, `1593023469.8293262`) has them from a float that is not
/// exact beyond.
pub fn epoch(digits: &str) -> Option<Timestamp> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole: i128 = whole.parse().ok()?;
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if whole >= FIRST_MILLISECONDS {
        return Timestamp::from_millisecond(whole.try_into().ok()?).ok();
    }
    let micros = SignedDuration::from_micros(format!("{fraction:0<6.6}").parse().ok()?);
    let seconds = SignedDuration::from_secs(whole.try_into().ok()?);
    let before_1970 = digits.starts_with('-');
    let since = if before_1970 { seconds.checked_sub(micros) } else { seconds.checked_add(micros) };
    Timestamp::from_duration(since?).ok()
}

fn utc(local: DateTime) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(local).ok()
}

fn month_first(text: &str) -> Option<DateTime> {
    if text.as_bytes().get(2) != Some(&b'-') {
        return None;
    }
    let with_time = DateTime::strptime("%m-%d-%Y %H:%M:%S", text);
    with_time.or_else(|_| Date::strptime("%m-%d-%Y", text).map(Date::into)).ok()
}

#[cfg(test)]
mod tests {
    use super::{date, epoch, instant};

    #[test]
    fn every_form_of_the_vendors() {
        for (text, expected) in [
            ("2025-01-15T10:30:00.000Z", "2025-01-15T10:30:00Z"),
            ("2025-01-15T10:30:00Z", "2025-01-15T10:30:00Z"),
            ("2017-06-02T16:05:54+05:30", "2017-06-02T10:35:54Z"),
            ("2024-03-05T14:07:00", "2024-03-05T14:07:00Z"),
            ("2024-03-05 14:07:00", "2024-03-05T14:07:00Z"),
            ("2024-03-05", "2024-03-05T00:00:00Z"),
            ("06-24-2020 18:30:54", "2020-06-24T18:30:54Z"),
            ("06-24-2020", "2020-06-24T00:00:00Z"),
            ("1455855737", "2016-02-19T04:22:17Z"),
        ] {
            assert_eq!(instant(text).map(|t| t.to_string()).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "soon", "2024-13-01", "24-06-2020", "2024-03-05T25:00:00", "1e9", "12.x", "--1"] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn epoch_numbers_by_magnitude() {
        for (digits, expected) in [
            ("1593023469.8293262", "2020-06-24T18:31:09.829326Z"),
            ("1496400354326", "2017-06-02T10:45:54.326Z"),
            ("1496400354326.5", "2017-06-02T10:45:54.326Z"),
            ("1455855737", "2016-02-19T04:22:17Z"),
            ("-1.5", "1969-12-31T23:59:58.5Z"),
        ] {
            assert_eq!(epoch(digits).map(|t| t.to_string()).as_deref(), Some(expected), "{digits}");
        }
        assert_eq!(epoch("99999999999999999999999999"), None);
    }

    #[test]
    fn the_day_of_an_instant_is_that_of_utc() {
        assert_eq!(date("2025-03-15T00:00:00.000Z").unwrap().to_string(), "2025-03-15");
        assert_eq!(date("2025-03-15T23:30:00-02:00").unwrap().to_string(), "2025-03-16");
    }
}
