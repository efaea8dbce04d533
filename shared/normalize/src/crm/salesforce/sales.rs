//! The members of opportunities, products, orders, quotes and invoices.

use std::borrow::Cow;

use crm_event::record::{Deal, Invoice, Order, Product, Quote};
use crm_event::{Entity, Ref, Text};

use super::ids::link;
use super::records::RAW_ONLY;
use crate::field_tables::{Property, rows};
use crate::fields::stage;
use crate::json::Object;

rows!(DEAL: Deal = [
    ("Name", "name", |r, p| r.name = p.text()),
    ("AccountId", "company", |r, p| r.company = link(p)),
    ("ContactId", "contact", |r, p| r.contact = link(p)),
    ("Amount", "amount", |r, p| r.amount = p.decimal()),
    ("CurrencyIsoCode", "currency", |r, p| r.currency = p.text()),
    ("ExpectedRevenue", "expected_amount", |r, p| r.expected_amount = p.decimal()),
    ("StageName", "stage", |r, p| r.stage = stage(None, p.text())),
    ("Probability", "probability", |r, p| r.probability = p.decimal()),
    ("CloseDate", "expected_close_date", |r, p| r.expected_close_date = p.date()),
    ("Type", "deal_type", |r, p| r.deal_type = p.text()),
    ("LeadSource", "source", |r, p| r.source = p.text()),
    ("CampaignId", "campaign", |r, p| r.campaign = link(p)),
    ("ForecastCategoryName", "prediction", |r, p| r.prediction = p.text()),
    ("LastStageChangeDate", "stage_changed_at", |r, p| r.stage_changed_at = p.time()),
    ("Description", "description", |r, p| r.description = p.text()),
    ("IsDeleted", "is_deleted", |r, p| r.is_deleted = p.bool()),
    // The status is made of these two.
    ("IsClosed", "status[]", |_, _| {}),
    ("IsWon", "status[]", |_, _| {}),
    ("HasOpenActivity", RAW_ONLY, |_, _| {}),
    ("HasOverdueTask", RAW_ONLY, |_, _| {}),
    ("HasOpportunityLineItem", RAW_ONLY, |_, _| {}),
]);

/// The stages that a new organization has, and what they mean. An administrator may rename them and add others.
const STAGES: &[(&str, &str)] = &[
    ("Prospecting", "open"),
    ("Qualification", "open"),
    ("Needs Analysis", "open"),
    ("Value Proposition", "open"),
    ("Id. Decision Makers", "open"),
    ("Perception Analysis", "open"),
    ("Proposal/Price Quote", "open"),
    ("Negotiation/Review", "open"),
    ("Closed Won", "won"),
    ("Closed Lost", "lost"),
];

/// The status by `IsWon` and `IsClosed`. If they are not there, it follows from a stage that every organization has.
pub(super) fn deal_status<'a>(o: &Object<'a>) -> Option<Text<'a>> {
    let status = match (o.bool("IsWon"), o.bool("IsClosed")) {
        (Some(true), _) => "won",
        (Some(false), Some(true)) => "lost",
        (_, Some(false)) => "open",
        _ => {
            let name = o.text("StageName")?;
            STAGES.iter().find(|(stage, _)| *stage == name).map(|(_, status)| *status)?
        }
    };
    Some(Cow::Borrowed(status))
}

rows!(PRODUCT: Product = [
    ("Name", "name", |r, p| r.name = p.text()),
    ("ProductCode", "code", |r, p| r.code = p.text()),
    ("StockKeepingUnit", "sku", |r, p| r.sku = p.text()),
    ("Family", "category", |r, p| r.category = stage(None, p.text())),
    ("QuantityUnitOfMeasure", "unit", |r, p| r.unit = p.text()),
    ("CurrencyIsoCode", "currency", |r, p| r.currency = p.text()),
    ("IsActive", "is_active", |r, p| r.is_active = p.bool()),
    ("IsDeleted", "is_deleted", |r, p| r.is_deleted = p.bool()),
    ("Description", "description", |r, p| r.description = p.text()),
    ("ExternalId", "external_id", |r, p| r.external_id = p.text()),
]);

/// A linked record of an entity.
fn related<'a>(p: &Property<'_, 'a>, entity: Entity) -> Option<Ref<'a>> {
    link(p).map(|link| Ref { entity: Some(entity), ..link })
}

rows!(ORDER: Order = [
    ("OrderNumber", "display_name", |r, p| r.display_name = p.text()),
    ("Name", "name", |r, p| r.name = p.text()),
    ("AccountId", "customer", |r, p| r.customer = link(p)),
    ("BillToContactId", "contact", |r, p| r.contact = link(p)),
    ("OpportunityId", "related[]", |r, p| r.related.extend(related(p, Entity::Deal))),
    ("QuoteId", "related[]", |r, p| r.related.extend(related(p, Entity::Quote))),
    ("Status", "status", |r, p| r.status = p.word()),
    ("EffectiveDate", "ordered_at", |r, p| r.ordered_at = p.time()),
    ("TotalAmount", "total", |r, p| r.total = p.decimal()),
    ("CurrencyIsoCode", "currency", |r, p| r.currency = p.text()),
    ("Description", "description", |r, p| r.description = p.text()),
    ("BillingStreet", "billing_address[]", |_, _| {}),
    ("BillingCity", "billing_address[]", |_, _| {}),
    ("BillingState", "billing_address[]", |_, _| {}),
    ("BillingPostalCode", "billing_address[]", |_, _| {}),
    ("BillingCountry", "billing_address[]", |_, _| {}),
    ("ShippingStreet", "delivery_address[]", |_, _| {}),
    ("ShippingCity", "delivery_address[]", |_, _| {}),
    ("ShippingState", "delivery_address[]", |_, _| {}),
    ("ShippingPostalCode", "delivery_address[]", |_, _| {}),
    ("ShippingCountry", "delivery_address[]", |_, _| {}),
]);

rows!(QUOTE: Quote = [
    ("QuoteNumber", "number", |r, p| r.number = p.text()),
    ("Name", "name", |r, p| r.name = p.text()),
    ("OpportunityId", "deal", |r, p| r.deal = link(p)),
    ("AccountId", "company", |r, p| r.company = link(p)),
    ("ContactId", "contact", |r, p| r.contact = link(p)),
    ("Status", "status", |r, p| r.status = p.word()),
    ("ExpirationDate", "valid_until", |r, p| r.valid_until = p.date()),
    ("GrandTotal", "total", |r, p| r.total = p.decimal()),
    ("CurrencyIsoCode", "currency", |r, p| r.currency = p.text()),
    ("Discount", "discount", |r, p| r.discount = p.decimal()),
    ("IsSyncing", "is_primary", |r, p| r.is_primary = p.bool()),
    ("IsDeleted", "is_deleted", |r, p| r.is_deleted = p.bool()),
    ("Description", "description", |r, p| r.description = p.text()),
    ("BillingStreet", "billing_address[]", |_, _| {}),
    ("BillingCity", "billing_address[]", |_, _| {}),
    ("BillingState", "billing_address[]", |_, _| {}),
    ("BillingPostalCode", "billing_address[]", |_, _| {}),
    ("BillingCountry", "billing_address[]", |_, _| {}),
    ("ShippingStreet", "delivery_address[]", |_, _| {}),
    ("ShippingCity", "delivery_address[]", |_, _| {}),
    ("ShippingState", "delivery_address[]", |_, _| {}),
    ("ShippingPostalCode", "delivery_address[]", |_, _| {}),
    ("ShippingCountry", "delivery_address[]", |_, _| {}),
]);

rows!(INVOICE: Invoice = [
    ("InvoiceNumber", "number", |r, p| r.number = p.text()),
    ("DocumentNumber", "name", |r, p| r.name = p.text()),
    ("BillingAccountId", "company", |r, p| r.company = link(p)),
    ("BillToContactId", "contact", |r, p| r.contact = link(p)),
    ("Status", "status", |r, p| r.status = p.word()),
    ("TotalAmountWithTax", "total", |r, p| r.total = p.decimal()),
    ("CurrencyIsoCode", "currency", |r, p| r.currency = p.text()),
    ("InvoiceDate", "issued_at", |r, p| r.issued_at = p.time()),
    ("DueDate", "due_date", |r, p| r.due_date = p.date()),
    ("FullSettlementDate", "paid_at", |r, p| r.paid_at = p.time()),
    ("Description", "description", |r, p| r.description = p.text()),
]);
