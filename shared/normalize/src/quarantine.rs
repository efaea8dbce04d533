//! The record of an authentic webhook that did not become an event: the whole request without its credentials.
//! [`Record::restore`] turns it back into a webhook.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crm_event::{Event, Text};
use data_encoding::BASE64;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::crm::{self, BodyForm, Vendor};
use crate::error::Quarantine;
use crate::key::{BodyHash, Digest};
use crate::{NamesById, Pairs, Request, StoredIdentity, Verified, time_zones};

/// An authentic webhook in the quarantine queue or the overflow store, with everything that a replay needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record<'a> {
    /// A [`crate::Reason`]'s word.
    pub reason: Text<'a>,
    /// A sentence for the person who investigates.
    pub detail: Text<'a>,
    pub vendor: Text<'a>,
    /// The account whose proof it had: the `{account}` segment of the URL, or `default`.
    pub account: Text<'a>,
    /// The `{account}` segment of the URL, if it had one. It is then the events' account too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_account: Option<Text<'a>>,
    pub received_at: Timestamp,
    /// The IANA name of the zone in which local times are read; `None` for UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The index in the array, from 0, if the body here is that of one webhook of the many in the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element: Option<usize>,
    /// The names that the setting has for ids in the body.
    #[serde(default, skip_serializing_if = "NamesById::is_empty")]
    pub field_names: NamesById,
    /// SHA-256 of the body as received, in hexadecimal digits. A replay derives the event keys from it.
    pub body_sha256: String,
    /// By name, in lower case; without credentials and signatures, and without names that occur twice, because nothing reads
    /// these.
    pub headers: BTreeMap<String, Text<'a>>,
    /// Without credentials and names that occur twice.
    pub query: BTreeMap<String, Text<'a>>,
    #[serde(flatten)]
    pub body: Body<'a>,
}

/// The vendor's bytes, without the vendor's own secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body<'a> {
    #[serde(rename = "body")]
    Text(Text<'a>),
    /// Used if the bytes are not UTF-8.
    #[serde(rename = "body_base64")]
    Base64(String),
}

/// Headers that hold a credential for any vendor. The vendor's schemes name the signature headers.
const CREDENTIAL_HEADERS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "x-webhook-token"];
const CREDENTIAL_PARAMETERS: [&str; 1] = ["token"];

/// True if a header holds a proof of origin or another credential. Such headers are neither stored nor shown.
pub fn is_credential_header(vendor: &Vendor, name: &str) -> bool {
    let same = |secret: &str| secret.eq_ignore_ascii_case(name);
    CREDENTIAL_HEADERS.into_iter().any(same) || vendor.signature_headers().any(same)
}

/// True if a query parameter holds a credential.
pub fn is_credential_parameter(name: &str) -> bool {
    CREDENTIAL_PARAMETERS.into_iter().any(|secret| secret.eq_ignore_ascii_case(name))
}

impl<'a> Record<'a> {
    pub fn new(verified: &Verified<'a>, quarantine: &Quarantine) -> Self {
        let request = verified.request();
        let body = match verified.redacted_body() {
            Cow::Borrowed(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Body::Text(Cow::Borrowed(text)),
                Err(_) => Body::Base64(BASE64.encode(bytes)),
            },
            Cow::Owned(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Body::Text(Cow::Owned(text)),
                Err(error) => Body::Base64(BASE64.encode(error.as_bytes())),
            },
        };
        let vendor = verified.vendor();
        let headers = request.headers.unique().filter(|(name, _)| !is_credential_header(vendor, name));
        let query = request.query.unique().filter(|(name, _)| !is_credential_parameter(name));
        Self {
            reason: Cow::Borrowed(quarantine.reason.word()),
            detail: quarantine.detail.clone(),
            vendor: Cow::Borrowed(vendor.name),
            account: Cow::Borrowed(request.account_or_default()),
            url_account: request.account.map(Cow::Borrowed),
            received_at: verified.received_at(),
            time_zone: verified.zone.iana_name().filter(|name| *name != "UTC").map(str::to_owned),
            element: verified.element,
            field_names: verified.field_names.in_body(request.body),
            body_sha256: verified.body_hash().to_hex(),
            headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect(),
            query: query.map(|(name, value)| (name.clone().into_owned(), value.clone())).collect(),
            body,
        }
    }
}

impl Record<'_> {
    /// A copy that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> Record<'static> {
        let owned = |text: Text<'_>| Cow::Owned(text.into_owned());
        let pairs = |pairs: BTreeMap<String, Text<'_>>| {
            pairs.into_iter().map(|(name, value)| (name, Cow::Owned(value.into_owned()))).collect()
        };
        Record {
            reason: owned(self.reason),
            detail: owned(self.detail),
            vendor: owned(self.vendor),
            account: owned(self.account),
            url_account: self.url_account.map(owned),
            received_at: self.received_at,
            time_zone: self.time_zone,
            field_names: self.field_names,
            element: self.element,
            body_sha256: self.body_sha256,
            headers: pairs(self.headers),
            query: pairs(self.query),
            body: match self.body {
                Body::Text(text) => Body::Text(owned(text)),
                Body::Base64(text) => Body::Base64(text),
            },
        }
    }
}

/// The reason why a record cannot be restored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    #[error("there is no vendor {0:?}")]
    UnknownVendor(String),
    #[error("body_base64 is not Base64")]
    NotBase64,
    #[error("there is no time zone {0:?}")]
    UnknownTimeZone(String),
    #[error("body_sha256 is not 64 hexadecimal digits")]
    NotAHash,
}

/// A stored webhook that can be normalized again. It proved its origin before it was stored, so the caller must trust
/// the place that the record comes from.
#[derive(Clone, Debug)]
pub struct Restored {
    vendor: &'static Vendor,
    body: Vec<u8>,
    headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    query: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    account: Option<String>,
    element: Option<usize>,
    received_at: Timestamp,
    zone: TimeZone,
    field_names: NamesById,
    identity: StoredIdentity,
}

impl Record<'_> {
    /// The webhook as it was received.
    ///
    /// # Errors
    /// If [`Record::new`] cannot have made the record.
    pub fn restore(self) -> Result<Restored, RestoreError> {
        let unknown = || RestoreError::UnknownVendor(self.vendor.clone().into_owned());
        let vendor = crm::find(&self.vendor).ok_or_else(unknown)?;
        let body = match self.body {
            Body::Text(text) => text.into_owned().into_bytes(),
            Body::Base64(text) => BASE64.decode(text.as_bytes()).map_err(|_| RestoreError::NotBase64)?,
        };
        let owned = |pairs: BTreeMap<String, Text<'_>>| {
            pairs.into_iter().map(|(name, value)| (Cow::Owned(name), Cow::Owned(value.into_owned()))).collect()
        };
        let zone = match self.time_zone {
            Some(name) => time_zones::zone(&name).ok_or(RestoreError::UnknownTimeZone(name))?,
            None => TimeZone::UTC,
        };
        let body_hash = BodyHash::from_hex(&self.body_sha256).ok_or(RestoreError::NotAHash)?;
        Ok(Restored {
            vendor,
            body,
            headers: owned(self.headers),
            query: owned(self.query),
            account: self.url_account.map(Cow::into_owned),
            element: self.element,
            received_at: self.received_at,
            zone,
            field_names: self.field_names,
            identity: StoredIdentity::Body(body_hash),
        })
    }
}

impl Restored {
    /// Rebuilds the webhook that an event came from. It has the vendor's own text and its media type, and the event's
    /// name in the query; the built-in translations read no other parameter or header.
    ///
    /// `None` for an event without `raw`, of an unknown vendor, or whose id was too long to end with its digest. Also
    /// `None` for a partial record of a vendor with local times, because the event does not contain their zone, and for a
    /// vendor whose translation reads more of the request.
    pub fn from_event(event: &Event<'_>) -> Option<Self> {
        let vendor = crm::find(&event.data.vendor)?;
        if vendor.reads_request || (vendor.writes_local_times && event.data.partial) {
            return None;
        }
        let (_, digest) = event.id.rsplit_once(':')?;
        let media_type = event.data.raw_media_type.iter();
        let headers = media_type.map(|media_type| (Cow::Borrowed("content-type"), Cow::Owned(media_type.to_string())));
        Some(Self {
            vendor,
            body: event.data.raw_text()?.into_owned().into_bytes(),
            headers: headers.collect(),
            query: vec![(Cow::Borrowed("event"), Cow::Owned(event.data.vendor_event.to_string()))],
            account: Some(event.data.account.to_string()),
            // `raw` has the event's own element alone.
            element: matches!(vendor.body_form, BodyForm::ArrayAt(_)).then_some(0),
            received_at: event.recordedtime,
            zone: TimeZone::UTC,
            field_names: if vendor.has_opaque_field_ids { NamesById::of_event(event) } else { NamesById::default() },
            identity: StoredIdentity::Event(Digest::from_hex(digest)?),
        })
    }

    /// The verified webhook. Its events get the keys and times that they would have had when it was received.
    pub fn verified(&self) -> Verified<'_> {
        let request = Request {
            // Only the proof needs these.
            method: "",
            url: "",
            body: &self.body,
            headers: Pairs(&self.headers),
            query: Pairs(&self.query),
            account: self.account.as_deref(),
        };
        Verified {
            vendor: self.vendor,
            request,
            rendered: None,
            element: self.element,
            received_at: self.received_at,
            zone: self.zone.clone(),
            field_names: &self.field_names,
            stored: Some(self.identity),
        }
    }
}
