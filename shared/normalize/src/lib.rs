#![doc = include_str!("../README.md")]

mod body;
mod changes;
pub mod crm;
mod elements;
pub mod error;
mod event_bridge;
mod field_names;
mod field_tables;
pub mod fields;
pub mod json;
pub mod key;
mod log_fields;
pub mod outcome;
pub mod quarantine;
mod redact;
pub mod request;
pub mod scheme;
mod secrets;
mod stamp;
pub mod time;
mod time_zones;
pub mod vendor_file;

use std::borrow::Cow;
use std::fmt;

use crm_event::{Event, Json};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::de::IgnoredAny;

use body::Syntax;
pub use crm::Vendor;
use crm::{ChangeId, Translation, Webhook};
pub use elements::BodyTexts;
use elements::EventBudget;
pub use error::{Quarantine, Reason, SecretsError, Unauthorized};
pub use field_names::{FieldNames, FieldNamesError, NamesById};
use json::{Object, Value};
use key::{BodyHash, Digest};
pub use log_fields::{Logged, is_loggable_path};
pub use request::{DEFAULT_ACCOUNT, Pairs, Request};
use scheme::SignatureScheme;
pub use secrets::Secrets;
use stamp::{Raw, Stamp, unreadable};
pub use time_zones::{TimeZones, TimeZonesError};
pub use vendor_file::VendorFile;

/// A request that has proved its origin, or one webhook of the many in its body.
///
/// Only three functions create one: [`Vendor::verify`], [`Vendor::verify_event_bridge`] for an event that AWS vouches
/// for, and [`quarantine::Restored::verified`] for a stored request that was verified. Events are made from nothing
/// else, so a sender's bytes cannot become an event without a proof.
#[derive(Clone)]
pub struct Verified<'a> {
    vendor: &'static Vendor,
    /// With the body of this webhook alone.
    request: Request<'a>,
    /// The body rendered as JSON, if it has another syntax.
    rendered: Option<&'a str>,
    /// The index of the webhook in the array of the request's body. `None` for the whole request.
    element: Option<usize>,
    received_at: Timestamp,
    /// The zone for times in the body without a zone.
    zone: TimeZone,
    /// The names of custom fields that come under opaque ids.
    field_names: &'a NamesById,
    /// The identity of a stored webhook, because the vendor's secrets may have been removed from its body.
    stored: Option<StoredIdentity>,
}

impl fmt::Debug for Verified<'_> {
    /// Omits the request, which contains data of a customer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("vendor", &self.vendor).field("element", &self.element).finish_non_exhaustive()
    }
}

/// The identity that a stored webhook had on receipt.
#[derive(Clone, Copy, Debug)]
enum StoredIdentity {
    Body(BodyHash),
    /// The digest of the webhook's only event.
    Event(Digest),
}

/// The identity of a webhook's changes, see [`key`].
#[derive(Clone, Copy, Debug)]
enum Identity<'a> {
    /// The digest of the vendor's own id, or of a stored event.
    Known(Digest),
    /// The vendor's own id in a header that the signature does not cover.
    UnsignedId(&'a str),
    /// The body, and the time of receipt if it contains no time of the change.
    Body,
}

/// The result of an authentic webhook's translation.
#[derive(Debug)]
pub struct Normalized<'a> {
    /// The webhook by itself. For an element of an array, it is the request with that element as its body.
    pub webhook: Verified<'a>,
    pub result: Result<Accepted<'a>, Quarantine>,
    /// Paths of values in the body that could not be read, so that the record lacks them.
    pub warnings: Vec<String>,
    /// The parts of the body that may be logged.
    pub logged: Logged<'a>,
}

impl Normalized<'_> {
    /// The warnings as paths in the request's body. For an element they begin with its index (`[3].objectId`).
    pub fn unreadable(&self) -> Vec<String> {
        match self.webhook.element {
            Some(index) => self.warnings.iter().map(|path| format!("[{index}].{path}")).collect(),
            None => self.warnings.clone(),
        }
    }
}

#[derive(Debug)]
pub enum Accepted<'a> {
    /// The events for the queue.
    Events(Vec<Event<'a>>),
    /// Not about a record. Holds the reason.
    Ignored(&'static str),
}

/// Options for the contents of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// True if events carry the vendor's JSON.
    pub include_raw: bool,
}

impl Vendor {
    /// Checks the proof of origin of a request that was received at `now`.
    ///
    /// # Errors
    /// If the proof is not valid. The reason is for the log; the sender always gets the same answer.
    pub fn verify<'a>(
        &'static self,
        request: Request<'a>,
        secrets: &Secrets,
        now: Timestamp,
    ) -> Result<Verified<'a>, Unauthorized> {
        secrets.verify(&request, now)?;
        Ok(Verified {
            vendor: self,
            request,
            rendered: None,
            element: None,
            received_at: now,
            zone: TimeZone::UTC,
            field_names: NamesById::NONE,
            stored: None,
        })
    }

    /// The headers that hold a signature.
    pub fn signature_headers(&self) -> impl Iterator<Item = &'static str> {
        self.signature_schemes().map(|scheme| scheme.header)
    }

    /// The headers that belong to a signature: its time and version.
    pub fn proof_headers(&self) -> impl Iterator<Item = &'static str> {
        self.signature_schemes().flat_map(|scheme| {
            let time = scheme.timestamp.as_ref().map(|time| time.header);
            time.into_iter().chain(scheme.version.map(|(name, _)| name))
        })
    }

    /// The signatures that the vendor may send.
    pub fn signature_schemes(&self) -> impl Iterator<Item = &'static SignatureScheme> {
        self.schemes.iter().filter_map(|scheme| scheme.signature())
    }
}

/// The [content codings](https://www.iana.org/assignments/http-parameters/http-parameters.xhtml#content-coding) in use.
const COMPRESSIONS: [&str; 4] = ["gzip", "deflate", "br", "zstd"];

impl<'a> Verified<'a> {
    /// Translates each webhook in the request: one, or one for each element of an array. The events borrow from the
    /// request and from `texts`.
    pub fn normalize(&self, options: Options, texts: &'a BodyTexts) -> Vec<Normalized<'a>> {
        let request = self.without_secrets(texts);
        let mut budget = EventBudget::default();
        let each = request.webhooks(texts).and_then(|elements| {
            let each = elements.into_iter().map(|element| {
                let normalized = element.normalize_one(options, &mut budget);
                if budget.is_exceeded { Err(budget.quarantine(request.request.body.len())) } else { Ok(normalized) }
            });
            each.collect::<Result<Vec<_>, _>>()
        });
        each.unwrap_or_else(|quarantine| vec![request.quarantined(quarantine)])
    }

    /// The same request as a replay would have it. No module sees a secret, and a replay gives the same result. A body
    /// that is not what its syntax demands stays as it is; it becomes no event.
    fn without_secrets(&self, texts: &'a BodyTexts) -> Self {
        if self.vendor.secret_members.is_none() {
            return self.clone();
        }
        let Some(text) = texts.redacted(|| self.redacted_text()) else { return self.clone() };
        let stored = Some(self.stored.unwrap_or(StoredIdentity::Body(self.body_hash())));
        Self { request: Request { body: text.as_bytes(), ..self.request }, stored, ..self.clone() }
    }

    fn quarantined(self, quarantine: Quarantine) -> Normalized<'a> {
        Normalized { webhook: self, result: Err(quarantine), warnings: Vec::new(), logged: Logged::default() }
    }

    fn normalize_one(self, options: Options, budget: &mut EventBudget) -> Normalized<'a> {
        let body = match self.parse() {
            Ok(body) => body,
            Err(quarantine) => return self.quarantined(quarantine),
        };
        let Request { headers, query, account, .. } = self.request;
        let webhook = Webhook { body, headers, query, account };
        let translation = self.vendor.normalize.normalize(&webhook).and_then(|translation| {
            let events = match &translation {
                Translation::Changes(changes) => changes.len(),
                Translation::Change(_) | Translation::Unknown(_) => 1,
                Translation::Ignored(_) => 0,
            };
            budget.add(events, self.request.body.len()).map(|()| translation)
        });
        let logged = Logged::of(&webhook.body, self.vendor.log_members);
        let identity = self.identity(&webhook.body);
        let warnings = webhook.body.take_warnings();
        let result = translation.and_then(|translation| {
            let raw = if options.include_raw { Some(self.raw()?) } else { None };
            let is_readable = warnings.is_empty();
            let stamp = Stamp { request: &self, identity, is_readable, unreadable: unreadable(&warnings) };
            Ok(stamp.stamp(translation, raw))
        });
        Normalized { webhook: self, result, warnings, logged }
    }

    /// The body without the vendor's secrets, for the quarantine.
    pub fn redacted_body(&self) -> Cow<'a, [u8]> {
        let secrets = &self.vendor.secret_members;
        if secrets.is_none() {
            return Cow::Borrowed(self.request.body);
        }
        match self.redacted_text() {
            // With the white space around it, because a hash of the body includes that.
            Some(Cow::Borrowed(_)) => Cow::Borrowed(self.request.body),
            Some(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
            None => redact::of_bytes(self.request.body, secrets),
        }
    }

    /// The body's text without the vendor's secrets. `None` if it is not the text that its syntax demands.
    fn redacted_text(&self) -> Option<Cow<'a, str>> {
        let secrets = &self.vendor.secret_members;
        let text = self.text().ok()?;
        match self.syntax() {
            // White space before a removed secret may be left at the end, where a replay would not read it.
            Some(syntax) => Some(match syntax.without(text, secrets) {
                Cow::Borrowed(text) => Cow::Borrowed(text),
                Cow::Owned(text) => Cow::Owned(text.trim_ascii().to_owned()),
            }),
            None => serde_json::from_str::<IgnoredAny>(text).is_ok().then(|| redact::of_json(text, secrets)),
        }
    }

    pub fn request(&self) -> &Request<'a> {
        &self.request
    }

    /// The index of the webhook in its array, from 0. `None` if it is not in an array.
    pub fn element(&self) -> Option<usize> {
        self.element
    }

    /// The same request, with local times read in this zone.
    #[must_use]
    pub fn in_time_zone(self, zone: TimeZone) -> Self {
        Self { zone, ..self }
    }

    /// The same request, with these names for its custom fields.
    #[must_use]
    pub fn with_field_names(self, field_names: &'a NamesById) -> Self {
        Self { field_names, ..self }
    }

    pub fn vendor(&self) -> &'static Vendor {
        self.vendor
    }

    pub fn received_at(&self) -> Timestamp {
        self.received_at
    }

    fn text(&self) -> Result<&'a str, Quarantine> {
        let text = std::str::from_utf8(self.request.body)
            .map_err(|error| Quarantine::new(Reason::NotText, self.why_not_text(error.valid_up_to())))?;
        // RFC 8259, section 8.1: a parser may ignore a byte order mark.
        Ok(text.trim_start_matches('\u{feff}').trim_ascii())
    }

    /// The body's syntax, if it is not JSON.
    fn syntax(&self) -> Option<&'static Syntax> {
        let content_type = self.request.headers.get("content-type").unwrap_or_default();
        Syntax::of(self.vendor.syntaxes, content_type, self.text().ok()?)
    }

    fn parse(&self) -> Result<Object<'a>, Quarantine> {
        let json = self.rendered.map_or_else(|| self.text(), Ok)?;
        Object::parse_in(json, self.zone.clone()).map_err(|error| {
            let what = match self.element {
                Some(index) => format!("element {index} of the body"),
                None => "the body".to_owned(),
            };
            let detail = match error.line() {
                0 => format!("{what} is {error}"),
                line => format!("{what} is not a JSON object (line {line}, column {})", error.column()),
            };
            Quarantine::new(Reason::NotJson, detail)
        })
    }

    /// The vendor's own text: JSON as it came, other text as a JSON string.
    fn raw(&self) -> Result<Raw<'a>, Quarantine> {
        let text = self.text()?;
        let (json, media_type) = match self.syntax().filter(|_| self.rendered.is_some()) {
            Some(syntax) => (Json::of(&text), Some(syntax.media_type)),
            None => (serde_json::from_str(text).map(|json| Json::new(Cow::Borrowed(json))), None),
        };
        let json = json.map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let detail = format!("the body is not JSON (line {line}, column {column})");
            Quarantine::new(Reason::NotJson, detail)
        })?;
        Ok(Raw { json, media_type })
    }

    /// The reason why the body is not text. No vendor compresses its webhooks, but a proxy may.
    fn why_not_text(&self, at_byte: usize) -> String {
        let coding = self.request.headers.get("content-encoding").unwrap_or_default();
        match COMPRESSIONS.iter().find(|compression| compression.eq_ignore_ascii_case(coding)) {
            Some(coding) => format!("the body is compressed (Content-Encoding: {coding}), and is not read as such"),
            None => format!("no UTF-8 at byte {at_byte}"),
        }
    }

    /// The hash of the body as received; that of an element, without the vendor's secrets.
    fn body_hash(&self) -> BodyHash {
        match self.stored {
            Some(StoredIdentity::Body(hash)) => hash,
            _ => BodyHash::of(self.request.body),
        }
    }

    fn identity(&self, body: &Object<'a>) -> Identity<'a> {
        if let Some(StoredIdentity::Event(digest)) = self.stored {
            return Identity::Known(digest);
        }
        let header = |name| self.request.headers.get(name).filter(|id| !id.is_empty());
        let members = |paths: &[&str]| {
            let mut members = paths.iter().map(|path| body.at(path)).peekable();
            members.peek()?.as_ref()?;
            let texts = members.map(|member| member.map_or("", Value::get));
            Some(Identity::Known(Digest::of_members(texts)))
        };
        let identity = |change_id: &ChangeId| match change_id {
            ChangeId::Header(name) => header(name).map(|id| Identity::Known(Digest::of_change_id(id, self.element))),
            ChangeId::UnsignedHeader(name) => header(name).map(Identity::UnsignedId),
            ChangeId::Members(paths) => members(paths),
            ChangeId::MembersBeside { member, id } => {
                body.at(member)?.text()?;
                Some(members(id).unwrap_or(Identity::Body))
            }
            ChangeId::MembersIf { member, is, id } => {
                let value = body.at(member)?.text()?;
                (value == *is).then(|| members(id).unwrap_or(Identity::Body))
            }
        };
        self.vendor.change_ids.iter().find_map(identity).unwrap_or(Identity::Body)
    }
}
