//! Products, opportunities, orders and proposals.

use std::borrow::Cow;

use crm_event::record::{Common, Deal, Order, Product, Quote};
use crm_event::{Entity, LineItem, Ref, Stage, Text};

use super::contact_info::contact_infos;
use super::{day, entity, enumerated, instant, named, person_name, photo_url, text_or_name, user};
use crate::fields::{reference, stage};
use crate::json::Object;

const DEAL_STATUS: &[&str] = &["open", "on_hold", "won", "lost", "abandoned", "cancelled"];
const DEAL_STAGE: &[&str] =
    &["", "identifying_contacts", "contacted", "request_for_proposal", "proposal_submitted", "contract"];
const LOST_REASON: &[&str] = &["", "high_prices", "payment_terms", "delivery_time", "warranty_terms", "other"];
const ORDER_STATUS: &[&str] = &["open", "fulfilled", "cancelled"];
const ORDER_STAGE: &[&str] = &["", "pending", "processing", "shipped"];
const DISCOUNT_TYPE: &[&str] = &["percent", "amount"];
const TAX_TYPE: &[&str] = &["none", "exclusive", "inclusive"];

pub(super) fn product<'a>(common: Common<'a>, o: &Object<'a>) -> Product<'a> {
    let category = o.object("Category");
    Product {
        name: o.text("Name"),
        display_name: o.text("DisplayName"),
        brand: text_or_name(o, "Brand"),
        model: text_or_name(o, "Model"),
        sku: o.text("SKU"),
        price: o.decimal("Price"),
        currency: text_or_name(o, "CurrencyName"),
        purchase_price: o.decimal("PurchasePrice"),
        purchase_currency: text_or_name(o, "PurchaseCurrencyName"),
        tax_rate: o.decimal("VAT"),
        unit: text_or_name(o, "Unit"),
        inventory_quantity: o.decimal("Inventory"),
        category: category.and_then(|category| stage(category.id("Id"), category.text("Name"))),
        is_active: o.bool("NotAvailable").map(|not| !not),
        photo_url: photo_url(o),
        description: o.text("Description"),
        relationship_types: named(o, "RelationshipTypes"),
        regions: named(o, "Regions"),
        ..Product::new(common)
    }
}

pub(super) fn deal<'a>(common: Common<'a>, o: &Object<'a>) -> Deal<'a> {
    let infos = contact_infos(o);
    let parties = Parties::of(o);
    Deal {
        name: o.text("Name"),
        amount: o.decimal("Amount"),
        currency: text_or_name(o, "CurrencyName"),
        realized_amount: o.decimal("RealizedAmount"),
        // The documentation has the typo in both names. The correct spelling is read too, in case the vendor fixes it.
        realized_currency: o.text("RealizedCurrenyName").or_else(|| o.text("RealizedCurrencyName")),
        profit: o.decimal("Profit"),
        profit_currency: profit_currency(o),
        total_cost: o.decimal("TotalCost"),
        stage: custom_or_built_in_stage(o, DEAL_STAGE),
        pipeline: stage(None, text_or_name(o, "CustomPipelineName")),
        status: enumerated(o, "Status", DEAL_STATUS),
        probability: o.decimal("Probability"),
        expected_close_date: day(o, "ExpectedClosingDate"),
        closed_at: instant(o, "CloseDate"),
        closed_by: user(o, "ClosedBy"),
        lost_reason: enumerated(o, "LostReason", LOST_REASON),
        lost_reason_note: o.text("Reason"),
        company: parties.company,
        contact: parties.contact,
        contacts: parties.contacts,
        related: parties.related,
        line_items: line_items(o),
        emails: infos.emails,
        phone_numbers: infos.phone_numbers,
        addresses: infos.addresses,
        websites: infos.websites,
        social_links: infos.social_links,
        dates: infos.dates,
        description: o.text("Description"),
        relationship_types: named(o, "RelationshipTypes"),
        regions: named(o, "Regions"),
        ..Deal::new(common)
    }
}

pub(super) fn order<'a>(common: Common<'a>, o: &Object<'a>) -> Order<'a> {
    Order {
        name: o.text("Name"),
        display_name: o.text("DisplayName"),
        customer: o.object("RelatedEntity").and_then(|customer| reference_with_entity(&customer)),
        contact: o.object("Attn").and_then(|person| party(&person)).map(|(_, person)| person),
        line_items: line_items(o),
        total: o.decimal("DiscountedTotal"),
        currency: text_or_name(o, "CurrencyName"),
        discount: o.decimal("Discount"),
        discount_type: enumerated(o, "DiscountType", DISCOUNT_TYPE),
        deposit: o.decimal("Deposit"),
        tax_type: enumerated(o, "VatType", TAX_TYPE),
        profit: o.decimal("Profit"),
        profit_currency: profit_currency(o),
        total_cost: o.decimal("TotalCost"),
        ordered_at: instant(o, "OrderDate"),
        scheduled_fulfillment_at: instant(o, "ScheduledFulfilment"),
        fulfilled_at: instant(o, "ActualFulfilment"),
        status: enumerated(o, "Status", ORDER_STATUS),
        stage: custom_or_built_in_stage(o, ORDER_STAGE),
        delivery_address: o.text("DeliveryAddress"),
        billing_address: o.text("BillingAddress"),
        phone_number: o.text("CustomerPhone"),
        related: related(o),
        description: o.text("Description"),
        ..Order::new(common)
    }
}

/// Reads a proposal, which is not documented. The observed ones have the names of an order, with the number in
/// `LastName`. The meaning of their statuses and stages is unknown, so these stay numbers.
pub(super) fn quote<'a>(common: Common<'a>, o: &Object<'a>) -> Quote<'a> {
    let parties = Parties::of(o);
    // A quote has one contact: the first of two persons is the customer, the second is `contact`.
    let customer = parties.contacts.into_iter().next();
    let customer = customer.map(|person| Ref { entity: Some(Entity::Contact), ..person });
    Quote {
        number: o.text("LastName"),
        name: o.text("Name"),
        display_name: o.text("DisplayName"),
        company: parties.company,
        contact: parties.contact,
        status: enumerated(o, "Status", &[]),
        stage: custom_or_built_in_stage(o, &[]),
        total: o.decimal("DiscountedTotal"),
        currency: text_or_name(o, "CurrencyName"),
        discount: o.decimal("Discount"),
        discount_type: enumerated(o, "DiscountType", DISCOUNT_TYPE),
        tax_type: enumerated(o, "VatType", TAX_TYPE),
        profit: o.decimal("Profit"),
        profit_currency: profit_currency(o),
        total_cost: o.decimal("TotalCost"),
        line_items: line_items(o),
        delivery_address: o.text("DeliveryAddress"),
        billing_address: o.text("BillingAddress"),
        related: customer.into_iter().chain(parties.related).collect(),
        description: o.text("Description"),
        ..Quote::new(common)
    }
}

fn profit_currency<'a>(o: &Object<'a>) -> Option<Text<'a>> {
    o.text("ProfitCurrenyName").or_else(|| o.text("ProfitCurrencyName"))
}

/// The customer's own stage, or else the built-in one, which has no id.
fn custom_or_built_in_stage<'a>(o: &Object<'a>, words: &'static [&'static str]) -> Option<Stage<'a>> {
    let custom = stage(o.id("CustomStageId"), o.text("CustomStageName"));
    custom.or_else(|| stage(None, enumerated(o, "Stage", words)))
}

fn line_items<'a>(o: &Object<'a>) -> Vec<LineItem<'a>> {
    o.objects("Items").map(|item| line_item(&item)).filter(|item| *item != LineItem::default()).collect()
}

fn line_item<'a>(o: &Object<'a>) -> LineItem<'a> {
    let product = o.object("Product");
    let in_product = |name| product.as_ref().and_then(|product| product.text(name));
    LineItem {
        id: o.id("ItemId"),
        product: reference(
            product.as_ref().and_then(|product| product.id("Id")),
            // In TeamGram's REST responses, a line without a product has a title.
            in_product("DisplayName").or_else(|| in_product("Name")).or_else(|| o.text("Title")),
        ),
        sku: in_product("SKU"),
        quantity: o.decimal("Quantity"),
        unit_price: o.decimal("Price"),
        total: o.decimal("LineTotal"),
        currency: text_or_name(o, "CurrencyName"),
        description: o.text("Description"),
        tax_rate: o.decimal("Vat"),
        discount: o.decimal("Discount"),
        discount_type: enumerated(o, "DiscountType", DISCOUNT_TYPE),
        unit: text_or_name(o, "Unit"),
        unit_cost: o.decimal("UnitCost"),
        unit_cost_currency: text_or_name(o, "UnitCostCurrencyName"),
        ..LineItem::default()
    }
}

/// The company and the persons of an opportunity or a proposal.
struct Parties<'a> {
    company: Option<Ref<'a>>,
    contact: Option<Ref<'a>>,
    /// All persons, if there are others besides `contact`.
    contacts: Vec<Ref<'a>>,
    related: Vec<Ref<'a>>,
}

impl<'a> Parties<'a> {
    fn of(o: &Object<'a>) -> Self {
        let mut parties = Parties { company: None, contact: None, contacts: Vec::new(), related: Vec::new() };
        let attn = o.object("Attn").and_then(|attn| party(&attn)).map(|(_, person)| person);
        match o.object("RelatedEntity").and_then(|customer| party(&customer)) {
            Some((Some(Entity::Company), company)) => parties.company = Some(company),
            Some((Some(Entity::Contact), person)) => match &attn {
                Some(attn) if attn.id != person.id => parties.contacts = vec![person, attn.clone()],
                _ => parties.contact = Some(person),
            },
            Some((entity, other)) => parties.related.push(Ref { entity, ..other }),
            None => {}
        }
        parties.contact = attn.or(parties.contact);
        parties.related.extend(related(o));
        parties
    }
}

/// The other records that this one is linked to.
fn related<'a>(o: &Object<'a>) -> Vec<Ref<'a>> {
    o.objects("RelatedEntities").filter_map(|entry| reference_with_entity(&entry)).collect()
}

fn reference_with_entity<'a>(o: &Object<'a>) -> Option<Ref<'a>> {
    party(o).map(|(entity, reference)| Ref { entity, ..reference })
}

/// Reads an object of the vendor's type "customer", with its entity.
fn party<'a>(o: &Object<'a>) -> Option<(Option<Entity>, Ref<'a>)> {
    let entity = match o.text("ClassName") {
        Some(class_name) => entity(&class_name),
        // Only a person has a last name.
        None if o.text("LastName").is_some() => Some(Entity::Contact),
        None => Some(Entity::Company),
    };
    let kind = match entity {
        Some(Entity::Contact) => Some("person"),
        Some(Entity::Company) => Some("company"),
        _ => None,
    };
    let name = o.text("DisplayName").or_else(|| match entity {
        Some(Entity::Contact | Entity::Lead) => person_name(o),
        _ => o.text("Name"),
    });
    let infos = contact_infos(o);
    let reference = reference(o.id("Id"), name)?;
    let reference = Ref {
        email: infos.emails.into_iter().find_map(|email| email.email),
        kind: kind.map(Cow::Borrowed),
        phone_number: infos.phone_numbers.into_iter().find_map(|phone| phone.number),
        website: infos.websites.into_iter().find_map(|web| web.url),
        ..reference
    };
    Some((entity, reference))
}
