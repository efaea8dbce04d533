//! The vendors: the type that describes one, and the table of all.
//!
//! A vendor only translates. Names, accounts, keys, times and the envelope are added in one place
//! ([`crate::Verified::normalize`]), so that a vendor cannot get them wrong.

mod agilecrm;
mod attio;
mod close;
mod copper;
mod freshsales;
mod heffl;
mod hubspot;
mod pipedrive;
mod salesforce;
mod teamgram;
mod teamgrid;
mod zoho;

use std::borrow::Cow;
use std::fmt;
use std::panic::RefUnwindSafe;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use crm_event::record::Record;
use crm_event::{Action, Actor, Entity, EventType, FieldChange, Text};
use jiff::Timestamp;

pub use crate::body::{FORM, Syntax, XML};
use crate::error::{Quarantine, Reason};
use crate::json::Object;
pub use crate::redact::SecretMembers;
use crate::request::Pairs;
use crate::scheme::Scheme;
use crate::vendor_file::VendorFile;

/// Every vendor. A vendor consists of a line here, a folder in `crm/`, a folder in `functions/`, cases in `events/` and
/// a line in the template. A test checks that none is missing.
pub const ALL: &[&Vendor] = &[
    &agilecrm::VENDOR,
    &attio::VENDOR,
    &close::VENDOR,
    &copper::VENDOR,
    &freshsales::VENDOR,
    &heffl::VENDOR,
    &hubspot::VENDOR,
    &pipedrive::VENDOR,
    &salesforce::VENDOR,
    &teamgram::VENDOR,
    &teamgrid::VENDOR,
    &zoho::VENDOR,
];

/// A CRM that sends webhooks. Plain data without defaults, so that a vendor cannot omit a field.
pub struct Vendor {
    /// One lowercase word: module, package, folder of cases, last segment of the route.
    pub name: &'static str,
    /// The vendor's own spelling of its name.
    pub title: &'static str,
    /// One webhook or many in a body.
    pub body_form: BodyForm,
    /// The syntaxes of its bodies besides JSON.
    pub syntaxes: &'static [&'static Syntax],
    /// How long the vendor waits for an answer before it counts a failure. [`PATIENT`] if it does not document a
    /// figure.
    pub answer_within: Duration,
    /// The response to a webhook that was not lost.
    pub answer: AnswerForm,
    /// The proofs of origin that the vendor can give, best first.
    pub schemes: &'static [Scheme],
    /// The beginnings of the EventBridge sources that the vendor sends from. Their events invoke the function without
    /// an HTTP request, see [`Vendor::verify_event_bridge`]. Empty if the vendor only sends HTTP requests.
    pub event_bridge_sources: &'static [&'static str],
    /// Converts an account in the URL to the spelling of the vendor's bodies. `None` if an account has one spelling.
    pub canonical_account: Option<for<'a> fn(&'a str) -> Text<'a>>,
    /// The vendor's own ids of a change, best first. The first one that a webhook has goes into the event's id. A
    /// webhook without any is identified by its body, see [`crate::key`].
    pub change_ids: &'static [ChangeId],
    /// True if times in its bodies may lack their zone and are then local times of the account: a setting names the
    /// zone. False if times without a zone are in UTC, which is how they are read without the setting.
    pub writes_local_times: bool,
    /// True if custom fields come under opaque ids, without their names: a setting names them. The translation puts the
    /// id into [`CustomField::id`](crm_event::CustomField) and into [`FieldChange::field`], and leaves the names empty.
    pub has_opaque_field_ids: bool,
    /// True if its translation reads more of a request than the body and the query's `event`, such as parameters that
    /// name the kinds of records (`?deals=<id>`). An event does not contain the rest, so it cannot be translated again
    /// from its `raw`.
    pub reads_request: bool,
    /// Members of the body that hold secrets. They are removed before anything leaves the function.
    pub secret_members: SecretMembers,
    /// Paths of the members by which the vendor's support finds a delivery: ids and words, no data of a record. They go
    /// into the log line.
    pub log_members: &'static [&'static str],
    /// A body to test a route with, not about any record: an event that is ignored or, if the vendor has none, one with
    /// a made-up name, which becomes `crm.unknown.received`.
    pub test_body: &'static str,
    /// The vendor's events and what each becomes. Any other event becomes `crm.unknown.received`.
    pub catalog: &'static [CatalogEntry],
    /// A function, or the translation of a vendor file.
    pub normalize: &'static dyn Normalize,
}

/// Translates an authentic webhook. Reads no clock and no environment.
pub trait Normalize: Sync + RefUnwindSafe {
    /// # Errors
    /// If the webhook is not understood.
    fn normalize<'a>(&'static self, webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine>;
}

impl<F> Normalize for F
where
    F: for<'a> Fn(&Webhook<'a>) -> Result<Translation<'a>, Quarantine> + Sync + RefUnwindSafe,
{
    fn normalize<'a>(&'static self, webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
        self(webhook)
    }
}

impl fmt::Debug for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Vendor").field(&self.name).finish()
    }
}

impl Vendor {
    /// The headers that hold the vendor's id of a change.
    pub fn change_id_headers(&self) -> impl Iterator<Item = &'static str> {
        self.change_ids.iter().filter_map(|id| match id {
            ChangeId::Header(name) | ChangeId::UnsignedHeader(name) => Some(*name),
            ChangeId::Members(_) | ChangeId::MembersBeside { .. } | ChangeId::MembersIf { .. } => None,
        })
    }

    /// The catalogue's spelling of an event's name. `None` if it is not in the catalogue, because it may then be any
    /// text.
    pub fn documented(&self, vendor_event: &str) -> Option<&'static str> {
        let named = |row: &&CatalogEntry| row.vendor_event.eq_ignore_ascii_case(vendor_event);
        self.catalog.iter().find(named).map(|row| row.vendor_event)
    }
}

/// [`Vendor::answer_within`] of a vendor that documents no figure. Longer than a function ever takes.
pub const PATIENT: Duration = Duration::from_secs(10);

/// One webhook or many in a body.
///
/// Each webhook is translated by itself and has its own events, keys and `raw`. A bad one does not affect the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyForm {
    /// One webhook, an object.
    Object,
    /// Many webhooks, an array of objects. An object that stands alone is one webhook.
    Array,
    /// Many webhooks, an array at this path of an object (`data.events`). The body of each webhook is the whole body
    /// with only its own element in the array, so that it remains a message of the vendor. A body without the array is
    /// one webhook. In XML, one or more elements at this path are the array.
    ArrayAt(&'static str),
}

/// The response to a webhook that was not lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerForm {
    /// The outcome as JSON.
    Json,
    /// A constant text, for a vendor that counts any other answer as a failure.
    Constant { content_type: &'static str, body: &'static str },
}

/// A vendor's own id of a change. All deliveries of the change have it, and no other change has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeId {
    /// A header that the signature covers.
    Header(&'static str),
    /// A header that the signature does not cover. Anyone who has one signed request can send it again with another id.
    ///
    /// A body with the vendor's time of the change needs no id, so the header is not used there. Any other body is
    /// identified by the header and the body together. A forged id can then only repeat a state that the consumer
    /// already has, as long as the signature is fresh. It cannot replace another change's id.
    UnsignedHeader(&'static str),
    /// Paths of members of the body (`meta.id`). Together they are the id; the first one is required.
    Members(&'static [&'static str]),
    /// As [`Self::Members`], but only for bodies that have another member. Such a body has no other id.
    MembersBeside { member: &'static str, id: &'static [&'static str] },
    /// As [`Self::Members`], but only for bodies in which another member has this value. Such a body has no other id.
    MembersIf { member: &'static str, is: &'static str, id: &'static [&'static str] },
}

/// The vendors from files that this process has loaded.
static FROM_FILES: RwLock<Vec<&'static Vendor>> = RwLock::new(Vec::new());

/// The vendor of that name, built in or from a file.
pub fn find(name: &str) -> Option<&'static Vendor> {
    let built_in = ALL.iter().copied().find(|vendor| vendor.name == name);
    built_in.or_else(|| from_files().into_iter().find(|vendor| vendor.name == name))
}

/// The vendors from files, by name.
pub fn from_files() -> Vec<&'static Vendor> {
    FROM_FILES.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Makes a vendor from a file known to [`find`]. It replaces an earlier one of the same name.
pub fn add_from_file(file: VendorFile) -> &'static Vendor {
    let vendor = file.into_vendor();
    let mut all = FROM_FILES.write().unwrap_or_else(PoisonError::into_inner);
    all.retain(|known| known.name != vendor.name);
    all.push(vendor);
    all.sort_by_key(|vendor| vendor.name);
    vendor
}

/// Forgets a vendor from a file.
pub fn remove_from_file(name: &str) {
    FROM_FILES.write().unwrap_or_else(PoisonError::into_inner).retain(|known| known.name != name);
}

/// Finds a vendor by its function's package name, at compile time.
///
/// # Panics
/// If there is no such vendor; compilation fails.
#[expect(clippy::panic, reason = "the compiler runs it, no function does")]
pub const fn of_package(name: &str) -> &'static Vendor {
    let mut rest = ALL;
    while let [vendor, others @ ..] = rest {
        if is_equal(vendor.name, name) {
            return vendor;
        }
        rest = others;
    }
    panic!("the package has the name of no vendor in crm::ALL");
}

/// String comparison for constants, where `==` is not available.
const fn is_equal(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while let ([first_a, rest_a @ ..], [first_b, rest_b @ ..]) = (a, b) {
        if *first_a != *first_b {
            return false;
        }
        (a, b) = (rest_a, rest_b);
    }
    a.is_empty() && b.is_empty()
}

/// One event of a vendor and its canonical type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatalogEntry {
    /// In the vendor's words.
    pub vendor_event: &'static str,
    pub target: Target,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Event(Entity, Action),
    /// Not about a record.
    Ignored,
}

impl CatalogEntry {
    pub const fn event(vendor_event: &'static str, entity: Entity, action: Action) -> Self {
        Self { vendor_event, target: Target::Event(entity, action) }
    }

    pub const fn ignored(vendor_event: &'static str) -> Self {
        Self { vendor_event, target: Target::Ignored }
    }

    /// About a kind of record that is not modelled.
    pub const fn unknown(vendor_event: &'static str) -> Self {
        Self::event(vendor_event, Entity::Unknown, Action::Received)
    }

    /// The row of an event name, spelled exactly as the vendor does.
    pub fn find(rows: &'static [CatalogEntry], vendor_event: &str) -> Option<&'static CatalogEntry> {
        rows.iter().find(|row| row.vendor_event == vendor_event)
    }

    /// The entity and action of an event name. `None` if it is not in the catalogue, or not about a record.
    pub fn event_of(rows: &'static [CatalogEntry], vendor_event: &str) -> Option<(Entity, Action)> {
        Self::find(rows, vendor_event).and_then(|row| row.target.event())
    }
}

impl Target {
    /// The entity and action. `None` if the event is not about a record.
    pub const fn event(self) -> Option<(Entity, Action)> {
        match self {
            Self::Event(entity, action) => Some((entity, action)),
            Self::Ignored => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Event(entity, action) => EventType { entity, action }.fmt(f),
            Self::Ignored => f.write_str("ignored"),
        }
    }
}

/// An authentic webhook whose body is an object, whatever its syntax.
pub struct Webhook<'a> {
    pub body: Object<'a>,
    pub headers: Pairs<'a>,
    pub query: Pairs<'a>,
    /// The `{account}` segment of the URL. The events have it as their account, so few vendors need it.
    pub account: Option<&'a str>,
}

impl<'a> Webhook<'a> {
    /// The event that an administrator has added to the URL: `?event=deal.updated`.
    pub fn event_in_url(&self) -> Option<Text<'a>> {
        self.query.get("event").map(str::trim).filter(|name| !name.is_empty()).map(Cow::Borrowed)
    }
}

/// A canonical event by its name without `crm.`, as an administrator writes it into a URL: `deal.updated`.
pub fn event_type(name: &str) -> Option<EventType> {
    format!("crm.{name}").parse().ok()
}

/// The content of a webhook.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is made")]
pub enum Translation<'a> {
    /// A record changed.
    Change(Change<'a>),
    /// Any number of records changed.
    Changes(Vec<Change<'a>>),
    /// An event that is not modelled, such as one that the vendor has added.
    Unknown(Unknown<'a>),
    /// Not about a record. Holds the reason, for the answer.
    Ignored(&'static str),
}

/// Maximum number of records times fields in the events of one webhook about many records that changed alike, because
/// each event has all fields. A bulk creation of 200 records with 300 fields is usual.
const MAX_FIELDS: usize = 200_000;

impl<'a> Translation<'a> {
    /// One change for each id. `fields` is the number of fields and changes that each of them has.
    ///
    /// # Errors
    /// If the events would have too many fields in all.
    pub fn for_each(
        ids: Vec<Text<'a>>,
        fields: usize,
        change: impl FnMut(Text<'a>) -> Change<'a>,
    ) -> Result<Self, Quarantine> {
        if ids.len() > 1 && ids.len().saturating_mul(fields.saturating_add(1)) > MAX_FIELDS {
            let detail = format!("{} records with {fields} fields and changes", ids.len());
            return Err(Quarantine::new(Reason::TooManyEvents, detail));
        }
        Ok(Self::Changes(ids.into_iter().map(change).collect()))
    }
}

impl<'a> From<Change<'a>> for Translation<'a> {
    fn from(change: Change<'a>) -> Self {
        Self::Change(change)
    }
}

/// One change of one record. The entity is that of the record.
#[derive(Debug)]
pub struct Change<'a> {
    /// In the vendor's words.
    pub vendor_event: Text<'a>,
    pub action: Action,
    /// Details of the action beyond its word; usually `None`.
    pub action_detail: Option<ActionDetail<'a>>,
    pub record: Record<'a>,
    /// The vendor's id of the customer account, if the body has one.
    pub account: Option<Text<'a>>,
    /// The time of the change; `None` if the vendor does not send it.
    pub occurred_at: Option<Timestamp>,
    /// True if `record` may lack fields.
    pub partial: bool,
    /// The changed fields, in canonical form where there is one, without the time of the change itself.
    pub changes: Vec<FieldChange<'a>>,
    /// `None` if the vendor does not say who made the change. If it says that no user did, the type is `system`.
    pub actor: Option<Actor<'a>>,
}

/// Details of an action beyond its word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionDetail<'a> {
    /// For `merged`: the ids of the records that no longer exist. Each of them also has its own change, a `deleted`:
    /// that of its own webhook, or one beside this one if the vendor sends none for it.
    MergedIds(Vec<Text<'a>>),
    /// For `deleted`: the id of the record that this one was merged into.
    MergedInto(Text<'a>),
    /// For `deleted`: the person's data was erased for privacy.
    ErasedForPrivacy,
}

/// An event that is not modelled.
#[derive(Debug)]
pub struct Unknown<'a> {
    pub vendor_event: Text<'a>,
    /// The record's id, if it is in this vendor's usual place.
    pub record_id: Option<Text<'a>>,
    pub account: Option<Text<'a>>,
    pub occurred_at: Option<Timestamp>,
}

/// The template of a new CRM compiles and translates its sample.
#[cfg(test)]
#[path = "../template/mod.rs"]
mod template;

#[cfg(test)]
mod tests {
    use super::template::VENDOR;
    use crate::{Accepted, BodyTexts, Options, Pairs, Request, Secrets};

    #[test]
    fn the_template_of_a_new_crm_translates_its_sample() {
        let secrets = Secrets::parse(r#"{"default":["token:a-long-enough-token"]}"#, VENDOR.schemes).unwrap();
        let query = [("token".into(), "a-long-enough-token".into())];
        let body = include_bytes!("../template/body.json");
        let (headers, query) = (Pairs(&[]), Pairs(&query));
        let request = Request { method: "POST", url: "", body, headers, query, account: None };
        static TEMPLATE: crate::Vendor = VENDOR;
        let verified = TEMPLATE.verify(request, &secrets, jiff::Timestamp::UNIX_EPOCH).unwrap();
        let texts = BodyTexts::default();
        let normalized = verified.normalize(Options { include_raw: false }, &texts).remove(0);
        let Ok(Accepted::Events(events)) = normalized.result else { panic!("the sample becomes no event") };
        assert_eq!(
            events.iter().map(|event| event.event_type.to_string()).collect::<Vec<_>>(),
            ["crm.contact.created"]
        );
    }
}
