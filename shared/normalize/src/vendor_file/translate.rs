//! Runs the translation that a vendor file describes.

use crm_event::field::{FieldMut, Fields as _, Objects};
use crm_event::record::Record;
use crm_event::{Action, Actor, CustomField, Entity, Json, Text};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::changes::changed_fields;
use super::events::{EventPlan, TargetPlan};
use super::path::{Path, Root};
use super::plan::{FieldPlan, Form, Leaf, ObjectPlan, Of, Plan, RecordsPlan};
use super::scope::{Blocked, Found, Scope};
use crate::crm::{Change, Normalize, Target, Translation, Unknown, Webhook};
use crate::error::{Quarantine, Reason};
use crate::fields::{full_name, word};
use crate::json::{Object, Reading, Scalar, Unreadable, is_placeholder, syntax};

impl Normalize for Plan {
    fn normalize<'a>(&'static self, webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
        self.translate(webhook)
    }
}

/// A record of the webhook.
enum Subject<'a> {
    Record(Object<'a>),
    /// Its id alone.
    Id(Text<'a>),
}

impl Plan {
    pub(super) fn translate<'a>(&'a self, webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
        let blocked = Blocked::default();
        let top = Scope { webhook, event: None, record: None, entry: None, blocked: &blocked };
        let translation = self.translate_in(&top);
        blocked.warn(&webhook.body);
        translation
    }

    fn translate_in<'a>(&'a self, top: &Scope<'_, 'a>) -> Result<Translation<'a>, Quarantine> {
        let event = top.text(&self.event, Scalar::text).ok_or_else(|| self.no_event_name())?;
        let mut occurred_at = None;
        fill_scalar(&mut FieldMut::Time(&mut occurred_at), &self.time, top);
        let common = Common { occurred_at, account: top.text(&self.account, Scalar::id), event: event.clone() };
        let top = Scope { event: Some(&event), ..top.of_record(None) };
        let Some(plan) = self.events.get(&*event) else {
            let record_id = self.usual_id(&top);
            return Ok(common.unknown(record_id));
        };
        if matches!(plan.target, TargetPlan::One(Target::Ignored)) {
            return Ok(Translation::Ignored(IGNORED));
        }
        let subjects = self.subjects(&top)?;
        let mut changes = Vec::with_capacity(subjects.len());
        for subject in &subjects {
            match self.target(plan, subject, &top) {
                Some(Target::Event(entity, action)) => {
                    changes.extend(self.change(&common, plan.partial, (entity, action), subject, &top)?);
                }
                Some(Target::Ignored) => {}
                None => return Ok(common.unknown(None)),
            }
        }
        Ok(match (changes.pop(), changes.is_empty()) {
            (None, _) => Translation::Ignored(IGNORED),
            (Some(change), true) => Translation::Change(change),
            (Some(change), false) => {
                changes.push(change);
                Translation::Changes(changes)
            }
        })
    }

    fn no_event_name(&self) -> Quarantine {
        let place = |path: &Path| match &path.root {
            Root::Header(name) => format!("the request has no header {name:?}"),
            Root::Query(name) => format!("the URL's query has no {name:?}"),
            _ => format!("the body has no {:?}", path.text),
        };
        let places: Vec<_> = self.event.iter().map(place).collect();
        Quarantine::new(Reason::NoEventName, format!("{}, which names the event", places.join(" and ")))
    }

    /// The records of the webhook.
    fn subjects<'a>(&self, top: &Scope<'_, 'a>) -> Result<Vec<Subject<'a>>, Quarantine> {
        match &self.records {
            RecordsPlan::Body => Ok(vec![Subject::Record(top.webhook.body.clone())]),
            RecordsPlan::One(paths) => match record(paths, top) {
                Some(record) => Ok(vec![Subject::Record(record)]),
                None => Err(wrong_envelope("an object", paths)),
            },
            RecordsPlan::Many(path) => {
                let entries = top.entries(path);
                if entries.is_empty() {
                    return Err(wrong_envelope("a list of records", std::slice::from_ref(path)));
                }
                let subject =
                    |entry: &super::scope::Entry<'_, 'a>| match top.webhook.body.at_value(entry.value, &entry.path) {
                        Some(record) => Some(Subject::Record(record)),
                        None => match entry.value.scalar().id() {
                            Ok(id) => id.map(Subject::Id),
                            Err(Unreadable) => None,
                        },
                    };
                let subjects: Option<Vec<_>> = entries.iter().map(subject).collect();
                subjects.ok_or_else(|| wrong_envelope("records or ids", std::slice::from_ref(path)))
            }
        }
    }

    /// The record's id in an event that is not in the file, if it is where ids usually are.
    fn usual_id<'a>(&self, top: &Scope<'_, 'a>) -> Option<Text<'a>> {
        let record = match &self.records {
            RecordsPlan::Body => top.webhook.body.clone(),
            RecordsPlan::One(paths) => record(paths, top)?,
            RecordsPlan::Many(_) => return None,
        };
        top.of_record(Some(&record)).text(&self.id, Scalar::id)
    }

    fn target<'a>(&self, plan: &EventPlan, subject: &Subject<'a>, top: &Scope<'_, 'a>) -> Option<Target> {
        match &plan.target {
            TargetPlan::One(target) => Some(*target),
            TargetPlan::By { by, types, otherwise } => {
                let record = match subject {
                    Subject::Record(record) => Some(record),
                    Subject::Id(_) => None,
                };
                let value = top.of_record(record).text(by, Scalar::text).map(word);
                value.and_then(|value| types.get(&*value).copied()).or(*otherwise)
            }
        }
    }

    /// The change of a record; `None` if its entity has no record.
    fn change<'a>(
        &'a self,
        common: &Common<'a>,
        partial: bool,
        (entity, action): (Entity, Action),
        subject: &Subject<'a>,
        top: &Scope<'_, 'a>,
    ) -> Result<Option<Change<'a>>, Quarantine> {
        let (object, id) = match subject {
            Subject::Record(object) => (Some(object), self.record_id(object, top)?),
            Subject::Id(id) => (None, id.clone()),
        };
        let Some(mut record) = Record::empty(entity, id) else { return Ok(None) };
        let scope = top.of_record(object);
        let entity_plan = self.entities.get(&entity);
        if let Some(plan) = entity_plan.filter(|_| object.is_some()) {
            let mut fields = record.fields_mut();
            for (index, plan) in &plan.fields {
                if let Some((_, field)) = fields.get_mut(*index) {
                    fill(field, plan, &scope);
                    scope.blocked.warn(&scope.webhook.body);
                }
            }
        }
        complete_name(&mut record);
        let mut actor = None::<Actor<'a>>;
        if let Some(plan) = &self.actor {
            fill(&mut FieldMut::Object(&mut actor), plan, &scope);
        }
        let changes = match (&self.changes, entity_plan) {
            (Some(changes), Some(plan)) => changed_fields(changes, plan, entity, &scope),
            _ => Vec::new(),
        };
        Ok(Some(Change {
            vendor_event: common.event.clone(),
            action,
            action_detail: None,
            record,
            account: common.account.clone(),
            occurred_at: common.occurred_at,
            partial: partial || object.is_none(),
            changes,
            actor,
        }))
    }

    fn record_id<'a>(&self, record: &Object<'a>, top: &Scope<'_, 'a>) -> Result<Text<'a>, Quarantine> {
        let scope = top.of_record(Some(record));
        if let Some(id) = scope.text(&self.id, Scalar::id) {
            return Ok(id);
        }
        let path = self.id.first().map(|path| scope.whole_path(path)).unwrap_or_default();
        match scope.text(&self.id, Scalar::text) {
            Some(text) if is_placeholder(&text) => Err(Quarantine::unfilled_placeholder(&path)),
            _ => Err(Quarantine::no_record_id(&path)),
        }
    }
}

const IGNORED: &str = "the vendor file ignores this event";

/// The values that all changes of a webhook share.
struct Common<'a> {
    occurred_at: Option<Timestamp>,
    account: Option<Text<'a>>,
    event: Text<'a>,
}

impl<'a> Common<'a> {
    fn unknown(self, record_id: Option<Text<'a>>) -> Translation<'a> {
        let Self { occurred_at, account, event } = self;
        Translation::Unknown(Unknown { vendor_event: event, record_id, account, occurred_at })
    }
}

/// The first object at one of the paths.
fn record<'a>(paths: &[Path], top: &Scope<'_, 'a>) -> Option<Object<'a>> {
    paths.iter().find_map(|path| {
        let Found::Value(value) = top.get(path) else { return None };
        let record = top.webhook.body.at_value(value, &top.whole_path(path));
        if record.is_none() {
            top.warn(path);
        }
        record
    })
}

fn wrong_envelope(expected: &str, paths: &[Path]) -> Quarantine {
    let mut names = paths.iter().map(|path| format!("{:?}", path.text));
    let first = names.next().unwrap_or_default();
    let others: Vec<_> = names.collect();
    let or = if others.is_empty() { String::new() } else { format!(" (or {})", others.join(" or ")) };
    Quarantine::new(Reason::WrongEnvelope, format!("expected {expected} under {first}{or}"))
}

/// Makes the name of a person of the first and last name, if there is no whole one.
fn complete_name(record: &mut Record<'_>) {
    fn complete<'a>(name: &mut Option<Text<'a>>, first: Option<&Text<'a>>, last: Option<&Text<'a>>) {
        if name.is_none() {
            *name = full_name(first, last);
        }
    }
    match record {
        Record::Contact(r) => complete(&mut r.name, r.first_name.as_ref(), r.last_name.as_ref()),
        Record::Company(r) => complete(&mut r.name, r.first_name.as_ref(), r.last_name.as_ref()),
        Record::Lead(r) => complete(&mut r.name, r.first_name.as_ref(), r.last_name.as_ref()),
        _ => {}
    }
}

/// Fills in a field. True if a value of the webhook is in it.
fn fill<'a>(field: &mut FieldMut<'_, 'a>, plan: &'a FieldPlan, scope: &Scope<'_, 'a>) -> bool {
    match (field, plan) {
        (FieldMut::Json(json), FieldPlan::Json(paths)) => {
            **json = paths.iter().find_map(|path| json_at(path, scope));
            json.is_some()
        }
        (FieldMut::Texts(texts), FieldPlan::Texts(lists)) => {
            for list in lists {
                for entry in scope.entries(&list.list) {
                    let mut text = None;
                    fill_scalar(&mut FieldMut::Text(&mut text), &list.value, &scope.of_entry(entry));
                    texts.extend(text);
                }
            }
            !texts.is_empty()
        }
        (FieldMut::Object(object), FieldPlan::Object(plans)) => {
            let mark = scope.blocked.mark();
            plans.iter().any(|plan| {
                let start = scope.blocked.mark();
                let is_filled = fill_object(*object, plan, scope);
                if is_filled {
                    scope.blocked.forget(mark, start);
                }
                is_filled
            })
        }
        (FieldMut::Objects(objects), FieldPlan::Objects(plans)) => {
            let mut any = false;
            for plan in plans {
                let entries = match &plan.of {
                    Of::One => {
                        any |= fill_object(*objects, plan, scope);
                        continue;
                    }
                    Of::Each(list) => scope.entries(list),
                    Of::Members(path) => scope.members(path),
                };
                for entry in entries {
                    any |= fill_object(*objects, plan, &scope.of_entry(entry));
                }
            }
            any
        }
        (field, FieldPlan::Scalar(leaves)) => fill_scalar(field, leaves, scope),
        _ => false,
    }
}

/// Adds an object. It is removed again if the webhook has nothing for it but a type or a Boolean.
fn fill_object<'a>(objects: &mut dyn Objects<'a>, plan: &'a ObjectPlan, scope: &Scope<'_, 'a>) -> bool {
    let is_custom_field = objects.type_name() == CustomField::NAME;
    let mut fields = objects.push();
    let mut is_filled = false;
    for (index, plan) in &plan.fields {
        let Some((name, field)) = fields.get_mut(*index) else { continue };
        let counts = match field {
            FieldMut::Bool(_) | FieldMut::Entity(_) => false,
            // A custom field without a value is empty.
            FieldMut::Json(_) => true,
            _ => !is_custom_field && !["type", "kind"].contains(name),
        };
        is_filled |= fill(field, plan, scope) && counts && !(is_custom_field && is_blank(field));
    }
    drop(fields);
    if !is_filled {
        objects.pop();
    }
    is_filled
}

/// True for a JSON text without anything but white space.
fn is_blank(field: &FieldMut<'_, '_>) -> bool {
    let FieldMut::Json(Some(json)) = field else { return false };
    syntax::string(json.get()).is_some_and(|text| text.trim().is_empty())
}

/// Fills in the first leaf that has a value. True if it comes from the webhook.
fn fill_scalar<'a>(field: &mut FieldMut<'_, 'a>, leaves: &'a [Leaf], scope: &Scope<'_, 'a>) -> bool {
    let mark = scope.blocked.mark();
    for leaf in leaves {
        let start = scope.blocked.mark();
        let Some((value, is_from_webhook)) = scope.scalar(leaf) else { continue };
        match read_into(field, leaf.form, value, scope.webhook.body.zone()) {
            Ok(true) => {
                scope.blocked.forget(mark, start);
                return is_from_webhook;
            }
            Ok(false) => {}
            Err(Unreadable) => scope.warn_leaf(leaf),
        }
    }
    false
}

/// Reads a value by the field's type. False if the value is empty.
pub(super) fn read_into<'a>(
    field: &mut FieldMut<'_, 'a>,
    form: Form,
    value: Scalar<'a>,
    zone: &TimeZone,
) -> Result<bool, Unreadable> {
    fn put<T>(slot: &mut Option<T>, reading: Reading<T>) -> Result<bool, Unreadable> {
        *slot = reading?;
        Ok(slot.is_some())
    }
    match field {
        FieldMut::Text(slot) => match form {
            Form::Plain => put(slot, value.text()),
            Form::Id => put(slot, value.id()),
            Form::Word => put(slot, value.text().map(|text| text.map(word))),
        },
        FieldMut::Decimal(slot) => put(slot, value.decimal()),
        FieldMut::Bool(slot) => put(slot, value.bool()),
        FieldMut::Time(slot) => put(slot, value.time(zone)),
        FieldMut::Date(slot) => put(slot, value.date()),
        FieldMut::Entity(slot) => put(slot, entity(value)),
        FieldMut::Json(_) | FieldMut::Texts(_) | FieldMut::Object(_) | FieldMut::Objects(_) => Ok(false),
    }
}

/// The JSON value at the path, unless it is empty.
pub(super) fn json_at<'a>(path: &Path, scope: &Scope<'_, 'a>) -> Option<Json<'a>> {
    match scope.get(path) {
        Found::Value(value) => value.json(),
        Found::Text(text) => Json::of(&text).ok(),
        Found::Null | Found::Absent => None,
    }
}

fn entity(value: Scalar<'_>) -> Reading<Entity> {
    value.text()?.map(|text| text.parse().map_err(|_| Unreadable)).transpose()
}
