//! Unwraps values, and finds the objects that the ids in a record refer to.
//!
//! A record contains ids, and the payload around it describes their objects: under `data.associations` by role
//! (`owner`); in classic payloads in arrays of all users, stages and so on beside the record; in workflow webhooks as a
//! name beside the id.

use std::collections::{HashMap, HashSet};

use crm_event::{Ref, Stage, Text};

use crate::fields::{full_name, references, stage};
use crate::json::{Entry, Object, Value};

/// A field that holds an id, and the places that describe its object.
pub(super) struct Role {
    /// Members of the record with the id.
    ids: &'static [&'static str],
    /// Member of `data.associations`.
    association: &'static str,
    /// Classic: arrays in `data` to find the id in.
    lists: &'static [&'static str],
    /// Workflow webhooks: members of the record with the name.
    names: &'static [&'static str],
}

macro_rules! roles {
    ($($name:ident = $ids:expr, $association:literal, $lists:expr, $names:expr;)*) => {
        $(pub(super) const $name: Role = Role { ids: &$ids, association: $association, lists: &$lists, names: &$names };)*
    };
}

roles! {
    OWNER = ["owner_id"], "owner", ["users"], ["owner_name"];
    CREATOR = ["creator_id", "creater_id"], "creator", ["users"], ["creator_name", "creater_name"];
    UPDATER = ["updater_id"], "updater", ["users"], ["updater_name"];
    USER = ["user_id"], "user", ["users"], ["user_name"];
    PARENT_OWNER = ["parent_owner_id"], "parent_owner", ["users"], ["parent_owner_name"];
    SOURCE = ["lead_source_id"], "source", ["lead_source", "lead_sources"], ["lead_source_name"];
    CAMPAIGN = ["campaign_id"], "campaign", ["campaigns"], ["campaign_name"];
    TERRITORY = ["territory_id"], "territory", ["territories"], ["territory_name"];
    PARENT_TERRITORY = ["parent_territory_id"], "parent_territory", ["territories"], ["parent_territory_name"];
    CONTACT = ["contact_id"], "contact", ["contacts"], ["contact_name"];
    CONTACT_STATUS = ["contact_status_id"], "contact_status", ["contact_status", "contact_statuses"], ["contact_status_name"];
    SALES_ACCOUNT = ["sales_account_id"], "sales_account", ["sales_accounts"], ["sales_account_name"];
    PARENT_ACCOUNT = ["parent_sales_account_id"], "parent_sales_account", ["sales_accounts"], ["parent_sales_account_name"];
    BUSINESS_TYPE = ["business_type_id"], "business_type", ["business_types"], ["business_type_name"];
    INDUSTRY_TYPE = ["industry_type_id"], "industry_type", ["industry_types"], ["industry_type_name"];
    MERGED_TO = ["merged_to"], "merged_to", [], [];
    LEAD_STAGE = ["lead_stage_id"], "lead_stage", ["lead_stages"], ["lead_stage_name"];
    LEAD_REASON = ["lead_reason_id"], "lead_reason", ["lead_reasons"], ["lead_reason_name"];
    DEAL = ["deal_id"], "deal", ["deals"], ["deal_name"];
    DEAL_STAGE = ["deal_stage_id"], "deal_stage", ["deal_stages"], ["deal_stage_name"];
    DEAL_PIPELINE = ["deal_pipeline_id"], "deal_pipeline", ["deal_pipelines"], ["deal_pipeline_name"];
    DEAL_PRODUCT = ["deal_product_id"], "deal_product", ["deal_products"], ["deal_product_name"];
    DEAL_REASON = ["deal_reason_id", "lost_reason_id"], "deal_reason", ["deal_reasons"], ["deal_reason_name", "lost_reason"];
    DEAL_TYPE = ["deal_type_id"], "deal_type", ["deal_types"], ["deal_type_name"];
    PAYMENT_STATUS = ["deal_payment_status_id"], "deal_payment_status", ["deal_payment_statuses"], ["deal_payment_status_name"];
    WON_FROM = ["won_from"], "won_from", ["deal_stages"], [];
    LOST_FROM = ["lost_from"], "lost_from", ["deal_stages"], [];
    CURRENCY = ["currency_id"], "currency", ["currencies"], [];
    WEB_FORM = ["web_form_id"], "web_form", ["web_forms"], ["web_form_name"];
    PARENT_PRODUCT = ["parent_product"], "parent_product", ["products"], [];
    TEMPLATE = ["cpq_document_template_id"], "cpq_document_template", [], ["cpq_document_template_name"];
    OUTCOME = ["outcome_id"], "outcome", ["outcomes"], ["outcome_name"];
    TASK_TYPE = ["task_type_id"], "task_type", ["task_types"], ["task_type_name"];
    ACTIVITY_TYPE = ["sales_activity_type_id"], "sales_activity_type", ["sales_activity_types"], ["sales_activity_type_name"];
    ACTIVITY_OUTCOME = ["sales_activity_outcome_id"], "sales_activity_outcome", ["sales_activity_outcomes"], ["sales_activity_outcome_name"];
}

/// A field that holds several ids, and the places that describe their objects, as in [`Role`].
pub(super) struct Roles {
    ids: &'static str,
    association: &'static str,
    lists: &'static [&'static str],
}

pub(super) const SALES_ACCOUNTS: Roles =
    Roles { ids: "sales_account_ids", association: "sales_accounts", lists: &["sales_accounts"] };
pub(super) const CONTACTS: Roles = Roles { ids: "contact_ids", association: "contacts", lists: &["contacts"] };
pub(super) const PRODUCTS: Roles = Roles { ids: "product_ids", association: "products", lists: &["products"] };
pub(super) const LISTS: Roles = Roles { ids: "list_ids", association: "lists", lists: &["lists"] };
pub(super) const TEAM: Roles = Roles { ids: "team_user_ids", association: "team_users", lists: &["users"] };
pub(super) const TASK_USERS: Roles = Roles { ids: "user_ids", association: "task_users", lists: &["users"] };

/// The parts of the payload beside the record.
#[derive(Clone, Copy)]
pub(super) struct Lookups<'o, 'a> {
    data: &'o Object<'a>,
    associations: Option<&'o Object<'a>>,
    /// True for old values of a record. An association is then used only if it has the same id.
    past: bool,
}

impl<'o, 'a> Lookups<'o, 'a> {
    pub(super) fn new(data: &'o Object<'a>, associations: Option<&'o Object<'a>>) -> Self {
        Self { data, associations, past: false }
    }

    /// The lookups for reading old values of the record.
    pub(super) fn past(self) -> Self {
        Self { past: true, ..self }
    }

    /// A member of `data.associations` that is an object.
    pub(super) fn association(&self, name: &str) -> Option<Object<'a>> {
        self.associations?.any_object(name)
    }

    /// The objects of an array in `data.associations`.
    pub(super) fn associated<'s>(&'s self, name: &'s str) -> impl Iterator<Item = Object<'a>> + 's {
        let associations = self.associations.filter(|associations| holds_objects(associations, name));
        associations.into_iter().flat_map(|associations| associations.objects(name))
    }

    /// The object of `targetable_id`. It is not a [`Role`], because the association names its kind.
    pub(super) fn targetable(&self, o: &Object<'a>, id: Option<&Text<'a>>) -> Option<Object<'a>> {
        let own = o.any_object("targetable");
        let is_own = own.is_some();
        let target = own.or_else(|| self.association("targetable"))?;
        let same = match (target.id("id"), id) {
            (Some(target), Some(id)) => target == *id,
            _ => !self.past || is_own,
        };
        same.then_some(target)
    }

    pub(super) fn reference(&self, o: &Object<'a>, role: &Role) -> Option<Ref<'a>> {
        let id = id(o, role);
        let found = match self.find(role, id.as_ref()) {
            Some(found) => described(&found),
            None => Ref { name: self.plain_name(o, role), ..Ref::default() },
        };
        let id = id.or(found.id);
        (id.is_some() || found.name.is_some()).then_some(Ref { id, ..found })
    }

    pub(super) fn stage(&self, o: &Object<'a>, role: &Role) -> Option<Stage<'a>> {
        self.reference(o, role).and_then(|found| stage(found.id, found.name))
    }

    /// The name for the id, or the id itself if the body has no name.
    pub(super) fn name(&self, o: &Object<'a>, role: &Role) -> Option<Text<'a>> {
        self.reference(o, role).and_then(|found| found.name.or(found.id))
    }

    /// The object that the id refers to.
    pub(super) fn target(&self, o: &Object<'a>, role: &Role) -> Option<Object<'a>> {
        self.find(role, id(o, role).as_ref())
    }

    pub(super) fn references(&self, o: &Object<'a>, roles: &Roles) -> Vec<Ref<'a>> {
        let ids: Vec<_> = refs(o, roles.ids).into_iter().filter_map(|entry| entry.id).collect();
        let associated = self.associations.map(|associations| refs(associations, roles.association));
        let mut known = associated.unwrap_or_default();
        // The associations are those of the record now.
        let mut found = if self.past { Vec::new() } else { known.clone() };
        let described: HashSet<Text<'a>> = found.iter().filter_map(|entry| entry.id.clone()).collect();
        if !ids.is_empty() {
            known.extend(roles.lists.iter().flat_map(|list| refs(self.data, list)));
        }
        let mut by_id = HashMap::new();
        for entry in &known {
            by_id.entry(entry.id.as_ref()).or_insert(entry);
        }
        for id in ids.into_iter().filter(|id| !described.contains(id)) {
            let entry = by_id.get(&Some(&id)).map(|entry| (*entry).clone());
            found.push(entry.unwrap_or_else(|| Ref { id: Some(id), ..Ref::default() }));
        }
        found
    }

    fn find(&self, role: &Role, id: Option<&Text<'a>>) -> Option<Object<'a>> {
        if let Some(found) = self.association(role.association) {
            let same = match (found.id("id"), id) {
                (Some(found), Some(id)) => found == *id,
                _ => !self.past,
            };
            if same {
                return Some(found);
            }
        }
        let id = id?;
        role.lists.iter().flat_map(|list| self.data.objects(list)).find(|entry| entry.id("id").as_ref() == Some(id))
    }

    /// A name without an object: the association is only a text, or the body is flat.
    fn plain_name(&self, o: &Object<'a>, role: &Role) -> Option<Text<'a>> {
        if self.past {
            return None;
        }
        let association =
            self.associations.filter(|associations| !associations.json(role.association).is_some_and(Value::is_object));
        let text = association.and_then(|associations| associations.text(role.association));
        text.or_else(|| role.names.iter().find_map(|name| o.text(name)))
    }
}

fn id<'a>(o: &Object<'a>, role: &Role) -> Option<Text<'a>> {
    role.ids.iter().find_map(|name| o.id(name))
}

/// Reads the description of a user, contact, account, stage or product.
pub(super) fn described<'a>(o: &Object<'a>) -> Ref<'a> {
    let names = || full_name(o.text("first_name").as_ref(), o.text("last_name").as_ref());
    Ref {
        id: o.id("id").or_else(|| o.id("user_id")),
        name: o.text("name").or_else(|| o.text("display_name")).or_else(names),
        email: o.text("email"),
        phone_number: o.text("work_number").or_else(|| o.text("mobile_number")).or_else(|| o.text("phone")),
        title: o.text("job_title"),
        website: o.text("website"),
        ..Ref::default()
    }
}

/// References in an array of objects or of ids.
fn refs<'a>(o: &Object<'a>, name: &str) -> Vec<Ref<'a>> {
    if holds_objects(o, name) {
        return o
            .objects(name)
            .map(|entry| described(&entry))
            .filter(|found| found.id.is_some() || found.name.is_some())
            .collect();
    }
    references(o.ids(name))
}

/// Texts in an array of texts, ids, or objects that have a value or a name.
pub(super) fn texts<'a>(o: &Object<'a>, name: &str) -> Vec<Text<'a>> {
    let text = |entry| match entry {
        Entry::Object(o) => o.text("value").or_else(|| o.text("name")).or_else(|| o.id("id")),
        Entry::Text(text) => Some(text),
    };
    o.objects_or_texts(name).filter_map(text).collect()
}

/// True if a member is an array of objects, or one object.
fn holds_objects(o: &Object<'_>, name: &str) -> bool {
    o.json(name).is_some_and(|value| value.is_object() || value.children().next().is_some_and(Value::is_object))
}

/// The record with plain values: `{"label": "Name", "type": "text", "value": "Acme"}` reads as `"Acme"`.
pub(super) fn unwrapped(o: Object<'_>) -> Object<'_> {
    o.map_members(|_, value| plain(value))
}

/// The value in a wrapper, or the id in a reference (`{"id": 7, "model": "user"}`). `None` for anything else.
pub(super) fn plain<'o, 'a>(value: Value<'o, 'a>) -> Option<Value<'o, 'a>> {
    if !value.is_object() {
        return None;
    }
    if value.children().len() == 0 {
        // The v3.0 samples show amounts like this.
        return Some(value.null());
    }
    let has = |name| value.member(name).is_some();
    if has("label") && (has("type") || has("dom_type")) {
        let inner = value.member("value").unwrap_or(value.null());
        return Some(plain(inner).unwrap_or(inner));
    }
    (has("model") || has("_model")).then(|| value.member("id").unwrap_or(value.null()))
}
