//! Taking a vendor's secrets out of a body before anything of it leaves the function.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::value::RawValue;

use crate::json::{Member, Node};

/// Finds the outermost members of these names, in any ASCII case, in the text that `node` is the whole of: each from its
/// name's first quote to its value's end, in order. `None` if a value is not where the text has it.
pub fn find(node: &Node<'_>, text: &str, names: &[&str], members: &mut Vec<Range<usize>>) -> Option<()> {
    // A member's name begins at the first quote after the value before it, or after the opening brace.
    let mut at = place(node.json(), text)?.start.checked_add(1)?;
    for Member { name, node } in node.members() {
        let value = place(node.json(), text)?;
        if names.iter().any(|secret| secret.eq_ignore_ascii_case(name)) {
            let quote = text.get(at..value.start)?.find('"')?;
            members.push(at.checked_add(quote)?..value.end);
        } else {
            find(node, text, names, members)?;
        }
        at = value.end;
    }
    node.entries().iter().try_for_each(|entry| find(entry, text, names, members))
}

/// The place of a value in the text that it was read from.
fn place(value: &RawValue, text: &str) -> Option<Range<usize>> {
    let start = value.get().as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    Some(start..start.checked_add(value.get().len())?)
}

/// JSON without some of its members, all else byte for byte. A member reaches from its name's first quote to its
/// value's end; they come in order, and none within another. `None` if they do not.
pub fn without(json: &str, members: impl IntoIterator<Item = Range<usize>>) -> Option<String> {
    let mut kept = String::with_capacity(json.len());
    let mut at = 0;
    for member in members {
        kept.push_str(json.get(at..member.start)?);
        let after = leave_out(&mut kept, json.get(member.end..)?);
        at = json.len().checked_sub(after.len())?;
    }
    kept.push_str(json.get(at..)?);
    Some(kept)
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

/// The text without every member `"name": value` of the given names, in any ASCII case, at any depth, all else byte for
/// byte.
///
/// Works on text, for a body that is not quite JSON must not leak either: there, a value that does not end takes the
/// rest of the text with it.
pub fn without_members<'a>(json: &'a str, names: &[&str]) -> Cow<'a, str> {
    let mut json = Cow::Borrowed(json);
    for name in names {
        if let Some(redacted) = without_member(&json, name) {
            json = Cow::Owned(redacted);
        }
    }
    json
}

/// The same of bytes that are no UTF-8: byte for byte, as if each were a character. The names are ASCII.
pub fn without_members_of_bytes(bytes: &[u8], names: &[&str]) -> Vec<u8> {
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    without_members(&text, names).chars().filter_map(|c| u8::try_from(c).ok()).collect()
}

fn without_member(json: &str, name: &str) -> Option<String> {
    let quoted = format!("\"{name}\"");
    let mut kept = String::new();
    let mut rest = json;
    let mut found = false;
    while let Some(start) = find_in_any_case(rest, &quoted) {
        let (before, key) = rest.split_at(start);
        let (key, after_key) = key.split_at_checked(quoted.len()).unwrap_or_default();
        let Some(value) = after_key.trim_start().strip_prefix(':') else {
            // A text of that name, not a member.
            kept.push_str(before);
            kept.push_str(key);
            rest = after_key;
            continue;
        };
        found = true;
        kept.push_str(before);
        rest = leave_out(&mut kept, after_value(value.trim_start()));
    }
    kept.push_str(rest);
    found.then_some(kept)
}

/// The first place of an ASCII text in any case: that is how a member is found by its name.
fn find_in_any_case(text: &str, wanted: &str) -> Option<usize> {
    text.as_bytes().windows(wanted.len()).position(|here| here.eq_ignore_ascii_case(wanted.as_bytes()))
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
    use crate::json::Object;

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
            (r#"{"a":1, "iparams":7, "iparams":[8]}"#, r#"{"a":1}"#),
        ] {
            assert_eq!(without_members(json, &["iParams"]), expected);
            let body = Object::parse(json).expect("test JSON");
            assert_eq!(body.into_json_without(&["IParams"]).expect("JSON").get(), expected);
        }
    }

    #[test]
    fn a_text_of_that_name_is_not_a_member() {
        for json in [r#"{"a":"iparams"}"#, r#"["iparams"]"#, r#"{"a":"\"iparams\":1"}"#, "", "no JSON"] {
            assert_eq!(without_members(json, &["IPARAMS"]), json);
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_stay_as_they_are_around_it() {
        let latin = b"{\"a\":\"M\xfcller\",\"iparams\":{\"k\":\"s3cret\xff\"}}";
        assert_eq!(without_members_of_bytes(latin, &["iparams"]), b"{\"a\":\"M\xfcller\"}");
        assert_eq!(without_members_of_bytes(b"\x80\xff\x00", &["iparams"]), b"\x80\xff\x00");
    }

    #[test]
    fn a_name_is_the_same_however_it_is_written() {
        let body = Object::parse(r#"{"\u0069params":"k","IPARAMS":"k","\"iparams":1}"#).expect("test JSON");
        assert_eq!(body.into_json_without(&["iparams"]).expect("JSON").get(), r#"{"\"iparams":1}"#);
    }

    #[test]
    fn what_is_not_json_does_not_leak() {
        for json in [
            r#"{"iparams":{"key":"s3cret""#,
            r#"{"a":1,"iparams":"s3cret"#,
            r#""iparams":{"k":["s3cret"}}"#,
            r#"{"IParams":{"key":"s3cret"}"#,
        ] {
            assert!(!without_members(json, &["iparams"]).contains("s3cret"), "{json}");
        }
    }
}
