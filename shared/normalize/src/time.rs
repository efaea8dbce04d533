//! Reads the vendors' time formats, as instants in UTC and calendar dates.

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Epoch numbers from here on are milliseconds, smaller ones are seconds. 1e11 seconds is the year 5138 and 1e11
/// milliseconds is March 1973; no CRM event is near either.
const FIRST_MILLISECONDS: u64 = 100_000_000_000;

/// The first instant that RFC 3339 can write. An earlier one cannot be read.
const YEAR_0: Timestamp = Timestamp::constant(-62_167_219_200, 0);

/// Reads an instant from text: RFC 3339 with any offset; the same without an offset, or `MM-DD-YYYY[ HH:MM:SS]`, in the
/// zone; or an epoch number as text. A date without a time is 00:00.
pub fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(pieces) = Pieces::parse(text) {
        return by_pieces(&pieces, zone).filter(is_writable);
    }
    if let Some(local) = month_first(text) {
        return zone.to_timestamp(local).ok();
    }
    epoch(text)
}

fn is_writable(instant: &Timestamp) -> bool {
    *instant >= YEAR_0
}

fn by_pieces(pieces: &Pieces<'_>, zone: &TimeZone) -> Option<Timestamp> {
    let local = DateTime::from_parts(pieces.date(), pieces.time().unwrap_or_default());
    match pieces.to_numeric_offset() {
        Some(offset) => offset.to_timestamp(local).ok(),
        // The text may name its zone, as RFC 9557 does: `2024-03-05T14:07:00[America/New_York]`.
        None => pieces.to_time_zone().ok()?.as_ref().unwrap_or(zone).to_timestamp(local).ok(),
    }
}

/// Reads a calendar date from text. It is the day in the text, regardless of the offset: `2026-06-15T00:00:00+01:00`
/// means 15 June, although it is the day before in UTC. For an epoch number as text, see [`date_of_epoch`].
pub fn date(text: &str) -> Option<Date> {
    written_date(text).or_else(|| date_of_epoch(text))
}

/// Reads a calendar date from text like [`date`], but an epoch number as the day of that instant in UTC. For a vendor
/// whose dates have a time of day.
pub fn date_with_time(text: &str) -> Option<Date> {
    written_date(text).or_else(|| day_of_epoch(text))
}

fn written_date(text: &str) -> Option<Date> {
    let pieces = Pieces::parse(text).ok();
    let date = pieces.map(|pieces| pieces.date()).or_else(|| month_first(text).map(DateTime::date));
    date.filter(|date| date.year() >= 0)
}

/// Reads a calendar date from an epoch number, which is midnight of that day in the sender's zone. The result is the
/// day of the nearest midnight in UTC, which is right for zones from -11:59 to +12:00.
pub fn date_of_epoch(digits: &str) -> Option<Date> {
    nearest_midnight(epoch(digits)?)
}

/// Reads a calendar date from milliseconds since 1970, by the rule of [`date_of_epoch`].
pub fn date_of_milliseconds(digits: &str) -> Option<Date> {
    nearest_midnight(milliseconds(digits)?)
}

/// The day of the midnight in UTC that is nearest to an instant.
fn nearest_midnight(instant: Timestamp) -> Option<Date> {
    let noon = instant.checked_add(SignedDuration::from_hours(12)).ok()?;
    Some(day(noon))
}

/// The day in UTC of an epoch number.
pub fn day_of_epoch(digits: &str) -> Option<Date> {
    epoch(digits).map(day)
}

/// True if the text is a calendar date without a time of day.
pub fn is_date_alone(text: &str) -> bool {
    let is_month_first = || text.len() == "MM-DD-YYYY".len() && month_first(text).is_some();
    Pieces::parse(text).is_ok_and(|pieces| pieces.time().is_none()) || is_month_first()
}

/// The instant of a day and a time of day in UTC.
pub fn utc(date: Date, time: Time) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(date.to_datetime(time)).ok()
}

/// The day of an instant in UTC.
pub fn day(instant: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(instant).date()
}

/// Reads an instant from seconds or milliseconds since 1970, by magnitude. Truncated to microseconds, because the
/// vendor that sends fractions (Freshsales, `1593023469.8293262`) has them from a float that is not exact beyond.
pub fn epoch(digits: &str) -> Option<Timestamp> {
    let (whole, fraction) = whole_and_fraction(digits)?;
    if whole.unsigned_abs() >= FIRST_MILLISECONDS {
        return Timestamp::from_millisecond(whole).ok().filter(is_writable);
    }
    let micros = if fraction.is_empty() { 0 } else { format!("{fraction:0<6.6}").parse().ok()? };
    let micros = SignedDuration::from_micros(micros);
    let seconds = SignedDuration::from_secs(whole);
    let before_1970 = digits.starts_with('-');
    let since = if before_1970 { seconds.checked_sub(micros) } else { seconds.checked_add(micros) };
    Timestamp::from_duration(since?).ok().filter(is_writable)
}

/// Reads an instant from milliseconds since 1970, for a vendor whose numbers have no other unit. [`epoch`] would take the
/// birthday of somebody born before March 1973 for seconds.
pub fn milliseconds(digits: &str) -> Option<Timestamp> {
    let (whole, _) = whole_and_fraction(digits)?;
    Timestamp::from_millisecond(whole).ok().filter(is_writable)
}

/// The number before the decimal point, and the digits after it.
fn whole_and_fraction(digits: &str) -> Option<(i64, &str)> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.parse().ok()?;
    fraction.bytes().all(|b| b.is_ascii_digit()).then_some((whole, fraction))
}

fn month_first(text: &str) -> Option<DateTime> {
    if text.as_bytes().get(2) != Some(&b'-') {
        return None;
    }
    let with_time = DateTime::strptime("%m-%d-%Y %H:%M:%S", text);
    let written = with_time.or_else(|_| Date::strptime("%m-%d-%Y", text).map(Date::into)).ok();
    // `%Y` takes a sign.
    written.filter(|written| written.year() >= 0)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{
        date, date_of_epoch, date_of_milliseconds, date_with_time, epoch, instant, is_date_alone, milliseconds,
    };

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
            assert_eq!(instant(text, &TimeZone::UTC).map(|t| t.to_string()).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "soon",
            "2024-13-01",
            "24-06-2020",
            "2024-03-05T25:00:00",
            "1e9",
            "12.x",
            "--1",
            "-002682-04-19T00:00:00Z",
            "2024-03-05T14:07:00[Mars/Base]",
            "06-24--220",
        ] {
            assert_eq!(instant(text, &TimeZone::UTC), None, "{text}");
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
            ("-146793600000", "1965-05-08T00:00:00Z"),
        ] {
            assert_eq!(epoch(digits).map(|t| t.to_string()).as_deref(), Some(expected), "{digits}");
        }
        for digits in ["99999999999999999999999999", "-99999999999", "-99999999999999"] {
            assert_eq!(epoch(digits), None, "{digits}");
        }
    }

    #[test]
    fn milliseconds_are_no_seconds_however_small() {
        for (digits, expected) in [
            ("1496400354326", "2017-06-02T10:45:54.326Z"),
            ("1496400354326.0", "2017-06-02T10:45:54.326Z"),
            ("76204800000", "1972-06-01T00:00:00Z"),
            ("0", "1970-01-01T00:00:00Z"),
            ("-146793600000", "1965-05-08T00:00:00Z"),
        ] {
            assert_eq!(milliseconds(digits).map(|t| t.to_string()).as_deref(), Some(expected), "{digits}");
        }
        for digits in ["", "1965-05-08", "1e12", "1.5e12", "99999999999999999999999999"] {
            assert_eq!(milliseconds(digits), None, "{digits}");
        }
        assert_eq!(date_of_milliseconds("-146793600000").unwrap().to_string(), "1965-05-08");
    }

    #[test]
    fn a_local_time_is_of_the_zone_and_an_offset_counts_before_it() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        for (text, expected) in [
            ("06-24-2020 18:30:54", "2020-06-24T16:30:54Z"),
            ("01-24-2020 18:30:54", "2020-01-24T17:30:54Z"),
            ("2024-03-05T14:07:00", "2024-03-05T13:07:00Z"),
            ("2017-06-02T16:05:54+05:30", "2017-06-02T10:35:54Z"),
            ("2025-01-15T10:30:00Z", "2025-01-15T10:30:00Z"),
            ("1455855737", "2016-02-19T04:22:17Z"),
            ("2024-03-05T14:07:00[America/New_York]", "2024-03-05T19:07:00Z"),
            ("2024-03-05T14:07:00-08:00[America/New_York]", "2024-03-05T22:07:00Z"),
        ] {
            assert_eq!(instant(text, &berlin).map(|t| t.to_string()).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_date_is_the_day_that_the_text_shows() {
        for (text, expected) in [
            ("2025-03-15", "2025-03-15"),
            ("2025-03-15T00:00:00.000Z", "2025-03-15"),
            ("2026-06-15T00:00:00+01:00", "2026-06-15"),
            ("2025-03-15T23:30:00-02:00", "2025-03-15"),
            ("2024-03-05T14:07:00", "2024-03-05"),
            ("06-24-2020", "2020-06-24"),
            ("06-24-2020 23:59:59", "2020-06-24"),
        ] {
            assert_eq!(date(text).map(|date| date.to_string()).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "soon", "2025-02-30", "2025-03-15T25:00:00Z", "-002682-04-19"] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn an_epoch_with_a_time_of_day_is_its_day_in_utc() {
        for (text, expected) in [
            ("1793923199999", "2026-11-05"),
            ("1793923200000", "2026-11-06"),
            ("1794002326892", "2026-11-06"),
            ("2026-11-06T23:58:46.892+02:00", "2026-11-06"),
        ] {
            assert_eq!(date_with_time(text).map(|date| date.to_string()).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(date_with_time("soon"), None);
    }

    #[test]
    fn a_date_alone_has_no_time_of_day() {
        for (text, expected) in [
            ("2025-03-15", true),
            ("06-24-2020", true),
            ("06-24-2020 23:59:59", false),
            ("2025-03-15T00:00:00", false),
            ("24-06-2020", false),
            ("1455855737", false),
        ] {
            assert_eq!(is_date_alone(text), expected, "{text}");
        }
    }

    /// Checks midnight of 15 January 2026 in every zone from -11:59 to +12:00.
    #[test]
    fn an_epoch_of_somebodys_midnight_is_that_day() {
        let midnight_in_utc = 1_768_435_200_i64;
        for minutes_east in (-11 * 60 - 59)..=12 * 60 {
            let seconds = (midnight_in_utc - minutes_east * 60).to_string();
            for digits in [seconds.clone(), format!("{seconds}000")] {
                assert_eq!(date_of_epoch(&digits).unwrap().to_string(), "2026-01-15", "{minutes_east} minutes east");
            }
        }
    }
}
