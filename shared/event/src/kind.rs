//! The closed lists of entities and actions, and the event type made of the two.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A word that is not in its closed list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    what: &'static str,
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a known {}", self.what)
    }
}

impl std::error::Error for UnknownWord {}

/// An enum whose variants are words, with `ALL`, `as_str`, `Display`, `FromStr` and serde.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// All variants, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word { $($word => Ok(Self::$variant),)* _ => Err(UnknownWord { what: $what }) }
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "enum": Self::ALL })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        deserialize_text!($name);
    };
}

/// Implements deserialization with `FromStr`.
macro_rules! deserialize_text {
    ($name:ident) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = std::borrow::Cow::<str>::deserialize(deserializer)?;
                word.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

words! {
    /// The kind of record that an event is about.
    Entity, "entity" {
        Contact = "contact",
        Company = "company",
        Lead = "lead",
        Deal = "deal",
        Product = "product",
        Order = "order",
        Task = "task",
        Project = "project",
        TimeEntry = "time_entry",
        Appointment = "appointment",
        Call = "call",
        Note = "note",
        Activity = "activity",
        User = "user",
        Invoice = "invoice",
        Quote = "quote",
        Payment = "payment",
        FormResponse = "form_response",
        CustomObject = "custom_object",
        /// An authentic event that is not modelled. It has `raw`, but no record.
        Unknown = "unknown",
    }
}

words! {
    /// The kind of change.
    Action, "action" {
        Created = "created",
        Updated = "updated",
        Deleted = "deleted",
        Restored = "restored",
        Archived = "archived",
        Completed = "completed",
        Reopened = "reopened",
        StageChanged = "stage_changed",
        StatusChanged = "status_changed",
        Paid = "paid",
        Received = "received",
        Started = "started",
        Stopped = "stopped",
        Answered = "answered",
        Missed = "missed",
        Ended = "ended",
        Online = "online",
        Offline = "offline",
        Added = "added",
        Removed = "removed",
        /// Other records were merged into this one.
        Merged = "merged",
    }
}

words! {
    /// Why a record was deleted, where the vendor tells.
    DeletionReason, "deletion reason" {
        /// Another record took it over.
        Merged = "merged",
        /// The person's data was erased for privacy.
        Privacy = "privacy",
    }
}

words! {
    /// The clock of an event's `time`.
    TimeSource, "time source" {
        /// The vendor's own time of the change.
        Vendor = "vendor",
        /// The time of receipt, because the vendor gives no time of the change.
        Received = "received",
    }
}

/// The CloudEvents `type`: `crm.{entity}.{action}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventType {
    pub entity: Entity,
    pub action: Action,
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "crm.{}.{}", self.entity, self.action)
    }
}

impl FromStr for EventType {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let words = text.strip_prefix("crm.").and_then(|rest| rest.split_once('.'));
        let (entity, action) = words.ok_or(UnknownWord { what: "event type" })?;
        Ok(Self { entity: entity.parse()?, action: action.parse()? })
    }
}

impl Serialize for EventType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

deserialize_text!(EventType);
