//! A request as one text that a fuzzer can change and a person can read.

use crm_normalize::{Pairs, Request};
use crm_samples::{OwnedPairs, Webhook};
use form_urlencoded::Serializer;

/// The query on the first line, a header on each of the next ones, an empty line, the body.
#[derive(Clone, Debug)]
pub struct RequestText {
    pub query: OwnedPairs,
    pub headers: OwnedPairs,
    pub body: Vec<u8>,
}

impl RequestText {
    /// Any bytes are a request: what has no empty line is a head without a body.
    pub fn parse(input: &[u8]) -> Self {
        let end = input.windows(2).position(|pair| pair == b"\n\n");
        let (head, body) = match end.and_then(|end| input.split_at_checked(end)) {
            Some((head, rest)) => (head, rest.get(2..).unwrap_or_default()),
            None => (input, &b""[..]),
        };
        let head = String::from_utf8_lossy(head);
        let mut lines = head.lines();
        let query = form_urlencoded::parse(lines.next().unwrap_or_default().as_bytes());
        let headers = lines.filter_map(|line| line.split_once(": "));
        let owned = |(name, value): (&str, &str)| (name.to_owned().into(), value.to_owned().into());
        Self {
            query: query.map(|(name, value)| owned((&name, &value))).collect(),
            headers: headers.map(owned).collect(),
            body: body.to_vec(),
        }
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = Serializer::new(String::new()).extend_pairs(&self.query).finish();
        for (name, value) in &self.headers {
            text.push_str(&format!("\n{name}: {value}"));
        }
        [text.as_bytes(), b"\n\n", &self.body].concat()
    }

    pub fn request(&self) -> Request<'_> {
        Request { body: &self.body, headers: Pairs(&self.headers), query: Pairs(&self.query), account: None }
    }
}

impl From<Webhook> for RequestText {
    fn from(webhook: Webhook) -> Self {
        Self { query: webhook.query, headers: webhook.headers, body: webhook.body }
    }
}
