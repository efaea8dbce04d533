//! Forms: [`application/x-www-form-urlencoded`](https://url.spec.whatwg.org/#application/x-www-form-urlencoded).

use std::borrow::Cow;

use super::{MAX_VALUES, Rendered, Syntax, json_string};
use crate::error::{Quarantine, Reason};
use crate::redact::SecretMembers;

/// A form becomes one object of texts. Any text is a form, so the `Content-Type` decides; some senders declare a form
/// and send JSON.
pub static FORM: Syntax = Syntax { media_type: MEDIA_TYPE, is_syntax_of, render, redact };

const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

fn is_syntax_of(content_type: &str, text: &str) -> bool {
    let (media_type, _) = content_type.split_once(';').unwrap_or((content_type, ""));
    media_type.trim().eq_ignore_ascii_case(MEDIA_TYPE) && !text.starts_with(['{', '['])
}

fn render(text: &str, _array: &str) -> Result<Rendered, Quarantine> {
    let pairs = text.split('&').count();
    if pairs > MAX_VALUES {
        return Err(Quarantine::new(Reason::TooManyValues, format!("a form of {pairs} parameters")));
    }
    let member =
        |(name, value): (Cow<'_, str>, Cow<'_, str>)| [&json_string(&name), ":", &json_string(&value)].concat();
    let members: Vec<String> = form_urlencoded::parse(text.as_bytes()).map(member).collect();
    Ok(Rendered { json: format!("{{{}}}", members.join(",")), elements: Vec::new() })
}

fn redact<'t>(text: &'t str, secrets: &SecretMembers) -> Cow<'t, str> {
    let is_secret =
        |pair: &str| form_urlencoded::parse(pair.as_bytes()).any(|(name, _)| secrets.is_secret_at_root(&name));
    if !text.split('&').any(is_secret) {
        return Cow::Borrowed(text);
    }
    let mut others = text.split('&').filter(|pair| !is_secret(pair));
    let mut kept = others.next().unwrap_or_default().to_owned();
    for pair in others {
        kept.push('&');
        kept.push_str(pair);
    }
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::{FORM, SecretMembers};

    #[test]
    fn a_form_is_an_object_of_texts() {
        for (form, json) in [
            (
                "id=1&Deal_Name=Solar+roof%2C+phase+2&empty=&lone",
                r#"{"id":"1","Deal_Name":"Solar roof, phase 2","empty":"","lone":""}"#,
            ),
            ("a=%C3%A9%22%0A&a=2&&", r#"{"a":"é\"\n","a":"2"}"#),
            ("", "{}"),
        ] {
            assert_eq!(FORM.to_json(form).unwrap(), json);
        }
    }

    #[test]
    fn the_content_type_decides_unless_the_text_is_json() {
        for (content_type, text, is_form) in [
            ("application/x-www-form-urlencoded", "id=1", true),
            ("Application/X-WWW-Form-Urlencoded; charset=UTF-8", "id=1", true),
            ("application/x-www-form-urlencoded", "{\"id\":1}", false),
            ("application/json", "id=1", false),
            ("", "id=1", false),
        ] {
            assert_eq!((FORM.is_syntax_of)(content_type, text), is_form, "{content_type}: {text}");
        }
    }

    #[test]
    fn a_form_of_a_million_parameters_is_refused() {
        let form = "a&".repeat(1 << 20);
        assert!(FORM.to_json(&form).unwrap_err().to_string().starts_with("too_many_values: "));
    }

    #[test]
    fn a_secret_goes_and_the_rest_stays_byte_for_byte() {
        let token = SecretMembers::Named(&["token"]);
        for (form, expected) in [
            ("token=s3cret&a=%20+1", "a=%20+1"),
            ("a=1&TOKEN=s3cret&b", "a=1&b"),
            ("a=1&t%6Fken=s3cret", "a=1"),
            ("a=token&b=1", "a=token&b=1"),
        ] {
            assert_eq!(FORM.without(form, &token), expected);
        }
        assert_eq!(FORM.without("id=1&key=s3cret", &SecretMembers::RootBut(&["ID"])), "id=1");
    }
}
