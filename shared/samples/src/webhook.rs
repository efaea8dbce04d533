//! A sample webhook, and our answer to it as one JSON object: the function's answer with the complete events.

use anyhow::anyhow;
use crm_event::Event;
use crm_normalize::outcome::Outcome;
use crm_normalize::scheme::Scheme;
use crm_normalize::{Accepted, BodyTexts, Options, Pairs, Request, Secrets, Vendor, Verified};
use form_urlencoded::Serializer;
use jiff::Timestamp;
use serde_json::Value;

use crate::api_gateway;
use crate::proof::{OwnedPairs, TOKEN, prove, secrets};

/// The answer to an authentic webhook, with the events themselves instead of their ids.
pub type Answer<'a> = Outcome<Event<'a>>;

/// The format of the golden files: indented, with a final newline.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn answer_json(answer: &Answer<'_>) -> serde_json::Result<String> {
    serde_json::to_string_pretty(answer).map(|json| json + "\n")
}

const CONTENT_TYPE: &str = "content-type";

/// A webhook without its proof of origin.
#[derive(Clone, Debug, Default)]
pub struct Webhook {
    pub body: Vec<u8>,
    pub headers: OwnedPairs,
    pub query: OwnedPairs,
    /// The `{account}` segment of the URL.
    pub account: Option<String>,
    /// The URL that the proof is for; empty before [`Self::proven`].
    pub proven_url: String,
    /// Storage for texts that the events of [`Self::answer`] borrow.
    pub texts: BodyTexts,
}

impl Webhook {
    /// Adds the proof that a vendor would send with it at this time, made with the sample secrets.
    #[must_use]
    pub fn proven(self, vendor: &Vendor, now: Timestamp) -> Self {
        self.proven_at(api_gateway::BASE_URL, vendor, now)
    }

    /// The same for another API, because some vendors sign the URL.
    #[must_use]
    pub fn proven_at(mut self, base_url: &str, vendor: &Vendor, now: Timestamp) -> Self {
        self.proven_url = self.url(base_url, vendor);
        prove(vendor, &self.proven_url, &self.body, &mut self.headers, &mut self.query, now);
        self
    }

    /// The URL to post it to.
    pub fn url(&self, base_url: &str, vendor: &Vendor) -> String {
        let mut url = format!("{base_url}/webhooks/{}", vendor.name);
        if let Some(account) = &self.account {
            url = format!("{url}/{account}");
        }
        if !self.query.is_empty() {
            url = format!("{url}?{}", Serializer::new(String::new()).extend_pairs(&self.query).finish());
        }
        url
    }

    /// Adds the `Content-Type` that the webhook is sent with, if it has none. API Gateway passes a body with a JSON
    /// type on as text, which would lose bytes that are not UTF-8, so those are sent as binary.
    #[must_use]
    pub fn with_content_type(mut self) -> Self {
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(CONTENT_TYPE)) {
            let is_text = std::str::from_utf8(&self.body).is_ok();
            let media_type = if is_text { "application/json" } else { "application/octet-stream" };
            self.headers.push((CONTENT_TYPE.into(), media_type.into()));
        }
        self
    }

    /// The sample secrets, including the account that the webhook is sent to.
    pub fn sample_secrets(&self, vendor: &Vendor) -> String {
        let setting = secrets(vendor);
        match &self.account {
            Some(account) => setting.replacen("\"acme\"", &Value::from(account.as_str()).to_string(), 1),
            None => setting,
        }
    }

    /// The webhook after the check of its proof with the sample secrets.
    ///
    /// # Errors
    /// If the proof does not hold.
    pub fn verified(&self, vendor: &'static Vendor, received_at: Timestamp) -> anyhow::Result<Verified<'_>> {
        let secrets = Secrets::parse(&self.sample_secrets(vendor), vendor.schemes)?;
        let request = Request {
            method: "POST",
            url: &self.proven_url,
            body: &self.body,
            headers: Pairs(&self.headers),
            query: Pairs(&self.query),
            account: self.account.as_deref(),
        };
        let verified = vendor.verify(request, &secrets, received_at);
        verified.map_err(|error| match vendor.schemes {
            [Scheme::MemberToken(name)] => anyhow!("{error}; the samples' token in {name:?} is {TOKEN:?}"),
            _ => error.into(),
        })
    }

    /// The answer to the webhook, and the paths of the values that could not be read.
    ///
    /// # Errors
    /// If the webhook does not prove its origin with the sample secrets.
    pub fn answer(&self, vendor: &'static Vendor, received_at: Timestamp) -> anyhow::Result<(Answer<'_>, Vec<String>)> {
        let verified = self.verified(vendor, received_at)?;
        let (mut events, mut ignored, mut quarantined, mut unreadable) = (vec![], vec![], vec![], vec![]);
        for normalized in verified.normalize(Options { include_raw: true }, &self.texts) {
            unreadable.extend(normalized.unreadable());
            match normalized.result {
                Ok(Accepted::Events(more)) => events.extend(more),
                Ok(Accepted::Ignored(reason)) => ignored.push(reason),
                Err(quarantine) => quarantined.push(quarantine.to_string()),
            }
        }
        Ok((Outcome::of_webhooks(events, ignored, quarantined), unreadable))
    }
}
