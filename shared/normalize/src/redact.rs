//! Removes a vendor's secrets from a body before anything else reads it.

use std::borrow::Cow;

use crate::json::{Object, syntax};

/// The members of a vendor's bodies that hold secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretMembers {
    /// Members of these names, at any depth.
    Named(&'static [&'static str]),
    /// All members of the body itself but these, for a vendor whose customers choose the names of their secrets. It
    /// allows no array as a body.
    RootBut(&'static [&'static str]),
}

impl SecretMembers {
    pub const NONE: Self = Self::Named(&[]);

    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }

    /// The names of members that are secret at any depth.
    pub fn names(&self) -> &'static [&'static str] {
        match self {
            Self::Named(names) => names,
            Self::RootBut(_) => &[],
        }
    }

    /// True if a member of this name is secret at any depth.
    pub fn has_name(&self, name: &str) -> bool {
        is_among(name, self.names())
    }

    /// True if a member of the body itself is a secret.
    pub fn is_secret_at_root(&self, name: &str) -> bool {
        match self {
            Self::Named(names) => is_among(name, names),
            Self::RootBut(names) => !is_among(name, names),
        }
    }
}

fn is_among(name: &str, names: &[&str]) -> bool {
    names.iter().any(|other| other.eq_ignore_ascii_case(name))
}

/// Removes the secrets from valid JSON. All other bytes stay the same.
pub fn of_json<'a>(json: &'a str, secrets: &SecretMembers) -> Cow<'a, str> {
    match secrets {
        SecretMembers::Named(names) => without(json, names, split_string),
        SecretMembers::RootBut(_) => {
            let Ok(body) = Object::parse(json) else { return Cow::Owned(String::new()) };
            let is_secret = |name: &str| secrets.is_secret_at_root(name);
            if !body.members().any(|(name, _)| is_secret(&name)) {
                return Cow::Borrowed(json);
            }
            let kept = body.members().filter(|(name, _)| !is_secret(name));
            let kept: Vec<String> = kept.map(|(name, value)| format!("\"{name}\":{}", value.get())).collect();
            Cow::Owned(format!("{{{}}}", kept.join(",")))
        }
    }
}

/// Removes the secrets from bytes that are not a JSON object. Nothing is left if the vendor's secrets have no names to
/// find them by.
pub fn of_bytes<'a>(bytes: &'a [u8], secrets: &SecretMembers) -> Cow<'a, [u8]> {
    match secrets {
        SecretMembers::RootBut(_) => Cow::Borrowed(b""),
        SecretMembers::Named(names) => match std::str::from_utf8(bytes) {
            Ok(text) => match without_members(text, names) {
                Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                Cow::Owned(text) => Cow::Owned(text.into_bytes()),
            },
            Err(_) => Cow::Owned(without_members_of_bytes(bytes, names)),
        },
    }
}

/// Removes every member with one of the names, at any depth, in any ASCII case and with escapes, from text that is not
/// valid JSON and must not leak either. If a value does not end, the rest of the text is removed with it.
fn without_members<'a>(text: &'a str, names: &[&str]) -> Cow<'a, str> {
    // If quotes do not pair, a name may begin at any of them.
    without(text, names, |after_quote| ("", after_quote))
}

/// The same for bytes that are not UTF-8, reading each byte as a character. The names are ASCII.
fn without_members_of_bytes(bytes: &[u8], names: &[&str]) -> Vec<u8> {
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    without_members(&text, names).chars().filter_map(|c| u8::try_from(c).ok()).collect()
}

/// Removes the members. `skip` splits off the rest of a string that is not such a name, after its opening quote.
fn without<'a>(text: &'a str, names: &[&str], skip: impl Fn(&str) -> (&str, &str)) -> Cow<'a, str> {
    if names.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_found = false;
    while let Some((before, after_quote)) = rest.split_once('"') {
        kept.push_str(before);
        if let Some(value) = value_of_member(after_quote, names) {
            is_found = true;
            rest = leave_out(&mut kept, after_value(value));
        } else {
            let (skipped, after) = skip(after_quote);
            kept.push('"');
            kept.push_str(skipped);
            rest = after;
        }
    }
    kept.push_str(rest);
    if is_found { Cow::Owned(kept) } else { Cow::Borrowed(text) }
}

/// The text after the colon of a member with one of the names. `None` for a member with another name, and for a string
/// that is not a name.
fn value_of_member<'a>(after_quote: &'a str, names: &[&str]) -> Option<&'a str> {
    // No secret's name contains a quote, escaped or not.
    let (name, after) = after_quote.split_once('"')?;
    let value = after.trim_start().strip_prefix(':')?;
    let is_secret = if name.contains('\\') {
        syntax::string(&["\"", name, "\""].concat()).is_some_and(|name| is_among(&name, names))
    } else {
        is_among(name, names)
    };
    is_secret.then(|| value.trim_start())
}

/// Splits after the closing quote of a string. If the string does not end, it is the whole rest.
fn split_string(after_quote: &str) -> (&str, &str) {
    let mut is_escaped = false;
    let is_end = |(_, byte): &(usize, u8)| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    };
    let end = after_quote.bytes().enumerate().find(is_end);
    end.and_then(|(at, _)| after_quote.split_at_checked(at.saturating_add(1))).unwrap_or((after_quote, ""))
}

/// Removes the comma of a removed member that was between `kept` and `after`. Returns the rest to continue with.
fn leave_out<'a>(kept: &mut String, after: &'a str) -> &'a str {
    if let Some(next) = after.trim_start().strip_prefix(',') {
        // Keep the white space before the member for the next one.
        return next.trim_start();
    }
    if let Some(head) = kept.trim_end().strip_suffix(',') {
        kept.truncate(head.len());
    }
    after
}

/// The text after the JSON value at its start.
fn after_value(json: &str) -> &str {
    let mut depth = 0_usize;
    let is_end = |(_, byte): &(usize, u8)| match byte {
        b'{' | b'[' => {
            depth = depth.saturating_add(1);
            false
        }
        b'}' | b']' if depth > 0 => {
            depth = depth.saturating_sub(1);
            false
        }
        b'}' | b']' => true,
        byte => *byte == b',' && depth == 0,
    };
    // The comma after the value, or the closing bracket of its container.
    let end = syntax::outside_strings(json).find(is_end);
    let Some((value, _)) = end.and_then(|(at, _)| json.split_at_checked(at)) else { return "" };
    json.split_at_checked(value.trim_end().len()).map_or("", |(_, after)| after)
}

#[cfg(test)]
mod tests {
    use super::{SecretMembers, of_bytes, of_json, without_members, without_members_of_bytes};

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
            assert_eq!(of_json(json, &SecretMembers::Named(&["IParams"])), expected);
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
        let json = r#"{"\u0069params":"k","IPARAMS":"k","\"iparams":1}"#;
        assert_eq!(of_json(json, &SecretMembers::Named(&["iparams"])), r#"{"\"iparams":1}"#);
    }

    #[test]
    fn what_is_not_json_does_not_leak() {
        for json in [
            r#"{"iparams":{"key":"s3cret""#,
            r#"{"a":1,"iparams":"s3cret"#,
            r#""iparams":{"k":["s3cret"}}"#,
            r#"{"IParams":{"key":"s3cret"}"#,
            r#"{"\u0069params":{"key":"s3cret"}"#,
            r#"{"a":1,"ip\u0061rams":"s3cret"#,
        ] {
            assert!(!without_members(json, &["iparams"]).contains("s3cret"), "{json}");
        }
    }

    #[test]
    fn an_allow_list_keeps_its_members_of_the_body_itself() {
        let secrets = SecretMembers::RootBut(&["ids", "data"]);
        for (json, expected) in [
            (r#"{ "ids" : [1.50] }"#, r#"{ "ids" : [1.50] }"#),
            (r#"{"key":"s3cret","IDS": [1.50, "a"],"data":{"key":1}}"#, r#"{"IDS":[1.50, "a"],"data":{"key":1}}"#),
            (r#"{"k\u0065y":"s3cret"}"#, "{}"),
            (r#"{"key":"s3cret""#, ""),
        ] {
            assert_eq!(of_json(json, &secrets), expected);
        }
        assert_eq!(&*of_bytes(br#"{"ids":[1],"key":"s3cret"#, &secrets), b"");
    }
}
