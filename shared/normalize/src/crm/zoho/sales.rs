//! The fields of deals, products, quotes, sales orders and invoices.

use std::borrow::Cow;

use crm_event::record::{Deal, Invoice, Order, Product, Quote};
use crm_event::{LineItem, Text};

use super::fields::table;
use crate::fields::{reference, stage, word};
use crate::json::Object;

table!(DEAL: Deal = [
    ("Deal_Name", "name", |r, f| r.name = f.text()),
    ("Amount", "amount", |r, f| r.amount = f.decimal()),
    ("Currency", "currency", |r, f| r.currency = f.text()),
    ("Exchange_Rate", "exchange_rate", |r, f| r.exchange_rate = f.decimal()),
    ("Expected_Revenue", "expected_amount", |r, f| r.expected_amount = f.decimal()),
    ("Stage", "stage", |r, f| {
        r.stage = stage(None, f.text());
        r.status = f.text().and_then(|name| status(&name));
    }),
    ("Pipeline", "pipeline", |r, f| r.pipeline = stage(None, f.text())),
    ("Probability", "probability", |r, f| r.probability = f.decimal()),
    ("Closing_Date", "expected_close_date", |r, f| r.expected_close_date = f.date()),
    ("Type", "deal_type", |r, f| r.deal_type = f.text()),
    ("Lead_Source", "source", |r, f| r.source = f.text()),
    ("Reason_For_Loss__s", "lost_reason", |r, f| r.lost_reason = f.text()),
    ("Stage_Modified_Time", "stage_changed_at", |r, f| r.stage_changed_at = f.time()),
    ("Overall_Sales_Duration", "age_days", |r, f| r.age_days = f.decimal()),
    ("Description", "description", |r, f| r.description = f.text()),
], [
    ("Account_Name", "company", |r| &mut r.company),
    ("Contact_Name", "contact", |r| &mut r.contact),
    ("Campaign_Source", "campaign", |r| &mut r.campaign),
]);

/// The status for the stages of Zoho's own pipeline. An organization may rename them and add others.
fn status(stage: &str) -> Option<Text<'static>> {
    match stage {
        "Closed Won" => Some(Cow::Borrowed("won")),
        "Closed Lost" | "Closed-Lost to Competition" | "Closed Lost to Competition" => Some(Cow::Borrowed("lost")),
        "Qualification"
        | "Needs Analysis"
        | "Value Proposition"
        | "Identify Decision Makers"
        | "Id. Decision Makers"
        | "Proposal/Price Quote"
        | "Negotiation/Review" => Some(Cow::Borrowed("open")),
        _ => None,
    }
}

table!(PRODUCT: Product = [
    ("Product_Name", "name", |r, f| r.name = f.text()),
    ("Product_Code", "code", |r, f| r.code = f.text()),
    ("Product_Active", "is_active", |r, f| r.is_active = f.bool()),
    ("Manufacturer", "brand", |r, f| r.brand = f.text()),
    ("Product_Category", "category", |r, f| r.category = stage(None, f.text())),
    ("Unit_Price", "price", |r, f| r.price = f.decimal()),
    ("Currency", "currency", |r, f| r.currency = f.text()),
    ("Usage_Unit", "unit", |r, f| r.unit = f.text()),
    ("Qty_in_Stock", "inventory_quantity", |r, f| r.inventory_quantity = f.decimal()),
    ("Description", "description", |r, f| r.description = f.text()),
], []);

table!(QUOTE: Quote = [
    ("Subject", "name", |r, f| r.name = f.text()),
    ("Quote_Number", "number", |r, f| r.number = f.text()),
    ("Quote_Stage", "status", |r, f| r.status = f.word()),
    ("Grand_Total", "total", |r, f| r.total = f.decimal()),
    ("Currency", "currency", |r, f| r.currency = f.text()),
    ("Discount", "discount", |r, f| r.discount = f.decimal()),
    ("Valid_Till", "valid_until", |r, f| r.valid_until = f.date()),
    ("Quoted_Items", "line_items", |r, f| r.line_items = f.line_items()),
    ("Billing_Street", "billing_address.part", |r, f| f.append(&mut r.billing_address)),
    ("Billing_City", "billing_address.part", |r, f| f.append(&mut r.billing_address)),
    ("Billing_State", "billing_address.part", |r, f| f.append(&mut r.billing_address)),
    ("Billing_Code", "billing_address.part", |r, f| f.append(&mut r.billing_address)),
    ("Billing_Country", "billing_address.part", |r, f| f.append(&mut r.billing_address)),
    ("Shipping_Street", "delivery_address.part", |r, f| f.append(&mut r.delivery_address)),
    ("Shipping_City", "delivery_address.part", |r, f| f.append(&mut r.delivery_address)),
    ("Shipping_State", "delivery_address.part", |r, f| f.append(&mut r.delivery_address)),
    ("Shipping_Code", "delivery_address.part", |r, f| f.append(&mut r.delivery_address)),
    ("Shipping_Country", "delivery_address.part", |r, f| f.append(&mut r.delivery_address)),
    ("Description", "description", |r, f| r.description = f.text()),
], [
    ("Account_Name", "company", |r| &mut r.company),
    ("Contact_Name", "contact", |r| &mut r.contact),
    ("Deal_Name", "deal", |r| &mut r.deal),
]);

table!(ORDER: Order = [
    ("Subject", "name", |r, f| r.name = f.text()),
    ("SO_Number", "display_name", |r, f| r.display_name = f.text()),
    ("Status", "status", |r, f| r.status = f.text().map(order_status)),
    ("Grand_Total", "total", |r, f| r.total = f.decimal()),
    ("Currency", "currency", |r, f| r.currency = f.text()),
    ("Discount", "discount", |r, f| r.discount = f.decimal()),
    ("Due_Date", "scheduled_fulfillment_at", |r, f| r.scheduled_fulfillment_at = f.day()),
    ("Ordered_Items", "line_items", |r, f| r.line_items = f.line_items()),
    ("Billing_Street", "billing_address.part", |r, f| f.append(&mut r.billing_address)),
    ("Billing_City", "billing_address.part", |r, f| f.append(&mut r.billing_address)),
    ("Billing_State", "billing_address.part", |r, f| f.append(&mut r.billing_address)),
    ("Billing_Code", "billing_address.part", |r, f| f.append(&mut r.billing_address)),
    ("Billing_Country", "billing_address.part", |r, f| f.append(&mut r.billing_address)),
    ("Shipping_Street", "delivery_address.part", |r, f| f.append(&mut r.delivery_address)),
    ("Shipping_City", "delivery_address.part", |r, f| f.append(&mut r.delivery_address)),
    ("Shipping_State", "delivery_address.part", |r, f| f.append(&mut r.delivery_address)),
    ("Shipping_Code", "delivery_address.part", |r, f| f.append(&mut r.delivery_address)),
    ("Shipping_Country", "delivery_address.part", |r, f| f.append(&mut r.delivery_address)),
    ("Description", "description", |r, f| r.description = f.text()),
], [
    ("Account_Name", "customer", |r| &mut r.customer),
    ("Contact_Name", "contact", |r| &mut r.contact),
]);

/// The status of an order. Zoho's own are Created, Approved, Delivered and Cancelled.
fn order_status(text: Text<'_>) -> Text<'_> {
    match word(text) {
        status if status == "created" || status == "approved" => Cow::Borrowed("open"),
        status if status == "delivered" => Cow::Borrowed("fulfilled"),
        status => status,
    }
}

table!(INVOICE: Invoice = [
    ("Subject", "name", |r, f| r.name = f.text()),
    ("Invoice_Number", "number", |r, f| r.number = f.text()),
    ("Status", "status", |r, f| r.status = f.word()),
    ("Grand_Total", "total", |r, f| r.total = f.decimal()),
    ("Currency", "currency", |r, f| r.currency = f.text()),
    ("Invoice_Date", "issued_at", |r, f| r.issued_at = f.day()),
    ("Due_Date", "due_date", |r, f| r.due_date = f.date()),
    ("Invoiced_Items", "line_items", |r, f| r.line_items = f.line_items()),
    ("Description", "description", |r, f| r.description = f.text()),
], [
    ("Account_Name", "company", |r| &mut r.company),
    ("Contact_Name", "contact", |r| &mut r.contact),
    ("Deal_Name", "deal", |r| &mut r.deal),
]);

pub(super) fn line_item<'a>(o: &Object<'a>) -> LineItem<'a> {
    let product = o.any_object("Product_Name");
    LineItem {
        id: o.id("id"),
        product: match product {
            Some(product) => reference(product.id("id"), product.text("name")),
            None => reference(None, o.text("Product_Name")),
        },
        quantity: o.decimal("Quantity"),
        unit_price: o.decimal("List_Price"),
        total: o.decimal("Total"),
        discount: o.decimal("Discount"),
        description: o.text("Description"),
        ..LineItem::default()
    }
}
