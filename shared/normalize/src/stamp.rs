//! The envelope: keys, times and account of an event, the same for all vendors.

use std::borrow::Cow;

use crm_event::{
    Data, DeletionReason, Entity, Event, EventType, Json, MAX_UNREADABLE_PATHS, SPEC_VERSION, Text, TimeSource,
};
use jiff::Timestamp;

use crate::crm::{ActionDetail, Change, Translation};
use crate::key::{Digest, Subject};
use crate::{Accepted, DEFAULT_ACCOUNT, Identity, Verified};

/// The vendor's own text for an event.
#[derive(Clone)]
pub(crate) struct Raw<'a> {
    pub(crate) json: Json<'a>,
    /// The type of the text in `json`. `None` if it is JSON itself.
    pub(crate) media_type: Option<&'static str>,
}

/// Maximum length of a path that an event lists. The names in a path are the sender's and may have any length.
const MAX_PATH_BYTES: usize = 256;

/// The paths for [`Data::unreadable`], without duplicates and up to the maximum.
pub(crate) fn unreadable(warnings: &[String]) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for path in warnings.iter().filter(|path| path.len() <= MAX_PATH_BYTES) {
        if paths.len() < MAX_UNREADABLE_PATHS && !paths.contains(path) {
            paths.push(path.clone());
        }
    }
    paths
}

fn media_type_of(raw: Option<&Raw<'_>>) -> Option<Text<'static>> {
    raw.and_then(|raw| raw.media_type).map(Cow::Borrowed)
}

/// Adds keys, times and the envelope to the result of the vendor's module.
pub(crate) struct Stamp<'v, 'a> {
    pub(crate) request: &'v Verified<'a>,
    pub(crate) identity: Identity<'a>,
    /// False if a field of the body could not be read.
    pub(crate) is_readable: bool,
    pub(crate) unreadable: Vec<String>,
}

impl<'a> Stamp<'_, 'a> {
    pub(crate) fn stamp(&self, translation: Translation<'a>, raw: Option<Raw<'a>>) -> Accepted<'a> {
        match translation {
            Translation::Ignored(why) => Accepted::Ignored(why),
            Translation::Change(change) => Accepted::Events(vec![self.event(change, raw)]),
            Translation::Changes(changes) => {
                let each_raw = std::iter::repeat_n(raw, changes.len());
                let events = changes.into_iter().zip(each_raw);
                Accepted::Events(events.map(|(change, raw)| self.event(change, raw)).collect())
            }
            Translation::Unknown(unknown) => {
                let data = |account: &Text<'a>| Data {
                    vendor: Cow::Borrowed(self.request.vendor.name),
                    account: account.clone(),
                    vendor_event: unknown.vendor_event,
                    entity: Entity::Unknown,
                    action: crm_event::Action::Received,
                    partial: false,
                    unreadable: Vec::new(),
                    record: None,
                    changes: Vec::new(),
                    merged_ids: Vec::new(),
                    deletion_reason: None,
                    merged_into: None,
                    actor: None,
                    raw_media_type: media_type_of(raw.as_ref()),
                    raw: raw.map(|raw| raw.json),
                };
                let id = unknown.record_id.as_deref();
                Accepted::Events(vec![self.envelope(id, unknown.account, unknown.occurred_at, data)])
            }
        }
    }

    fn event(&self, mut change: Change<'a>, raw: Option<Raw<'a>>) -> Event<'a> {
        self.request.field_names.name(&mut change.record, &mut change.changes);
        let entity = change.record.entity();
        let id = change.record.id().clone();
        let (merged_ids, deletion_reason, merged_into) = match change.action_detail {
            None => (Vec::new(), None, None),
            Some(ActionDetail::MergedIds(ids)) => (ids, None, None),
            Some(ActionDetail::MergedInto(id)) => (Vec::new(), Some(DeletionReason::Merged), Some(id)),
            Some(ActionDetail::ErasedForPrivacy) => (Vec::new(), Some(DeletionReason::Privacy), None),
        };
        let data = |account: &Text<'a>| Data {
            vendor: Cow::Borrowed(self.request.vendor.name),
            account: account.clone(),
            vendor_event: change.vendor_event,
            entity,
            action: change.action,
            // A field that could not be read does not count as empty.
            partial: change.partial || !self.is_readable,
            unreadable: self.unreadable.clone(),
            record: Some(change.record),
            changes: change.changes,
            merged_ids,
            deletion_reason,
            merged_into,
            actor: change.actor,
            raw_media_type: media_type_of(raw.as_ref()),
            raw: raw.map(|raw| raw.json),
        };
        self.envelope(Some(&id), change.account, change.occurred_at, data)
    }

    fn envelope(
        &self,
        record_id: Option<&str>,
        account: Option<Text<'a>>,
        occurred_at: Option<Timestamp>,
        data: impl FnOnce(&Text<'a>) -> Data<'a>,
    ) -> Event<'a> {
        let Verified { vendor, request, received_at, .. } = self.request;
        let in_url = request.account.map(|account| match vendor.canonical_account {
            Some(canonical) => canonical(account),
            None => Cow::Borrowed(account),
        });
        let account = in_url.or(account).unwrap_or(Cow::Borrowed(DEFAULT_ACCOUNT));
        let data = data(&account);
        let (entity, action) = (data.entity, data.action);
        let subject =
            Subject { vendor: vendor.name, account: &account, entity, record_id: record_id.unwrap_or_default() };
        let (partition_key, id) = subject.keys(action, self.digest(occurred_at.is_some()));
        Event {
            specversion: Cow::Borrowed(SPEC_VERSION),
            id: Cow::Owned(id),
            source: Cow::Owned(subject.source()),
            event_type: EventType { entity, action },
            subject: record_id.map(|id| Cow::Owned([entity.as_str(), "/", id].concat())),
            time: occurred_at.unwrap_or(*received_at),
            timesource: if occurred_at.is_some() { TimeSource::Vendor } else { TimeSource::Received },
            datacontenttype: Cow::Borrowed(crm_event::DATA_CONTENT_TYPE),
            dataschema: Cow::Borrowed(crm_event::data_schema(entity)),
            partitionkey: Cow::Owned(partition_key),
            recordedtime: *received_at,
            traceparent: request.traceparent(),
            data,
        }
    }

    /// The digest of a change, by the first rule of [`key`] that applies.
    fn digest(&self, has_vendor_time: bool) -> Digest {
        let Verified { received_at, element, .. } = *self.request;
        match self.identity {
            Identity::Known(digest) => digest,
            _ if has_vendor_time => Digest::of_body(self.request.body_hash()),
            Identity::UnsignedId(id) => Digest::of_unsigned_id(id, self.request.body_hash(), element),
            Identity::Body => Digest::of_receipt(self.request.body_hash(), received_at, element),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_PATH_BYTES, MAX_UNREADABLE_PATHS, unreadable};

    #[test]
    fn an_event_lists_each_path_once_up_to_fifty_of_them() {
        let paths = |count: usize| (0..count).map(|number| format!("a{number}")).collect::<Vec<_>>();
        for (count, listed) in [(0, 0), (1, 1), (MAX_UNREADABLE_PATHS, 50), (MAX_UNREADABLE_PATHS + 1, 50), (200, 50)] {
            assert_eq!(unreadable(&paths(count)), paths(listed), "{count} paths");
        }
        assert_eq!(unreadable(&["b", "a", "b"].map(str::to_owned)), ["b", "a"]);
        let longest = "x".repeat(MAX_PATH_BYTES);
        assert_eq!(unreadable(&[longest.clone(), format!("{longest}x")]), [longest]);
    }
}
