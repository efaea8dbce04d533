//! Taking a vendor's secrets out of a body before anything of it leaves the function.

use std::borrow::Cow;

use serde::de::IgnoredAny;

/// The text without every member `"name": value` of the given names, at any depth, all else byte for byte.
///
/// In JSON a name is the same however it is escaped and in whatever ASCII case. A body that is not quite JSON must not
/// leak either: there, names are taken literally, and a value that does not end takes the rest of the text with it.
pub fn without_members<'a>(text: &'a str, names: &[&str]) -> Cow<'a, str> {
    if names.is_empty() {
        return Cow::Borrowed(text);
    }
    let redacted = if serde_json::from_str::<IgnoredAny>(text.trim_start_matches('\u{feff}')).is_ok() {
        without(text, |rest| next_member(rest, names))
    } else {
        without(text, |rest| names.iter().filter_map(|name| next_literal(rest, name)).min())
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
fn without(text: &str, next: impl Fn(&str) -> Option<Member>) -> Option<String> {
    let mut kept = String::new();
    let mut rest = text;
    let mut found = false;
    while let Some((start, value)) = next(rest) {
        found = true;
        let before = rest.get(..start).unwrap_or_default();
        let after = after_value(rest.get(value..).unwrap_or_default());
        if let Some(next) = after.trim_start().strip_prefix(',') {
            // The comma behind goes with the member, the white space in front stays for the next one.
            kept.push_str(before);
            rest = next.trim_start();
        } else {
            kept.push_str(before);
            let head = kept.trim_end();
            if let Some(head) = head.strip_suffix(',') {
                kept.truncate(head.len());
            }
            rest = after;
        }
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
        ] {
            assert_eq!(without_members(json, &["iparams"]), expected);
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
