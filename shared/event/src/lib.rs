#![doc = include_str!("../README.md")]

pub mod field;
mod kind;
mod pointer;
pub mod record;
#[cfg(feature = "schema")]
pub mod schema;
mod value;

use std::borrow::Cow;
use std::sync::LazyLock;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

pub use kind::{Action, DeletionReason, Entity, EventType, TimeSource, UnknownWord};
pub use pointer::{POINTER_CLASS, S3Pointer};
pub use record::Record;
pub use value::{
    Absent, Actor, Address, Campaign, CustomField, DateInfo, Decimal, Email, EmailBounce, FormField, GeoLocation, Json,
    LineItem, NotADecimal, Phone, Rate, Ref, Stage, Subtask, Text, Web,
};

/// The version of the CloudEvents specification that [`Event`] follows.
pub const SPEC_VERSION: &str = "1.0";
/// The media type of [`Event::data`].
pub const DATA_CONTENT_TYPE: &str = "application/json";
/// The media type of a whole [`Event`] (CloudEvents JSON format, structured mode).
pub const EVENT_CONTENT_TYPE: &str = "application/cloudevents+json";
/// The major version of the records. An incompatible change of a record is a new major version.
pub const SCHEMA_MAJOR: &str = "1";

/// Maximum number of paths in [`Data::unreadable`].
pub const MAX_UNREADABLE_PATHS: usize = 50;

/// `urn:crm-event:{major}:{entity}`: the schema of [`Event::data`], and [`Event::dataschema`].
pub fn data_schema(entity: Entity) -> &'static str {
    static SCHEMAS: LazyLock<Vec<String>> =
        LazyLock::new(|| Entity::ALL.iter().map(|entity| format!("urn:crm-event:{SCHEMA_MAJOR}:{entity}")).collect());
    SCHEMAS.get(entity as usize).map_or("", String::as_str)
}

/// One change of one CRM record: a CloudEvents 1.0 envelope, the body of an SQS message.
///
/// Attributes and their order are those of the
/// [CloudEvents JSON format](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md);
/// `partitionkey` and `recordedtime` are documented extension attributes of that project, `traceparent` is that of
/// [distributed tracing](https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/distributed-tracing.md).
///
/// There is no `Default` and no builder, so that a new attribute must be set wherever an event is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event<'a> {
    /// The version of CloudEvents.
    pub specversion: Text<'a>,
    /// The idempotency key: the same for every delivery of one change, and different for every other change.
    pub id: Text<'a>,
    /// `crm://{vendor}/{account}`, percent-encoded.
    pub source: Text<'a>,
    /// `crm.{entity}.{action}`.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// `{entity}/{record id}`; missing if the vendor names no record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Text<'a>>,
    /// The vendor's time of the change, or the time of receipt if the vendor gives none.
    pub time: Timestamp,
    /// The clock of `time`. Times of different clocks cannot be ordered: compare `time` only between events that both
    /// have `vendor`, and `recordedtime` otherwise.
    pub timesource: TimeSource,
    /// The media type of `data`.
    pub datacontenttype: Text<'a>,
    /// `urn:crm-event:{major}:{entity}`.
    pub dataschema: Text<'a>,
    /// `{vendor}:{account}:{entity}:{record id}`. Events with the same key arrive in order.
    pub partitionkey: Text<'a>,
    /// The time of receipt of the webhook.
    pub recordedtime: Timestamp,
    /// The [W3C trace context](https://www.w3.org/TR/trace-context/#traceparent-header) of the webhook's request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<Text<'a>>,
    /// The change.
    pub data: Data<'a>,
}

/// Typical size of an event without `raw` and the data that the record repeats of it, used to size the buffer.
const TYPICAL_EVENT_BYTES: usize = 6 << 10;

impl Event<'_> {
    /// The event's JSON: the body of its message.
    ///
    /// # Errors
    /// If `serde_json` cannot write a value. The types of an event can all be written.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        // Otherwise large bodies would be copied each time that the buffer grows.
        let raw_bytes = self.data.raw.as_ref().map_or(0, |raw| raw.get().len());
        let mut json = Vec::with_capacity(raw_bytes.saturating_mul(2).saturating_add(TYPICAL_EVENT_BYTES));
        serde_json::to_writer(&mut json, self)?;
        String::from_utf8(json).map_err(serde::ser::Error::custom)
    }
}

/// The change and its record.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Data<'a> {
    /// The vendor's name: one lowercase word.
    pub vendor: Text<'a>,
    /// The customer account at the vendor. Record ids are unique only within an account.
    pub account: Text<'a>,
    /// The vendor's name of the event.
    pub vendor_event: Text<'a>,
    /// The kind of record.
    pub entity: Entity,
    /// The kind of change.
    pub action: Action,
    /// True if `record` has only a part of the record, so that a missing field means nothing. If false, a missing field
    /// is empty.
    pub partial: bool,
    /// Paths of fields that the vendor sent but that could not be read, with the vendor's names. `record` does not
    /// contain them, and `partial` is true. At most 50 paths.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
    /// The record after the change. Missing only for the entity `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Record<'a>>,
    /// The changed fields, if the vendor sends them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FieldChange<'a>>,
    /// For the action `merged`: the ids of the records that were merged into this one. They no longer exist.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub merged_ids: Vec<Text<'a>>,
    /// For the action `deleted`: the reason, if the vendor sends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_reason: Option<DeletionReason>,
    /// For a record that was deleted by a merge: the id of the remaining record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<Text<'a>>,
    /// The actor, if the vendor sends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor<'a>>,
    /// The vendor's JSON, byte for byte, without the vendor's secrets. If the vendor sends another format, it is that
    /// text as a string. Missing if the function leaves it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<Json<'a>>,
    /// The media type of the text in `raw`, such as `text/xml`. Missing if `raw` is JSON itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_media_type: Option<Text<'a>>,
}

impl Data<'_> {
    /// The vendor's own text, from `raw`.
    pub fn raw_text(&self) -> Option<Text<'_>> {
        let raw = self.raw.as_ref()?.get();
        match self.raw_media_type {
            None => Some(Cow::Borrowed(raw)),
            Some(_) => serde_json::from_str(raw).ok().map(Cow::Owned),
        }
    }
}

/// One changed field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FieldChange<'a> {
    /// The canonical name of the field if there is one, or else the vendor's.
    pub field: Text<'a>,
    /// The custom field's name, if `field` is an opaque id and a setting names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text<'a>>,
    /// The old value in canonical form: `null` if the field was empty, missing if the vendor does not send it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub from: Option<Json<'a>>,
    /// The new value in canonical form: `null` if the field was cleared, missing if the vendor does not send it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub to: Option<Json<'a>>,
}

/// Distinguishes `null` from a missing member, which `Option` alone does not.
fn present<'de, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Json<'a>>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

impl<'de, 'a> Deserialize<'de> for Data<'a> {
    /// `entity` determines the type of `record`, in any order of the two members.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire<'a> {
            vendor: Text<'a>,
            account: Text<'a>,
            vendor_event: Text<'a>,
            entity: Entity,
            action: Action,
            partial: bool,
            #[serde(default)]
            unreadable: Vec<String>,
            record: Option<Box<RawValue>>,
            #[serde(default)]
            changes: Vec<FieldChange<'a>>,
            #[serde(default)]
            merged_ids: Vec<Text<'a>>,
            deletion_reason: Option<DeletionReason>,
            merged_into: Option<Text<'a>>,
            actor: Option<Actor<'a>>,
            #[serde(default, deserialize_with = "present")]
            raw: Option<Json<'a>>,
            raw_media_type: Option<Text<'a>>,
        }
        let wire = Wire::deserialize(deserializer)?;
        let record = match &wire.record {
            Some(text) => Record::parse(wire.entity, text.get()).map_err(serde::de::Error::custom)?,
            None => None,
        };
        Ok(Self {
            vendor: wire.vendor,
            account: wire.account,
            vendor_event: wire.vendor_event,
            entity: wire.entity,
            action: wire.action,
            partial: wire.partial,
            unreadable: wire.unreadable,
            record,
            changes: wire.changes,
            merged_ids: wire.merged_ids,
            deletion_reason: wire.deletion_reason,
            merged_into: wire.merged_into,
            actor: wire.actor,
            raw: wire.raw,
            raw_media_type: wire.raw_media_type,
        })
    }
}

impl<'a> From<Cow<'a, RawValue>> for Json<'a> {
    fn from(text: Cow<'a, RawValue>) -> Self {
        Self::new(text)
    }
}
