//! Values as Zoho displays them: amounts with a currency and separators, dates and times in the format of a country.
//!
//! A text that could mean two values is not read: `05/03/2026` is in March or in May, `1,250` may be a thousand times
//! as much as it seems.

use crm_event::{Decimal, Text};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::time;

/// Reads an instant: ISO 8601, or a date and a time as displayed. A text without an offset is in the zone.
pub(super) fn instant(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if is_iso(text)
        && let Some(instant) = time::instant(text, zone)
    {
        return Some(instant);
    }
    let (date, time) = displayed(text)?;
    zone.to_timestamp(DateTime::from_parts(date, time.unwrap_or_default())).ok()
}

/// Reads a calendar date: ISO 8601, or as displayed, with or without a time of day.
pub(super) fn date(text: &str) -> Option<Date> {
    let iso = if is_iso(text) { time::date(text) } else { None };
    iso.or_else(|| displayed(text).map(|(date, _)| date))
}

/// True if the text is a date without a time of day.
pub(super) fn is_date_alone(text: &str) -> bool {
    !text.contains(':') && date(text).is_some()
}

/// True if the text has a time of day with seconds.
pub(super) fn has_seconds(text: &str) -> bool {
    text.split_once(':').is_some_and(|(_, rest)| rest.as_bytes().get(2) == Some(&b':'))
}

/// False for `05-03-2026`, which [`time`] reads with the month first.
fn is_iso(text: &str) -> bool {
    text.as_bytes().get(2) != Some(&b'-')
}

/// A date as displayed, with the time of day if there is one: `13/03/2026 02:20 PM`, `Mar 5, 2026`,
/// `05.Mar.2026 14:20:00`.
fn displayed(text: &str) -> Option<(Date, Option<Time>)> {
    let (mut of_date, mut of_time, mut half): (Vec<&str>, Option<&str>, Option<Half>) = (Vec::new(), None, None);
    for word in text.split([' ', ',', '\u{a0}', '\u{202f}']).filter(|word| !word.is_empty()) {
        if word.contains(':') && of_time.is_none() {
            of_time = Some(word);
        } else if of_time.is_some() && half.is_none() {
            half = Some(Half::parse(word)?);
        } else if of_time.is_none() {
            of_date.extend(word.split(['/', '-', '.']).filter(|part| !part.is_empty()));
        } else {
            return None;
        }
    }
    let time = match of_time {
        Some(time) => Some(time_of_day(time, half)?),
        None => None,
    };
    Some((date_of(&of_date)?, time))
}

#[derive(Clone, Copy)]
enum Half {
    Am,
    Pm,
}

impl Half {
    fn parse(word: &str) -> Option<Self> {
        match word.replace('.', "").to_ascii_lowercase().as_str() {
            "am" => Some(Self::Am),
            "pm" => Some(Self::Pm),
            _ => None,
        }
    }
}

/// `14:20`, `14:20:00`, or `02:20` in a half of the day.
fn time_of_day(text: &str, half: Option<Half>) -> Option<Time> {
    let mut parts = text.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().map_or(Some(0), |second| second)?;
    if parts.next().is_some() {
        return None;
    }
    let hour = match half {
        None => hour,
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(Half::Am) => hour.checked_rem(12)?,
        Some(Half::Pm) => hour.checked_rem(12)?.checked_add(12)?,
    };
    Time::new(hour, minute, second, 0).ok()
}

/// A date of three parts, the year in four digits. Two numbers for day and month must leave no doubt which is which.
fn date_of(parts: &[&str]) -> Option<Date> {
    let [a, b, c] = parts else { return None };
    let (year, first, second) = if a.len() == 4 { (a, b, c) } else { (c, a, b) };
    let year = (year.len() == 4).then(|| year.parse().ok())??;
    let number = |text: &str| text.parse::<i8>().ok();
    let (month, day) = match (month(first), month(second)) {
        (Some(month), None) => (month, number(second)?),
        (None, Some(month)) => (month, number(first)?),
        (Some(_), Some(_)) => return None,
        // After the year comes the month.
        (None, None) if a.len() == 4 => (number(first)?, number(second)?),
        (None, None) => match (number(first)?, number(second)?) {
            (day, month) if day > 12 => (month, day),
            (month, day) if day > 12 || day == month => (month, day),
            _ => return None,
        },
    };
    Date::new(year, month, day).ok()
}

/// The number of a month by its English name or the first three letters of it.
fn month(name: &str) -> Option<i8> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let name = name.to_ascii_lowercase();
    let is_it = |full: &&str| name == **full || full.get(..3) == Some(name.as_str());
    NAMES.iter().zip(1..).find(|(full, _)| is_it(full)).map(|(_, number)| number)
}

/// Reads a number: plain, or with a currency, a percent sign or separators (`$ 1,250.00`, `1.250,00 €`, `₹ 12,50,000`).
/// The result has the same digits. A single separator before three digits could be of either kind and is not read.
pub(super) fn number(text: Text<'_>) -> Option<Decimal<'_>> {
    if !is_doubtful(&text)
        && let Ok(plain) = Decimal::new(text.clone())
    {
        return Some(plain);
    }
    let first = text.find(|c: char| c.is_ascii_digit())?;
    let (prefix, rest) = text.split_at_checked(first)?;
    let end = rest.rfind(|c: char| c.is_ascii_digit())?.checked_add(1)?;
    let (digits, suffix) = rest.split_at_checked(end)?;
    let is_negative = prefix.contains(['-', '\u{2212}']);
    let prefix = prefix.replacen(['-', '\u{2212}'], "", 1);
    // The point in `$.50` is a decimal point. The one in `Rs. 50` belongs to an abbreviation.
    let is_decimal_point = prefix.ends_with('.') && !prefix.contains(char::is_alphabetic);
    if is_decimal_point || !is_unit(&prefix) || !is_unit(suffix) || is_doubtful(digits) {
        return None;
    }
    let digits = without_separators(digits)?;
    Decimal::new(if is_negative { ["-", &digits].concat() } else { digits }).ok()
}

/// True for a currency's sign or code, or a percent sign.
fn is_unit(text: &str) -> bool {
    let text = text.trim();
    let is_of_unit = |c: char| c.is_alphabetic() || matches!(c, '$' | '%' | '.') || !c.is_ascii();
    text.chars().count() <= 4 && text.chars().all(is_of_unit) && !text.starts_with('.')
}

const SEPARATORS: [char; 7] = ['.', ',', ' ', '\u{a0}', '\u{202f}', '\'', '\u{2019}'];

/// True for one point or comma between one to three digits and exactly three: `1.250`, but not `0.125`.
fn is_doubtful(digits: &str) -> bool {
    let Some((whole, rest)) = digits.split_once(['.', ',']) else { return false };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let whole = whole.trim_start_matches('-');
    rest.len() == 3
        && all_digits(rest)
        && (1..=3).contains(&whole.len())
        && all_digits(whole)
        && !whole.starts_with('0')
}

/// The digits without the separators of groups, and with a point before the decimals.
fn without_separators(text: &str) -> Option<String> {
    let separators: Vec<char> = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    let (Some(first), Some(last)) = (separators.first(), separators.last()) else { return Some(text.to_owned()) };
    if !separators.iter().all(|c| SEPARATORS.contains(c)) {
        return None;
    }
    let is_single = separators.iter().filter(|c| *c == last).count() == 1;
    let has_decimals = is_single && matches!(last, '.' | ',') && (separators.len() == 1 || first != last);
    let (whole, decimals) = if has_decimals { text.rsplit_once(*last)? } else { (text, "") };
    let groups: Vec<&str> = whole.split(SEPARATORS).collect();
    let kinds = whole.chars().filter(|c| !c.is_ascii_digit());
    let is_of_one_kind = kinds.clone().all(|c| Some(c) == kinds.clone().next());
    // Groups of three; in India the groups before the last have two digits.
    let (head, tail) = groups.split_first()?;
    let are_groups = tail.iter().rev().enumerate().all(|(at, group)| group.len() == 3 || (at > 0 && group.len() == 2));
    if !is_of_one_kind || !are_groups || (!tail.is_empty() && !(1..=3).contains(&head.len())) {
        return None;
    }
    let whole = groups.concat();
    Some(if decimals.is_empty() { whole } else { [&whole, ".", decimals].concat() })
}

/// The seconds of a duration: `02:30` is two minutes and a half, `01:02:30` has hours.
pub(super) fn seconds(text: &str) -> Option<Decimal<'static>> {
    let parts: Vec<u64> = text.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hours, minutes, seconds] = match parts.as_slice() {
        [minutes, seconds] => [0, *minutes, *seconds],
        [hours, minutes, seconds] => [*hours, *minutes, *seconds],
        _ => return None,
    };
    let total = hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(60)?.checked_add(seconds)?;
    Decimal::new(total.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{date, has_seconds, instant, is_date_alone, number, seconds};

    #[test]
    fn a_number_as_displayed_keeps_its_digits_and_a_doubtful_one_is_not_read() {
        for (text, expected) in [
            ("18250.75", Some("18250.75")),
            ("-5", Some("-5")),
            ("0.125", Some("0.125")),
            ("$ 1,250.00", Some("1250.00")),
            ("$1,250", None),
            ("-$ 1,250.00", Some("-1250.00")),
            ("$ -1,250.00", Some("-1250.00")),
            ("1.250,00 €", Some("1250.00")),
            ("€ 1.250.000,5", Some("1250000.5")),
            ("₹ 12,50,000.00", Some("1250000.00")),
            ("₹ 12,50,000", Some("1250000")),
            ("Rs. 1,250.00", Some("1250.00")),
            ("CHF 1'250.00", Some("1250.00")),
            ("1\u{202f}250,00 kr", Some("1250.00")),
            ("1 250 000", Some("1250000")),
            ("¥ 1,250,000", Some("1250000")),
            ("12,5", Some("12.5")),
            ("75 %", Some("75")),
            ("USD 20", Some("20")),
            // Of either kind.
            ("1,250", None),
            ("1.250", None),
            ("¥ 125,000", None),
            // Not numbers.
            ("", None),
            ("much", None),
            ("about 5", None),
            (".5", None),
            ("$.50", None),
            ("5 to 7", None),
            ("1,2,3", None),
            ("1.2.3", None),
            ("1,25.000", None),
            ("1.250,00,00", None),
            ("12:30", None),
            ("+49 30 901820", None),
            ("1234,567.00", None),
            ("--5", None),
        ] {
            assert_eq!(number(text.into()).as_ref().map(|number| number.as_str()), expected, "{text}");
        }
    }

    #[test]
    fn dates_and_times_in_the_formats_of_countries() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        for (text, expected) in [
            ("2026-03-05T14:20:00+01:00", Some("2026-03-05T13:20:00Z")),
            ("2026-03-05T14:20:00", Some("2026-03-05T13:20:00Z")),
            ("2026-03-05 14:20:00", Some("2026-03-05T13:20:00Z")),
            ("2026-03-05 14:20", Some("2026-03-05T13:20:00Z")),
            ("2026-03-05 02:20 PM", Some("2026-03-05T13:20:00Z")),
            ("2026/03/05 02:20 PM", Some("2026-03-05T13:20:00Z")),
            ("13/03/2026 02:20 PM", Some("2026-03-13T13:20:00Z")),
            ("03/13/2026 02:20:30 pm", Some("2026-03-13T13:20:30Z")),
            ("13-03-2026 14:20", Some("2026-03-13T13:20:00Z")),
            ("13.03.2026 14:20:30", Some("2026-03-13T13:20:30Z")),
            ("03.03.2026 12:20 AM", Some("2026-03-02T23:20:00Z")),
            ("Mar 5, 2026 12:20 PM", Some("2026-03-05T11:20:00Z")),
            ("5 March 2026 14:20", Some("2026-03-05T13:20:00Z")),
            ("05-Mar-2026 14:20:00", Some("2026-03-05T13:20:00Z")),
            ("1772704801412", Some("2026-03-05T10:00:01.412Z")),
            ("05/03/2026 02:20 PM", None),
            ("05-03-2026 14:20:00", None),
            ("13/13/2026 14:20", None),
            ("13/03/26 14:20", None),
            ("31/02/2026 14:20", None),
            ("13/03/2026 14:20 PM", None),
            ("13/03/2026 25:20", None),
            ("13/03/2026 14:20 CET", None),
            ("13/03/2026 1:2:3:4", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(instant(text, &berlin).map(|at| at.to_string()).as_deref(), expected, "{text}");
        }
        for (text, expected) in [
            ("2026-04-30", Some("2026-04-30")),
            ("30/04/2026", Some("2026-04-30")),
            ("04/30/2026", Some("2026-04-30")),
            ("30-Apr-2026", Some("2026-04-30")),
            ("30.04.2026 14:20", Some("2026-04-30")),
            ("2026-04-30T23:30:00-02:00", Some("2026-04-30")),
            ("04/05/2026", None),
            ("04-05-2026", None),
            ("April", None),
        ] {
            assert_eq!(date(text).map(|date| date.to_string()).as_deref(), expected, "{text}");
        }
        assert!(is_date_alone("2026-04-30") && is_date_alone("30/04/2026") && !is_date_alone("2026-04-30 10:00"));
    }

    #[test]
    fn only_a_time_with_seconds_identifies_a_change() {
        for text in ["2026-03-05T14:20:00+01:00", "13/03/2026 02:20:30 PM"] {
            assert!(has_seconds(text), "{text}");
        }
        for text in ["2026-03-05T14:20+01:00", "13/03/2026 02:20 PM", "2026-03-05", "", "1:2"] {
            assert!(!has_seconds(text), "{text}");
        }
    }

    #[test]
    fn a_duration_is_in_seconds() {
        for (text, expected) in
            [("02:30", Some("150")), ("00:00", Some("0")), ("01:02:30", Some("3750")), ("150", None), ("a:b", None)]
        {
            assert_eq!(seconds(text).as_ref().map(|seconds| seconds.as_str()), expected, "{text}");
        }
    }
}
