//! Integers in any notation of JSON.

use std::borrow::Cow;

use crm_event::Text;

/// Maximum digits of an integer that is expanded from a number with an exponent. No id is longer.
const MAX_INTEGER_DIGITS: usize = 40;

/// The digits of a JSON number that is an integer in any notation: `1.357e+06` is `1357000`. `None` for any other
/// number, and for an integer of more than [`MAX_INTEGER_DIGITS`].
pub(crate) fn integer_digits(number: &str) -> Option<Text<'_>> {
    if number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return Some(Cow::Borrowed(number));
    }
    let (sign, number) = number.strip_prefix('-').map_or(("", number), |number| ("-", number));
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let exponent: i32 = exponent.parse().ok()?;
    let digits = [whole, fraction].concat();
    // Position of the decimal point in `digits`, from the left.
    let point = i64::try_from(whole.len()).ok()?.checked_add(i64::from(exponent))?;
    let point = usize::try_from(point).ok().filter(|point| *point <= MAX_INTEGER_DIGITS)?;
    let (integer, rest) = digits.split_at_checked(point).unwrap_or((&digits, ""));
    if rest.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let integer = format!("{integer:0<point$}");
    let integer = integer.trim_start_matches('0');
    Some(Cow::Owned(if integer.is_empty() { "0".to_owned() } else { [sign, integer].concat() }))
}

#[cfg(test)]
mod tests {
    use super::integer_digits;

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
}
