//! A webhook's request, before and after its proof.

use std::borrow::Cow;
use std::collections::HashMap;

use crm_event::Text;

/// The request that a proof is checked against, exactly as received.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// As the sender wrote it.
    pub method: &'a str,
    /// The URL that the sender posted to, with its query. Some vendors sign it.
    pub url: &'a str,
    pub body: &'a [u8],
    /// Names in any case.
    pub headers: Pairs<'a>,
    /// Decoded.
    pub query: Pairs<'a>,
    /// The `{account}` segment of the URL, decoded.
    pub account: Option<&'a str>,
}

/// Headers, or the parameters of a query.
#[derive(Clone, Copy, Default)]
pub struct Pairs<'a>(pub &'a [(Cow<'a, str>, Cow<'a, str>)]);

impl<'a> Pairs<'a> {
    /// The only value of a name, in any ASCII case. `None` if the name occurs twice, because two readers could disagree
    /// on the value.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let mut values = self.0.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value)
    }

    /// The pairs that [`Self::get`] finds: those whose name occurs once.
    pub fn unique(self) -> impl Iterator<Item = &'a (Cow<'a, str>, Cow<'a, str>)> {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for (name, _) in self.0 {
            let count = counts.entry(name.to_ascii_lowercase()).or_default();
            *count = count.saturating_add(1);
        }
        self.0.iter().filter(move |(name, _)| counts.get(&name.to_ascii_lowercase()) == Some(&1))
    }
}

/// The account of a URL that names none.
pub const DEFAULT_ACCOUNT: &str = "default";

impl<'a> Request<'a> {
    /// The account whose secrets prove the request.
    pub fn account_or_default(&self) -> &'a str {
        self.account.unwrap_or(DEFAULT_ACCOUNT)
    }

    /// The [trace context](https://www.w3.org/TR/trace-context/#traceparent-header), if it is well-formed.
    pub fn traceparent(&self) -> Option<Text<'a>> {
        let value = self.headers.get("traceparent")?;
        let parts: Vec<&str> = value.splitn(4, '-').collect();
        let [version, trace, parent, flags] = parts[..] else { return None };
        let hex = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let some = |text: &str| text.bytes().any(|b| b != b'0');
        let valid =
            version == "00" && hex(trace, 32) && some(trace) && hex(parent, 16) && some(parent) && hex(flags, 2);
        valid.then_some(Cow::Borrowed(value))
    }
}

#[cfg(test)]
mod tests {
    use super::{Pairs, Request};

    #[test]
    fn traceparent_is_taken_only_where_it_is_well_formed() {
        let trace = |value: &'static str| {
            let headers = [("traceparent".into(), value.into())];
            let (headers, query) = (Pairs(&headers), Pairs(&[]));
            let request = Request { method: "POST", url: "", body: b"", headers, query, account: None };
            request.traceparent().is_some()
        };
        assert!(trace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        for wrong in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        ] {
            assert!(!trace(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_name_that_occurs_twice_has_no_value() {
        let pairs = [("Token".into(), "a".into()), ("token".into(), "b".into()), ("x".into(), "1".into())];
        assert_eq!(Pairs(&pairs).get("TOKEN"), None);
        assert_eq!(Pairs(&pairs).get("X"), Some("1"));
    }
}
