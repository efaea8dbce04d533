//! The times of each part of a record's state, by which events are ordered.

use std::collections::BTreeMap;

use crm_event::{Action, DeletionReason, Event, TimeSource};
use data_encoding::BASE64;
use jiff::Timestamp;
use md5::{Digest as _, Md5};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Maximum number of remembered event ids, 8 bytes each. A duplicate is recognized as long as fewer events of its
/// record came in between. This is enough for a bulk edit of a vendor that sends one event for each property.
const MAX_FINGERPRINTS: usize = 128;

/// The time of an event and the time of its receipt, in microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp(
    /// The vendor's own time, if there is one.
    Option<i64>,
    /// The time of receipt.
    i64,
);

impl Stamp {
    pub(super) fn of(event: &Event<'_>) -> Self {
        let vendor = (event.timesource == TimeSource::Vendor).then(|| event.time.as_microsecond());
        Self(vendor, event.recordedtime.as_microsecond())
    }

    pub(super) fn time(self) -> Option<Timestamp> {
        Timestamp::from_microsecond(self.0.unwrap_or(self.1)).ok()
    }

    /// True if this is earlier. Times of different clocks cannot be ordered: two vendor times are compared with each
    /// other, otherwise the times of receipt are. The receipt also decides between equal times.
    fn is_before(self, other: Self) -> bool {
        match (self.0, other.0) {
            (Some(time), Some(other_time)) => (time, self.1) < (other_time, other.1),
            _ => self.1 < other.1,
        }
    }

    /// True if there is no current stamp, or no later one.
    pub(super) fn replaces(self, current: Option<Self>) -> bool {
        current.is_none_or(|current| !self.is_before(current))
    }
}

/// The start of an event id's MD5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; 8]);

impl Fingerprint {
    pub(super) fn of(event_id: &str) -> Self {
        // Never the default: an MD5 has 16 bytes.
        Self(Md5::digest(event_id).first_chunk().copied().unwrap_or_default())
    }
}

/// The order of a record's state. Its JSON is short, because it is written with each event.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Order {
    /// The number of applied events.
    #[serde(rename = "n")]
    pub(super) events: u64,
    /// The latest event.
    #[serde(rename = "l", skip_serializing_if = "Option::is_none")]
    pub(super) newest: Option<Stamp>,
    /// The latest event with the whole record. Its stamp applies to every field without its own stamp.
    #[serde(rename = "w", skip_serializing_if = "Option::is_none")]
    pub(super) whole: Option<Stamp>,
    /// True if a field that is not in the record is empty.
    #[serde(rename = "c")]
    pub(super) is_complete: bool,
    /// Fields that a part of the record has set or cleared after that.
    #[serde(rename = "f", with = "grouped", skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) fields: BTreeMap<String, Stamp>,
    /// The latest deletion.
    #[serde(rename = "d", skip_serializing_if = "Option::is_none")]
    deletion: Option<Stamp>,
    /// The latest deletion that erased a person's data.
    #[serde(rename = "e", skip_serializing_if = "Option::is_none")]
    pub(super) erasure: Option<Stamp>,
    /// The latest creation or restoration.
    #[serde(rename = "r", skip_serializing_if = "Option::is_none")]
    restoration: Option<Stamp>,
    /// The latest other event with a vendor's time, at which the record existed.
    #[serde(rename = "a", skip_serializing_if = "Option::is_none")]
    alive: Option<Stamp>,
    /// The latest event ids, oldest first.
    #[serde(rename = "i", with = "packed")]
    fingerprints: Vec<Fingerprint>,
}

impl Order {
    pub(super) fn has_seen(&self, fingerprint: Fingerprint) -> bool {
        self.fingerprints.contains(&fingerprint)
    }

    /// Counts an event and remembers its id. False if the id was known.
    pub(super) fn remember(&mut self, fingerprint: Fingerprint) -> bool {
        if self.has_seen(fingerprint) {
            return false;
        }
        if self.fingerprints.len() >= MAX_FINGERPRINTS {
            self.fingerprints.remove(0);
        }
        self.fingerprints.push(fingerprint);
        self.events = self.events.saturating_add(1);
        true
    }

    /// The stamp of a field, set or empty.
    pub(super) fn of_field(&self, name: &str) -> Option<Stamp> {
        self.fields.get(name).copied().or(self.whole)
    }

    /// Records what an event implies about the existence of the record.
    pub(super) fn note_existence(&mut self, action: Action, reason: Option<DeletionReason>, stamp: Stamp) {
        if reason == Some(DeletionReason::Privacy) && stamp.replaces(self.erasure) {
            self.erasure = Some(stamp);
        }
        let latest = match action {
            Action::Deleted => &mut self.deletion,
            Action::Created | Action::Restored => &mut self.restoration,
            _ if stamp.0.is_some() => &mut self.alive,
            // Without a vendor's time it may be an older state that was sent again.
            _ => return,
        };
        if stamp.replaces(*latest) {
            *latest = Some(stamp);
        }
    }

    /// True if an event with this stamp may have data from before the latest erasure. Two vendor times decide by
    /// themselves. Otherwise an older state may have been sent again, unless the record existed again by then.
    ///
    /// Ordinary deletions do not matter here: a vendor may send one beside the erasure, before or after it.
    pub(super) fn is_erased(&self, stamp: Stamp) -> bool {
        let Some(erasure) = self.erasure else { return false };
        let is_by_vendor = erasure.0.is_some() && stamp.0.is_some();
        let exists_again = || self.revivals(erasure).any(|revival| stamp.replaces(Some(revival)));
        !erasure.is_before(stamp) || (!is_by_vendor && !exists_again())
    }

    /// True if the record is deleted. A deletion wins over everything that was received before it.
    pub(super) fn is_deleted(&self) -> bool {
        self.deletion.is_some_and(|deletion| self.revivals(deletion).next().is_none())
    }

    /// The events that undo a deletion: a later creation or restoration, and an event with a vendor's time later than
    /// the deletion's own, or later than its receipt if it has none.
    fn revivals(&self, deletion: Stamp) -> impl Iterator<Item = Stamp> {
        let alive = self.alive.filter(|alive| deletion.0.is_some() || alive.0 > Some(deletion.1));
        self.restoration.into_iter().chain(alive).filter(move |revival| deletion.is_before(*revival))
    }
}

/// Serializes fields by their stamp, as a list of `[stamp, [names]]`, because the fields of one event share a stamp.
mod grouped {
    use super::{BTreeMap, Deserialize, Deserializer, Serialize, Serializer, Stamp};

    pub(super) fn serialize<S: Serializer>(fields: &BTreeMap<String, Stamp>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut groups: Vec<(Stamp, Vec<&str>)> = Vec::new();
        for (name, stamp) in fields {
            match groups.iter_mut().find(|(of_group, _)| of_group == stamp) {
                Some((_, names)) => names.push(name),
                None => groups.push((*stamp, vec![name])),
            }
        }
        groups.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Stamp>, D::Error> {
        let groups = Vec::<(Stamp, Vec<String>)>::deserialize(deserializer)?;
        Ok(groups.into_iter().flat_map(|(stamp, names)| names.into_iter().map(move |name| (name, stamp))).collect())
    }
}

/// Serializes fingerprints as one Base64 text.
mod packed {
    use serde::de::Error;

    use super::{BASE64, Deserialize, Deserializer, Fingerprint, Serializer};

    pub(super) fn serialize<S: Serializer>(fingerprints: &[Fingerprint], serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = fingerprints.iter().flat_map(|fingerprint| fingerprint.0).collect();
        serializer.serialize_str(&BASE64.encode(&bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Fingerprint>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64.decode(text.as_bytes()).map_err(D::Error::custom)?;
        let (fingerprints, rest) = bytes.as_chunks();
        if rest.is_empty() {
            Ok(fingerprints.iter().copied().map(Fingerprint).collect())
        } else {
            Err(D::Error::custom("no list of fingerprints"))
        }
    }
}
