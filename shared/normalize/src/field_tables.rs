//! Tables that map the members of a flat record to canonical fields, for vendors whose records are one object of named
//! values.

use std::borrow::Cow;

use crm_event::{Address, Decimal, Email, Phone, Ref, Stage, Text};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::fields::{email, entries, phone, reference, stage, word};
use crate::json::Object;

/// The name of a member, the name of its field, and the reader. If several members make a field, the field's name ends
/// with `[]` (an entry of a list) or has a dot (a member of a reference).
pub(crate) type Row<F> = (&'static str, &'static str, F);

/// The table of a record.
macro_rules! rows {
    ($table:ident: $record:ident = $rows:expr) => {
        pub(super) const $table: &[$crate::field_tables::Row<
            for<'a> fn(&mut $record<'a>, &$crate::field_tables::Property<'_, 'a>),
        >] = &$rows;
    };
}
pub(crate) use rows;

/// The functions of a module that has a table for each entity and `COMMON`, the table of the fields that all records
/// share. The names of the record types and of `Object`, `Value` and this module's items must be in scope.
macro_rules! entities {
    ($($entity:ident: $table:expr,)*) => {
        /// The record with the members of an object. A member that is in no table becomes a custom field if `is_custom`
        /// is true for its name and value.
        fn filled<'a>(
            entity: Entity,
            mut common: Common<'a>,
            o: &Object<'a>,
            members: Members,
            is_custom: impl Fn(&str, Value<'_, 'a>) -> bool,
        ) -> Record<'a> {
            // Several members may have one field. An empty one must not clear the value of another, and the order of
            // the table counts, not that of the body.
            let is_filled = |name: &str| o.json(name).is_some_and(|value| !value.is_blank());
            for (name, _, set) in COMMON.iter().filter(|(name, ..)| is_filled(name)) {
                set(&mut common, &Property { properties: o, name });
            }
            match entity {
                $(Entity::$entity => {
                    let mut record = $entity::new(common);
                    for (name, field, set) in $table.iter().filter(|(name, ..)| is_filled(name)) {
                        if members.make(field) {
                            set(&mut record, &Property { properties: o, name });
                        }
                    }
                    for (name, value) in o.members().filter(|(_, value)| !value.is_null() && !value.is_blank()) {
                        let is_in_table = row($table, &name).is_some() || row(COMMON, &name).is_some();
                        if !is_in_table && is_custom(&name, value) {
                            record.custom_fields.extend(custom_field(name, value));
                        }
                    }
                    record.into()
                })*
                // The vendor's kinds of records have no other entity.
                _ => CustomObject::new(common).into(),
            }
        }

        /// The field of a member in the tables. `None` for a custom field.
        fn field_in_tables(entity: Entity, member: &str) -> Option<&'static str> {
            let own = match entity {
                $(Entity::$entity => row($table, member).map(|(_, field, _)| *field),)*
                _ => None,
            };
            own.or_else(|| row(COMMON, member).map(|(_, field, _)| *field))
        }
    };
}
pub(crate) use entities;

/// The members that an event has of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Members {
    /// All that are not empty.
    All,
    /// The ones that a person has selected.
    Selected,
    /// The ones that changed. The record then has no fields that several members make, because a list would seem to
    /// have no other entries.
    Changed,
}

impl Members {
    /// True if the record has the field of a member, whose name is that in a table.
    pub(crate) fn make(self, field: &str) -> bool {
        self != Self::Changed || !is_made_of_several(field)
    }
}

/// True if a field of this name is made of several members.
pub(crate) fn is_made_of_several(field: &str) -> bool {
    field.contains(['[', '.'])
}

/// The row of a member in a table, in any ASCII case, as [`Object`] reads names.
pub(crate) fn row<'t, F>(table: &'t [Row<F>], member: &str) -> Option<&'t Row<F>> {
    table.iter().find(|(name, ..)| name.eq_ignore_ascii_case(member))
}

/// One member of a record.
pub(crate) struct Property<'o, 'a> {
    pub(crate) properties: &'o Object<'a>,
    pub(crate) name: &'o str,
}

impl<'a> Property<'_, 'a> {
    pub(crate) fn text(&self) -> Option<Text<'a>> {
        self.properties.text(self.name)
    }

    pub(crate) fn id(&self) -> Option<Text<'a>> {
        self.properties.id(self.name)
    }

    /// A word of the vendor's own lists, which are written in capitals.
    pub(crate) fn word(&self) -> Option<Text<'a>> {
        self.text().map(word)
    }

    /// The words of a multiple choice, separated by `;`.
    pub(crate) fn words(&self) -> Vec<Text<'a>> {
        self.text().map(|text| entries(&text, &[';'])).unwrap_or_default()
    }

    pub(crate) fn decimal(&self) -> Option<Decimal<'a>> {
        self.properties.decimal(self.name)
    }

    /// A number, converted by `read` from its digits.
    pub(crate) fn decimal_by(&self, read: impl FnOnce(Text<'a>) -> Option<Decimal<'a>>) -> Option<Decimal<'a>> {
        self.properties.decimal_by(self.name, read)
    }

    pub(crate) fn bool(&self) -> Option<bool> {
        self.properties.bool(self.name)
    }

    /// An instant. The vendors with such tables write epochs in milliseconds.
    pub(crate) fn time(&self) -> Option<Timestamp> {
        self.properties.time_or_milliseconds(self.name)
    }

    /// A calendar date, which may be long ago: a birthday.
    pub(crate) fn date(&self) -> Option<Date> {
        self.properties.date_or_milliseconds(self.name)
    }

    pub(crate) fn date_with_time(&self) -> Option<Date> {
        self.properties.date_with_time(self.name)
    }

    /// The stage or pipeline with an id, which may be 0. The vendor does not send its name.
    pub(crate) fn stage(&self) -> Option<Stage<'a>> {
        stage(self.text(), None)
    }

    pub(crate) fn reference(&self) -> Option<Ref<'a>> {
        reference(self.id(), None)
    }

    pub(crate) fn phone(&self, kind: &'static str) -> Option<Phone<'a>> {
        phone(self.text(), Some(kind.into()))
    }

    /// The record's main e-mail address.
    pub(crate) fn primary_email(&self) -> Option<Email<'a>> {
        email(self.text(), None).map(|email| Email { primary: Some(true), ..email })
    }

    /// Sets a part of the record's only address.
    pub(crate) fn address(
        &self,
        addresses: &mut Vec<Address<'a>>,
        part: for<'r> fn(&'r mut Address<'a>) -> &'r mut Option<Text<'a>>,
    ) {
        self.address_of(None, addresses, part);
    }

    /// Sets a part of the record's address of a kind.
    pub(crate) fn address_of(
        &self,
        kind: Option<&'static str>,
        addresses: &mut Vec<Address<'a>>,
        part: for<'r> fn(&'r mut Address<'a>) -> &'r mut Option<Text<'a>>,
    ) {
        if let Some(text) = self.text() {
            set_in_address(kind, addresses, |address| *part(address) = Some(text));
        }
    }

    /// Sets a coordinate of the record's address of a kind.
    pub(crate) fn coordinate_of(
        &self,
        kind: Option<&'static str>,
        addresses: &mut Vec<Address<'a>>,
        part: for<'r> fn(&'r mut Address<'a>) -> &'r mut Option<Decimal<'a>>,
    ) {
        if let Some(degrees) = self.decimal() {
            set_in_address(kind, addresses, |address| *part(address) = Some(degrees));
        }
    }
}

/// Changes the address of a kind, which is added if there is none.
pub(crate) fn set_in_address<'a>(
    kind: Option<&'static str>,
    addresses: &mut Vec<Address<'a>>,
    set: impl FnOnce(&mut Address<'a>),
) {
    if let Some(address) = addresses.iter_mut().find(|address| address.kind.as_deref() == kind) {
        return set(address);
    }
    let mut address = Address { kind: kind.map(Cow::Borrowed), ..Address::default() };
    set(&mut address);
    addresses.push(address);
}
