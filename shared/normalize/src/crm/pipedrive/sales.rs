//! Deals, leads, products.

use crm_event::LineItem;
use crm_event::record::{Common, Deal, Lead, Product};

use super::{is_deleted, link, next_activity_at};
use crate::fields::{stage, word};
use crate::json::Object;

pub(super) fn deal<'a>(common: Common<'a>, o: &Object<'a>) -> Deal<'a> {
    let status = o.text("status").map(word);
    let is_deleted = if status.as_deref() == Some("deleted") { Some(true) } else { is_deleted(o) };
    Deal {
        name: o.text("title"),
        amount: o.decimal("value"),
        currency: o.text("currency"),
        expected_amount: o.decimal("weighted_value"),
        stage: stage(o.id("stage_id"), None),
        pipeline: stage(o.id("pipeline_id"), None),
        status,
        probability: o.decimal("probability"),
        expected_close_date: o.date("expected_close_date"),
        closed_at: o.time("close_time"),
        won_at: o.time("won_time"),
        first_won_at: o.time("first_won_time"),
        lost_at: o.time("lost_time"),
        lost_reason: o.text("lost_reason"),
        stage_changed_at: o.time("stage_change_time"),
        company: link(o, "org_id", "org_name"),
        contact: link(o, "person_id", "person_name"),
        source: o.text("origin"),
        source_id: o.id("channel"),
        is_archived: o.bool("is_archived"),
        archived_at: o.time("archive_time"),
        is_deleted,
        next_activity_at: next_activity_at(o),
        ..Deal::new(common)
    }
}

pub(super) fn lead<'a>(common: Common<'a>, o: &Object<'a>) -> Lead<'a> {
    let value = o.object("value");
    Lead {
        name: o.text("title"),
        amount: value.as_ref().and_then(|value| value.decimal("amount")),
        currency: value.as_ref().and_then(|value| value.text("currency")),
        source: o.text("source_name").or_else(|| o.text("origin")),
        source_id: o.id("channel"),
        company: link(o, "organization_id", "org_name"),
        contact: link(o, "person_id", "person_name"),
        expected_close_date: o.date("expected_close_date"),
        is_archived: o.bool("is_archived"),
        is_deleted: is_deleted(o),
        ..Lead::new(common)
    }
}

pub(super) fn product<'a>(common: Common<'a>, o: &Object<'a>) -> Product<'a> {
    let price = |o: Object<'a>| {
        let (currency, cost) = (o.text("currency"), o.decimal("cost"));
        LineItem {
            unit_price: o.decimal("price"),
            unit_cost_currency: currency.clone().filter(|_| cost.is_some()),
            unit_cost: cost,
            currency,
            description: o.text("notes"),
            ..LineItem::default()
        }
    };
    let prices: Vec<_> = o.objects("prices").map(price).collect();
    let first = prices.first().cloned().unwrap_or_default();
    Product {
        name: o.text("name"),
        code: o.text("code"),
        price: first.unit_price,
        currency: first.currency,
        purchase_price: first.unit_cost,
        purchase_currency: first.unit_cost_currency,
        tax_rate: o.decimal("tax"),
        unit: o.text("unit"),
        category: stage(o.id("category"), None),
        prices,
        is_active: o.bool("selectable"),
        is_deleted: is_deleted(o),
        description: o.text("description"),
        ..Product::new(common)
    }
}
