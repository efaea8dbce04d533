/// By byte, the letter of the escape of those that JSON has in it and a string of JSON has not; 0 for the others.
#[expect(clippy::indexing_slicing, reason = "by the compiler")]
static LETTERS: [u8; 256] = {
    let mut letters = [0; 256];
    letters[b'"' as usize] = b'"';
    letters[b'\\' as usize] = b'\\';
    letters[b'\n' as usize] = b'n';
    letters[b'\r' as usize] = b'r';
    letters[b'\t' as usize] = b't';
    letters
};

/// Writes JSON into a string of JSON, as a message's body stands in a request to SQS.
///
/// `serde_json` copies from escape to escape, which does not pay where every sixth byte is one.
pub fn push_escaped(into: &mut Vec<u8>, json: &str) {
    let before = into.len();
    into.resize(before.saturating_add(json.len().saturating_mul(2)), 0);
    let mut free = into.get_mut(before..).unwrap_or_default().iter_mut();
    let mut push = |byte| {
        if let Some(next) = free.next() {
            *next = byte;
        }
    };
    for byte in json.bytes() {
        match LETTERS.get(usize::from(byte)) {
            None | Some(0) => push(byte),
            Some(letter) => {
                push(b'\\');
                push(*letter);
            }
        }
    }
    let left = free.len();
    into.truncate(into.len().saturating_sub(left));
}

#[cfg(test)]
mod tests {
    use super::push_escaped;

    #[test]
    fn what_is_read_back_is_the_json() {
        for json in [
            "",
            "{}",
            "{\n\t\"a\\\"b\": \"ü\\n\u{2028}\", \"long enough for words\":\r\n [1, 2]}",
            "\"\"\"\"\\\\\\\\12345678",
        ] {
            let mut written = vec![b'"'];
            push_escaped(&mut written, json);
            written.push(b'"');
            assert_eq!(serde_json::from_slice::<String>(&written).unwrap(), json);
        }
    }
}
