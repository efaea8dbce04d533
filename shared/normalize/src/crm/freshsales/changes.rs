//! The changes of a record: the vendor's names and values in canonical form.
//!
//! Old and new values are sent as `[old, new]`: inside the record in classic payloads, in `data.changes` by the part of
//! the product in later ones, or as `{"changed": [old, new]}`. They are read by the same readers as the record, once
//! from an object of all old values and once from an object of all new ones.

use std::borrow::Cow;

use crm_event::{Entity, FieldChange, Json, Text};
use serde::Serialize;

use super::lookups::{self, Lookups, Role, Roles, texts};
use super::{people, work};
use crate::fields::{stage, word};
use crate::json::{Object, Value};

/// The reader of a field.
enum Form {
    Text,
    Id,
    Word,
    Decimal,
    Bool,
    Time,
    Date,
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
    SocialLinks,
    Websites,
    TaskStatus,
    Direction,
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
        "external_id" | "import_id" => ("external_id", Form::Id),
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
        "product_ids" => ("products", Form::Refs(&lookups::PRODUCTS)),
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
        "parent_product" => ("parent", Form::Ref(&lookups::PARENT_PRODUCT)),
        "valid_till" => ("valid_until", Form::Date),
        "document_number" => ("number", Form::Text),
        "document_type" => ("document_type", Form::Text),
        "stage" => ("stage", Form::StageId),
        "location" => ("location", Form::Text),
        "latitude" => ("latitude", Form::Decimal),
        "longitude" => ("longitude", Form::Decimal),
        "from_date" | "start_date" => ("start_at", Form::Time),
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
        "call_status" => ("state", Form::Word),
        "call_duration" => ("duration_seconds", Form::Decimal),
        "call_cost" => ("cost", Form::Decimal),
        "recording_url" => ("recording_url", Form::Text),
        "module_name" => ("object_name", Form::Text),
        _ => return None,
    })
}

/// Fields whose canonical name or form depends on the record.
fn own_field(entity: Entity, name: &str) -> Option<(&'static str, Form)> {
    Some(match (entity, name) {
        (Entity::Contact, "lead_source_id") => ("lead_source", Form::Name(&lookups::SOURCE)),
        (_, "lead_source_id") => ("source", Form::Name(&lookups::SOURCE)),
        (Entity::Lead, "lead_score") => ("score", Form::Decimal),
        (_, "lead_score") => ("lead_score", Form::Decimal),
        (Entity::Quote, "amount") => ("total", Form::Decimal),
        (_, "amount") => ("amount", Form::Decimal),
        (Entity::Task, "status") => ("status", Form::TaskStatus),
        (Entity::CustomObject, "status") => ("status", Form::Text),
        _ => return None,
    })
}

pub(super) fn changes<'a>(
    entity: Entity,
    data: &Object<'a>,
    record: &Object<'a>,
    known: Lookups<'_, 'a>,
) -> Vec<FieldChange<'a>> {
    let Some(all) = lookups::object(data, "changes").or_else(|| lookups::object(record, "changes")) else {
        return Vec::new();
    };
    let mut changes = Vec::new();
    collect(entity, &all, known, &mut changes);
    changes
}

fn collect<'a>(entity: Entity, o: &Object<'a>, known: Lookups<'_, 'a>, changes: &mut Vec<FieldChange<'a>>) {
    let before = o.clone().map_members(|name, value| Some(side(name, pair(value)?.before.unwrap_or(value.null()))));
    let after = o.clone().map_members(|name, value| Some(side(name, pair(value)?.after)));
    for (name, value) in o.members() {
        if let "model_changes" | "system_changes" | "misc_changes" | "custom_fields" | "custom_field" = &*name
            && let Some(inner) = lookups::object(o, &name).filter(|_| pair(value).is_none())
        {
            collect(entity, &inner, known, changes);
            continue;
        }
        let Some(pair) = pair(value) else {
            if value.get() != "{}" {
                changes.push(FieldChange {
                    field: name,
                    name: None,
                    from: None,
                    to: value.json().or_else(|| Some(Json::null())),
                });
            }
            continue;
        };
        let is_date = [&before, &after].iter().any(|o| o.date_alone(&name).is_some());
        let (field, from, to) = match own_field(entity, &name).or_else(|| shared_field(&name)) {
            Some((canonical, form)) => {
                let (from, to) = (form.read(&name, &before, known.past()), form.read(&name, &after, known.past()));
                (Cow::Borrowed(canonical), from, to)
            }
            None => (name, pair.before.and_then(Value::json), pair.after.json()),
        };
        let field = if is_date { date_field(field) } else { field };
        let from = from.or_else(|| pair.before.and_then(empty));
        let to = to.or_else(|| empty(pair.after));
        // Several vendor fields may map to one canonical field, and some listed fields did not change.
        if from != to && changes.iter().all(|change| change.field != field) {
            changes.push(FieldChange { field, name: None, from, to });
        }
    }
}

impl Form {
    fn read<'a>(&self, name: &str, o: &Object<'a>, known: Lookups<'_, 'a>) -> Option<Json<'a>> {
        match self {
            Self::Text => json(o.text(name)),
            Self::Id => json(o.id(name)),
            Self::Word => json(o.text(name).map(word)),
            Self::Decimal => json(o.decimal(name)),
            Self::Bool => json(o.bool(name)),
            Self::Time => json(o.time_of_day(name)).or_else(|| json(o.date_alone(name))),
            Self::Date => json(o.date(name)),
            Self::Texts => list(texts(o, name)),
            Self::Ref(role) => json(known.reference(o, role)),
            Self::Refs(roles) => list(known.references(o, roles)),
            Self::Stage(role) => json(known.stage(o, role)),
            Self::Name(role) => json(known.name(o, role)),
            Self::Currency => json(known.target(o, &lookups::CURRENCY)?.text("currency_code")),
            Self::Emails => list(people::emails(o)),
            Self::Phones => list(people::phones(o)),
            Self::Addresses => list(people::addresses(o)),
            Self::SocialLinks => list(people::social_links(o)),
            Self::Websites => list(people::websites(o)),
            Self::TaskStatus => json(work::task_status(o)),
            Self::Direction => json(work::direction(o)),
            Self::RelatedTo => json(work::related_to(o, known)),
            Self::StageId => json(stage(o.id(name), None)),
            Self::Category => json(stage(None, o.text(name))),
        }
    }
}

/// The field for a day instead of the one for an instant: all-day appointments have dates.
fn date_field(field: Text<'_>) -> Text<'_> {
    match &*field {
        "start_at" => Cow::Borrowed("start_date"),
        "end_at" => Cow::Borrowed("end_date"),
        _ => field,
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
    matches!(value.get(), "null" | "\"\"" | "[]" | "{}" | "0").then(Json::null)
}

/// One of the two values, unwrapped as in a record. A relation keeps its wrapper, because it needs the kind of record.
fn side<'o, 'a>(name: &str, value: Value<'o, 'a>) -> Value<'o, 'a> {
    if name == "targetable" { value } else { lookups::plain(value).unwrap_or(value) }
}
