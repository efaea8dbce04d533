//! Heffl.
//!
//! - Events and samples: <https://docs.heffl.com/api-reference/webhook-events>, checked 2026-11.
//! - Signs by Standard Webhooks (<https://docs.heffl.com/api-reference/webhooks>). Endpoints created in the user
//!   interface may have no secret and need a token in the URL instead.
//! - Retries: not documented. `webhook-id` stays the same for one event.
//!
//! `*.stageChanged` and `*.statusChanged` are sent in addition to `*.updated`, with their own id. The time of the
//! change is the envelope's `timestamp`; payloads have none.

use std::borrow::Cow;

use crm_event::record::{Common, Company, Contact, Deal, FormResponse, Invoice, Lead, Payment, Quote, Record};
use crm_event::{Action, CustomField, Entity, Ref, Text};

use super::{
    AnswerForm, BodyForm, CatalogEntry, Change, ChangeId, PATIENT, SecretMembers, Translation, Unknown, Vendor, Webhook,
};
use crate::error::Quarantine;
use crate::fields::{custom_field, email, form_fields, full_name, phone, reference, stage, web, word};
use crate::json::Object;
use crate::scheme::{STANDARD_WEBHOOKS, Scheme};

pub const VENDOR: Vendor = Vendor {
    name: "heffl",
    title: "Heffl",
    body_form: BodyForm::Object,
    syntaxes: &[],
    answer_within: PATIENT,
    answer: AnswerForm::Json,
    schemes: &[Scheme::Signature(&STANDARD_WEBHOOKS), Scheme::Token],
    event_bridge_sources: &[],
    canonical_account: None,
    change_ids: &[ChangeId::Header("webhook-id")],
    writes_local_times: false,
    has_opaque_field_ids: false,
    reads_request: false,
    secret_members: SecretMembers::NONE,
    log_members: &[],
    // All events of Heffl are about a record, so this is a made-up one. It becomes `crm.unknown.received`.
    test_body: r#"{"event":"crm-events.check","payload":null}"#,
    catalog: CATALOG,
    normalize: &normalize,
};

const CATALOG: &[CatalogEntry] = &[
    CatalogEntry::event("lead.created", Entity::Lead, Action::Created),
    CatalogEntry::event("lead.updated", Entity::Lead, Action::Updated),
    CatalogEntry::event("lead.deleted", Entity::Lead, Action::Deleted),
    CatalogEntry::event("lead.stageChanged", Entity::Lead, Action::StageChanged),
    CatalogEntry::event("deal.created", Entity::Deal, Action::Created),
    CatalogEntry::event("deal.updated", Entity::Deal, Action::Updated),
    CatalogEntry::event("deal.deleted", Entity::Deal, Action::Deleted),
    CatalogEntry::event("deal.stageChanged", Entity::Deal, Action::StageChanged),
    CatalogEntry::event("client.created", Entity::Company, Action::Created),
    CatalogEntry::event("client.updated", Entity::Company, Action::Updated),
    CatalogEntry::event("client.deleted", Entity::Company, Action::Deleted),
    CatalogEntry::event("contact.created", Entity::Contact, Action::Created),
    CatalogEntry::event("contact.updated", Entity::Contact, Action::Updated),
    CatalogEntry::event("contact.deleted", Entity::Contact, Action::Deleted),
    CatalogEntry::event("contact.stageChanged", Entity::Contact, Action::StageChanged),
    CatalogEntry::event("invoice.created", Entity::Invoice, Action::Created),
    CatalogEntry::event("invoice.updated", Entity::Invoice, Action::Updated),
    CatalogEntry::event("invoice.paid", Entity::Invoice, Action::Paid),
    CatalogEntry::event("invoice.deleted", Entity::Invoice, Action::Deleted),
    CatalogEntry::event("invoice.statusChanged", Entity::Invoice, Action::StatusChanged),
    CatalogEntry::event("quotation.created", Entity::Quote, Action::Created),
    CatalogEntry::event("quotation.updated", Entity::Quote, Action::Updated),
    CatalogEntry::event("quotation.deleted", Entity::Quote, Action::Deleted),
    CatalogEntry::event("quotation.statusChanged", Entity::Quote, Action::StatusChanged),
    CatalogEntry::event("payment.received", Entity::Payment, Action::Received),
    CatalogEntry::event("form.response.created", Entity::FormResponse, Action::Created),
];

fn normalize<'a>(webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
    let body = &webhook.body;
    let vendor_event = body
        .text("event")
        .ok_or_else(|| Quarantine::no_event_name("the body has no \"event\", which names the event"))?;
    let occurred_at = body.time("timestamp");
    // The API's pages call it `payload`, docs.heffl.com/settings/developer calls it `data`.
    let payload = body.object("payload").or_else(|| body.object("data"));

    let Some((entity, action)) = CatalogEntry::event_of(CATALOG, &vendor_event) else {
        let record_id = payload.and_then(|payload| payload.id("id"));
        return Ok(Translation::Unknown(Unknown { vendor_event, record_id, account: None, occurred_at }));
    };
    let payload =
        payload.ok_or_else(|| Quarantine::wrong_envelope("expected an object under \"payload\" (or \"data\")"))?;
    let id = payload.record_id("id", "payload.id")?;
    let change = Change {
        vendor_event,
        action,
        action_detail: None,
        record: record(entity, id, &payload),
        account: None,
        occurred_at,
        partial: false,
        changes: Vec::new(),
        actor: None,
    };
    Ok(change.into())
}

fn record<'a>(entity: Entity, id: Text<'a>, o: &Object<'a>) -> Record<'a> {
    let common = Common {
        created_at: o.time("createdAt"),
        updated_at: o.time("updatedAt"),
        owner: reference(owner_id(o), o.text("ownerName")),
        tags: tags(o),
        custom_fields: all_custom_fields(o),
        ..Common::new(id)
    };
    match entity {
        Entity::Deal => Record::from(deal(common, o)),
        Entity::Company => Record::from(company(common, o)),
        Entity::Contact => Record::from(contact(common, o)),
        Entity::Invoice => Record::from(invoice(common, o)),
        Entity::Quote => Record::from(quote(common, o)),
        Entity::Payment => Record::from(payment(common, o)),
        Entity::FormResponse => Record::from(form_response(common, o)),
        _ => Record::from(lead(common, o)),
    }
}

fn owner_id<'a>(o: &Object<'a>) -> Option<Text<'a>> {
    ["ownerId", "ownerUserId", "salesPersonId"].into_iter().find_map(|name| o.id(name))
}

/// The tags, which are texts, or objects with a name.
fn tags<'a>(o: &Object<'a>) -> Vec<Text<'a>> {
    o.texts_or_members("tags", "name")
}

/// The custom fields under `customFields`, and the members `cf_*` of the record itself, as in version 2 of the API.
/// Empty ones are left out.
fn all_custom_fields<'a>(o: &Object<'a>) -> Vec<CustomField<'a>> {
    let nested = o.object("customFields");
    let own = o.members().filter(|(name, _)| name.starts_with("cf_"));
    let all = nested.iter().flat_map(Object::members).chain(own);
    all.filter(|(_, value)| !value.is_blank()).filter_map(|(name, value)| custom_field(name, value)).collect()
}

fn lead<'a>(common: Common<'a>, o: &Object<'a>) -> Lead<'a> {
    let mobile = phone(o.text("mobile"), Some("mobile".into()));
    let secondary = phone(o.text("secondaryMobile"), Some("secondary".into()));
    Lead {
        name: o.text("name"),
        subject: o.text("title"),
        emails: email(o.text("email"), None).into_iter().collect(),
        phone_numbers: mobile.into_iter().chain(secondary).collect(),
        websites: web(o.text("website"), None).into_iter().collect(),
        amount: o.decimal("value"),
        currency: o.text("currency"),
        stage: stage(o.id("stageId"), o.text("stage")),
        source: o.text("source"),
        is_archived: o.bool("archived"),
        ..Lead::new(common)
    }
}

fn deal<'a>(common: Common<'a>, o: &Object<'a>) -> Deal<'a> {
    let status = o.text("status").map(|status| match status {
        active if active.eq_ignore_ascii_case("active") => Cow::Borrowed("open"),
        status => word(status),
    });
    Deal {
        name: o.text("title"),
        number: o.text("number"),
        amount: o.decimal("price"),
        currency: o.text("currency"),
        stage: stage(o.id("stageId"), o.text("stage")),
        pipeline: stage(o.id("pipelineId"), o.text("pipeline")),
        status,
        priority: o.text("priority").map(word),
        expected_close_date: o.date("expectedCloseDate"),
        company: client(o),
        lead: reference(o.id("leadId"), o.text("leadName")),
        source: o.text("source"),
        ..Deal::new(common)
    }
}

/// The kind of a client: a company or a person.
fn kind(text: Text<'_>) -> Text<'_> {
    match word(text) {
        person if person == "individual" || person == "contact" => Cow::Borrowed("person"),
        kind => kind,
    }
}

/// The client of a deal, an invoice or a quotation. It is an object in the current documentation, flat in older
/// versions.
fn client<'a>(o: &Object<'a>) -> Option<Ref<'a>> {
    let Some(client) = o.object("client") else {
        return reference(o.id("clientId"), o.text("clientName"));
    };
    let names = || full_name(client.text("firstName").as_ref(), client.text("lastName").as_ref());
    let reference = reference(client.id("id"), client.text("name").or_else(names))?;
    Some(Ref {
        email: client.text("email"),
        kind: client.text("type").map(kind),
        phone_number: client.text("phone"),
        number: client.text("number"),
        tax_number: client.text("taxNumber"),
        website: client.text("website"),
        ..reference
    })
}

fn company<'a>(common: Common<'a>, o: &Object<'a>) -> Company<'a> {
    let (first_name, last_name) = (o.text("firstName"), o.text("lastName"));
    Company {
        name: o.text("name").or_else(|| full_name(first_name.as_ref(), last_name.as_ref())),
        kind: o.text("type").map(kind),
        first_name,
        last_name,
        number: o.text("number"),
        tax_number: o.text("taxNumber"),
        emails: email(o.text("email"), None).into_iter().collect(),
        phone_numbers: phone(o.text("phone"), None).into_iter().collect(),
        websites: web(o.text("website"), None).into_iter().collect(),
        ..Company::new(common)
    }
}

fn contact<'a>(common: Common<'a>, o: &Object<'a>) -> Contact<'a> {
    let (first_name, last_name) = (o.text("firstName"), o.text("lastName"));
    Contact {
        name: full_name(first_name.as_ref(), last_name.as_ref()),
        first_name,
        last_name,
        title: o.text("designation"),
        company: client(o),
        emails: email(o.text("email"), None).into_iter().collect(),
        phone_numbers: phone(o.text("mobile"), Some("mobile".into())).into_iter().collect(),
        stage: stage(o.id("stageId"), o.text("stage")),
        ..Contact::new(common)
    }
}

fn invoice<'a>(common: Common<'a>, o: &Object<'a>) -> Invoice<'a> {
    Invoice {
        number: o.text("number"),
        company: client(o),
        deal: reference(o.id("dealId"), None),
        status: o.text("status").map(word),
        total: o.decimal("total"),
        currency: o.text("currency"),
        due_date: o.date("dueDate"),
        ..Invoice::new(common)
    }
}

fn quote<'a>(common: Common<'a>, o: &Object<'a>) -> Quote<'a> {
    Quote {
        number: o.text("number"),
        company: client(o),
        deal: reference(o.id("dealId"), None),
        status: o.text("status").map(word),
        total: o.decimal("total"),
        currency: o.text("currency"),
        ..Quote::new(common)
    }
}

/// Reads a payment. The vendor has no sample of this event, so the names are those of its other payloads.
fn payment<'a>(common: Common<'a>, o: &Object<'a>) -> Payment<'a> {
    Payment {
        number: o.text("number"),
        amount: o.decimal("amount"),
        currency: o.text("currency"),
        method: o.text("method"),
        status: o.text("status").map(word),
        invoice: reference(o.id("invoiceId"), o.text("invoiceNumber")),
        company: client(o),
        paid_at: o.time("paidAt"),
        reference: o.text("reference"),
        ..Payment::new(common)
    }
}

fn form_response<'a>(common: Common<'a>, o: &Object<'a>) -> FormResponse<'a> {
    FormResponse {
        form: reference(o.id("formId"), o.text("formName")),
        fields: o.object("data").map(|fields| form_fields(&fields)).unwrap_or_default(),
        ..FormResponse::new(common)
    }
}
