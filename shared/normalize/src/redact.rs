//! Taking a vendor's secrets out of a body before anything of it leaves the function.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::IgnoredAny;

/// JSON without some of its members, all else byte for byte. A member reaches from its name's first quote to its
/// value's end; they come in order, and none within another.
pub fn without(json: &str, members: impl IntoIterator<Item = Range<usize>>) -> String {
    let mut kept = String::with_capacity(json.len());
    let mut at = 0;
    for member in members {
        kept.push_str(json.get(at..member.start).unwrap_or_default());
        let after = leave_out(&mut kept, json.get(member.end..).unwrap_or_default());
        at = json.len().saturating_sub(after.len());
    }
    kept.push_str(json.get(at..).unwrap_or_default());
    kept
}

/// Leaves out the comma of a member that is left out, which stood between `kept` and `after`; what to go on with.
fn leave_out<'a>(kept: &mut String, after: &'a str) -> &'a str {
    if let Some(next) = after.trim_start().strip_prefix(',') {
        // The white space in front stays for the next member.
        return next.trim_start();
    }
    if let Some(head) = kept.trim_end().strip_suffix(',') {
        kept.truncate(head.len());
    }
    after
}

/// The text without every member `"name": value` of the given names, at any depth, all else byte for byte.
///
/// In JSON a name is the same however it is escaped and in whatever ASCII case. A body that is not quite JSON must not
/// leak either: there, names are taken literally, and a value that does not end takes the rest of the text with it.
pub fn without_members<'a>(text: &'a str, names: &[&str]) -> Cow<'a, str> {
    if names.is_empty() {
        return Cow::Borrowed(text);
    }
    let redacted = if serde_json::from_str::<IgnoredAny>(text.trim_start_matches('\u{feff}')).is_ok() {
        cut(text, |rest| next_member(rest, names))
    } else {
        cut(text, |rest| names.iter().filter_map(|name| next_literal(rest, name)).min())
    };
    redacted.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The same of bytes that are no UTF-8: byte for byte, as if each were a character. The names are ASCII.
pub fn without_members_of_bytes(bytes: &[u8], names: &[&str]) -> Vec<u8> {
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    without_members(&text, names).chars().filter_map(|c| u8::try_from(c).ok()).collect()
}

/// A member in a text: where its name begins, with the quote, and where its value begins.
type Member = (usize, usize);

/// Takes the members out that `next` finds in what is left of the text; none where it finds none.
fn cut(text: &str, next: impl Fn(&str) -> Option<Member>) -> Option<String> {
    let mut kept = String::new();
    let mut rest = text;
    let mut found = false;
    while let Some((start, value)) = next(rest) {
        found = true;
        kept.push_str(rest.get(..start).unwrap_or_default());
        rest = leave_out(&mut kept, after_value(rest.get(value..).unwrap_or_default()));
    }
    kept.push_str(rest);
    found.then_some(kept)
}

/// The next member of one of the names in a part of a JSON text that begins outside of a string.
fn next_member(json: &str, names: &[&str]) -> Option<Member> {
    let mut from = 0_usize;
    loop {
        let start = from.saturating_add(json.get(from..)?.find('"')?);
        let string = json.get(start..)?;
        let after = after_value(string);
        let name = string.strip_suffix(after)?;
        from = json.len().saturating_sub(after.len());
        if let Some(value) = after.trim_start().strip_prefix(':')
            && names.iter().any(|wanted| is_name(name, wanted))
        {
            return Some((start, json.len().saturating_sub(value.trim_start().len())));
        }
    }
}

fn is_name(quoted: &str, wanted: &str) -> bool {
    if quoted.contains('\\') {
        return serde_json::from_str::<String>(quoted).is_ok_and(|name| name.eq_ignore_ascii_case(wanted));
    }
    quoted.trim_matches('"').eq_ignore_ascii_case(wanted)
}

/// The next `"name":` in any text.
fn next_literal(text: &str, name: &str) -> Option<Member> {
    let quoted = format!("\"{name}\"");
    text.match_indices(&quoted).find_map(|(start, quoted)| {
        let after = text.get(start.saturating_add(quoted.len())..)?;
        let value = after.trim_start().strip_prefix(':')?;
        Some((start, text.len().saturating_sub(value.trim_start().len())))
    })
}

/// What follows a JSON value at the start of the text.
fn after_value(json: &str) -> &str {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for (at, byte) in json.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            if in_string || depth > 0 {
                continue;
            }
            return json.get(at.saturating_add(1)..).unwrap_or_default();
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth = depth.saturating_add(1),
            b'}' | b']' if depth <= 1 => {
                // The end of the value, or of what it stands in.
                let end = if depth == 1 { at.saturating_add(1) } else { at };
                return json.get(end..).unwrap_or_default();
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => return json.get(at..).unwrap_or_default(),
            _ => {}
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::{without_members, without_members_of_bytes};
    use crate::read::Object;

    #[test]
    fn the_member_goes_and_the_rest_stays_byte_for_byte() {
        for (json, expected) in [
            (r#"{"iparams":{},"a":1}"#, r#"{"a":1}"#),
            (r#"{"a":1,"iparams":{"k":"x"}}"#, r#"{"a":1}"#),
            (r#"{"a":1,"iparams":{"k":"}]\"","n":[{}]},"b":2}"#, r#"{"a":1,"b":2}"#),
            (r#"{"iparams":{"k":1}}"#, "{}"),
            ("{\n  \"a\": 1.50,\n  \"iparams\": { \"k\": 1 },\n  \"b\": 2\n}", "{\n  \"a\": 1.50,\n  \"b\": 2\n}"),
            ("{\n  \"a\": 1,\n  \"iparams\": {}\n}", "{\n  \"a\": 1\n}"),
            (r#"{"d":{"iparams":"k","a":[1]},"iparams":null}"#, r#"{"d":{"a":[1]}}"#),
            (r#"{"iparams" : 7 , "iparams":[8]}"#, "{}"),
            (r#"{"\u0069params":"k","IPARAMS":"k"}"#, "{}"),
            ("\u{feff}{\"\\u0069params\":1}", "\u{feff}{}"),
            (r#"{"a":1,"iparams":"k","b":2,"iparams":"k"}"#, r#"{"a":1,"b":2}"#),
            (r#"{"a":1, "iparams":7, "iparams":[8]}"#, r#"{"a":1}"#),
        ] {
            assert_eq!(without_members(json, &["iparams"]), expected);
            let body = Object::parse(json).expect("test JSON");
            assert_eq!(body.json_without(&["IParams"]).expect("JSON").get(), expected);
        }
    }

    #[test]
    fn a_text_of_that_name_is_not_a_member() {
        for json in
            [r#"{"a":"iparams"}"#, r#"["iparams"]"#, r#"{"a":"\"iparams\":1"}"#, r#"{"\"iparams":1}"#, "", "no JSON"]
        {
            assert_eq!(without_members(json, &["iparams"]), json);
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_stay_as_they_are_around_it() {
        let latin = b"{\"a\":\"M\xfcller\",\"iparams\":{\"k\":\"s3cret\xff\"}}";
        assert_eq!(without_members_of_bytes(latin, &["iparams"]), b"{\"a\":\"M\xfcller\"}");
        assert_eq!(without_members_of_bytes(b"\x80\xff\x00", &["iparams"]), b"\x80\xff\x00");
    }

    #[test]
    fn what_is_not_json_does_not_leak() {
        for json in [r#"{"iparams":{"key":"s3cret""#, r#"{"a":1,"iparams":"s3cret"#, r#""iparams":{"k":["s3cret"}}"#] {
            assert!(!without_members(json, &["iparams"]).contains("s3cret"), "{json}");
        }
    }
}
