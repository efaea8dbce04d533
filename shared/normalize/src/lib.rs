#![doc = include_str!("../README.md")]

pub mod crm;
pub mod error;
pub mod fields;
pub mod json;
pub mod key;
mod log_fields;
mod name;
pub mod quarantine;
mod redact;
pub mod request;
pub mod sample;
pub mod scheme;
mod secrets;
mod tape;
pub mod time;

use std::borrow::Cow;

use crm_event::{Data, Entity, Event, EventType, Json, SPEC_VERSION, Text, TimeSource};
use jiff::Timestamp;

pub use crm::Vendor;
use crm::{Change, Outcome, Webhook};
pub use error::{Quarantine, Reason, SecretsError, Unauthorized};
use json::Object;
use key::{Digest, Subject};
pub use log_fields::Logged;
pub use request::{DEFAULT_ACCOUNT, Pairs, Request};
use scheme::Scheme;
pub use secrets::Secrets;

/// A request that has proved its origin.
///
/// Only [`Vendor::verify`] makes one, and [`quarantine::Kept`] from what such a one left; only from one can an event be
/// made: there is no way from a sender's bytes to an event around the proof.
pub struct Verified<'a> {
    vendor: &'static Vendor,
    request: Request<'a>,
    received_at: Timestamp,
    /// Of a webhook that was kept: of the body as it came in, before secrets were taken out of it.
    kept_digest: Option<Digest>,
}

/// What becomes of an authentic webhook.
#[derive(Debug)]
pub struct Normalized<'a> {
    pub result: Result<Accepted<'a>, Quarantine>,
    /// Paths of values in the body that could not be read and are missing from the record.
    pub warnings: Vec<String>,
    /// What the log may have of the body.
    pub logged: Logged<'a>,
}

#[derive(Debug)]
pub enum Accepted<'a> {
    /// To the queue, each of them.
    Events(Vec<Event<'a>>),
    /// Not about a record; why.
    Ignored(&'static str),
}

/// What goes into an event beside what the webhook says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether events carry the vendor's JSON.
    pub include_raw: bool,
}

impl Vendor {
    /// Checks the proof of origin of a request that was received at `now`.
    ///
    /// # Errors
    /// Where it does not hold. The reason is for the log: the sender gets one and the same answer.
    pub fn verify<'a>(
        &'static self,
        request: Request<'a>,
        secrets: &Secrets,
        now: Timestamp,
    ) -> Result<Verified<'a>, Unauthorized> {
        secrets.verify(&request, now)?;
        Ok(Verified { vendor: self, request, received_at: now, kept_digest: None })
    }

    /// The headers that hold a signature.
    pub fn signature_headers(&self) -> impl Iterator<Item = &'static str> {
        self.hmac_schemes().map(|scheme| scheme.signature_header)
    }

    /// The headers that go with a signature: its time and version.
    pub fn proof_headers(&self) -> impl Iterator<Item = &'static str> {
        self.hmac_schemes().flat_map(|scheme| {
            [Some(scheme.timestamp_header), scheme.version.map(|(name, _)| name)].into_iter().flatten()
        })
    }

    fn hmac_schemes(&self) -> impl Iterator<Item = &'static scheme::HmacScheme> {
        self.schemes.iter().filter_map(|scheme| match scheme {
            Scheme::Hmac(scheme) => Some(*scheme),
            Scheme::Basic | Scheme::Token => None,
        })
    }
}

/// The most events of one webhook: they are on the queue while the vendor waits, ten to a request.
const MOST_EVENTS: usize = 1000;
/// The most bytes that the bodies in the events of one webhook may have: each event carries the whole.
const LARGEST_EVENTS: usize = 64 << 20;

/// The [content codings](https://www.iana.org/assignments/http-parameters/http-parameters.xhtml#content-coding) in use.
const COMPRESSIONS: [&str; 4] = ["gzip", "deflate", "br", "zstd"];

/// A webhook about many records becomes as many events, which a function has to hold.
fn check_amount(events: usize, body_bytes: usize) -> Result<(), Quarantine> {
    if events > MOST_EVENTS || (events > 1 && events.saturating_mul(body_bytes) > LARGEST_EVENTS) {
        let detail = format!("{events} records in a body of {body_bytes} bytes");
        return Err(Quarantine::new(Reason::TooManyEvents, detail));
    }
    Ok(())
}

impl<'a> Verified<'a> {
    /// The canonical events of the webhook.
    pub fn normalize(&self, options: Options) -> Normalized<'a> {
        let body = match self.parse() {
            Ok(body) => body,
            Err(quarantine) => {
                return Normalized { result: Err(quarantine), warnings: Vec::new(), logged: Logged::default() };
            }
        };
        let webhook = Webhook { body, headers: self.request.headers, query: self.request.query };
        let outcome = (self.vendor.normalize)(&webhook).and_then(|outcome| match &outcome {
            Outcome::Changes(changes) => check_amount(changes.len(), self.request.body.len()).map(|()| outcome),
            _ => Ok(outcome),
        });
        let logged = Logged::of(&webhook.body, self.vendor.log_members);
        let warnings = webhook.body.take_warnings();
        let raw = || webhook.body.into_json_without(self.vendor.secret_members);
        let result = outcome.map(|outcome| self.stamp(outcome, options.include_raw.then(raw).flatten()));
        Normalized { result, warnings, logged }
    }

    /// The body as far as it may leave the function: for the quarantine.
    pub fn redacted_body(&self) -> Cow<'a, [u8]> {
        let names = self.vendor.secret_members;
        if names.is_empty() {
            return Cow::Borrowed(self.request.body);
        }
        if let Some(json) = self.parse().ok().and_then(|body| body.into_json_without(names)) {
            return Cow::Owned(json.get().as_bytes().to_vec());
        }
        Cow::Owned(match std::str::from_utf8(self.request.body) {
            Ok(text) => redact::without_members(text, names).into_owned().into_bytes(),
            Err(_) => redact::without_members_of_bytes(self.request.body, names),
        })
    }

    pub fn request(&self) -> &Request<'a> {
        &self.request
    }

    pub fn vendor(&self) -> &'static Vendor {
        self.vendor
    }

    pub fn received_at(&self) -> Timestamp {
        self.received_at
    }

    fn parse(&self) -> Result<Object<'a>, Quarantine> {
        let text = simdutf8::compat::from_utf8(self.request.body)
            .map_err(|error| Quarantine::new(Reason::NotText, self.why_not_text(error.valid_up_to())))?;
        // RFC 8259, section 8.1: a parser may ignore a byte order mark.
        let text = text.trim_start_matches('\u{feff}').trim_ascii();
        Object::parse(text).map_err(|error| {
            let detail = match error.line() {
                0 => format!("the body is {error}"),
                line => format!("the body is not a JSON object (line {line}, column {})", error.column()),
            };
            Quarantine::new(Reason::NotJson, detail)
        })
    }

    /// No vendor compresses its webhooks; what stands between it and us may.
    fn why_not_text(&self, at_byte: usize) -> String {
        let coding = self.request.headers.get("content-encoding").unwrap_or_default();
        match COMPRESSIONS.iter().find(|compression| compression.eq_ignore_ascii_case(coding)) {
            Some(coding) => format!("the body is compressed (Content-Encoding: {coding}), and is not read as such"),
            None => format!("no UTF-8 at byte {at_byte}"),
        }
    }

    /// Puts what is known of the request around what the vendor's module made of the body.
    fn stamp(&self, outcome: Outcome<'a>, raw: Option<Json<'a>>) -> Accepted<'a> {
        let digest = self.digest();
        match outcome {
            Outcome::Ignored(why) => Accepted::Ignored(why),
            Outcome::Change(change) => Accepted::Events(vec![self.event(digest, change, raw)]),
            Outcome::Changes(changes) => {
                let each_raw = std::iter::repeat_n(raw, changes.len());
                let events = changes.into_iter().zip(each_raw);
                Accepted::Events(events.map(|(change, raw)| self.event(digest, change, raw)).collect())
            }
            Outcome::Unknown(unknown) => {
                let data = |account: &Text<'a>| Data {
                    vendor: Cow::Borrowed(self.vendor.name),
                    account: account.clone(),
                    vendor_event: unknown.vendor_event,
                    entity: Entity::Unknown,
                    action: crm_event::Action::Received,
                    partial: false,
                    unreadable: Vec::new(),
                    record: None,
                    changes: Vec::new(),
                    actor: None,
                    raw,
                };
                let id = unknown.record_id.as_deref();
                Accepted::Events(vec![self.envelope(digest, id, unknown.account, unknown.occurred_at, data)])
            }
        }
    }

    fn event(&self, digest: Digest, change: Change<'a>, raw: Option<Json<'a>>) -> Event<'a> {
        let entity = change.record.entity();
        let id = change.record.id().clone();
        let data = |account: &Text<'a>| Data {
            vendor: Cow::Borrowed(self.vendor.name),
            account: account.clone(),
            vendor_event: change.vendor_event,
            entity,
            action: change.action,
            partial: change.partial,
            unreadable: Vec::new(),
            record: Some(change.record),
            changes: change.changes,
            actor: change.actor,
            raw,
        };
        self.envelope(digest, Some(&id), change.account, change.occurred_at, data)
    }

    fn envelope(
        &self,
        digest: Digest,
        record_id: Option<&str>,
        account: Option<Text<'a>>,
        occurred_at: Option<Timestamp>,
        data: impl FnOnce(&Text<'a>) -> Data<'a>,
    ) -> Event<'a> {
        let in_url = self.request.account.map(Cow::Borrowed);
        let account = in_url.or(account).unwrap_or(Cow::Borrowed(DEFAULT_ACCOUNT));
        let data = data(&account);
        let (entity, action) = (data.entity, data.action);
        let subject =
            Subject { vendor: self.vendor.name, account: &account, entity, record_id: record_id.unwrap_or_default() };
        let (partition_key, id) = subject.keys(action, digest);
        Event {
            specversion: Cow::Borrowed(SPEC_VERSION),
            id: Cow::Owned(id),
            source: Cow::Owned(subject.source()),
            event_type: EventType { entity, action },
            subject: record_id.map(|id| Cow::Owned([entity.as_str(), "/", id].concat())),
            time: occurred_at.unwrap_or(self.received_at),
            timesource: if occurred_at.is_some() { TimeSource::Vendor } else { TimeSource::Received },
            datacontenttype: Cow::Borrowed(crm_event::DATA_CONTENT_TYPE),
            dataschema: Cow::Borrowed(crm_event::data_schema(entity)),
            partitionkey: Cow::Owned(partition_key),
            recordedtime: self.received_at,
            traceparent: self.request.traceparent(),
            data,
        }
    }

    /// Of the vendor's delivery id where the delivery has one, else of the body.
    fn digest(&self) -> Digest {
        if let Some(digest) = self.kept_digest {
            return digest;
        }
        let delivery_id = self.vendor.delivery_id_header.and_then(|name| self.request.headers.get(name));
        Digest::of(delivery_id.filter(|id| !id.is_empty()).map_or(self.request.body, str::as_bytes))
    }
}
