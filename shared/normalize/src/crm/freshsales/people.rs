//! Contacts, sales accounts and leads.

use std::borrow::Cow;

use crm_event::record::{Common, Company, Contact, Lead};
use crm_event::{Address, Email, Phone, Ref, Text, Web};

use super::lookups::{
    self, BUSINESS_TYPE, CAMPAIGN, CONTACT, CONTACT_STATUS, CURRENCY, DEAL_PRODUCT, INDUSTRY_TYPE, LEAD_REASON,
    LEAD_STAGE, LISTS, Lookups, MERGED_TO, PARENT_ACCOUNT, PARENT_OWNER, PARENT_TERRITORY, Role, SALES_ACCOUNT,
    SALES_ACCOUNTS, SOURCE, TEAM, TERRITORY, texts, unwrapped,
};
use crate::fields::{email, full_name, phone, profile, reference, web, word};
use crate::json::{Entry, Object};

pub(super) fn contact<'a>(common: Common<'a>, o: &Object<'a>, known: Lookups<'_, 'a>) -> Contact<'a> {
    let companies = companies(o, known);
    Contact {
        name: name(o),
        first_name: o.text("first_name"),
        last_name: o.text("last_name"),
        title: o.text("job_title"),
        department: o.text("department"),
        company: companies.first().cloned(),
        emails: emails(o),
        phone_numbers: phones(o),
        addresses: addresses(o),
        social_links: social_links(o),
        lead_source: known.name(o, &SOURCE),
        lead_score: o.decimal("lead_score"),
        status: o.text("status").map(word),
        stage: known.stage(o, &CONTACT_STATUS),
        subscription_status: o.text("subscription_status"),
        subscription_types: texts(o, "subscription_types"),
        email_status: o.text("email_status").map(word),
        time_zone: o.text("time_zone"),
        do_not_disturb: o.bool("do_not_disturb"),
        photo_url: o.text("avatar"),
        recent_note: o.text("recent_note"),
        territory: known.reference(o, &TERRITORY),
        companies,
        collaborators: known.references(o, &TEAM),
        lists: known.references(o, &LISTS),
        campaign: known.reference(o, &CAMPAIGN),
        medium: o.text("medium"),
        keyword: o.text("keyword"),
        web_forms: texts(o, "web_form_ids"),
        active_sequences: texts(o, "active_sales_sequences"),
        completed_sequences: texts(o, "completed_sales_sequences"),
        open_deals_amount: o.decimal("open_deals_amount"),
        won_deals_amount: o.decimal("won_deals_amount"),
        merged_into: known.reference(o, &MERGED_TO),
        is_deleted: o.bool("is_deleted"),
        last_contacted_at: o.time("last_contacted"),
        last_contacted_mode: o.text("last_contacted_mode").map(word),
        last_chat_at: o.time("last_contacted_via_chat"),
        last_activity_type: o.text("last_contacted_sales_activity_mode"),
        first_contacted_at: o.time("first_contacted"),
        last_seen_at: o.time("last_seen"),
        first_assigned_at: o.time("first_assigned_at"),
        last_assigned_at: o.time("last_assigned_at"),
        ..Contact::new(common)
    }
}

pub(super) fn company<'a>(common: Common<'a>, o: &Object<'a>, known: Lookups<'_, 'a>) -> Company<'a> {
    Company {
        name: name(o),
        industry: known.name(o, &INDUSTRY_TYPE),
        business_type: known.name(o, &BUSINESS_TYPE),
        number_of_employees: o.text("number_of_employees"),
        annual_revenue: o.decimal("annual_revenue"),
        phone_numbers: phones(o),
        addresses: addresses(o),
        websites: websites(o),
        social_links: social_links(o),
        parent: known.reference(o, &PARENT_ACCOUNT),
        parent_owner: known.reference(o, &PARENT_OWNER),
        parent_territory: known.reference(o, &PARENT_TERRITORY),
        status: o.text("status").map(word),
        lead_score: o.decimal("lead_score"),
        photo_url: o.text("avatar"),
        recent_note: o.text("recent_note"),
        territory: known.reference(o, &TERRITORY),
        collaborators: known.references(o, &TEAM),
        active_sequences: texts(o, "active_sales_sequences"),
        completed_sequences: texts(o, "completed_sales_sequences"),
        open_deals_amount: o.decimal("open_deals_amount"),
        won_deals_amount: o.decimal("won_deals_amount"),
        merged_into: known.reference(o, &MERGED_TO),
        is_deleted: o.bool("is_deleted"),
        last_contacted_at: o.time("last_contacted"),
        last_contacted_mode: o.text("last_contacted_mode").map(word),
        last_chat_at: o.time("last_contacted_via_chat"),
        last_activity_type: o.text("last_contacted_sales_activity_mode"),
        first_contacted_at: o.time("first_contacted"),
        first_assigned_at: o.time("first_assigned_at"),
        last_assigned_at: o.time("last_assigned_at"),
        ..Company::new(common)
    }
}

pub(super) fn lead<'a>(common: Common<'a>, o: &Object<'a>, known: Lookups<'_, 'a>) -> Lead<'a> {
    // The lead contains the account and the deal that a conversion would create. They do not exist yet: the id that
    // classic leads give them is the lead's own.
    let company = o.any_object("company").map(unwrapped);
    let deal = o.any_object("deal").map(unwrapped);
    let company_ref = company.as_ref().map(|company| Ref { id: None, ..lookups::described(company) });
    let account = known.reference(o, &SALES_ACCOUNT);
    let deal_ref = || deal.as_ref().and_then(|deal| reference(None, deal.text("name")));
    Lead {
        name: name(o),
        first_name: o.text("first_name"),
        last_name: o.text("last_name"),
        title: o.text("job_title"),
        department: o.text("department"),
        company_name: company_ref.as_ref().and_then(|company| company.name.clone()).or_else(|| o.text("company_name")),
        company: account.or(company_ref.filter(|company| company.name.is_some())),
        industry: company
            .as_ref()
            .and_then(|company| told(company, known, "industry_type", &INDUSTRY_TYPE))
            .and_then(|industry| industry.name.or(industry.id)),
        number_of_employees: company.as_ref().and_then(|company| company.text("number_of_employees")),
        annual_revenue: company.as_ref().and_then(|company| company.decimal("annual_revenue")),
        emails: emails(o),
        phone_numbers: phones(o),
        addresses: lead_addresses(o),
        websites: company.as_ref().map(websites).unwrap_or_default(),
        social_links: social_links(o),
        amount: deal.as_ref().and_then(|deal| deal.decimal("amount")),
        currency: deal.as_ref().and_then(|deal| known.target(deal, &CURRENCY)?.text("currency_code")),
        stage: known.stage(o, &LEAD_STAGE),
        status: o.text("status").map(word),
        status_reason: known.name(o, &LEAD_REASON),
        source: known.name(o, &SOURCE),
        score: o.decimal("lead_score"),
        quality: o.text("lead_quality").map(word),
        is_converted: o.bool("is_converted"),
        is_deleted: o.bool("is_deleted"),
        converted_at: o.time("converted_time"),
        time_zone: o.text("time_zone"),
        do_not_disturb: o.bool("do_not_disturb"),
        photo_url: o.text("avatar"),
        recent_note: o.text("recent_note"),
        territory: known.reference(o, &TERRITORY),
        collaborators: known.references(o, &TEAM),
        campaign: known.reference(o, &CAMPAIGN),
        medium: o.text("medium"),
        keyword: o.text("keyword"),
        contact: known.reference(o, &CONTACT),
        deal: known.reference(o, &lookups::DEAL).or_else(deal_ref),
        products: deal.as_ref().and_then(|deal| told(deal, known, "deal_product", &DEAL_PRODUCT)).into_iter().collect(),
        last_contacted_at: o.time("last_contacted"),
        last_contacted_mode: o.text("last_contacted_mode").map(word),
        last_chat_at: o.time("last_contacted_via_chat"),
        last_seen_at: o.time("last_seen"),
        first_contacted_at: o.time("first_contacted"),
        first_assigned_at: o.time("first_assigned_at"),
        last_assigned_at: o.time("last_assigned_at"),
        stage_changed_at: o.time("stage_updated_time"),
        ..Lead::new(common)
    }
}

/// An object that the company or the deal in a lead refers to, such as the industry. Classic payloads describe it in
/// place.
fn told<'a>(o: &Object<'a>, known: Lookups<'_, 'a>, name: &str, role: &Role) -> Option<Ref<'a>> {
    o.any_object(name).map(|told| lookups::described(&told)).or_else(|| known.reference(o, role))
}

/// The accounts of a contact, the primary one first.
fn companies<'a>(o: &Object<'a>, known: Lookups<'_, 'a>) -> Vec<Ref<'a>> {
    let mut companies = known.references(o, &SALES_ACCOUNTS);
    let is_primary = |account: &Object<'a>| account.bool("is_primary") == Some(true);
    let primary = known.associated("sales_accounts").find(is_primary).and_then(|account| account.id("id"));
    if let Some(at) = primary.and_then(|id| companies.iter().position(|company| company.id.as_ref() == Some(&id))) {
        companies.swap(0, at);
    }
    match known.reference(o, &SALES_ACCOUNT) {
        Some(one) if companies.iter().all(|company| company.id != one.id) => companies.insert(0, one),
        _ => {}
    }
    companies
}

pub(super) fn name<'a>(o: &Object<'a>) -> Option<Text<'a>> {
    let names = || full_name(o.text("first_name").as_ref(), o.text("last_name").as_ref());
    o.text("name").or_else(|| o.text("display_name")).or_else(names)
}

/// All e-mail addresses. `work_email` usually repeats one of the list.
pub(super) fn emails<'a>(o: &Object<'a>) -> Vec<Email<'a>> {
    let entry = |entry| match entry {
        Entry::Text(address) => email(Some(address), None),
        Entry::Object(entry) => {
            let address = entry.text("email").or_else(|| entry.text("value"));
            let email = email(address, entry.text("label").map(word))?;
            Some(Email { primary: entry.bool("is_primary"), ..email })
        }
    };
    let mut emails: Vec<_> = o.objects_or_texts("emails").filter_map(entry).collect();
    for one in email(o.text("email"), None).into_iter().chain(email(o.text("work_email"), Some("work".into()))) {
        match emails.iter_mut().find(|known| known.email == one.email) {
            Some(known) => known.kind = known.kind.take().or(one.kind),
            None => emails.push(one),
        }
    }
    emails
}

pub(super) fn phones<'a>(o: &Object<'a>) -> Vec<Phone<'a>> {
    let entry = |entry| match entry {
        Entry::Text(number) => phone(Some(number), None),
        Entry::Object(entry) => {
            let number = entry.text("value").or_else(|| entry.text("number"));
            phone(number, entry.text("label").map(word))
        }
    };
    let named = [("work_number", Some("work")), ("mobile_number", Some("mobile")), ("phone", None)];
    let named = named.into_iter().filter_map(|(name, kind)| phone(o.text(name), kind.map(Text::from)));
    named.chain(o.objects_or_texts("phone_numbers").filter_map(entry)).collect()
}

pub(super) fn addresses<'a>(o: &Object<'a>) -> Vec<Address<'a>> {
    let address = Address {
        line1: o.text("address"),
        city: o.text("city"),
        state: o.text("state"),
        postal_code: o.text("zipcode"),
        country: o.text("country"),
        ..Address::default()
    };
    if address == Address::default() { Vec::new() } else { vec![address] }
}

/// The address of a lead, and that of its company.
pub(super) fn lead_addresses<'a>(o: &Object<'a>) -> Vec<Address<'a>> {
    let of_company = o.any_object("company").map(unwrapped).and_then(|company| addresses(&company).pop());
    let of_company = of_company.map(|address| Address { kind: Some(Cow::Borrowed("company")), ..address });
    addresses(o).into_iter().chain(of_company).collect()
}

pub(super) fn websites<'a>(o: &Object<'a>) -> Vec<Web<'a>> {
    web(o.text("website"), None).into_iter().collect()
}

/// Social links. The vendor stores any input: a URL, a handle or an id.
pub(super) fn social_links<'a>(o: &Object<'a>) -> Vec<Web<'a>> {
    ["facebook", "twitter", "linkedin"]
        .into_iter()
        .filter_map(|name| profile(o.text(name), Some(name.into())))
        .collect()
}
