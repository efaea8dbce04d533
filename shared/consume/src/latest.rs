//! The latest state of a record, computed from its events in any order of arrival.
//!
//! The README's section "The latest state of a record" explains the rules. This module implements them, without a clock
//! or I/O.

mod order;

use std::collections::{BTreeMap, BTreeSet};

use crm_event::{Action, DeletionReason, Event};
use serde_json::value::RawValue;

use order::{Fingerprint, Order, Stamp};

/// Field name to value, as the event's own JSON, so that numbers keep their digits.
type Fields = BTreeMap<String, Box<RawValue>>;

/// The latest state of one record. [`Latest::default`] is an unknown record.
///
/// ```
/// # let json = include_str!("../../../events/heffl/deal_updated/expected.json");
/// # let expected: serde_json::Value = serde_json::from_str(json).unwrap();
/// # let json = expected["events"][0].to_string();
/// use crm_consume::Latest;
///
/// let event: crm_consume::Event<'_> = serde_json::from_str(&json).unwrap();
/// let mut latest = Latest::default();
/// assert!(latest.apply(&event).unwrap());
/// assert!(!latest.apply(&event).unwrap(), "a duplicate changes nothing");
/// // Any store can keep it: four texts.
/// let latest = Latest::from_stored(&latest.to_stored().unwrap()).unwrap();
/// assert!(latest.is_complete() && !latest.is_deleted());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Latest {
    fields: Fields,
    order: Order,
    event_id: String,
    event_type: String,
}

/// A [`Latest`] as texts, for a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLatest {
    /// The record's JSON.
    pub record: String,
    /// The times of each part of the state, and the latest event ids, as JSON that only [`Latest`] reads.
    pub order: String,
    /// The id of the latest event.
    pub event_id: String,
    /// The type of the latest event.
    pub event_type: String,
}

impl Latest {
    /// Applies an event. False if it was applied before, so that there is nothing to write.
    ///
    /// # Errors
    /// If the record is not a JSON object. The types of an event do not allow that.
    pub fn apply(&mut self, event: &Event<'_>) -> Result<bool, serde_json::Error> {
        let record = match &event.data.record {
            Some(record) => serde_json::from_str(&serde_json::to_string(record)?)?,
            None => Fields::new(),
        };
        if !self.order.remember(Fingerprint::of(&event.id)) {
            return Ok(false);
        }
        let stamp = Stamp::of(event);
        if stamp.replaces(self.order.newest) {
            self.order.newest = Some(stamp);
            self.event_id = event.id.to_string();
            self.event_type = event.event_type.to_string();
        }
        self.order.note_existence(event.data.action, event.data.deletion_reason, stamp);
        // A deletion often has only the record's id, so the known fields stay.
        let is_part = event.data.partial || event.data.action == Action::Deleted || event.data.record.is_none();
        if event.data.deletion_reason == Some(DeletionReason::Privacy) {
            self.erase();
        } else if self.order.is_erased(stamp) {
            // The person's data must not come back.
        } else if is_part {
            self.merge(record, &cleared(event), stamp);
        } else if stamp.replaces(self.order.whole) {
            self.replace(record, stamp);
        }
        Ok(true)
    }

    /// Merges a partial record field by field.
    fn merge(&mut self, record: Fields, cleared: &BTreeSet<&str>, stamp: Stamp) {
        let cleared = cleared.iter().filter(|name| !record.contains_key(**name)).map(|&name| (name.to_owned(), None));
        let cleared: Vec<_> = cleared.collect();
        let set = record.into_iter().map(|(name, value)| (name, Some(value)));
        for (name, value) in set.chain(cleared) {
            if !stamp.replaces(self.order.of_field(&name)) {
                continue;
            }
            match value {
                Some(value) => self.fields.insert(name.clone(), value),
                None => self.fields.remove(&name),
            };
            self.order.fields.insert(name, stamp);
        }
    }

    /// Replaces the whole record, except for fields that a later part has set or cleared.
    fn replace(&mut self, record: Fields, stamp: Stamp) {
        self.order.fields.retain(|_, of_field| !stamp.replaces(Some(*of_field)));
        let later = &self.order.fields;
        self.fields.retain(|name, _| later.contains_key(name));
        self.fields.extend(record.into_iter().filter(|(name, _)| !later.contains_key(name)));
        self.order.whole = Some(stamp);
        self.order.is_complete = true;
    }

    /// Erases a person's data. [`Order::is_erased`] then keeps out the events that are still to come.
    fn erase(&mut self) {
        let order = &mut self.order;
        self.fields.retain(|name, _| order.of_field(name).is_some_and(|of_field| !order.is_erased(of_field)));
        let mut fields = std::mem::take(&mut order.fields);
        fields.retain(|_, of_field| !order.is_erased(*of_field));
        order.fields = fields;
        if order.whole.is_none_or(|whole| order.is_erased(whole)) {
            order.whole = order.erasure;
            order.is_complete = false;
        }
    }

    /// Forgets the fields, for a store that cannot hold them. The record is incomplete until a later event brings all
    /// of it; earlier events do not restore it.
    pub fn forget_fields(&mut self) {
        self.fields.clear();
        for stamp in std::mem::take(&mut self.order.fields).into_values() {
            if stamp.replaces(self.order.whole) {
                self.order.whole = Some(stamp);
            }
        }
        self.order.is_complete = false;
    }

    /// True if the record was deleted and not restored.
    pub fn is_deleted(&self) -> bool {
        self.order.is_deleted()
    }

    /// True if missing fields are empty. False if only parts of the record are known.
    pub fn is_complete(&self) -> bool {
        self.order.is_complete
    }

    /// True if this event is among the latest applied events.
    pub fn has_seen(&self, event_id: &str) -> bool {
        self.order.has_seen(Fingerprint::of(event_id))
    }

    /// The number of applied events. It grows by one with each, so it can be used as a version for conditional writes.
    pub fn events(&self) -> u64 {
        self.order.events
    }

    /// The time of the latest event: the vendor's if there is one, or else the time of receipt.
    pub fn time(&self) -> Option<jiff::Timestamp> {
        self.order.newest.and_then(Stamp::time)
    }

    /// The state as texts, for a store.
    ///
    /// # Errors
    /// If a value is not JSON, which [`Latest`] does not allow.
    pub fn to_stored(&self) -> Result<StoredLatest, serde_json::Error> {
        Ok(StoredLatest {
            record: serde_json::to_string(&self.fields)?,
            order: serde_json::to_string(&self.order)?,
            event_id: self.event_id.clone(),
            event_type: self.event_type.clone(),
        })
    }

    /// Reads the state that [`Self::to_stored`] wrote.
    ///
    /// # Errors
    /// If the texts have another format.
    pub fn from_stored(stored: &StoredLatest) -> Result<Self, serde_json::Error> {
        Ok(Self {
            fields: serde_json::from_str(&stored.record)?,
            order: serde_json::from_str(&stored.order)?,
            event_id: stored.event_id.clone(),
            event_type: stored.event_type.clone(),
        })
    }
}

/// The fields that an event has cleared. A record leaves out empty fields, so this is only visible in `changes`.
fn cleared<'e>(event: &'e Event<'_>) -> BTreeSet<&'e str> {
    let is_null = |change: &&crm_event::FieldChange<'_>| change.to.as_ref().is_some_and(|to| to.get() == "null");
    event.data.changes.iter().filter(is_null).map(|change| &*change.field).collect()
}
