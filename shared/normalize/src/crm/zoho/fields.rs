//! Fields, by their API names, as fields of a record.
//!
//! A table for each entity maps the fields to those of the record and their readers. A field that is in no table is a
//! custom field.

use std::borrow::Cow;

use crm_event::record::{
    Appointment, Call, Common, Company, Contact, CustomObject, Deal, Invoice, Lead, Note, Order, Product, Quote,
    Record, Task, User,
};
use crm_event::{Action, Address, Decimal, Email, Entity, LineItem, Phone, Ref, Text};
use jiff::Timestamp;
use jiff::civil::{Date, Time};

use super::{display, modules, people, sales, work};
use crate::field_tables::{Members, is_made_of_several, set_in_address};
use crate::fields::{custom_field, email, entries, full_name, phone, word};
use crate::json::{Object, Value, is_placeholder};
use crate::time;

/// The fields of a record.
pub(super) struct Table<V: 'static, L: 'static> {
    /// A field's name, the record's field, and the reader. If several fields make the record's, its name ends with `[]`
    /// (an entry of a list) or has a dot (a part of a text).
    pub(super) values: &'static [(&'static str, &'static str, V)],
    /// The same for references to other records, which come as an object, a name or an id. `Account_Id` and
    /// `Account_Name.id` are the id of the reference `Account_Name`.
    pub(super) lookups: &'static [(&'static str, &'static str, L)],
}

/// The table of a record.
macro_rules! table {
    ($table:ident: $record:ident = $values:expr, $lookups:expr) => {
        pub(super) const $table: $crate::crm::zoho::fields::Table<
            for<'a> fn(&mut $record<'a>, &$crate::crm::zoho::fields::Field<'_, 'a>),
            for<'r, 'a> fn(&'r mut $record<'a>) -> &'r mut Option<crm_event::Ref<'a>>,
        > = $crate::crm::zoho::fields::Table { values: &$values, lookups: &$lookups };
    };
}
pub(super) use table;

table!(COMMON: Common = [
    ("Created_Time", "created_at", |r, f| r.created_at = f.time()),
    ("Modified_Time", "updated_at", |r, f| r.updated_at = f.time()),
    ("Last_Activity_Time", "last_activity_at", |r, f| r.last_activity_at = f.time()),
    ("Tag", "tags", |r, f| r.tags = f.tags()),
], [
    ("Owner", "owner", |r| &mut r.owner),
    ("Created_By", "created_by", |r| &mut r.created_by),
    ("Modified_By", "updated_by", |r| &mut r.updated_by),
]);

/// One field of a record.
pub(super) struct Field<'o, 'a> {
    o: &'o Object<'a>,
    name: &'o str,
}

impl<'a> Field<'_, 'a> {
    /// Text. A placeholder that Zoho has not filled is not read.
    pub(super) fn text(&self) -> Option<Text<'a>> {
        let text = self.o.text(self.name)?;
        if is_placeholder(&text) {
            self.o.warn(self.name);
            return None;
        }
        Some(text)
    }

    /// An entry of one of Zoho's own lists.
    pub(super) fn word(&self) -> Option<Text<'a>> {
        self.text().map(word)
    }

    /// A number as JSON has it, or as Zoho displays it.
    pub(super) fn decimal(&self) -> Option<Decimal<'a>> {
        if self.o.json(self.name).is_some_and(Value::is_string) {
            return self.o.decimal_by(self.name, display::number);
        }
        self.o.decimal(self.name)
    }

    pub(super) fn duration(&self) -> Option<Decimal<'a>> {
        self.o.decimal_by(self.name, |text| display::seconds(&text))
    }

    pub(super) fn bool(&self) -> Option<bool> {
        self.o.bool(self.name)
    }

    pub(super) fn time(&self) -> Option<Timestamp> {
        self.o.time_by(self.name, display::instant)
    }

    pub(super) fn date(&self) -> Option<Date> {
        self.o.date_by(self.name, display::date)
    }

    /// The instant of a field that has a day alone, but is a time in the record: midnight in UTC of that day, whatever
    /// the account's zone is.
    pub(super) fn day(&self) -> Option<Timestamp> {
        if self.is_date_alone() { time::utc(self.date()?, Time::midnight()) } else { self.time() }
    }

    /// True for a day without a time of day.
    pub(super) fn is_date_alone(&self) -> bool {
        self.o.json(self.name).and_then(Value::text).is_some_and(|text| display::is_date_alone(&text))
    }

    pub(super) fn phone(&self, kind: &'static str) -> Option<Phone<'a>> {
        phone(self.text(), Some(kind.into()))
    }

    pub(super) fn email(&self, is_primary: bool) -> Option<Email<'a>> {
        email(self.text(), None).map(|email| Email { primary: Some(is_primary), ..email })
    }

    /// The names of tags: objects, texts, or one text.
    fn tags(&self) -> Vec<Text<'a>> {
        if self.o.json(self.name).is_some_and(Value::is_string) {
            return self.text().map(|text| entries(&text, &[',', ';'])).unwrap_or_default();
        }
        self.o.texts_or_members(self.name, "name")
    }

    /// Sets a part of the record's address of a kind.
    pub(super) fn address_of(
        &self,
        kind: Option<&'static str>,
        addresses: &mut Vec<Address<'a>>,
        part: for<'r> fn(&'r mut Address<'a>) -> &'r mut Option<Text<'a>>,
    ) {
        if let Some(text) = self.text() {
            set_in_address(kind, addresses, |address| *part(address) = Some(text));
        }
    }

    /// Appends a part of an address that the record has as one text.
    pub(super) fn append(&self, address: &mut Option<Text<'a>>) {
        let Some(part) = self.text() else { return };
        *address = Some(match address.take() {
            Some(text) => Cow::Owned([&*text, ", ", &*part].concat()),
            None => part,
        });
    }

    /// The lines of a quote, an order or an invoice.
    pub(super) fn line_items(&self) -> Vec<LineItem<'a>> {
        self.o.objects(self.name).map(|line| sales::line_item(&line)).collect()
    }

    /// The people who take part in a meeting.
    pub(super) fn participants(&self) -> Vec<Ref<'a>> {
        self.o.objects(self.name).map(|participant| work::participant(&participant)).collect()
    }

    /// Adds the data of a reference: all of it, or the id alone.
    fn refer(&self, part: Part, reference: &mut Option<Ref<'a>>) {
        let found = match (part, self.o.any_object(self.name)) {
            (Part::Id, _) => Ref { id: self.o.id(self.name), ..Ref::default() },
            (Part::All, Some(o)) => {
                Ref { id: o.id("id"), name: o.text("name"), email: o.text("email"), ..Ref::default() }
            }
            (Part::All, None) => match self.text() {
                Some(text) if is_id(&text) => Ref { id: Some(text), ..Ref::default() },
                name => Ref { name, ..Ref::default() },
            },
        };
        if found == Ref::default() {
            return;
        }
        let known = reference.take().unwrap_or_default();
        *reference = Some(Ref {
            id: found.id.or(known.id),
            name: found.name.or(known.name),
            email: found.email.or(known.email),
            ..known
        });
    }
}

/// True for the form of Zoho's ids, 15 digits and more.
fn is_id(text: &str) -> bool {
    text.len() >= 15 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The part of a reference that a field has.
#[derive(Clone, Copy)]
enum Part {
    All,
    Id,
}

/// A field's place in a table.
enum Place<V: 'static, L: 'static> {
    Value(&'static str, &'static V),
    Lookup(&'static str, &'static L, Part),
}

impl<V, L> Table<V, L> {
    /// The fields that are in the table, in its order, because an administrator chooses the order of a workflow's
    /// parameters. Several of them may make one field of the record.
    fn in_order<'o, 'a: 'o>(
        &self,
        fields: impl Iterator<Item = Field<'o, 'a>>,
    ) -> impl Iterator<Item = (Place<V, L>, Field<'o, 'a>)> {
        let placed = fields.filter_map(|field| Some((self.position(&key(field.name))?, field)));
        let mut placed: Vec<_> = placed.collect();
        placed.sort_by_key(|((row, _), _)| *row);
        placed.into_iter().map(|((_, place), field)| (place, field))
    }

    /// The place of a field with a normalized name.
    fn find(&self, key: &str) -> Option<Place<V, L>> {
        self.position(key).map(|(_, place)| place)
    }

    /// The row of a field with a normalized name, and its place.
    fn position(&self, key: &str) -> Option<(usize, Place<V, L>)> {
        let is_named = |name: &str, key: &str| name.eq_ignore_ascii_case(key);
        let values = self.values.iter().enumerate();
        if let Some((row, (_, field, set))) = values.clone().find(|(_, (name, ..))| is_named(name, key)) {
            return Some((row, Place::Value(field, set)));
        }
        let lookup = |key: &str, part| {
            let mut lookups = self.lookups.iter().enumerate();
            let (row, (_, field, slot)) = lookups.find(|(_, (name, ..))| is_named(name, key))?;
            Some((values.len().saturating_add(row), Place::Lookup(field, slot, part)))
        };
        lookup(key, Part::All).or_else(|| {
            let (base, suffix) = key.split_at_checked(key.len().checked_sub(3)?)?;
            let is_id = [".id", "_id"].iter().any(|id| suffix.eq_ignore_ascii_case(id));
            let base = if is_id { base } else { return None };
            lookup(base, Part::Id).or_else(|| lookup(&[base, "_Name"].concat(), Part::Id))
        })
    }
}

impl<V, L> Place<V, L> {
    const fn field(&self) -> &'static str {
        match self {
            Self::Value(field, _) | Self::Lookup(field, ..) => field,
        }
    }
}

/// The API name for a key of a template: `Deal Name` is the label of `Deal_Name`.
pub(super) fn key(name: &str) -> Cow<'_, str> {
    let name = name.trim();
    if name.contains(' ') { Cow::Owned(name.replace(' ', "_")) } else { Cow::Borrowed(name) }
}

/// Members that are about the webhook or about the record's page in Zoho. They are in `raw` only.
const NO_FIELDS: &[&str] = &["event", "module", "operation", "Layout", "Record_Image", "Record_Status__s", "Locked__s"];

fn is_field(key: &str) -> bool {
    let is_other = NO_FIELDS.iter().any(|name| name.eq_ignore_ascii_case(key));
    !key.starts_with('$') && !is_other
}

macro_rules! entities {
    ($($entity:ident: $table:expr,)*) => {
        /// The record with an id and the fields of an object. `members` says which fields these are.
        pub(super) fn record<'a>(
            entity: Entity,
            id: Text<'a>,
            module: Option<Text<'a>>,
            o: Option<&Object<'a>>,
            members: Members,
        ) -> Record<'a> {
            let mut common = Common::new(id);
            // Several of Zoho's fields may be one here, and an empty one must not clear the value of another.
            let is_filled = |value: Value<'_, 'a>| !value.is_null() && !value.is_blank();
            let filled = o.into_iter().flat_map(|o| o.members().filter(|(_, value)| is_filled(*value)));
            let names: Vec<Text<'a>> = filled.map(|(name, _)| name).collect();
            let fields = || o.into_iter().flat_map(|o| names.iter().map(move |name| Field { o, name: &**name }));
            for (place, field) in COMMON.in_order(fields()) {
                match place {
                    Place::Value(_, set) => set(&mut common, &field),
                    Place::Lookup(_, slot, part) => field.refer(part, slot(&mut common)),
                }
            }
            let mut record: Record<'a> = match entity {
                $(Entity::$entity => {
                    let mut record = $entity::new(common);
                    for (place, field) in $table.in_order(fields()) {
                        match place {
                            place if !members.make(place.field()) => {}
                            Place::Value(_, set) => set(&mut record, &field),
                            Place::Lookup(_, slot, part) => field.refer(part, slot(&mut record)),
                        }
                    }
                    for field in fields().filter(|_| members != Members::Changed) {
                        let key = key(field.name);
                        if $table.find(&key).is_none() && COMMON.find(&key).is_none() && is_field(&key) {
                            let value = field.o.json(field.name);
                            let name = Cow::Owned(field.name.to_owned());
                            record.custom_fields.extend(value.and_then(|value| custom_field(name, value)));
                        }
                    }
                    record.into()
                })*
                // No other entity is among the modules.
                _ => CustomObject::new(common).into(),
            };
            finish(&mut record, module, o);
            record
        }

        /// The record's field for a field. `None` for a custom field, and for a part of a field.
        pub(super) fn canonical(entity: Entity, name: &str) -> Option<&'static str> {
            let key = key(name);
            let own = match entity {
                $(Entity::$entity => $table.find(&key).map(|place| place.field()),)*
                _ => None,
            };
            let field = own.or_else(|| COMMON.find(&key).map(|place| place.field()));
            field.filter(|field| !is_made_of_several(field))
        }
    };
}

entities! {
    Lead: people::LEAD,
    Contact: people::CONTACT,
    Company: people::COMPANY,
    User: people::USER,
    Deal: sales::DEAL,
    Product: sales::PRODUCT,
    Quote: sales::QUOTE,
    Order: sales::ORDER,
    Invoice: sales::INVOICE,
    Task: work::TASK,
    Appointment: work::APPOINTMENT,
    Call: work::CALL,
    Note: work::NOTE,
    CustomObject: work::CUSTOM_OBJECT,
}

/// Sets the fields that are made from several fields, or from none.
fn finish<'a>(record: &mut Record<'a>, module: Option<Text<'a>>, o: Option<&Object<'a>>) {
    // The full name needs both parts, though one of them may be empty.
    let has = |name: &str| o.is_some_and(|o| o.members().any(|(member, _)| key(&member).eq_ignore_ascii_case(name)));
    let has_both = || has("First_Name") && has("Last_Name");
    let related = |reference: &mut Option<Ref<'a>>| {
        if let Some(reference) = reference {
            reference.entity = o.and_then(|o| modules::entity(&o.text("$se_module")?));
        }
    };
    match record {
        Record::Contact(contact) if contact.name.is_none() && has_both() => {
            contact.name = full_name(contact.first_name.as_ref(), contact.last_name.as_ref());
        }
        Record::Lead(lead) if lead.name.is_none() && has_both() => {
            lead.name = full_name(lead.first_name.as_ref(), lead.last_name.as_ref());
        }
        Record::Task(task) => related(&mut task.related_to),
        Record::Appointment(appointment) => related(&mut appointment.related_to),
        Record::Call(call) => related(&mut call.related_to),
        Record::Note(note) => related(&mut note.related_to),
        Record::CustomObject(object) => object.object_name = module,
        _ => {}
    }
}

/// The action for the changed fields.
pub(super) fn action_for<'a>(entity: Entity, names: &[Text<'a>], values: Option<&Object<'a>>) -> Action {
    let has = |field: &str| names.iter().any(|name| name.eq_ignore_ascii_case(field));
    match entity {
        Entity::Deal if has("Stage") => Action::StageChanged,
        Entity::Task if has("Status") => match values.and_then(|values| values.text("Status")) {
            Some(status) if status.eq_ignore_ascii_case("completed") => Action::Completed,
            _ => Action::StatusChanged,
        },
        Entity::Lead if has("Lead_Status") => Action::StatusChanged,
        Entity::Quote if has("Quote_Stage") => Action::StatusChanged,
        Entity::Order | Entity::Invoice if has("Status") => Action::StatusChanged,
        _ => Action::Updated,
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{Field, Object};

    #[test]
    fn a_day_stays_that_day_in_any_zone() {
        for zone in ["Europe/Berlin", "America/New_York", "Pacific/Auckland"] {
            let json = r#"{"iso": "2026-03-05", "displayed": "13/03/2026", "with_time": "2026-03-05T14:20:00+01:00"}"#;
            let o = Object::parse_in(json, TimeZone::get(zone).unwrap()).unwrap();
            for (name, expected) in [
                ("iso", "2026-03-05T00:00:00Z"),
                ("displayed", "2026-03-13T00:00:00Z"),
                ("with_time", "2026-03-05T13:20:00Z"),
            ] {
                assert_eq!(Field { o: &o, name }.day().unwrap().to_string(), expected, "{zone} {name}");
            }
        }
    }
}
