//! Deals, products and quotes (CPQ documents).

use std::borrow::Cow;

use crm_event::record::{Common, Deal, Product, Quote};
use crm_event::{LineItem, Ref, Text};

use super::lookups::{
    CAMPAIGN, CONTACT, CONTACTS, CURRENCY, DEAL, DEAL_PIPELINE, DEAL_PRODUCT, DEAL_REASON, DEAL_STAGE, DEAL_TYPE,
    LOST_FROM, Lookups, PARENT_PRODUCT, PAYMENT_STATUS, PRODUCTS, SALES_ACCOUNT, SALES_ACCOUNTS, SOURCE, TEAM,
    TEMPLATE, TERRITORY, WEB_FORM, WON_FROM, texts,
};
use super::people::name;
use crate::fields::{reference, stage, word};
use crate::json::Object;

pub(super) fn deal<'a>(common: Common<'a>, o: &Object<'a>, known: Lookups<'_, 'a>) -> Deal<'a> {
    let currency = known.target(o, &CURRENCY);
    let forecast_type = known.target(o, &DEAL_STAGE).and_then(|stage| stage.text("forecast_type"));
    Deal {
        name: name(o),
        amount: o.decimal("amount"),
        currency: currency.as_ref().and_then(|currency| currency.text("currency_code")).or_else(|| o.text("currency")),
        expected_amount: o.decimal("expected_deal_value"),
        base_amount: o.decimal("base_currency_amount"),
        exchange_rate: currency.and_then(|currency| currency.decimal("exchange_rate")),
        stage: known.stage(o, &DEAL_STAGE),
        pipeline: known.stage(o, &DEAL_PIPELINE),
        status: forecast_type.map(status),
        probability: o.decimal("probability"),
        deal_type: known.name(o, &DEAL_TYPE),
        payment_status: known.name(o, &PAYMENT_STATUS),
        prediction: o.text("deal_prediction_tag").map(word),
        expected_close_date: o.date("expected_close"),
        closed_date: o.date("closed_date"),
        lost_reason: known.name(o, &DEAL_REASON),
        won_from: known.stage(o, &WON_FROM),
        lost_from: known.stage(o, &LOST_FROM),
        stage_changed_at: o.time("stage_updated_time"),
        company: company(o, known),
        contacts: known.references(o, &CONTACTS),
        source: known.name(o, &SOURCE),
        campaign: known.reference(o, &CAMPAIGN),
        products: products(o, known),
        collaborators: known.references(o, &TEAM),
        territory: known.reference(o, &TERRITORY),
        web_form: known.name(o, &WEB_FORM),
        active_sequences: texts(o, "active_sales_sequences"),
        completed_sequences: texts(o, "completed_sales_sequences"),
        age_days: o.decimal("age"),
        is_deleted: o.bool("is_deleted"),
        recent_note: o.text("recent_note"),
        next_activity_at: o.time("upcoming_activities_time"),
        last_activity_type: o.text("last_contacted_sales_activity_mode"),
        first_assigned_at: o.time("first_assigned_at"),
        last_assigned_at: o.time("last_assigned_at"),
        ..Deal::new(common)
    }
}

/// The status of a deal, from the forecast type of its stage.
fn status(forecast_type: Text<'_>) -> Text<'_> {
    let word = word(forecast_type);
    match &*word {
        "closed_won" => Cow::Borrowed("won"),
        "closed_lost" => Cow::Borrowed("lost"),
        _ => word,
    }
}

/// The account of a deal. The vendor's table calls the association `sales_accounts`, its sample `sales_account`.
fn company<'a>(o: &Object<'a>, known: Lookups<'_, 'a>) -> Option<Ref<'a>> {
    let company = known.reference(o, &SALES_ACCOUNT);
    let listed = known.references(o, &SALES_ACCOUNTS).into_iter();
    let company = match company {
        Some(Ref { id, name: None, .. }) => listed.clone().find(|one| one.id == id).or_else(|| reference(id, None)),
        Some(company) => Some(company),
        None => listed.clone().next(),
    }?;
    Some(Ref {
        phone_number: company.phone_number.or_else(|| o.text("sales_account_phone")),
        website: company.website.or_else(|| o.text("sales_account_website")),
        ..company
    })
}

/// The products of a deal: `deal_product_id` has one id, `product_ids` any number.
pub(super) fn products<'a>(o: &Object<'a>, known: Lookups<'_, 'a>) -> Vec<Ref<'a>> {
    let mut products = known.references(o, &PRODUCTS);
    match known.reference(o, &DEAL_PRODUCT) {
        Some(one) if products.iter().all(|product| product.id != one.id) => products.insert(0, one),
        _ => {}
    }
    products
}

pub(super) fn product<'a>(common: Common<'a>, o: &Object<'a>, known: Lookups<'_, 'a>) -> Product<'a> {
    let prices: Vec<_> = known.associated("product_pricings").map(|item| line_item(&item)).collect();
    let first = prices.first();
    Product {
        name: name(o),
        code: o.text("product_code"),
        sku: o.text("sku_number"),
        price: first.and_then(|price| price.unit_price.clone()),
        currency: first.and_then(|price| price.currency.clone()),
        category: stage(None, o.text("category")),
        pricing_type: o.text("pricing_type").map(word),
        valid_until: o.date("valid_till"),
        is_active: o.bool("is_active"),
        is_deleted: o.bool("is_deleted"),
        photo_url: o.text("avatar"),
        description: o.text("description"),
        parent: known.reference(o, &PARENT_PRODUCT),
        territory: known.reference(o, &TERRITORY),
        prices,
        ..Product::new(common)
    }
}

pub(super) fn quote<'a>(common: Common<'a>, o: &Object<'a>, known: Lookups<'_, 'a>) -> Quote<'a> {
    Quote {
        number: o.text("document_number"),
        name: name(o),
        document_type: o.text("document_type"),
        template: known.reference(o, &TEMPLATE),
        is_primary: o.bool("is_deal_primary"),
        company: known.reference(o, &SALES_ACCOUNT),
        deal: known.reference(o, &DEAL),
        contact: known.reference(o, &CONTACT),
        stage: stage(o.id("stage"), known.association("stage").and_then(|stage| stage.text("name"))),
        total: o.decimal("amount"),
        base_amount: o.decimal("base_currency_amount"),
        currency: o.text("currency_code"),
        valid_until: o.date("valid_till"),
        line_items: known.associated("cpq_document_product_associations").map(|item| line_item(&item)).collect(),
        delivery_address: address(o, "shipping"),
        billing_address: address(o, "billing"),
        territory: known.reference(o, &TERRITORY),
        is_deleted: o.bool("is_deleted"),
        description: o.text("description"),
        ..Quote::new(common)
    }
}

/// Reads a price of a product, or a product in a document.
fn line_item<'a>(o: &Object<'a>) -> LineItem<'a> {
    LineItem {
        id: o.id("id"),
        product: reference(o.id("product_id"), o.text("name")),
        quantity: o.decimal("quantity"),
        unit_price: o.decimal("unit_price"),
        total: o.decimal("total"),
        currency: o.text("currency_code"),
        discount: o.decimal("discount"),
        setup_fee: o.decimal("setup_fee"),
        billing_type: o.text("billing_type"),
        billing_cycle: o.text("billing_cycle"),
        ..LineItem::default()
    }
}

/// Joins the parts of a document's address.
pub(super) fn address<'a>(o: &Object<'a>, of: &str) -> Option<Text<'a>> {
    let parts = ["address", "city", "state", "zipcode", "country"];
    let parts: Vec<_> = parts.iter().filter_map(|part| o.text(&format!("{of}_{part}"))).collect();
    (!parts.is_empty()).then(|| Cow::Owned(parts.join(", ")))
}
