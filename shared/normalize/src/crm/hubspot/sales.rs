//! The properties of deals, products, quotes, orders, invoices and payments.

use std::borrow::Cow;

use crm_event::Text;
use crm_event::record::{Deal, Invoice, Order, Payment, Product, Quote};

use crate::field_tables::rows;
use crate::fields::{percent, stage};

rows!(DEAL: Deal = [
    ("dealname", "name", |r, p| r.name = p.text()),
    ("amount", "amount", |r, p| r.amount = p.decimal()),
    ("amount_in_home_currency", "base_amount", |r, p| r.base_amount = p.decimal()),
    ("hs_forecast_amount", "expected_amount", |r, p| r.expected_amount = p.decimal()),
    ("deal_currency_code", "currency", |r, p| r.currency = p.text()),
    ("dealstage", "stage", |r, p| {
        r.stage = p.stage();
        r.status = p.text().and_then(|id| status(&id));
    }),
    ("pipeline", "pipeline", |r, p| r.pipeline = p.stage()),
    ("hs_deal_stage_probability", "probability", |r, p| r.probability = p.decimal_by(percent)),
    ("closedate", "expected_close_date", |r, p| r.expected_close_date = p.date_with_time()),
    ("dealtype", "deal_type", |r, p| r.deal_type = p.word()),
    ("hs_priority", "priority", |r, p| r.priority = p.word()),
    ("closed_lost_reason", "lost_reason", |r, p| r.lost_reason = p.text()),
    ("description", "description", |r, p| r.description = p.text()),
]);

/// The status for the stages of HubSpot's default pipeline. Stages of other pipelines are numbers.
fn status(stage_id: &str) -> Option<Text<'static>> {
    match stage_id {
        "appointmentscheduled"
        | "qualifiedtobuy"
        | "presentationscheduled"
        | "decisionmakerboughtin"
        | "contractsent" => Some(Cow::Borrowed("open")),
        "closedwon" => Some(Cow::Borrowed("won")),
        "closedlost" => Some(Cow::Borrowed("lost")),
        _ => None,
    }
}

rows!(PRODUCT: Product = [
    ("name", "name", |r, p| r.name = p.text()),
    ("description", "description", |r, p| r.description = p.text()),
    ("price", "price", |r, p| r.price = p.decimal()),
    ("hs_sku", "sku", |r, p| r.sku = p.text()),
    ("hs_cost_of_goods_sold", "purchase_price", |r, p| r.purchase_price = p.decimal()),
    ("hs_product_type", "category", |r, p| r.category = stage(None, p.word())),
    ("hs_recurring_billing_period", "pricing_type", |r, p| r.pricing_type = p.text()),
    ("hs_images", "photo_url", |r, p| r.photo_url = p.text()),
]);

rows!(ORDER: Order = [
    ("hs_order_name", "name", |r, p| r.name = p.text()),
    ("hs_total_price", "total", |r, p| r.total = p.decimal()),
    ("hs_currency_code", "currency", |r, p| r.currency = p.text()),
    ("hs_fulfillment_status", "status", |r, p| r.status = p.word()),
    ("hs_pipeline_stage", "stage", |r, p| r.stage = p.stage()),
]);

rows!(QUOTE: Quote = [
    ("hs_title", "name", |r, p| r.name = p.text()),
    ("hs_quote_number", "number", |r, p| r.number = p.text()),
    ("hs_status", "status", |r, p| r.status = p.word()),
    ("hs_quote_amount", "total", |r, p| r.total = p.decimal()),
    ("hs_currency", "currency", |r, p| r.currency = p.text()),
    ("hs_expiration_date", "valid_until", |r, p| r.valid_until = p.date_with_time()),
]);

rows!(INVOICE: Invoice = [
    ("hs_number", "number", |r, p| r.number = p.text()),
    ("hs_invoice_status", "status", |r, p| r.status = p.word()),
    ("hs_amount_billed", "total", |r, p| r.total = p.decimal()),
    ("hs_currency", "currency", |r, p| r.currency = p.text()),
    ("hs_due_date", "due_date", |r, p| r.due_date = p.date_with_time()),
    ("hs_invoice_date", "issued_at", |r, p| r.issued_at = p.time()),
]);

rows!(PAYMENT: Payment = [
    ("hs_initial_amount", "amount", |r, p| r.amount = p.decimal()),
    ("hs_currency_code", "currency", |r, p| r.currency = p.text()),
    ("hs_latest_status", "status", |r, p| r.status = p.word()),
]);
