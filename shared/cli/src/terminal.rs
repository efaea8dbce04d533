//! Text of senders, printed on a terminal.

/// The text with its control characters as escapes, except line breaks and tabs: a terminal must not obey a sender, and
/// a text must not change the direction of what follows it.
pub fn for_terminal(text: &str) -> String {
    let is_separator_or_direction = |c| matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => safe.push(c),
            _ if c.is_control() || is_separator_or_direction(c) => safe.extend(c.escape_default()),
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::for_terminal;

    #[test]
    fn control_characters_are_escaped_and_text_is_not() {
        for (text, expected) in [
            ("na\u{ef}ve \u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{1f600}\n\tline", None),
            ("\u{1b}]0;title\u{7}", Some("\\u{1b}]0;title\\u{7}")),
            ("\u{9b}31mred\u{7f}", Some("\\u{9b}31mred\\u{7f}")),
            ("over\rwritten", Some("over\\rwritten")),
            ("\u{2028}\u{202e}txt.exe\u{2066}", Some("\\u{2028}\\u{202e}txt.exe\\u{2066}")),
        ] {
            assert_eq!(for_terminal(text), expected.unwrap_or(text));
        }
    }
}
