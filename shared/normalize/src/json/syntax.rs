//! JSON as text: strings, and the bytes outside of them.

use std::borrow::Cow;

use crm_event::Text;
use serde::Deserialize;

/// The decoded text of a JSON string. `None` for any other JSON, and for text that is not Unicode (a lone surrogate).
pub fn string(json: &str) -> Option<Text<'_>> {
    #[derive(Deserialize)]
    struct Unescaped<'a>(#[serde(borrow)] Text<'a>);

    match between_quotes(json)? {
        // Most strings contain no escapes and can be borrowed.
        text if !text.as_bytes().contains(&b'\\') => Some(Cow::Borrowed(text)),
        _ => serde_json::from_str(json).ok().map(|Unescaped(text)| text),
    }
}

/// A member's name. One that is not Unicode keeps its escapes, so that the member is not lost.
pub fn name(json: &str) -> Option<Text<'_>> {
    string(json).or_else(|| between_quotes(json).map(Cow::Borrowed))
}

fn between_quotes(json: &str) -> Option<&str> {
    json.strip_prefix('"')?.strip_suffix('"')
}

/// The bytes outside of strings with their positions. The opening quote of a string is included.
pub fn outside_strings(json: &str) -> impl Iterator<Item = (usize, u8)> {
    let (mut in_string, mut is_escaped) = (false, false);
    json.bytes().enumerate().filter(move |(_, byte)| {
        let is_outside = !in_string;
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            _ => {}
        }
        is_outside
    })
}

/// True if arrays and objects are nested in more than this many levels.
pub fn is_deeper(json: &str, levels: usize) -> bool {
    // Most texts have too few brackets for it, and these are counted quickly.
    let brackets = json.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count();
    brackets > levels && depth(json) > levels
}

/// The nesting depth of arrays and objects in a JSON text.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for (_, byte) in outside_strings(json) {
        match byte {
            b'{' | b'[' => depth = depth.saturating_add(1),
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::{depth, is_deeper, string};

    #[test]
    fn strings_are_read_as_serde_json_reads_them() {
        let pieces = ["", "plain", "é", r#"\""#, r"\\", r"\/", r"\n", r"\u0041", r"\ud83d\ude00", r"\ud83d", r"\ude00"];
        for (a, b) in pieces.iter().flat_map(|a| pieces.map(|b| (a, b))) {
            let json = format!("\"{a}{b}\"");
            assert_eq!(string(&json).as_deref(), serde_json::from_str::<String>(&json).ok().as_deref(), "{json}");
        }
    }

    #[test]
    fn brackets_in_strings_are_no_levels() {
        for (json, expected) in [("0", 0), ("[]", 1), (r#"[{"[[\"[": "\\"}, [[]]]"#, 3), (r#"{"a\\":{}}"#, 2)] {
            assert_eq!(depth(json), expected, "{json}");
        }
    }

    #[test]
    fn only_nested_brackets_make_a_text_deep() {
        for (json, levels, expected) in [("[[]]", 1, true), ("[[]]", 2, false), ("[[], [], {}]", 2, false)] {
            assert_eq!(is_deeper(json, levels), expected, "{json}");
        }
    }
}
