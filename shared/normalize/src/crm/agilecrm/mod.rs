//! Agile CRM.
//!
//! - Webhooks: <https://github.com/agilecrm/webhooks>; fields: <https://github.com/agilecrm/rest-api>; checked 2026-11.
//! - Does not sign and sends no header of its own: only the URL it posts to can carry a secret.
//! - Retries: none, it ignores the response. A stalled worker may send one event twice.
//!
//! `eventData` is the whole record after the change, without old values. A company is a contact whose `type` is
//! `COMPANY`. Only `Contact is ..` and `Opportunity is ..`, `Created` and `Updated`, are documented. Other names of
//! that form are read by their words.

mod properties;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crm_event::record::{Common, Company, Contact, Deal, Record};
use crm_event::{Action, Campaign, EmailBounce, Entity, LineItem, Ref, Text};
use jiff::Timestamp;

use self::properties::{Properties, custom_field};
use super::{
    AnswerForm, BodyForm, CatalogEntry, Change, PATIENT, SecretMembers, Translation, Unknown, Vendor, Webhook,
};
use crate::error::{Quarantine, Reason};
use crate::fields::{distinct, entries, full_name, reference, reference_to, references, stage, word};
use crate::json::{Object, Value};
use crate::scheme::Scheme;

pub const VENDOR: Vendor = Vendor {
    name: "agilecrm",
    title: "Agile CRM",
    body_form: BodyForm::Object,
    syntaxes: &[],
    answer_within: PATIENT,
    answer: AnswerForm::Json,
    schemes: &[Scheme::Token],
    event_bridge_sources: &[],
    canonical_account: None,
    change_ids: &[],
    writes_local_times: false,
    has_opaque_field_ids: false,
    reads_request: false,
    // Older samples of the vendor have both in a record's owner.
    secret_members: SecretMembers::Named(&["password", "hashedString"]),
    log_members: &[],
    // All events of Agile CRM are about a record, so this is a made-up one. It becomes `crm.unknown.received`.
    test_body: r#"{"eventName":"crm-events is Checked"}"#,
    catalog: CATALOG,
    normalize: &normalize,
};

/// If a name has two rows, the second is for companies.
const CATALOG: &[CatalogEntry] = &[
    CatalogEntry::event("Contact is Created", Entity::Contact, Action::Created),
    CatalogEntry::event("Contact is Created", Entity::Company, Action::Created),
    CatalogEntry::event("Contact is Updated", Entity::Contact, Action::Updated),
    CatalogEntry::event("Contact is Updated", Entity::Company, Action::Updated),
    CatalogEntry::event("Contact is Deleted", Entity::Contact, Action::Deleted),
    CatalogEntry::event("Contact is Deleted", Entity::Company, Action::Deleted),
    CatalogEntry::event("Company is Created", Entity::Company, Action::Created),
    CatalogEntry::event("Company is Updated", Entity::Company, Action::Updated),
    CatalogEntry::event("Company is Deleted", Entity::Company, Action::Deleted),
    CatalogEntry::event("Opportunity is Created", Entity::Deal, Action::Created),
    CatalogEntry::event("Opportunity is Updated", Entity::Deal, Action::Updated),
    CatalogEntry::event("Opportunity is Deleted", Entity::Deal, Action::Deleted),
    CatalogEntry::event("Deal is Created", Entity::Deal, Action::Created),
    CatalogEntry::event("Deal is Updated", Entity::Deal, Action::Updated),
    CatalogEntry::event("Deal is Deleted", Entity::Deal, Action::Deleted),
];

fn normalize<'a>(webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
    let body = &webhook.body;
    let vendor_event = body.text("eventName").ok_or_else(|| no_event_name(body))?;
    let data = body.object("eventData");

    let Some((entity, action)) = row(&vendor_event, data.as_ref()) else {
        let record_id = data.and_then(|data| data.id("id"));
        return Ok(Translation::Unknown(Unknown { vendor_event, record_id, account: None, occurred_at: None }));
    };
    let data = data.ok_or_else(no_event_data)?;
    let id = data.record_id("id", "eventData.id")?;
    let common = Common {
        created_at: data.time("created_time"),
        updated_at: data.time("updated_time"),
        owner: owner(&data),
        tags: tags(&data),
        ..Common::new(id)
    };
    let occurred_at = match action {
        Action::Created => common.created_at,
        Action::Updated => common.updated_at,
        // Neither of them is the time of a deletion.
        _ => None,
    };
    let record = match entity {
        Entity::Deal => Record::from(deal(common, &data)),
        Entity::Company => Record::from(company(common, &data)),
        _ => Record::from(contact(common, &data)),
    };
    Ok(Change {
        vendor_event,
        action,
        action_detail: None,
        record,
        account: None,
        occurred_at,
        partial: false,
        changes: Vec::new(),
        actor: None,
    }
    .into())
}

/// The entity and action of an event name for this record.
fn row(vendor_event: &str, data: Option<&Object<'_>>) -> Option<(Entity, Action)> {
    let is_company = data.is_some_and(is_company);
    let mut found = None;
    for row in CATALOG.iter().filter(|row| row.vendor_event.eq_ignore_ascii_case(vendor_event)) {
        let Some((entity, action)) = row.target.event() else { continue };
        if found.is_none() || (is_company && entity == Entity::Company) {
            found = Some((entity, action));
        }
    }
    found
}

fn is_company(data: &Object<'_>) -> bool {
    match data.text("type") {
        Some(kind) if kind.eq_ignore_ascii_case("COMPANY") => true,
        Some(kind) if kind.eq_ignore_ascii_case("PERSON") => false,
        _ => data.text("entity_type").is_some_and(|kind| kind == "company_entity"),
    }
}

fn no_event_name(body: &Object<'_>) -> Quarantine {
    let looks_like_a_record = ["id", "entity_type", "created_time", "updated_time", "properties"];
    if !body.has("eventData") && looks_like_a_record.iter().any(|name| body.has(name)) {
        return Quarantine::new(
            Reason::OtherProduct,
            "the body is a record without \"eventName\" and \"eventData\", as Agile CRM posts it to Zapier: register \
             this URL only under Admin Settings > API & Analytics > Webhooks",
        );
    }
    Quarantine::no_event_name(
        "the body has no \"eventName\", which all Agile CRM webhooks have: find the other sender that posts to this URL",
    )
}

fn no_event_data() -> Quarantine {
    Quarantine::wrong_envelope(
        "\"eventData\" is not an object with the record, as in all Agile CRM webhooks: find the other sender that posts to \
         this URL",
    )
}

fn contact<'a>(common: Common<'a>, o: &Object<'a>) -> Contact<'a> {
    let p = Properties::read(o);
    let company = reference(o.id("contact_company_id"), p.company);
    let email_bounces = email_bounces(o);
    let latest_bounce = email_bounces.iter().max_by_key(|bounce| bounce.bounced_at);
    let (campaigns, unsubscribed) = campaigns(o);
    let (last_viewed_at, last_viewed_by) = viewed(o);
    Contact {
        name: full_name(p.first_name.as_ref(), p.last_name.as_ref()).or(p.name),
        first_name: p.first_name,
        last_name: p.last_name,
        title: p.title,
        company,
        emails: p.emails,
        phone_numbers: p.phone_numbers,
        addresses: p.addresses,
        websites: p.websites,
        social_links: p.social_links,
        lead_score: o.decimal("lead_score"),
        rating: o.decimal("star_value"),
        subscription_status: unsubscribed,
        email_status: latest_bounce.and_then(|bounce| bounce.kind.clone()),
        email_bounces,
        photo_url: p.image,
        campaigns,
        web_forms: o.id("formId").into_iter().collect(),
        last_contacted_at: o.time("last_contacted"),
        last_called_at: o.time("last_called"),
        last_emailed_at: o.time("last_emailed"),
        last_campaign_emailed_at: o.time("last_campaign_emaild"),
        last_viewed_at,
        last_viewed_by,
        ..Contact::new(Common { custom_fields: p.custom_fields, ..common })
    }
}

fn company<'a>(common: Common<'a>, o: &Object<'a>) -> Company<'a> {
    let p = Properties::read(o);
    let (last_viewed_at, last_viewed_by) = viewed(o);
    Company {
        name: p.name,
        kind: Some(Cow::Borrowed("company")),
        emails: p.emails,
        phone_numbers: p.phone_numbers,
        addresses: p.addresses,
        websites: p.websites,
        social_links: p.social_links,
        lead_score: o.decimal("lead_score"),
        rating: o.decimal("star_value"),
        photo_url: p.image,
        campaigns: campaigns(o).0,
        last_contacted_at: o.time("last_contacted"),
        last_called_at: o.time("last_called"),
        last_emailed_at: o.time("last_emailed"),
        last_campaign_emailed_at: o.time("last_campaign_emaild"),
        last_viewed_at,
        last_viewed_by,
        ..Company::new(Common { custom_fields: p.custom_fields, ..common })
    }
}

fn deal<'a>(common: Common<'a>, o: &Object<'a>) -> Deal<'a> {
    // In the account's currency. The amount in the deal's own currency is in another member.
    let value = o.decimal("expected_value");
    let currency = o.text("currency_type").map(currency_code);
    let entered = currency.as_ref().and_then(|_| o.decimal("currency_conversion_value"));
    let (amount, base_amount) = match entered {
        Some(entered) => (Some(entered), value),
        None => (value, None),
    };
    let milestone = o.text("milestone");
    let won_at = o.time("won_date");
    let is_milestone = |name| milestone.as_ref().is_some_and(|milestone| milestone.eq_ignore_ascii_case(name));
    let status = match () {
        // The vendor clears the date when a deal leaves the pipeline's "won" milestone, whatever its name.
        () if won_at.is_some() || is_milestone("Won") => Some("won"),
        () if is_milestone("Lost") => Some("lost"),
        // A pipeline may use another name for its "lost" milestone, so the deal may not be open.
        () => None,
    };
    let (company, contacts, related) = deal_contacts(o);
    let has_discount = o.bool("apply_discount") != Some(false);
    let discount = |name| if has_discount { o.decimal(name) } else { None };
    Deal {
        name: o.text("name"),
        amount,
        currency,
        base_amount,
        stage: stage(None, milestone.clone()),
        pipeline: stage(o.id("pipeline_id"), o.text("track")),
        status: status.map(Cow::Borrowed),
        probability: o.decimal("probability"),
        expected_close_date: o.date("close_date"),
        closed_at: won_at,
        lost_reason_id: o.id("lost_reason_id"),
        stage_changed_at: o.time("milestone_changed_time"),
        company,
        contacts,
        related,
        source_id: o.id("deal_source_id"),
        line_items: o.objects("products").map(|product| line_item(&product)).collect(),
        discount: discount("discount_value"),
        discount_type: if has_discount { o.text("discount_type").map(discount_type) } else { None },
        discount_amount: discount("discount_amt"),
        color: o.text("colorName").map(word),
        is_archived: o.bool("archived"),
        description: o.text("description"),
        recent_note: recent_note(o),
        ..Deal::new(Common {
            custom_fields: o.objects("custom_data").filter_map(|field| custom_field(&field, None)).collect(),
            ..common
        })
    }
}

/// The deal's company, its people, and the other records it is linked to.
///
/// `contacts` describes each contact, including companies. `contact_ids` has only ids, and may have more of them.
fn deal_contacts<'a>(o: &Object<'a>) -> (Option<Ref<'a>>, Vec<Ref<'a>>, Vec<Ref<'a>>) {
    let (mut company, mut people, mut related) = (None, Vec::new(), Vec::new());
    let mut described = HashSet::new();
    for contact in o.objects("contacts") {
        let id = contact.id("id");
        described.extend(id.clone());
        let p = Properties::read(&contact);
        let email = p.emails.into_iter().find_map(|email| email.email);
        let with_email = |reference| Ref { email, ..reference };
        if is_company(&contact) {
            let reference = reference_to(Entity::Company, id, p.name).map(with_email);
            if company.is_none() { company = reference } else { related.extend(reference) }
        } else {
            let name = full_name(p.first_name.as_ref(), p.last_name.as_ref()).or(p.name);
            people.extend(reference_to(Entity::Contact, id, name).map(with_email));
        }
    }
    let others = o.ids("contact_ids").into_iter().filter(|id| !described.contains(id));
    people.extend(references(others.collect()));
    (company, people, related)
}

fn line_item<'a>(product: &Object<'a>) -> LineItem<'a> {
    LineItem {
        product: reference(product.id("id"), product.text("name")),
        quantity: product.decimal("qty"),
        unit_price: product.decimal("price"),
        total: product.decimal("total"),
        ..LineItem::default()
    }
}

/// The code of a currency: `USD-$` has the code and the sign.
fn currency_code(currency: Text<'_>) -> Text<'_> {
    match currency.split_once('-') {
        Some((code, _)) if code.len() == 3 => Cow::Owned(code.to_owned()),
        _ => currency,
    }
}

fn discount_type(kind: Text<'_>) -> Text<'_> {
    let kind = word(kind);
    if kind == "value" { Cow::Borrowed("amount") } else { kind }
}

fn recent_note<'a>(o: &Object<'a>) -> Option<Text<'a>> {
    let latest = o.objects("notes").max_by_key(|note| note.time("created_time"));
    latest.and_then(|note| note.text("description")).or_else(|| o.text("note_description"))
}

fn owner<'a>(o: &Object<'a>) -> Option<Ref<'a>> {
    let owner = o.object("owner");
    let text = |name| owner.as_ref().and_then(|owner| owner.text(name));
    let id = owner.as_ref().and_then(|owner| owner.id("id")).or_else(|| o.id("owner_id"));
    let owner = Ref {
        id,
        name: text("name"),
        email: text("email"),
        phone_number: text("phone"),
        photo_url: text("pic").or_else(|| o.text("pic")),
        calendar_url: text("calendar_url").or_else(|| text("calendarURL")),
        ..Ref::default()
    };
    (owner != Ref::default()).then_some(owner)
}

/// The tags in `tags`, a list or one text with commas, and those that are only in `tagsWithTime`, as in the REST sample
/// of a deal.
fn tags<'a>(o: &Object<'a>) -> Vec<Text<'a>> {
    let mut tags = o.texts("tags");
    if let [list] = &tags[..]
        && o.json("tags").is_some_and(Value::is_string)
    {
        tags = entries(list, &[',']);
    }
    distinct(tags.into_iter().chain(o.objects("tagsWithTime").filter_map(|tag| tag.text("tag"))))
}

/// The time at which a user of the CRM last opened the record, and the user.
fn viewed<'a>(o: &Object<'a>) -> (Option<Timestamp>, Option<Ref<'a>>) {
    let viewed = o.object("viewed");
    let at = viewed.as_ref().and_then(|viewed| viewed.time("viewed_time"));
    let by = viewed.and_then(|viewed| viewed.id("viewer_id"));
    (at.or_else(|| o.time("viewed_time")), reference(by, None))
}

fn after_id(status: &str) -> &str {
    status.rsplit('-').next().unwrap_or_default()
}

/// The contact's campaigns, and `unsubscribed` if it left all of them.
fn campaigns<'a>(o: &Object<'a>) -> (Vec<Campaign<'a>>, Option<Text<'a>>) {
    let mut campaigns: Vec<_> = o.objects("campaignStatus").map(|status| campaign(&status)).collect();
    let mut places = HashMap::new();
    for (place, campaign) in campaigns.iter().enumerate() {
        places.entry(campaign.id.clone()).or_insert(place);
    }
    let mut unsubscribed = None;
    for status in o.objects("unsubscribeStatus") {
        let (id, from) = (status.id("campaign_id"), status.text("unsubscribeType").map(word));
        if from.as_deref() == Some("all") {
            unsubscribed = Some(Cow::Borrowed("unsubscribed"));
        }
        let place = *places.entry(id.clone()).or_insert(campaigns.len());
        match campaigns.get_mut(place).filter(|_| id.is_some()) {
            Some(campaign) => campaign.unsubscribed_from = from,
            None => campaigns.push(Campaign { id, unsubscribed_from: from, ..Campaign::default() }),
        }
    }
    campaigns.retain(|campaign| *campaign != Campaign::default());
    (campaigns, unsubscribed)
}

fn campaign<'a>(status: &Object<'a>) -> Campaign<'a> {
    let id = status.id("campaign_id");
    // `5338160762454016-DONE` begins with the campaign's id.
    let state = status.text("status").map(|text| match text {
        Cow::Borrowed(text) => Cow::Borrowed(after_id(text)),
        Cow::Owned(text) => Cow::Owned(after_id(&text).to_owned()),
    });
    Campaign {
        id,
        name: status.text("campaign_name"),
        status: state.map(word),
        started_at: status.time("start_time"),
        ended_at: status.time("end_time"),
        unsubscribed_from: None,
    }
}

fn email_bounces<'a>(o: &Object<'a>) -> Vec<EmailBounce<'a>> {
    let bounce = |bounce: Object<'a>| EmailBounce {
        email: bounce.text("email"),
        kind: bounce.text("emailBounceType").map(word),
        bounced_at: bounce.time("time"),
        campaign: reference(bounce.id("campaign_id"), None),
    };
    let bounces = o.objects("emailBounceStatus").map(bounce);
    bounces.filter(|bounce| *bounce != EmailBounce::default()).collect()
}
