//! JSON text as indented lines to read. Scalars are shown unchanged, with their JSON Pointer and position.

use std::ops::Range;

use crm_normalize::json::Object;
use serde::Serialize;
use serde_json::value::RawValue;

/// Maximum depth that is shown. Deeper values are one line, because a body may be nested very deeply.
const MAX_DEPTH: usize = 32;
/// Maximum number of lines. A longer text ends with a line that says so.
pub const MAX_LINES: usize = 20_000;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    pub depth: usize,
    /// The member's name as JSON text; `None` in an array.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A scalar, unchanged, or a bracket.
    pub text: String,
    /// The pointer of a scalar ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The position of a scalar in the text, in bytes.
    #[serde(skip)]
    pub place: Range<usize>,
}

/// The lines of a JSON object or array; `None` if the text is neither. The member at `without` is shown without its
/// value.
pub fn lines(text: &str, without: &str) -> Option<Vec<Line>> {
    let json = serde_json::from_str::<&RawValue>(text.trim_start_matches('\u{feff}')).ok()?;
    if !json.get().starts_with(['{', '[']) {
        return None;
    }
    let mut writer = Writer { text, without, lines: Vec::new() };
    writer.value(json.get(), None, &mut String::new(), 0);
    if writer.lines.len() > MAX_LINES {
        writer.lines.truncate(MAX_LINES);
        writer.bracket(0, None, format!("... the rest of {} bytes is not shown", text.len()));
    }
    Some(writer.lines)
}

struct Writer<'t> {
    text: &'t str,
    without: &'t str,
    lines: Vec<Line>,
}

impl<'t> Writer<'t> {
    fn value(&mut self, json: &'t str, name: Option<String>, pointer: &mut String, depth: usize) {
        if self.lines.len() > MAX_LINES {
            return;
        }
        if !self.without.is_empty() && pointer == self.without {
            return self.bracket(depth, name, "{ the vendor's JSON, byte for byte }".to_owned());
        }
        if let Some(empty) = ["{}", "[]"].into_iter().find(|empty| is_empty(json, empty)) {
            return self.bracket(depth, name, empty.to_owned());
        }
        let inner = depth.saturating_add(1);
        if depth < MAX_DEPTH
            && json.starts_with('{')
            && let Ok(object) = Object::parse(json)
        {
            self.bracket(depth, name, "{".to_owned());
            for (member, value) in object.members() {
                let name = serde_json::to_string(&member).ok();
                self.step(pointer, &member.replace('~', "~0").replace('/', "~1"), |this, pointer| {
                    this.value(value.get(), name, pointer, inner);
                });
            }
            return self.bracket(depth, None, "}".to_owned());
        }
        if depth < MAX_DEPTH
            && json.starts_with('[')
            && let Ok(entries) = serde_json::from_str::<Vec<&RawValue>>(json)
        {
            self.bracket(depth, name, "[".to_owned());
            for (index, value) in entries.into_iter().enumerate() {
                self.step(pointer, &index.to_string(), |this, pointer| this.value(value.get(), None, pointer, inner));
            }
            return self.bracket(depth, None, "]".to_owned());
        }
        let start = json.as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        let place = start..start.saturating_add(json.len());
        self.lines.push(Line { depth, name, text: json.to_owned(), pointer: Some(pointer.clone()), place });
    }

    fn step(&mut self, pointer: &mut String, token: &str, write: impl FnOnce(&mut Self, &mut String)) {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(token);
        write(self, pointer);
        pointer.truncate(length);
    }

    fn bracket(&mut self, depth: usize, name: Option<String>, text: String) {
        self.lines.push(Line { depth, name, text, pointer: None, place: 0..0 });
    }
}

/// True if a value consists of these two brackets and optional white space.
fn is_empty(json: &str, brackets: &str) -> bool {
    json.bytes().filter(|b| !b.is_ascii_whitespace()).take(3).eq(brackets.bytes())
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, MAX_LINES, lines};

    #[test]
    fn every_scalar_stands_as_it_is_and_says_where() {
        let text = "\u{feff}{\"a/b\": [25000.00, {\"~\": \"x\\u00e9\"}],\n\"raw\": {\"k\": 1}, \"e\": {}}";
        let lines = lines(text, "/raw").unwrap();
        let scalars: Vec<_> = lines
            .iter()
            .filter_map(|line| Some((line.pointer.clone()?, line.text.as_str(), text.get(line.place.clone())?)))
            .collect();
        assert_eq!(
            scalars,
            [("/a~1b/0".to_owned(), "25000.00", "25000.00"), ("/a~1b/1/~0".to_owned(), "\"x\\u00e9\"", "\"x\\u00e9\""),]
        );
        let named = |name: &str| lines.iter().find(|line| line.name.as_deref() == Some(name)).unwrap().text.clone();
        assert!(named("\"raw\"").contains("byte for byte"));
        assert_eq!(named("\"e\""), "{}");
    }

    #[test]
    fn what_is_no_object_or_array_has_no_lines() {
        for text in ["", "7", "\"a\"", "[{}", "{\"a\":", "not JSON"] {
            assert_eq!(lines(text, ""), None, "{text}");
        }
    }

    #[test]
    fn an_array_has_lines_too() {
        let lines = lines("[{\"a\":1},2]", "").unwrap();
        let pointers: Vec<_> = lines.iter().filter_map(|line| line.pointer.as_deref()).collect();
        assert_eq!(pointers, ["/0/a", "/1"]);
    }

    #[test]
    fn deep_and_long_bodies_are_cut() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100), "]".repeat(100));
        let depth = lines(&deep, "").unwrap().iter().map(|line| line.depth).max();
        assert_eq!(depth, Some(MAX_DEPTH));
        let long = format!("{{\"a\":[{}0]}}", "0,".repeat(MAX_LINES));
        let lines = lines(&long, "").unwrap();
        assert_eq!(lines.len(), MAX_LINES + 1);
        assert!(lines[MAX_LINES].text.contains("is not shown"));
    }
}
