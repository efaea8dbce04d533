//! The changes of a record: the parts that several vendors share.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use crm_event::record::Record;
use crm_event::{FieldChange, Json, Text};

/// The fields of a record as JSON, by name. Numbers keep their digits.
#[derive(Default)]
pub(crate) struct FieldValues(BTreeMap<String, Json<'static>>);

impl FieldValues {
    pub(crate) fn of(record: &Record<'_>) -> Self {
        // The types of a record can always be written as JSON.
        Self(serde_json::to_string(record).and_then(|json| serde_json::from_str(&json)).unwrap_or_default())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    pub(crate) fn has_any(&self, fields: &[&str]) -> bool {
        fields.iter().any(|field| self.has(field))
    }

    /// The value of a field. `None` if it is empty.
    pub(crate) fn get(&self, field: &str) -> Option<Json<'static>> {
        self.0.get(field).cloned()
    }

    /// The value for a change of a field, which is one of those, `made`, that a member of the vendor's makes. It is
    /// `null` if the member is empty or makes another of them. `None` if the member could not be read.
    pub(crate) fn value(&self, field: &str, made: &[&str], is_empty: bool) -> Option<Json<'static>> {
        self.get(field).or_else(|| (is_empty || self.has_any(made)).then(Json::null))
    }
}

/// A list of changes that has each field once.
#[derive(Default)]
pub(crate) struct Changes<'a> {
    list: Vec<FieldChange<'a>>,
    /// The place of each field in the list.
    places: HashMap<Text<'a>, usize>,
}

impl<'a> Changes<'a> {
    /// Adds a change. If the field has one already, because the vendor has several names for it, the first one stays.
    pub(crate) fn add(&mut self, change: FieldChange<'a>) {
        self.add_or(change, |_, _| {});
    }

    /// Adds a change. If the field has one already, `merge` gets it and the new one.
    pub(crate) fn add_or(
        &mut self,
        change: FieldChange<'a>,
        merge: impl FnOnce(&mut FieldChange<'a>, FieldChange<'a>),
    ) {
        match self.places.entry(change.field.clone()) {
            Entry::Occupied(place) => {
                if let Some(known) = self.list.get_mut(*place.get()) {
                    merge(known, change);
                }
            }
            Entry::Vacant(place) => {
                place.insert(self.list.len());
                self.list.push(change);
            }
        }
    }

    pub(crate) fn into_vec(self) -> Vec<FieldChange<'a>> {
        self.list
    }
}

/// A change of a field by its name, canonical if there is one.
pub(crate) fn change<'a>(field: impl Into<Text<'a>>, from: Option<Json<'a>>, to: Option<Json<'a>>) -> FieldChange<'a> {
    FieldChange { field: field.into(), name: None, from, to }
}

/// The change of a deal's status that comes with a change of its stage. It is `null` if the stage does not tell the
/// status, because the old status no longer holds.
pub(crate) fn status_of_stage<'a>(record: &Record<'a>) -> Option<FieldChange<'a>> {
    let Record::Deal(deal) = record else { return None };
    let status = deal.status.as_ref().and_then(|status| Json::of(status).ok()).unwrap_or_else(Json::null);
    Some(change("status", None, Some(status)))
}

/// True if a value of a change is this JSON: `true`, `"deleted"`.
pub(crate) fn is_json(value: Option<&Json<'_>>, json: &str) -> bool {
    value.is_some_and(|value| value.get() == json)
}

#[cfg(test)]
mod tests {
    use super::{Changes, change};

    /// In quadratic time this would take minutes.
    #[test]
    fn any_number_of_fields_are_listed_once_and_in_order() {
        let mut changes = Changes::default();
        for place in (0..100_000).chain(0..100_000) {
            changes.add(change(format!("field_{place}"), None, None));
        }
        let fields: Vec<String> = changes.into_vec().into_iter().map(|change| change.field.into_owned()).collect();
        assert_eq!(fields, (0..100_000).map(|place| format!("field_{place}")).collect::<Vec<_>>());
    }
}
