//! Numbers in any notation of JSON.

use std::borrow::Cow;

use crm_event::Text;

/// Maximum digits before the point of a number that is expanded from one with an exponent. No id or time is longer.
const MAX_INTEGER_DIGITS: usize = 40;

/// The digits of a JSON number that is an integer in any notation: `1.357e+06` is `1357000`. `None` for any other
/// number, and for an integer of more than [`MAX_INTEGER_DIGITS`].
pub(crate) fn integer_digits(number: &str) -> Option<Text<'_>> {
    if number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return Some(Cow::Borrowed(number));
    }
    let number = without_exponent(number)?;
    let (integer, fraction) = number.split_once('.').unwrap_or((&number, ""));
    let (sign, integer) = split_sign(integer);
    if integer.len() > MAX_INTEGER_DIGITS || fraction.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let integer = integer.trim_start_matches('0');
    Some(Cow::Owned(if integer.is_empty() { "0".to_owned() } else { [sign, integer].concat() }))
}

/// A JSON number with all its digits and no exponent: `1.4558557375E9` is `1455855737.5`. `None` for a number below 0.1
/// that has an exponent, and for one of more than [`MAX_INTEGER_DIGITS`] before the point.
pub(crate) fn without_exponent(number: &str) -> Option<Text<'_>> {
    let Some((mantissa, exponent)) = number.split_once(['e', 'E']) else { return Some(Cow::Borrowed(number)) };
    let (sign, mantissa) = split_sign(mantissa);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i32 = exponent.parse().ok()?;
    let digits = [whole, fraction].concat();
    // Position of the decimal point in `digits`, from the left.
    let point = i64::try_from(whole.len()).ok()?.checked_add(i64::from(exponent))?;
    let point = usize::try_from(point).ok().filter(|point| *point <= MAX_INTEGER_DIGITS)?;
    let (integer, rest) = digits.split_at_checked(point).unwrap_or((&digits, ""));
    let dot = if rest.is_empty() { "" } else { "." };
    Some(Cow::Owned(format!("{sign}{integer:0<point$}{dot}{rest}")))
}

/// True for the number zero in any notation: `0`, `0.0`, `0E0`.
pub(crate) fn is_zero(number: &str) -> bool {
    let (_, number) = split_sign(number);
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let is_written = mantissa.starts_with('0') && mantissa.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    is_written && exponent.parse::<i32>().is_ok()
}

fn split_sign(number: &str) -> (&str, &str) {
    number.strip_prefix('-').map_or(("", number), |number| ("-", number))
}

#[cfg(test)]
mod tests {
    use super::{integer_digits, is_zero, without_exponent};

    #[test]
    fn an_integer_is_one_however_it_is_written() {
        for (number, digits) in [
            ("5667649732214784", Some("5667649732214784")),
            ("5001264008.0", Some("5001264008")),
            ("5.687539843203072E15", Some("5687539843203072")),
            ("1.357e+06", Some("1357000")),
            ("12300e-2", Some("123")),
            ("-7.0", Some("-7")),
            ("0.0", Some("0")),
            ("0e9", Some("0")),
            ("9007199254740993.000", Some("9007199254740993")),
            ("1.5", None),
            ("15e-1", None),
            ("1e41", None),
            ("1e999999999999", None),
            ("1e-400", None),
        ] {
            assert_eq!(integer_digits(number).as_deref(), digits, "{number}");
        }
    }

    #[test]
    fn an_exponent_moves_the_point_and_no_digit_is_lost() {
        for (number, expected) in [
            ("1593023469.8293262", Some("1593023469.8293262")),
            ("1.5930234698293262E9", Some("1593023469.8293262")),
            ("1.455855737E9", Some("1455855737")),
            ("-15e-1", Some("-1.5")),
            ("1e999999999999", None),
        ] {
            assert_eq!(without_exponent(number).as_deref(), expected, "{number}");
        }
    }

    #[test]
    fn zero_is_zero_however_it_is_written() {
        for number in ["0", "-0", "0.0", "0E0", "0.00e-12"] {
            assert!(is_zero(number), "{number}");
        }
        for text in ["", "1", "0.1", "1E0", "0x", "00:00", "0e", ".", "-"] {
            assert!(!is_zero(text), "{text}");
        }
    }
}
