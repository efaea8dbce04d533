//! Opportunities, which have no name of their own.

use std::borrow::Cow;

use crm_event::Text;
use crm_event::record::{Common, Deal};

use super::{contact, lead};
use crate::fields::{minor_units, stage, word};
use crate::json::Object;

pub(super) fn deal<'a>(common: Common<'a>, o: &Object<'a>) -> Deal<'a> {
    Deal {
        amount: minor_units(o, "value"),
        currency: o.text("value_currency"),
        expected_amount: minor_units(o, "expected_value"),
        stage: stage(o.id("status_id"), o.text("status_label")),
        pipeline: stage(o.id("pipeline_id"), o.text("pipeline_name")),
        status: o.text("status_type").map(status),
        probability: o.decimal("confidence"),
        // The billing period of the value.
        deal_type: o.text("value_period").map(word),
        closed_date: o.date("date_won"),
        closed_at: o.time("date_lost"),
        company: lead(o),
        contact: contact(o),
        description: o.text("note"),
        ..Deal::new(common)
    }
}

pub(super) fn status(text: Text<'_>) -> Text<'_> {
    match word(text) {
        active if active == "active" => Cow::Borrowed("open"),
        status => status,
    }
}
