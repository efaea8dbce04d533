//! The field names setting, for a vendor whose custom fields come under opaque ids.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crm_event::record::Record;
use crm_event::{Event, FieldChange};
use serde::{Deserialize, Serialize};

/// The names of the custom fields of each account.
#[derive(Clone, Debug, Default)]
pub struct FieldNames(BTreeMap<String, NamesById>);

/// The names of one account's custom fields, by the vendor's id of the field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NamesById(BTreeMap<String, String>);

/// An invalid field names setting. Names the account, but not the value found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldNamesError {
    #[error(
        "expected a JSON object of account to an object of field id to name, such as \
         {{\"default\": {{\"9dc80c50d78a15643bfc4ca79d76156a73a1ca0e\": \"Contract type\"}}}}"
    )]
    NotJson,
    #[error("account {account:?}: expected a field id and a name in each entry; one of the two is empty")]
    Empty { account: String },
}

impl FieldNames {
    /// Reads `{"default": {"<id of a field>": "Contract type"}, "acme": {"<id of a field>": "Roof area"}}`.
    ///
    /// # Errors
    /// If the text is not such an object, or an id or a name in it is empty.
    pub fn parse(json: &str) -> Result<Self, FieldNamesError> {
        let names: BTreeMap<String, NamesById> = serde_json::from_str(json).map_err(|_| FieldNamesError::NotJson)?;
        let is_empty = |names: &NamesById| names.0.iter().any(|(id, name)| id.is_empty() || name.trim().is_empty());
        match names.iter().find(|(_, names)| is_empty(names)) {
            Some((account, _)) => Err(FieldNamesError::Empty { account: account.clone() }),
            None => Ok(Self(names)),
        }
    }

    /// The account's names; none for an account that is not in the setting.
    pub fn of(&self, account: &str) -> &NamesById {
        self.0.get(account).unwrap_or(NamesById::NONE)
    }
}

impl NamesById {
    pub(crate) const NONE: &Self = &Self(BTreeMap::new());

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names the custom fields of a record, and those that changed. The id stays where it is: it outlives a renaming, and
    /// a name may be the same as a canonical field's.
    pub(crate) fn name<'a>(&'a self, record: &mut Record<'a>, changes: &mut [FieldChange<'a>]) {
        if self.is_empty() {
            return;
        }
        let name = |id: &str| self.0.get(id).map(|name| Cow::Borrowed(name.as_str()));
        for field in record.custom_fields_mut() {
            if let Some(name) = field.id.as_deref().and_then(name) {
                field.name = Some(name);
            }
        }
        for change in changes {
            change.name = name(&change.field);
        }
    }

    /// The names whose id is in a body. Its events need no others.
    pub(crate) fn in_body(&self, body: &[u8]) -> Self {
        let Ok(body) = std::str::from_utf8(body) else { return Self::default() };
        let here = self.0.iter().filter(|(id, _)| body.contains(id.as_str()));
        Self(here.map(|(id, name)| (id.clone(), name.clone())).collect())
    }

    /// The names in an event that was made with them.
    pub(crate) fn of_event(event: &Event<'_>) -> Self {
        let entry = |id: &str, name: &str| (id.to_owned(), name.to_owned());
        let fields = event.data.record.iter().flat_map(Record::custom_fields);
        let fields = fields.filter_map(|field| Some(entry(field.id.as_deref()?, field.name.as_deref()?)));
        let changes = event.data.changes.iter();
        let changes = changes.filter_map(|change| Some(entry(&change.field, change.name.as_deref()?)));
        Self(fields.chain(changes).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{FieldNames, FieldNamesError, NamesById};

    #[test]
    fn names_are_those_of_the_account_and_a_wrong_setting_is_refused() {
        let names = FieldNames::parse(r#"{"default": {"a1": "Region"}, "acme": {}}"#).unwrap();
        assert_eq!(names.of("default").0["a1"], "Region");
        assert!(names.of("acme").is_empty());
        assert_eq!(names.of("other"), NamesById::NONE);
        for json in ["", "[]", r#"{"a1": "Region"}"#, r#"{"default": {"a1": 7}}"#, r#"{"default": null}"#] {
            assert_eq!(FieldNames::parse(json).unwrap_err(), FieldNamesError::NotJson, "{json}");
        }
        for json in [r#"{"default": {}, "acme": {"": "Region"}}"#, r#"{"acme": {"a1": " "}}"#] {
            let empty = FieldNamesError::Empty { account: "acme".to_owned() };
            assert_eq!(FieldNames::parse(json).unwrap_err(), empty, "{json}");
        }
    }
}
