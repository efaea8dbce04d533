//! The changed fields of a webhook, by a vendor file.

use crm_event::field::FieldMut;
use crm_event::record::Record;
use crm_event::{Entity, FieldChange, Json, Text};

use super::path::Path;
use super::plan::{ChangesPlan, EntityPlan, FieldPlan, Of};
use super::scope::{Found, Scope};
use super::translate::read_into;
use crate::json::{Scalar, Unreadable};

/// The changed fields. A field of the record has its canonical name, and its values the canonical form; any other field
/// is as the vendor writes it.
pub(super) fn changed_fields<'a>(
    plan: &'a ChangesPlan,
    entity: &'a EntityPlan,
    kind: Entity,
    scope: &Scope<'_, 'a>,
) -> Vec<FieldChange<'a>> {
    let entries = match &plan.list {
        Of::Each(list) => scope.entries(list),
        Of::Members(path) => scope.members(path),
        Of::One => Vec::new(),
    };
    let change = |entry| {
        let scope = scope.of_entry(entry);
        let name = scope.text(&plan.field, Scalar::text)?;
        let (field, index) = match entity.canonical.get(&*name) {
            Some((field, index)) => (Text::Borrowed(*field), *index),
            None => (name, None),
        };
        let of_field = |(at, _): &&(usize, FieldPlan)| Some(*at) == index;
        let field_plan = entity.fields.iter().find(of_field);
        let value = |path: &Option<Path>| value(path.as_ref()?, field_plan, kind, &scope);
        Some(FieldChange { from: value(&plan.from), to: value(&plan.to), field, name: None })
    };
    entries.into_iter().filter_map(change).collect()
}

/// The value at the path; `null` if it is empty, `None` if it is missing or cannot be read.
fn value<'a>(
    path: &Path,
    field: Option<&'a (usize, FieldPlan)>,
    kind: Entity,
    scope: &Scope<'_, 'a>,
) -> Option<Json<'a>> {
    let value = match scope.get(path) {
        Found::Absent => return None,
        Found::Null => return Some(Json::null()),
        Found::Text(text) => return Json::of(&text).ok(),
        Found::Value(value) => value,
    };
    let Some((index, FieldPlan::Scalar(leaves))) = field else { return value.json() };
    let [leaf] = leaves.as_slice() else { return value.json() };
    let mut record = Record::empty(kind, Text::default())?;
    let mut fields = record.fields_mut();
    let (_, field) = fields.get_mut(*index)?;
    match read_into(field, leaf.form, leaf.in_own_words(value.scalar()), scope.webhook.body.zone()) {
        Ok(true) => json_of(field),
        Ok(false) => Some(Json::null()),
        Err(Unreadable) => {
            scope.warn(path);
            None
        }
    }
}

/// The JSON of a field with a single value.
fn json_of(field: &FieldMut<'_, '_>) -> Option<Json<'static>> {
    let json = match field {
        FieldMut::Text(value) => Json::of(value),
        FieldMut::Decimal(value) => Json::of(value),
        FieldMut::Bool(value) => Json::of(value),
        FieldMut::Time(value) => Json::of(value),
        FieldMut::Date(value) => Json::of(value),
        FieldMut::Entity(value) => Json::of(value),
        FieldMut::Json(_) | FieldMut::Texts(_) | FieldMut::Object(_) | FieldMut::Objects(_) => return None,
    };
    json.ok()
}
