//! Deals, products, orders, quotes, invoices and payments.

use jiff::Timestamp;
use jiff::civil::Date;

use super::record;
use crate::{Address, DateInfo, Decimal, Email, LineItem, Phone, Ref, Stage, Text, Web};

record! {
    /// A chance to sell: a deal, an opportunity.
    Deal<'a> {
        name: Option<Text<'a>>,
        number: Option<Text<'a>>,
        amount: Option<Decimal<'a>>,
        /// The vendor's name of the currency: usually ISO 4217, for one vendor a local name (`TL`).
        currency: Option<Text<'a>>,
        /// The amount times its probability, if the vendor computes it.
        expected_amount: Option<Decimal<'a>>,
        /// The amount in the account's base currency.
        base_amount: Option<Decimal<'a>>,
        /// The vendor's rate between the deal's currency and the base currency.
        exchange_rate: Option<Decimal<'a>>,
        /// The actual amount of a won deal.
        realized_amount: Option<Decimal<'a>>,
        realized_currency: Option<Text<'a>>,
        profit: Option<Decimal<'a>>,
        profit_currency: Option<Text<'a>>,
        total_cost: Option<Decimal<'a>>,
        stage: Option<Stage<'a>>,
        pipeline: Option<Stage<'a>>,
        /// `open`, `on_hold`, `won`, `lost`, `abandoned`, `cancelled`, or the vendor's word.
        status: Option<Text<'a>>,
        /// Percent.
        probability: Option<Decimal<'a>>,
        priority: Option<Text<'a>>,
        deal_type: Option<Text<'a>>,
        payment_status: Option<Text<'a>>,
        prediction: Option<Text<'a>>,
        expected_close_date: Option<Date>,
        /// The day on which it was closed, if the vendor sends a day.
        closed_date: Option<Date>,
        closed_at: Option<Timestamp>,
        closed_by: Option<Ref<'a>>,
        /// The time at which it was won, if the vendor sends it in addition to `closed_at`.
        won_at: Option<Timestamp>,
        /// The first time that it was won, where a deal may be won more than once.
        first_won_at: Option<Timestamp>,
        /// When it was lost, where the vendor has a time for that apart from `closed_at`.
        lost_at: Option<Timestamp>,
        lost_reason: Option<Text<'a>>,
        /// The vendor's own list entry for `lost_reason`.
        lost_reason_id: Option<Text<'a>>,
        /// A note about the reason.
        lost_reason_note: Option<Text<'a>>,
        /// The stage in which the deal was won.
        won_from: Option<Stage<'a>>,
        /// The stage in which the deal was lost.
        lost_from: Option<Stage<'a>>,
        stage_changed_at: Option<Timestamp>,
        company: Option<Ref<'a>>,
        /// The main contact person.
        contact: Option<Ref<'a>>,
        contacts: Vec<Ref<'a>>,
        lead: Option<Ref<'a>>,
        /// The other records that the deal is linked to.
        related: Vec<Ref<'a>>,
        source: Option<Text<'a>>,
        /// The vendor's own list entry for `source`.
        source_id: Option<Text<'a>>,
        campaign: Option<Ref<'a>>,
        line_items: Vec<LineItem<'a>>,
        /// The discount as entered, in the unit of `discount_type`.
        discount: Option<Decimal<'a>>,
        /// `percent` or `amount`.
        discount_type: Option<Text<'a>>,
        /// The discount as an amount of money.
        discount_amount: Option<Decimal<'a>>,
        products: Vec<Ref<'a>>,
        collaborators: Vec<Ref<'a>>,
        territory: Option<Ref<'a>>,
        relationship_types: Vec<Stage<'a>>,
        regions: Vec<Stage<'a>>,
        emails: Vec<Email<'a>>,
        phone_numbers: Vec<Phone<'a>>,
        addresses: Vec<Address<'a>>,
        websites: Vec<Web<'a>>,
        social_links: Vec<Web<'a>>,
        dates: Vec<DateInfo<'a>>,
        web_form: Option<Text<'a>>,
        active_sequences: Vec<Text<'a>>,
        completed_sequences: Vec<Text<'a>>,
        /// The colour of the deal's card.
        color: Option<Text<'a>>,
        /// Days since the deal was created.
        age_days: Option<Decimal<'a>>,
        is_archived: Option<bool>,
        archived_at: Option<Timestamp>,
        is_deleted: Option<bool>,
        description: Option<Text<'a>>,
        recent_note: Option<Text<'a>>,
        next_activity_at: Option<Timestamp>,
        last_activity_type: Option<Text<'a>>,
        first_assigned_at: Option<Timestamp>,
        last_assigned_at: Option<Timestamp>,
    }
}

record! {
    /// Something that is sold.
    Product<'a> {
        name: Option<Text<'a>>,
        display_name: Option<Text<'a>>,
        brand: Option<Text<'a>>,
        model: Option<Text<'a>>,
        /// The seller's own code, if there is one in addition to `sku`.
        code: Option<Text<'a>>,
        sku: Option<Text<'a>>,
        price: Option<Decimal<'a>>,
        currency: Option<Text<'a>>,
        purchase_price: Option<Decimal<'a>>,
        purchase_currency: Option<Text<'a>>,
        /// Percent.
        tax_rate: Option<Decimal<'a>>,
        unit: Option<Text<'a>>,
        inventory_quantity: Option<Decimal<'a>>,
        category: Option<Stage<'a>>,
        pricing_type: Option<Text<'a>>,
        /// One price per currency, if the vendor has several.
        prices: Vec<LineItem<'a>>,
        valid_until: Option<Date>,
        is_active: Option<bool>,
        is_deleted: Option<bool>,
        photo_url: Option<Text<'a>>,
        description: Option<Text<'a>>,
        parent: Option<Ref<'a>>,
        territory: Option<Ref<'a>>,
        relationship_types: Vec<Stage<'a>>,
        regions: Vec<Stage<'a>>,
    }
}

record! {
    /// An order of a customer.
    Order<'a> {
        name: Option<Text<'a>>,
        display_name: Option<Text<'a>>,
        customer: Option<Ref<'a>>,
        /// The main contact person at the customer.
        contact: Option<Ref<'a>>,
        line_items: Vec<LineItem<'a>>,
        /// The total after discounts.
        total: Option<Decimal<'a>>,
        currency: Option<Text<'a>>,
        discount: Option<Decimal<'a>>,
        /// `percent` or `amount`.
        discount_type: Option<Text<'a>>,
        deposit: Option<Decimal<'a>>,
        /// `none`, `exclusive` or `inclusive`.
        tax_type: Option<Text<'a>>,
        profit: Option<Decimal<'a>>,
        profit_currency: Option<Text<'a>>,
        total_cost: Option<Decimal<'a>>,
        ordered_at: Option<Timestamp>,
        scheduled_fulfillment_at: Option<Timestamp>,
        fulfilled_at: Option<Timestamp>,
        /// `open`, `fulfilled`, `cancelled`, or the vendor's word.
        status: Option<Text<'a>>,
        stage: Option<Stage<'a>>,
        delivery_address: Option<Text<'a>>,
        billing_address: Option<Text<'a>>,
        phone_number: Option<Text<'a>>,
        /// The other records that the order is linked to.
        related: Vec<Ref<'a>>,
        description: Option<Text<'a>>,
    }
}

record! {
    Invoice<'a> {
        number: Option<Text<'a>>,
        name: Option<Text<'a>>,
        company: Option<Ref<'a>>,
        deal: Option<Ref<'a>>,
        contact: Option<Ref<'a>>,
        status: Option<Text<'a>>,
        total: Option<Decimal<'a>>,
        currency: Option<Text<'a>>,
        due_date: Option<Date>,
        issued_at: Option<Timestamp>,
        paid_at: Option<Timestamp>,
        line_items: Vec<LineItem<'a>>,
        description: Option<Text<'a>>,
    }
}

record! {
    /// An offer to a customer: a quote, a quotation, a proposal, a CPQ document.
    Quote<'a> {
        number: Option<Text<'a>>,
        name: Option<Text<'a>>,
        display_name: Option<Text<'a>>,
        document_type: Option<Text<'a>>,
        template: Option<Ref<'a>>,
        /// True for the main one of several quotes for a deal.
        is_primary: Option<bool>,
        company: Option<Ref<'a>>,
        deal: Option<Ref<'a>>,
        contact: Option<Ref<'a>>,
        status: Option<Text<'a>>,
        stage: Option<Stage<'a>>,
        total: Option<Decimal<'a>>,
        /// The total in the account's base currency.
        base_amount: Option<Decimal<'a>>,
        currency: Option<Text<'a>>,
        discount: Option<Decimal<'a>>,
        /// `percent` or `amount`.
        discount_type: Option<Text<'a>>,
        /// `none`, `exclusive` or `inclusive`.
        tax_type: Option<Text<'a>>,
        profit: Option<Decimal<'a>>,
        profit_currency: Option<Text<'a>>,
        total_cost: Option<Decimal<'a>>,
        due_date: Option<Date>,
        valid_until: Option<Date>,
        issued_at: Option<Timestamp>,
        line_items: Vec<LineItem<'a>>,
        delivery_address: Option<Text<'a>>,
        billing_address: Option<Text<'a>>,
        related: Vec<Ref<'a>>,
        territory: Option<Ref<'a>>,
        is_deleted: Option<bool>,
        description: Option<Text<'a>>,
    }
}

record! {
    /// A received payment.
    Payment<'a> {
        number: Option<Text<'a>>,
        amount: Option<Decimal<'a>>,
        currency: Option<Text<'a>>,
        method: Option<Text<'a>>,
        status: Option<Text<'a>>,
        invoice: Option<Ref<'a>>,
        company: Option<Ref<'a>>,
        contact: Option<Ref<'a>>,
        deal: Option<Ref<'a>>,
        paid_at: Option<Timestamp>,
        /// The payer's or the bank's reference.
        reference: Option<Text<'a>>,
        description: Option<Text<'a>>,
    }
}
