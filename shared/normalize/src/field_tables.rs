//! Tables that map the members of a flat record to canonical fields, for vendors whose records are one object of named
//! values.

use std::borrow::Cow;

use crm_event::{Address, Decimal, Phone, Ref, Stage, Text};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::fields::{phone, reference, stage, word};
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

/// True if a field of this name is made of several members.
pub(crate) fn is_made_of_several(field: &str) -> bool {
    field.contains(['[', '.'])
}

/// The row of a member in a table.
pub(crate) fn row<'t, F>(table: &'t [Row<F>], member: &str) -> Option<&'t Row<F>> {
    table.iter().find(|(name, ..)| *name == member)
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
        let words = self.text().into_iter().flat_map(|text| text.split(';').map(str::to_owned).collect::<Vec<_>>());
        words.map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).map(Cow::Owned).collect()
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

    /// The stage or pipeline with an id. The vendor does not send its name.
    pub(crate) fn stage(&self) -> Option<Stage<'a>> {
        stage(self.id(), None)
    }

    pub(crate) fn reference(&self) -> Option<Ref<'a>> {
        reference(self.id(), None)
    }

    pub(crate) fn phone(&self, kind: &'static str) -> Option<Phone<'a>> {
        phone(self.text(), Some(kind))
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
