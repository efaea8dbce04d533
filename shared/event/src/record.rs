//! The records: one plain struct per entity, the same for every vendor.
//!
//! A field has the same meaning and type for every vendor. Everything except the id is optional: a field is left out if
//! the vendor does not have it, or if it is empty. The fields of [`Common`] are part of every record.

mod people;
mod sales;
mod work;

use jiff::Timestamp;
use serde::Serialize;

use crate::field::NamedField;
use crate::{CustomField, Entity, Ref, Text};

pub use people::{Company, Contact, Lead, User};
pub use sales::{Deal, Invoice, Order, Payment, Product, Quote};
pub use work::{Activity, Appointment, Call, CustomObject, FormResponse, Note, Project, Task, TimeEntry};

/// The fields that all records share.
#[derive(Clone, Debug, PartialEq)]
pub struct Common<'a> {
    /// The vendor's own id, never a synthetic one. Unique within the vendor's account and entity.
    pub id: Text<'a>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub created_by: Option<Ref<'a>>,
    pub updated_by: Option<Ref<'a>>,
    pub owner: Option<Ref<'a>>,
    pub last_activity_at: Option<Timestamp>,
    pub tags: Vec<Text<'a>>,
    pub custom_fields: Vec<CustomField<'a>>,
    /// The record's id in another system, as the CRM's customer keeps it.
    pub external_id: Option<Text<'a>>,
    /// The record's page in the CRM.
    pub url: Option<Text<'a>>,
}

impl<'a> Common<'a> {
    /// Only an id.
    pub fn new(id: Text<'a>) -> Self {
        Self {
            id,
            created_at: None,
            updated_at: None,
            created_by: None,
            updated_by: None,
            owner: None,
            last_activity_at: None,
            tags: Vec::new(),
            custom_fields: Vec::new(),
            external_id: None,
            url: None,
        }
    }
}

/// A record struct: `id`, its own fields, then those of [`Common`], and `new`, which leaves its own fields empty.
/// `field as "name"` gives a field another name in JSON.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident<$lt:lifetime> {
        $($(#[$field_doc:meta])* $field:ident $(as $json:literal)?: $ty:ty,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub struct $name<$lt> {
            /// The vendor's own id.
            pub id: $crate::Text<$lt>,
            $(
                $(#[$field_doc])*
                $(#[serde(rename = $json)])?
                #[serde(default, skip_serializing_if = "crate::Absent::is_absent")]
                pub $field: $ty,
            )*
            #[serde(default, skip_serializing_if = "crate::Absent::is_absent")]
            pub created_at: Option<jiff::Timestamp>,
            #[serde(default, skip_serializing_if = "crate::Absent::is_absent")]
            pub updated_at: Option<jiff::Timestamp>,
            #[serde(default, skip_serializing_if = "crate::Absent::is_absent")]
            pub created_by: Option<$crate::Ref<$lt>>,
            #[serde(default, skip_serializing_if = "crate::Absent::is_absent")]
            pub updated_by: Option<$crate::Ref<$lt>>,
            #[serde(default, skip_serializing_if = "crate::Absent::is_absent")]
            pub owner: Option<$crate::Ref<$lt>>,
            #[serde(default, skip_serializing_if = "crate::Absent::is_absent")]
            pub last_activity_at: Option<jiff::Timestamp>,
            #[serde(default, skip_serializing_if = "crate::Absent::is_absent")]
            pub tags: Vec<$crate::Text<$lt>>,
            #[serde(default, skip_serializing_if = "crate::Absent::is_absent")]
            pub custom_fields: Vec<$crate::CustomField<$lt>>,
            /// The record's id in another system, as the CRM's customer keeps it.
            #[serde(default, skip_serializing_if = "crate::Absent::is_absent")]
            pub external_id: Option<$crate::Text<$lt>>,
            /// The record's page in the CRM.
            #[serde(default, skip_serializing_if = "crate::Absent::is_absent")]
            pub url: Option<$crate::Text<$lt>>,
        }

        impl<$lt> $name<$lt> {
            /// A record with only the fields that all records share.
            pub fn new(common: $crate::record::Common<$lt>) -> Self {
                Self {
                    id: common.id,
                    $($field: Default::default(),)*
                    created_at: common.created_at,
                    updated_at: common.updated_at,
                    created_by: common.created_by,
                    updated_by: common.updated_by,
                    owner: common.owner,
                    last_activity_at: common.last_activity_at,
                    tags: common.tags,
                    custom_fields: common.custom_fields,
                    external_id: common.external_id,
                    url: common.url,
                }
            }

            /// The fields without `id`: those that all records share, then its own. Always in the same order.
            pub fn fields_mut(&mut self) -> Vec<$crate::field::NamedField<'_, $lt>> {
                use $crate::field::{Field as _, json_name};

                vec![
                    ("created_at", self.created_at.field_mut()),
                    ("updated_at", self.updated_at.field_mut()),
                    ("created_by", self.created_by.field_mut()),
                    ("updated_by", self.updated_by.field_mut()),
                    ("owner", self.owner.field_mut()),
                    ("last_activity_at", self.last_activity_at.field_mut()),
                    ("tags", self.tags.field_mut()),
                    ("custom_fields", self.custom_fields.field_mut()),
                    ("external_id", self.external_id.field_mut()),
                    ("url", self.url.field_mut()),
                    $((json_name!($field $($json)?), self.$field.field_mut()),)*
                ]
            }
        }
    };
}
use record;

/// The record of an event. The event's entity determines the struct. Each one is boxed, because some have kilobytes of
/// fields and an event is moved often.
macro_rules! records {
    ($($entity:ident,)*) => {
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(untagged)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum Record<'a> { $($entity(Box<$entity<'a>>),)* }

        $(impl<'a> From<$entity<'a>> for Record<'a> {
            fn from(record: $entity<'a>) -> Self {
                Self::$entity(Box::new(record))
            }
        })*

        impl<'a> Record<'a> {
            pub fn entity(&self) -> Entity {
                match self { $(Self::$entity(_) => Entity::$entity,)* }
            }

            /// The vendor's own id.
            pub fn id(&self) -> &Text<'a> {
                match self { $(Self::$entity(record) => &record.id,)* }
            }

            /// The fields that the CRM's customer has added.
            pub fn custom_fields(&self) -> &[CustomField<'a>] {
                match self { $(Self::$entity(record) => &record.custom_fields,)* }
            }

            /// A record with an id alone; `None` for [`Entity::Unknown`], which has no record.
            pub fn empty(entity: Entity, id: Text<'a>) -> Option<Self> {
                match entity {
                    $(Entity::$entity => Some($entity::new(Common::new(id)).into()),)*
                    Entity::Unknown => None,
                }
            }

            /// The fields without `id`, by their names in JSON. Always in the same order.
            pub fn fields_mut(&mut self) -> Vec<NamedField<'_, 'a>> {
                match self { $(Self::$entity(record) => record.fields_mut(),)* }
            }

            pub fn custom_fields_mut(&mut self) -> &mut [CustomField<'a>] {
                match self { $(Self::$entity(record) => &mut record.custom_fields,)* }
            }

            /// Parses the record of an entity from its JSON; `None` for [`Entity::Unknown`], which has no record.
            ///
            /// # Errors
            /// If the text is not JSON, or not such a record.
            pub fn parse(entity: Entity, json: &str) -> Result<Option<Self>, serde_json::Error> {
                Ok(Some(match entity {
                    $(Entity::$entity => Self::$entity(serde_json::from_str(json)?),)*
                    Entity::Unknown => return Ok(None),
                }))
            }
        }
    };
}

records! {
    Contact, Company, Lead, Deal, Product, Order, Task, Project, TimeEntry, Appointment, Call, Note, Activity, User,
    Invoice, Quote, Payment, FormResponse, CustomObject,
}
