//! Requests in API Gateway's format, to be changed in one thing.

use crm_normalize::Vendor;
use crm_normalize::scheme::signature::{KeyForm, Signed};
use crm_normalize::scheme::{Scheme, SignatureScheme};
use crm_samples::{RECEIVED_AT, Webhook, api_gateway};
use data_encoding::{BASE64, HEXLOWER};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::hostile::accepted_case;

/// A secret that is unique for this vendor, account and number.
pub fn secret(vendor: &Vendor, scheme: Scheme, label: &str) -> String {
    let label = format!("{}-{label}-s3Cret-of-16-bytes", vendor.name);
    match scheme {
        Scheme::Signature(scheme) => match scheme.key {
            KeyForm::Base64After(prefix) => format!("{prefix}{}", BASE64.encode(label.as_bytes())),
            KeyForm::Hex => HEXLOWER.encode(label.as_bytes()),
            KeyForm::Text => format!("whsec_v2_{label}"),
        },
        Scheme::Basic => format!("user-{label}:password-{label}"),
        Scheme::Token | Scheme::MemberToken(_) => format!("token-{label}+1"),
    }
}

/// A request in API Gateway's format, to be changed in one thing.
#[derive(Clone)]
pub struct Attempt {
    pub vendor: &'static Vendor,
    pub event: Value,
}

impl Attempt {
    pub fn new(vendor: &'static Vendor) -> Self {
        let webhook = Webhook { headers: Vec::new(), ..accepted_case(vendor) };
        Self { vendor, event: api_gateway::event(vendor, &webhook) }
    }

    pub fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.event["headers"][name.to_ascii_lowercase()] = json!(value.as_ref());
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.event["headers"].as_object_mut().unwrap().remove(&name.to_ascii_lowercase());
        self
    }

    pub fn value(&self, name: &str) -> String {
        self.event["headers"][name.to_ascii_lowercase()].as_str().unwrap().to_owned()
    }

    /// A header in another form.
    pub fn map(self, name: &str, change: impl FnOnce(&str) -> String) -> Self {
        let value = change(&self.value(name));
        self.header(name, value)
    }

    /// A header that was sent twice, joined as API Gateway does.
    pub fn doubled(self, name: &str) -> Self {
        self.map(name, |value| format!("{value},{value}"))
    }

    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        let query = self.event["rawQueryString"].as_str().unwrap().to_owned();
        let query = form_urlencoded::Serializer::new(query).append_pair(name, value).finish();
        self.event["rawQueryString"] = json!(query);
        self
    }

    pub fn body(mut self, body: &str) -> Self {
        self.event["body"] = json!(body);
        self
    }

    pub fn body_text(&self) -> &str {
        self.event["body"].as_str().unwrap()
    }

    pub fn account(mut self, account: &str) -> Self {
        self.event["pathParameters"] = json!({"account": account});
        self
    }

    /// Sets the raw query of the URL.
    pub fn raw_query(mut self, query: &str) -> Self {
        self.event["rawQueryString"] = json!(query);
        self
    }

    pub fn basic(self, user_password: &str) -> Self {
        self.header("authorization", format!("Basic {}", BASE64.encode(user_password.as_bytes())))
    }

    pub fn signed(self, scheme: &SignatureScheme, secret: &str) -> Self {
        let key = scheme.key(secret).unwrap();
        self.signed_by(scheme, &key, "msg_1", RECEIVED_AT)
    }

    pub fn signed_by(self, scheme: &SignatureScheme, key: &[u8], id: &str, at: Timestamp) -> Self {
        let timestamp = scheme.timestamp_text(at).unwrap_or_default();
        let url = self.url();
        let signed = Signed { method: "POST", url: &url, id, timestamp: &timestamp, body: self.body_text().as_bytes() };
        let signature = scheme.sign(key, signed);
        let mut attempt = self.header(scheme.header, signature);
        if let Some(name) = scheme.id_header {
            attempt = attempt.header(name, id);
        }
        for time in scheme.timestamp.iter().filter(|time| time.header != scheme.header) {
            attempt = attempt.header(time.header, &timestamp);
        }
        scheme.version.into_iter().fold(attempt, |attempt, (name, value)| attempt.header(name, value))
    }

    /// The URL that it is posted to.
    fn url(&self) -> String {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (path, query) = (text(&self.event["rawPath"]), text(&self.event["rawQueryString"]));
        let query = if query.is_empty() { query } else { format!("?{query}") };
        format!("{}{path}{query}", api_gateway::BASE_URL)
    }

    /// Adds a valid proof.
    pub fn right(self, scheme: Scheme, label: &str) -> Self {
        let secret = secret(self.vendor, scheme, label);
        match scheme {
            Scheme::Signature(scheme) => self.signed(scheme, &secret),
            Scheme::Basic => self.basic(&secret),
            Scheme::Token => self.parameter("token", &secret),
            Scheme::MemberToken(name) => self.member(name, &secret),
        }
    }

    /// Sets a member of the body, which is a JSON object, in place of one of this name in any case.
    pub fn member(self, name: &str, value: &str) -> Self {
        let mut body: serde_json::Map<String, Value> = serde_json::from_str(self.body_text()).unwrap();
        body.retain(|other, _| !other.eq_ignore_ascii_case(name));
        body.insert(name.to_owned(), json!(value));
        self.body(&Value::from(body).to_string())
    }
}
