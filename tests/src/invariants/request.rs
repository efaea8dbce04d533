//! A request as one readable text that a fuzzer can change.

use crm_normalize::scheme::SignatureScheme;
use crm_normalize::{Pairs, Request, Vendor};
use crm_samples::{OwnedPairs, RECEIVED_AT, Webhook};
use form_urlencoded::Serializer;

/// A request as text: the query on the first line, a header on each following line, an empty line, the body.
#[derive(Clone, Debug)]
pub struct RequestText {
    pub query: OwnedPairs,
    pub headers: OwnedPairs,
    pub body: Vec<u8>,
}

/// The URL of all requests.
pub const URL: &str = "https://localhost/webhooks/crm?env=a%3Ab%2Fc%20d";

impl RequestText {
    /// Parses any bytes. Without an empty line they are a head without a body.
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

    /// Adds the proof that the vendor would send.
    #[must_use]
    pub fn proven(mut self, vendor: &Vendor) -> Self {
        crm_samples::prove(vendor, URL, &self.body, &mut self.headers, &mut self.query, RECEIVED_AT);
        self
    }

    /// A request with a signature of this scheme.
    pub fn signed(scheme: &'static SignatureScheme) -> Self {
        let mut request = Self { query: Vec::new(), headers: Vec::new(), body: b"{}".to_vec() };
        let key = crm_samples::signing_key(scheme).unwrap_or_default();
        crm_samples::sign(scheme, &key, "msg_1", URL, &request.body, &mut request.headers, RECEIVED_AT);
        request
    }

    pub fn request(&self) -> Request<'_> {
        let (headers, query) = (Pairs(&self.headers), Pairs(&self.query));
        Request { method: "POST", url: URL, body: &self.body, headers, query, account: None }
    }
}

impl From<Webhook> for RequestText {
    fn from(webhook: Webhook) -> Self {
        Self { query: webhook.query, headers: webhook.headers, body: webhook.body }
    }
}
