//! The changes of a record: the vendor's names and values in canonical form.
//!
//! Old and new values are sent as `[old, new]`: inside the record in classic payloads, in `data.changes` by the part of
//! the product in later ones, or as `{"changed": [old, new]}`. They are read by the same readers as the record, once
//! from an object of all old values and once from an object of all new ones. A canonical field of several members, such
//! as the telephone numbers, also has the members that did not change, so the record is put under both objects.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::iter;

use crm_event::{Entity, FieldChange, Json, Text};
use serde::Serialize;

use super::lookups::{self, Lookups, Role, Roles, texts};
use super::{external_id, people, sales, work};
use crate::changes::{Changes, change};
use crate::fields::{call_state, direction, stage, word};
use crate::json::{Object, Scalar, Value, is_zero};

/// The reader of a field.
enum Form {
    Text,
    Word,
    Decimal,
    Bool,
    Time,
    Date,
    /// An instant, in a member that may hold a day instead.
    TimeOfDay,
    /// The day in such a member.
    Day,
    Texts,
    /// A reference to one record.
    Ref(&'static Role),
    Refs(&'static Roles),
    Stage(&'static Role),
    /// The name of an entry in a list that the CRM's customer maintains.
    Name(&'static Role),
    Currency,
    Emails,
    Phones,
    Addresses,
    LeadAddresses,
    /// An address in one text, from the members with this prefix.
    TextAddress(&'static str),
    SocialLinks,
    Websites,
    Products,
    ExternalId,
    TaskStatus,
    Direction,
    CallState,
    RelatedTo,
    /// A stage by its id.
    StageId,
    /// A category by its name.
    Category,
}

/// The canonical name and form of a field that is the same in all records.
fn shared_field(name: &str) -> Option<(&'static str, Form)> {
    Some(match name {
        "name" | "display_name" | "title" => ("name", Form::Text),
        "first_name" => ("first_name", Form::Text),
        "last_name" => ("last_name", Form::Text),
        "job_title" => ("title", Form::Text),
        "department" => ("department", Form::Text),
        "description" | "note" | "notes" => ("description", Form::Text),
        "recent_note" => ("recent_note", Form::Text),
        "status" => ("status", Form::Word),
        "owner_id" => ("owner", Form::Ref(&lookups::OWNER)),
        "creator_id" | "creater_id" => ("created_by", Form::Ref(&lookups::CREATOR)),
        "updater_id" => ("updated_by", Form::Ref(&lookups::UPDATER)),
        "user_id" => ("user", Form::Ref(&lookups::USER)),
        "team_user_ids" => ("collaborators", Form::Refs(&lookups::TEAM)),
        "created_at" => ("created_at", Form::Time),
        "updated_at" => ("updated_at", Form::Time),
        "tags" => ("tags", Form::Texts),
        "external_id" | "import_id" | "remote_id" => ("external_id", Form::ExternalId),
        "is_deleted" => ("is_deleted", Form::Bool),
        "is_active" => ("is_active", Form::Bool),
        "avatar" => ("photo_url", Form::Text),
        "emails" | "email" | "work_email" => ("emails", Form::Emails),
        "work_number" | "mobile_number" | "phone" | "phone_numbers" => ("phone_numbers", Form::Phones),
        "address" | "city" | "state" | "zipcode" | "country" => ("addresses", Form::Addresses),
        "facebook" | "twitter" | "linkedin" => ("social_links", Form::SocialLinks),
        "website" => ("websites", Form::Websites),
        "time_zone" => ("time_zone", Form::Text),
        "do_not_disturb" => ("do_not_disturb", Form::Bool),
        "email_status" => ("email_status", Form::Word),
        "subscription_status" => ("subscription_status", Form::Text),
        "subscription_types" => ("subscription_types", Form::Texts),
        "contact_status_id" => ("stage", Form::Stage(&lookups::CONTACT_STATUS)),
        "lead_stage_id" => ("stage", Form::Stage(&lookups::LEAD_STAGE)),
        "deal_stage_id" => ("stage", Form::Stage(&lookups::DEAL_STAGE)),
        "deal_pipeline_id" => ("pipeline", Form::Stage(&lookups::DEAL_PIPELINE)),
        "lead_reason_id" => ("status_reason", Form::Name(&lookups::LEAD_REASON)),
        "lead_quality" => ("quality", Form::Word),
        "is_converted" => ("is_converted", Form::Bool),
        "converted_time" => ("converted_at", Form::Time),
        "campaign_id" => ("campaign", Form::Ref(&lookups::CAMPAIGN)),
        "territory_id" => ("territory", Form::Ref(&lookups::TERRITORY)),
        "medium" => ("medium", Form::Text),
        "keyword" => ("keyword", Form::Text),
        "list_ids" => ("lists", Form::Refs(&lookups::LISTS)),
        "web_form_ids" => ("web_forms", Form::Texts),
        "web_form_id" => ("web_form", Form::Name(&lookups::WEB_FORM)),
        "active_sales_sequences" => ("active_sequences", Form::Texts),
        "completed_sales_sequences" => ("completed_sequences", Form::Texts),
        "open_deals_amount" => ("open_deals_amount", Form::Decimal),
        "won_deals_amount" => ("won_deals_amount", Form::Decimal),
        "merged_to" => ("merged_into", Form::Ref(&lookups::MERGED_TO)),
        "last_contacted" => ("last_contacted_at", Form::Time),
        "last_contacted_mode" => ("last_contacted_mode", Form::Word),
        "last_contacted_via_chat" => ("last_chat_at", Form::Time),
        "last_contacted_via_sales_activity" => ("last_activity_at", Form::Time),
        "last_contacted_sales_activity_mode" => ("last_activity_type", Form::Text),
        "first_contacted" => ("first_contacted_at", Form::Time),
        "last_seen" => ("last_seen_at", Form::Time),
        "first_assigned_at" => ("first_assigned_at", Form::Time),
        "last_assigned_at" => ("last_assigned_at", Form::Time),
        "stage_updated_time" => ("stage_changed_at", Form::Time),
        "upcoming_activities_time" => ("next_activity_at", Form::Time),
        "industry_type_id" => ("industry", Form::Name(&lookups::INDUSTRY_TYPE)),
        "business_type_id" => ("business_type", Form::Name(&lookups::BUSINESS_TYPE)),
        "number_of_employees" => ("number_of_employees", Form::Text),
        "annual_revenue" => ("annual_revenue", Form::Decimal),
        "parent_sales_account_id" => ("parent", Form::Ref(&lookups::PARENT_ACCOUNT)),
        "parent_owner_id" => ("parent_owner", Form::Ref(&lookups::PARENT_OWNER)),
        "parent_territory_id" => ("parent_territory", Form::Ref(&lookups::PARENT_TERRITORY)),
        "sales_account_id" => ("company", Form::Ref(&lookups::SALES_ACCOUNT)),
        "sales_account_ids" => ("companies", Form::Refs(&lookups::SALES_ACCOUNTS)),
        "contact_id" => ("contact", Form::Ref(&lookups::CONTACT)),
        "contact_ids" => ("contacts", Form::Refs(&lookups::CONTACTS)),
        "deal_id" => ("deal", Form::Ref(&lookups::DEAL)),
        "deal_product_id" | "product_ids" => ("products", Form::Products),
        "base_currency_amount" => ("base_amount", Form::Decimal),
        "expected_deal_value" => ("expected_amount", Form::Decimal),
        "currency_id" => ("currency", Form::Currency),
        "currency_code" => ("currency", Form::Text),
        "probability" => ("probability", Form::Decimal),
        "deal_type_id" => ("deal_type", Form::Name(&lookups::DEAL_TYPE)),
        "deal_payment_status_id" => ("payment_status", Form::Name(&lookups::PAYMENT_STATUS)),
        "deal_prediction_tag" => ("prediction", Form::Word),
        "deal_reason_id" => ("lost_reason", Form::Name(&lookups::DEAL_REASON)),
        "expected_close" => ("expected_close_date", Form::Date),
        "closed_date" => ("closed_date", Form::Date),
        "won_from" => ("won_from", Form::Stage(&lookups::WON_FROM)),
        "lost_from" => ("lost_from", Form::Stage(&lookups::LOST_FROM)),
        "age" => ("age_days", Form::Decimal),
        "category" => ("category", Form::Category),
        "product_code" => ("code", Form::Text),
        "sku_number" => ("sku", Form::Text),
        "pricing_type" => ("pricing_type", Form::Word),
        "parent_product" => ("parent", Form::Ref(&lookups::PARENT_PRODUCT)),
        "valid_till" => ("valid_until", Form::Date),
        "document_number" => ("number", Form::Text),
        "document_type" => ("document_type", Form::Text),
        "cpq_document_template_id" => ("template", Form::Ref(&lookups::TEMPLATE)),
        "is_deal_primary" => ("is_primary", Form::Bool),
        "stage" => ("stage", Form::StageId),
        "location" => ("location", Form::Text),
        "latitude" => ("latitude", Form::Decimal),
        "longitude" => ("longitude", Form::Decimal),
        "start_date" => ("start_at", Form::Time),
        "end_date" => ("end_at", Form::Time),
        "is_allday" => ("is_all_day", Form::Bool),
        "checkedin_at" => ("checked_in_at", Form::Time),
        "due_date" => ("due_at", Form::Time),
        "completed_date" => ("completed_at", Form::Time),
        "targetable" | "targetable_id" | "targetable_type" => ("related_to", Form::RelatedTo),
        "outcome_id" => ("outcome", Form::Name(&lookups::OUTCOME)),
        "task_type_id" => ("type", Form::Name(&lookups::TASK_TYPE)),
        "sales_activity_type_id" => ("type", Form::Name(&lookups::ACTIVITY_TYPE)),
        "sales_activity_outcome_id" => ("outcome", Form::Name(&lookups::ACTIVITY_OUTCOME)),
        "call_direction" => ("direction", Form::Direction),
        "call_status" => ("state", Form::CallState),
        "call_duration" => ("duration_seconds", Form::Decimal),
        "call_cost" => ("cost", Form::Decimal),
        "recording_url" => ("recording_url", Form::Text),
        "module_name" => ("object_name", Form::Text),
        _ => return None,
    })
}

/// The canonical name and form of a field.
fn field(entity: Entity, name: &str) -> Option<(&'static str, Form)> {
    own_field(entity, name).or_else(|| shared_field(name))
}

/// Fields whose canonical name or form depends on the record.
fn own_field(entity: Entity, name: &str) -> Option<(&'static str, Form)> {
    Some(match (entity, name) {
        (Entity::Contact, "lead_source_id") => ("lead_source", Form::Name(&lookups::SOURCE)),
        (_, "lead_source_id") => ("source", Form::Name(&lookups::SOURCE)),
        (Entity::Lead, "address" | "city" | "state" | "zipcode" | "country") => ("addresses", Form::LeadAddresses),
        (Entity::Lead, "lead_score") => ("score", Form::Decimal),
        (_, "lead_score") => ("lead_score", Form::Decimal),
        (Entity::Quote, "amount") => ("total", Form::Decimal),
        (_, "amount") => ("amount", Form::Decimal),
        (
            Entity::Quote,
            "shipping_address" | "shipping_city" | "shipping_state" | "shipping_zipcode" | "shipping_country",
        ) => ("delivery_address", Form::TextAddress("shipping")),
        (
            Entity::Quote,
            "billing_address" | "billing_city" | "billing_state" | "billing_zipcode" | "billing_country",
        ) => ("billing_address", Form::TextAddress("billing")),
        (Entity::Task, "status") => ("status", Form::TaskStatus),
        (Entity::CustomObject, "status") => ("status", Form::Text),
        (Entity::Appointment, "from_date") => ("start_at", Form::TimeOfDay),
        (Entity::Appointment, "end_date") => ("end_at", Form::TimeOfDay),
        _ => return None,
    })
}

/// The second canonical field of a member: all-day appointments have days instead of instants.
fn day_field(entity: Entity, name: &str) -> Option<(&'static str, Form)> {
    match (entity, name) {
        (Entity::Appointment, "from_date") => Some(("start_date", Form::Day)),
        (Entity::Appointment, "end_date") => Some(("end_date", Form::Day)),
        _ => None,
    }
}

pub(super) fn changes<'a>(
    entity: Entity,
    data: &Object<'a>,
    record: &Object<'a>,
    known: Lookups<'_, 'a>,
) -> Vec<FieldChange<'a>> {
    let Some(all) = data.any_object("changes").or_else(|| record.any_object("changes")) else {
        return Vec::new();
    };
    let known = known.past();
    let whole = OnceCell::new();
    let mut collector = Collector { entity, record, all: &all, known, whole, changes: Changes::default() };
    collector.collect(&all);
    collector.changes.into_vec()
}

/// The objects of all old and of all new values.
struct Sides<'a> {
    before: Object<'a>,
    after: Object<'a>,
}

impl<'a> Sides<'a> {
    fn of(o: &Object<'a>) -> Self {
        Self {
            before: o.clone().filter_map_members(|name, value| {
                let old = pair(value)?.before.unwrap_or(value.null());
                Some(side(name, old))
            }),
            after: o.clone().filter_map_members(|name, value| Some(side(name, pair(value)?.after))),
        }
    }

    /// The record before and after the changes of all parts, as far as fields of several members are read from it. A
    /// copy of all members could be large.
    fn of_record(entity: Entity, record: &Object<'a>, all: &Object<'a>) -> Self {
        let is_read = |name: &str| {
            // The company of a lead has an address.
            name == "company" || field(entity, name).is_some_and(|(_, form)| form.has_several_members())
        };
        let record = record.clone().filter_map_members(|name, value| is_read(name).then_some(value));
        let all = all.with_own_warnings().flattened(|name| is_part(name).then(String::new));
        let Self { before, after } = Self::of(&all);
        // These members of the record repeat others, and have the new value if the others changed.
        let mut repeated = Vec::new();
        if before.has("targetable") {
            repeated.extend(["targetable_id", "targetable_type"]);
        }
        let work_email = record.json("work_email").and_then(Value::text);
        let lists = |o: &Object<'a>| {
            let listed = || people::emails(&o.clone().without(&["work_email"]));
            work_email.is_some() && listed().iter().any(|one| one.email == work_email)
        };
        if lists(&after) && !lists(&before) {
            repeated.push("work_email");
        }
        Self { after: after.over(&record), before: before.over(&record.without(&repeated)) }
    }
}

/// True for the changes of a part of the product.
fn is_part(name: &str) -> bool {
    matches!(name, "model_changes" | "system_changes" | "misc_changes")
}

struct Collector<'o, 'a> {
    entity: Entity,
    record: &'o Object<'a>,
    /// The changes of all parts of the product.
    all: &'o Object<'a>,
    known: Lookups<'o, 'a>,
    /// For fields of several members. Few webhooks change one.
    whole: OnceCell<Sides<'a>>,
    changes: Changes<'a>,
}

impl<'a> Collector<'_, 'a> {
    fn collect(&mut self, o: &Object<'a>) {
        let listed = Sides::of(o);
        for (name, value) in o.members() {
            if (is_part(&name) || matches!(&*name, "custom_fields" | "custom_field"))
                && let Some(inner) = o.any_object(&name).filter(|_| pair(value).is_none())
            {
                self.collect(&inner);
                continue;
            }
            let Some(Pair { before, after }) = pair(value) else {
                if value.get() != "{}" {
                    let to = value.json().or_else(|| Some(Json::null()));
                    self.changes.add(change(name, None, to));
                }
                continue;
            };
            let is_unequal = before.is_none_or(|before| before.get() != after.get());
            let Some(first) = field(self.entity, &name) else {
                let (from, to) = (before.and_then(|value| value.json().or_else(|| empty(value))), after.json());
                self.add(name, from, to.or_else(|| empty(after)), is_unequal);
                continue;
            };
            for (field, form) in iter::once(first).chain(day_field(self.entity, &name)) {
                let sides = if form.has_several_members() {
                    self.whole.get_or_init(|| Sides::of_record(self.entity, self.record, self.all))
                } else {
                    &listed
                };
                let read = |o, value| form.read(&name, o, self.known).or_else(|| empty(value));
                let from = before.and_then(|value| read(&sides.before, value));
                let to = read(&sides.after, after);
                self.add(Cow::Borrowed(field), from, to, is_unequal);
            }
        }
    }

    /// Adds a change, unless both values are equal: some listed fields did not change. If neither could be read, it is
    /// a change if the vendor's own values are unequal.
    fn add(&mut self, field: Text<'a>, from: Option<Json<'a>>, to: Option<Json<'a>>, is_unequal: bool) {
        let is_change = if from.is_none() && to.is_none() { is_unequal } else { from != to };
        if !is_change {
            return;
        }
        // Several vendor fields may map to one canonical field.
        self.changes.add_or(change(field, from, to), |known, new| {
            if known.from.is_none() && known.to.is_none() {
                *known = new;
            }
        });
    }
}

impl Form {
    /// True for a field that is read from several members.
    fn has_several_members(&self) -> bool {
        matches!(
            self,
            Self::Emails
                | Self::Phones
                | Self::Addresses
                | Self::LeadAddresses
                | Self::TextAddress(_)
                | Self::SocialLinks
                | Self::Products
                | Self::ExternalId
                | Self::RelatedTo
        )
    }

    fn read<'a>(&self, name: &str, o: &Object<'a>, known: Lookups<'_, 'a>) -> Option<Json<'a>> {
        match self {
            Self::Text => json(o.text(name)),
            Self::Word => json(o.text(name).map(word)),
            Self::Decimal => json(o.decimal(name)),
            Self::Bool => json(o.bool(name)),
            Self::Time => json(o.time(name)),
            Self::Date => json(o.date(name)),
            Self::TimeOfDay if o.date_alone(name).is_some() => Some(Json::null()),
            Self::TimeOfDay => json(o.time(name)),
            Self::Day => json(o.date_alone(name)).or_else(|| Some(Json::null())),
            Self::Texts => list(texts(o, name)),
            Self::Ref(role) => json(known.reference(o, role)),
            Self::Refs(roles) => list(known.references(o, roles)),
            Self::Stage(role) => json(known.stage(o, role)),
            Self::Name(role) => json(known.name(o, role)),
            Self::Currency => json(known.target(o, &lookups::CURRENCY)?.text("currency_code")),
            Self::Emails => list(people::emails(o)),
            Self::Phones => list(people::phones(o)),
            Self::Addresses => list(people::addresses(o)),
            Self::LeadAddresses => list(people::lead_addresses(o)),
            Self::TextAddress(of) => json(sales::address(o, of)),
            Self::SocialLinks => list(people::social_links(o)),
            Self::Websites => list(people::websites(o)),
            Self::Products => list(sales::products(o, known)),
            Self::ExternalId => json(external_id(o)),
            Self::TaskStatus => json(work::task_status(o)),
            Self::Direction => json(o.text(name).map(direction)),
            Self::CallState => json(o.text(name).map(call_state)),
            Self::RelatedTo => json(work::related_to(o, known)),
            Self::StageId => json(stage(o.id(name), None)),
            Self::Category => json(stage(None, o.text(name))),
        }
    }
}

fn json<'a>(value: Option<impl Serialize>) -> Option<Json<'a>> {
    Json::of(&value?).ok()
}

fn list<'a>(values: Vec<impl Serialize>) -> Option<Json<'a>> {
    if values.is_empty() { None } else { Json::of(&values).ok() }
}

/// An old and a new value.
struct Pair<'o, 'a> {
    /// `None` if only the new value is sent.
    before: Option<Value<'o, 'a>>,
    after: Value<'o, 'a>,
}

/// `[old, new]`, `[new]`, or either as `{"changed": [..]}`.
fn pair<'o, 'a>(value: Value<'o, 'a>) -> Option<Pair<'o, 'a>> {
    let values = if value.is_object() { value.member("changed")? } else { value };
    let mut values = if values.is_array() { values.children() } else { return None };
    match (values.next(), values.next(), values.next()) {
        (Some(before), Some(after), None) => Some(Pair { before: Some(before), after }),
        (Some(after), None, None) => Some(Pair { before: None, after }),
        _ => None,
    }
}

/// `null` for an empty value. A value that cannot be read is left out, such as the code of a currency sent as an id.
fn empty<'a>(value: Value<'_, 'a>) -> Option<Json<'a>> {
    let is_empty = match value.scalar() {
        Scalar::Null => true,
        Scalar::Number(digits) => is_zero(digits),
        Scalar::Text(text) => text.trim().is_empty(),
        Scalar::Bool(_) => false,
        Scalar::Other => matches!(value.get(), "[]" | "{}"),
    };
    is_empty.then(Json::null)
}

/// One of the two values, unwrapped as in a record. A relation keeps its wrapper, because it needs the kind of record.
fn side<'o, 'a>(name: &str, value: Value<'o, 'a>) -> Value<'o, 'a> {
    if name == "targetable" { value } else { lookups::plain(value).unwrap_or(value) }
}

#[cfg(test)]
mod tests {
    use super::super::members;
    use super::{Entity, day_field, field};

    /// Members without a canonical field in changes: the id and the list of custom fields, the objects in a lead, the name
    /// beside an id, and the numbers of a call, whose fields depend on its direction.
    const WITHOUT_FIELD: &[&str] = &[
        "id",
        "custom_fields",
        "company",
        "deal",
        "cpq_document_template_name",
        "phone_caller_number",
        "phone_number",
    ];

    #[test]
    fn a_change_of_a_listed_member_has_the_canonical_field() {
        let mut missing = Vec::new();
        for line in include_str!("fields.txt").lines().filter(|line| !line.starts_with('#')) {
            let mut cells = line.split(" | ");
            let (path, targets) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
            let Some((of, name)) = path.strip_prefix("data.").and_then(|path| path.split_once('.')) else { continue };
            let name = name.split(['.', '[']).next().unwrap_or_default();
            let Some(entity) = Entity::ALL.iter().find(|entity| members(**entity).contains(&of)) else { continue };
            let expected: Vec<&str> = targets
                .split(", ")
                .filter_map(|target| target.strip_prefix(entity.as_str())?.strip_prefix('.'))
                .filter_map(|target| target.split(['.', '[']).next())
                .collect();
            let found = [field(*entity, name), day_field(*entity, name)];
            let found: Vec<&str> = found.into_iter().flatten().map(|(field, _)| field).collect();
            let is_checked = !expected.is_empty() && !WITHOUT_FIELD.contains(&name);
            if is_checked && !found.iter().any(|field| expected.contains(field)) {
                missing.push(format!("{path}: {found:?} instead of {expected:?}"));
            }
        }
        assert!(missing.is_empty(), "{}", missing.join("\n"));
    }
}
