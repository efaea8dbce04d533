//! Reads the billing settings of a contact or project.

use std::borrow::Cow;

use crm_event::{Decimal, Rate, Text};

use super::Fields;
use crate::fields::{reference, word};
use crate::json::Object;

/// The documented numbers of `billing.accounting.type`. TeamGrid's own Zapier app reads 3 as "not billed".
const BILLING_TYPES: &[(&str, &str)] = &[("100", "none"), ("3", "none"), ("2", "hourly_rate"), ("4", "contact")];

/// The numbers of `billing.budget.type`.
const BUDGET_TYPES: &[(&str, &str)] = &[
    ("100", "none"),
    ("0", "hours"),
    ("1", "fees"),
    ("4", "hours_per_month"),
    ("5", "fees_per_month"),
    ("6", "contact"),
];

pub(super) const FIELDS: Fields = &[
    ("billing.accounting.type", "billing_type"),
    ("billing.accounting.hourlyRate", "rate"),
    ("billing.budget.type", "budget_type"),
    ("billing.budget.hours", "budget_hours"),
    ("billing.budget.fees", "budget"),
    ("billing.users", "rates"),
    ("billing.services", "rates"),
];

/// The contents of a record's `billing`.
#[derive(Default)]
pub(super) struct Billing<'a> {
    pub(super) billing_type: Option<Text<'a>>,
    pub(super) rate: Option<Decimal<'a>>,
    pub(super) rates: Vec<Rate<'a>>,
    pub(super) budget_type: Option<Text<'a>>,
    pub(super) budget: Option<Decimal<'a>>,
    pub(super) budget_hours: Option<Decimal<'a>>,
}

pub(super) fn billing<'a>(doc: &Object<'a>) -> Billing<'a> {
    let Some(billing) = doc.object("billing") else { return Billing::default() };
    let accounting = billing.object("accounting");
    let budget = billing.object("budget");
    let accounting = accounting.as_ref();
    let budget = budget.as_ref();
    Billing {
        billing_type: accounting.and_then(|accounting| named(accounting.text("type")?, BILLING_TYPES)),
        rate: accounting.and_then(|accounting| accounting.decimal("hourlyRate")),
        rates: rates(&billing),
        budget_type: budget.and_then(|budget| named(budget.text("type")?, BUDGET_TYPES)),
        budget: budget.and_then(|budget| budget.decimal("fees")),
        budget_hours: budget.and_then(|budget| budget.decimal("hours")),
    }
}

/// The word for a number. A number without a word stays text.
fn named<'a>(number: Text<'a>, words: &[(&str, &'static str)]) -> Option<Text<'a>> {
    let known = words.iter().find(|(known, _)| *known == number);
    Some(known.map_or_else(|| word(number), |(_, name)| Cow::Borrowed(*name)))
}

fn rates<'a>(billing: &Object<'a>) -> Vec<Rate<'a>> {
    let rate = |entry: Object<'a>| Rate {
        user: reference(entry.id("userId"), None),
        service: reference(entry.id("serviceId"), None),
        rate: entry.decimal("hourlyRate"),
        is_billable: entry.bool("billable"),
    };
    let mut rates: Vec<_> = billing.objects("users").chain(billing.objects("services")).map(rate).collect();
    rates.retain(|rate| *rate != Rate::default());
    rates
}
