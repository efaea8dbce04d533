//! Change Data Capture: the changes of a record, as Salesforce publishes them on its event bus.
//!
//! An Event Relay passes them to Amazon EventBridge. Amazon AppFlow and programs that subscribe to the bus forward them
//! in envelopes of their own. One event may be about several records that a transaction changed in the same way.

use std::borrow::Cow;
use std::collections::HashSet;

use crm_event::{Action, Actor, Entity, Text};
use jiff::Timestamp;

use super::changes::{self, State};
use super::ids::{check_organization, is_wildcard, long};
use super::{objects, records, user};
use crate::changes::status_of_stage;
use crate::crm::{Change, Translation, Unknown, Webhook};
use crate::error::Quarantine;
use crate::field_tables::Members;
use crate::fields::distinct;
use crate::json::{Object, Value};

const HEADER: &str = "ChangeEventHeader";

/// The objects around the payload in the known envelopes.
const ENVELOPES: &[&[&str]] = &[&["detail", "payload"], &["detail"], &["data", "payload"], &["payload"], &[]];

/// The fields of the record that a change event has, with its header.
pub(super) fn payload<'a>(body: &Object<'a>) -> Option<Object<'a>> {
    ENVELOPES.iter().find_map(|path| {
        let payload = path.iter().try_fold(body.clone(), |object, name| object.any_object(name))?;
        payload.any_object(HEADER).map(|_| payload)
    })
}

/// The organization in the source of EventBridge's envelope, `aws.partner/salesforce.com/{organization}/{channel}`.
/// AppFlow does not name it.
pub(super) fn organization<'a>(body: &Object<'a>) -> Option<Text<'a>> {
    let source = body.text("source")?;
    let organization = source.strip_prefix(super::RELAY)?.split('/').next()?;
    (!organization.is_empty()).then(|| long(Cow::Owned(organization.to_owned())))
}

pub(super) fn normalize<'a>(webhook: &Webhook<'a>, payload: &Object<'a>) -> Result<Translation<'a>, Quarantine> {
    let account = organization(&webhook.body);
    check_organization(webhook.account, account.as_ref())?;
    let header = payload.object(HEADER).unwrap_or_else(Object::empty);
    let no_name = || Quarantine::wrong_envelope("expected entityName and changeType in the ChangeEventHeader");
    let (object, change_type) = header.text("entityName").zip(header.text("changeType")).ok_or_else(no_name)?;
    let ids = header.ids("recordIds");
    let event = Event {
        vendor_event: Cow::Owned(format!("{object}.{change_type}")),
        account,
        occurred_at: header.time("commitTimestamp"),
        actor: header.id("commitUser").map(user),
        is_mapped: webhook.body.text("source").is_some_and(|source| source.starts_with(super::APP_FLOW)),
        object,
    };
    let has_wildcard = ids.iter().any(|id| is_wildcard(id));
    let kind = objects::entity_of_name(&event.object).zip(ChangeType::of(&change_type));
    let Some((entity, kind)) = kind.filter(|_| !has_wildcard) else {
        let only = ids.first().filter(|id| ids.len() == 1 && !is_wildcard(id));
        return Ok(event.unknown(only.cloned().map(long)));
    };
    if ids.is_empty() {
        return Err(Quarantine::no_record_id("ChangeEventHeader.recordIds"));
    }
    let fields = Payload::read(payload, &header, kind);
    let ids = distinct(ids.into_iter().map(long));
    Translation::for_each(ids, fields.amount(), |id| event.change(entity, id, kind, &fields))
}

/// The kind of a change.
#[derive(Clone, Copy)]
struct ChangeType {
    action: Action,
    /// True if the event tells that something changed, but not what: Salesforce could not capture it.
    is_gap: bool,
}

impl ChangeType {
    fn of(change_type: &str) -> Option<Self> {
        let gap = change_type.strip_prefix("GAP_");
        let action = match gap.unwrap_or(change_type) {
            "CREATE" => Action::Created,
            "UPDATE" | "SNAPSHOT" => Action::Updated,
            "DELETE" => Action::Deleted,
            "UNDELETE" => Action::Restored,
            _ => return None,
        };
        Some(Self { action, is_gap: gap.is_some() })
    }

    /// True if the event has all fields of the record that are not empty.
    fn is_whole(self) -> bool {
        !self.is_gap && matches!(self.action, Action::Created | Action::Restored)
    }
}

/// The fields of an event.
struct Payload<'a> {
    /// Without compound fields: `BillingCity` instead of `BillingAddress.City`.
    flat: Object<'a>,
    /// The vendor's names of the changed fields, and those of the members in `flat`.
    changed: Vec<(Text<'a>, Text<'a>)>,
    /// The members that are diffs of long texts instead of the texts.
    diffs: HashSet<Text<'a>>,
}

impl<'a> Payload<'a> {
    /// The number of fields and changes.
    fn amount(&self) -> usize {
        self.flat.members().count().saturating_add(self.changed.len())
    }

    fn read(payload: &Object<'a>, header: &Object<'a>, kind: ChangeType) -> Self {
        let diffs = diffs(payload, header);
        let without: Vec<&str> = diffs.iter().map(|name| &**name).chain([HEADER]).collect();
        let flat = payload.clone().without(&without).flattened(compound_prefix);
        let is_update = kind.action == Action::Updated && !kind.is_gap;
        let names = if is_update { changed(payload, header, &diffs) } else { Vec::new() };
        let changed = names.into_iter().map(|name| (name.clone(), member(name))).collect();
        Self { flat, changed, diffs: diffs.into_iter().collect() }
    }
}

/// The beginning of a long text's diff.
const DIFF: &str = "--- \n+++";

/// The names of the fields that are diffs.
fn diffs<'a>(payload: &Object<'a>, header: &Object<'a>) -> Vec<Text<'a>> {
    let names = header.texts("diffFields");
    if !names.iter().any(|name| is_bitmap(name)) {
        return names;
    }
    let is_diff = |value: Value<'_, 'a>| value.text().is_some_and(|text| text.starts_with(DIFF));
    payload.members().filter(|(_, value)| is_diff(*value)).map(|(name, _)| name).collect()
}

/// True for the bitmaps that a subscriber of the Pub/Sub API gets instead of names, such as `0x0320` and `2-0x40`. Only
/// the schema can resolve them.
fn is_bitmap(name: &str) -> bool {
    name.rsplit('-').next().is_some_and(|bits| bits.starts_with("0x"))
}

/// The names of the changed fields. With bitmaps, only those of the diffs and of the cleared fields are known.
fn changed<'a>(payload: &Object<'a>, header: &Object<'a>, diffs: &[Text<'a>]) -> Vec<Text<'a>> {
    let mut names = header.texts("changedFields");
    if !header.has("changedFields") {
        // Before version 47 there is no list, and the payload has the changed fields alone.
        let fields = payload.members().filter(|(name, _)| *name != HEADER);
        names = fields.flat_map(|(name, _)| parts(payload, name)).collect();
    }
    let names = names.into_iter().chain(header.texts("nulledFields")).chain(diffs.iter().cloned());
    distinct(names.filter(|name| !is_bitmap(name)))
}

/// The names of a compound field's parts, or the name of any other field alone.
fn parts<'a>(payload: &Object<'a>, name: Text<'a>) -> Vec<Text<'a>> {
    match payload.any_object(&name) {
        Some(parts) => parts.members().map(|(part, _)| Cow::Owned([&*name, ".", &*part].concat())).collect(),
        None => vec![name],
    }
}

/// The beginning of the flat names of a compound field's parts.
fn compound_prefix(name: &str) -> Option<String> {
    if name == "Name" {
        return Some(String::new());
    }
    name.strip_suffix("Address").map(str::to_owned)
}

/// The flat name of a field: `BillingCity` for `BillingAddress.City`.
fn member(name: Text<'_>) -> Text<'_> {
    match name.split_once('.').and_then(|(compound, part)| Some([&*compound_prefix(compound)?, part].concat())) {
        Some(flat) => Cow::Owned(flat),
        None => name,
    }
}

/// An event without its fields.
struct Event<'a> {
    vendor_event: Text<'a>,
    object: Text<'a>,
    account: Option<Text<'a>>,
    occurred_at: Option<Timestamp>,
    actor: Option<Actor<'a>>,
    /// True if the mapping of an AppFlow flow decides which fields there are.
    is_mapped: bool,
}

impl<'a> Event<'a> {
    fn unknown(self, record_id: Option<Text<'a>>) -> Translation<'a> {
        let Self { vendor_event, account, occurred_at, .. } = self;
        Translation::Unknown(Unknown { vendor_event, record_id, account, occurred_at })
    }

    /// The change of one of the records.
    fn change(&self, entity: Entity, id: Text<'a>, kind: ChangeType, fields: &Payload<'a>) -> Change<'a> {
        let members = match kind.is_whole() {
            true if self.is_mapped => Members::Selected,
            true => Members::All,
            false => Members::Changed,
        };
        let record = records::record(entity, records::About { object: &self.object, members }, id, &fields.flat);
        let state = State::new(&fields.flat, &record);
        let change = |(name, member): &(Text<'a>, Text<'a>)| match fields.diffs.contains(name) {
            true => changes::unknown_value(name.clone(), member, entity),
            false => changes::change(name.clone(), member, None, &state),
        };
        let mut changes: Vec<_> = fields.changed.iter().map(change).collect();
        let mut action = kind.action;
        if action == Action::Updated {
            action = changes::action(entity, fields.changed.iter().map(|(_, member)| &**member), &fields.flat);
        }
        if action == Action::StageChanged {
            changes.extend(status_of_stage(&record));
        }
        Change {
            vendor_event: self.vendor_event.clone(),
            action,
            action_detail: super::deletion_detail(action, &fields.flat),
            record,
            account: self.account.clone(),
            occurred_at: self.occurred_at,
            partial: members != Members::All,
            changes,
            actor: self.actor.clone(),
        }
    }
}
