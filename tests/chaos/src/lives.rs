//! Records with a life at the simulated vendors: created, updated back and forth, deleted, restored.

mod agilecrm;
mod attio;
mod close;
mod copper;
mod freshsales;
mod heffl;
mod hubspot;
mod pipedrive;
mod salesforce;
mod teamgram;
mod teamgrid;
mod zoho;

use std::time::Duration;

use anyhow::{Context, bail};
use crm_samples::{Answer, RECEIVED_AT, Webhook};
use jiff::{SignedDuration, Timestamp};

use super::webhooks::{Delivery, expected};
use tests::stub::faults::number;

/// Webhooks in a record's life.
pub const STEPS: u64 = 8;

/// The vendors whose records have a life in this test. To add one, add a file in `lives/` and a line here.
const KINDS: &[Kind] = &[
    agilecrm::DEAL,
    attio::DEAL,
    close::OPPORTUNITY,
    copper::OPPORTUNITY,
    freshsales::DEAL,
    heffl::DEAL,
    hubspot::DEAL,
    pipedrive::DEAL,
    salesforce::OPPORTUNITY,
    teamgram::PRODUCT,
    teamgrid::TASK,
    zoho::DEAL,
];

/// A kind of record, and the webhooks of its vendor.
#[derive(Debug)]
pub struct Kind {
    /// The vendor's name.
    pub vendor: &'static str,
    pub fields: Fields,
    /// The time by which the vendor's clock is ahead.
    pub clock_ahead: SignedDuration,
    /// Makes the webhook for a change, without its proof of origin.
    pub webhook: fn(&Change) -> Webhook,
}

/// The fields of a record that change, and which webhooks have their values.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    /// The canonical name of the text field. `None` if no webhook has values.
    pub name: Option<&'static str>,
    /// The canonical name of the numeric field. `None` if no webhook has values. Its text is compared: a whole number
    /// without decimals, so no money in cents.
    pub amount: Option<&'static str>,
    /// True if the webhook of a new record has them, not only that of a change.
    are_in_new_records: bool,
}

impl Fields {
    const NONE: Self = Self { name: None, amount: None, are_in_new_records: false };

    /// Fields with a value from the creation on.
    const fn of_records(name: &'static str, amount: &'static str) -> Self {
        Self { name: Some(name), amount: Some(amount), are_in_new_records: true }
    }

    /// Fields whose value only a change tells.
    const fn of_changes(name: &'static str, amount: &'static str) -> Self {
        Self { name: Some(name), amount: Some(amount), are_in_new_records: false }
    }
}

/// True if records of this vendor have a life in this test.
pub fn has_life(vendor: &str) -> bool {
    KINDS.iter().any(|kind| kind.vendor == vendor)
}

/// A change of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Create,
    Rename,
    Reprice,
    Delete,
    /// Only after a deletion.
    Restore,
}

/// A change of a record, and the record after it.
#[derive(Clone, Debug)]
pub struct Change {
    pub step: Step,
    /// The number of the record.
    pub record: u64,
    pub name: &'static str,
    pub amount: u64,
    /// The time by the vendor's clock. Changes are a second apart, because some vendors send no finer times.
    pub time: Timestamp,
    /// The unique number of the webhook.
    pub webhook: u64,
}

impl Change {
    /// Selects the vendor's event from these, for a created, updated, deleted or restored record.
    pub fn event(&self, names: [&'static str; 4]) -> &'static str {
        let [created, updated, deleted, restored] = names;
        match self.step {
            Step::Create => created,
            Step::Rename | Step::Reprice => updated,
            Step::Delete => deleted,
            Step::Restore => restored,
        }
    }
}

/// The vendor's own state of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// `None` as long as no webhook has had it.
    pub name: Option<&'static str>,
    /// `None` as long as no webhook has had it.
    pub amount: Option<u64>,
    pub is_deleted: bool,
}

/// A record with a life.
#[derive(Debug)]
pub struct Life {
    pub kind: &'static Kind,
    pub own: Own,
    /// The `partitionkey` of its events.
    pub record: String,
    /// The events that the code here gives for its webhooks, in the order of the changes, with the webhook's number.
    pub told: Vec<(u64, String)>,
    number: u64,
    seed: u64,
    born: Timestamp,
}

impl Life {
    /// # Errors
    /// If no vendor has records with a life.
    pub fn new(seed: u64, number_of_life: u64, now: Timestamp) -> anyhow::Result<Self> {
        let kind = usize::try_from(number_of_life)?.checked_rem(KINDS.len()).and_then(|number| KINDS.get(number));
        Ok(Self {
            kind: kind.context("no kind of record has a life")?,
            own: Own { name: None, amount: None, is_deleted: false },
            record: String::new(),
            told: Vec::new(),
            number: number_of_life,
            seed: number(&(seed, number_of_life, "life")),
            born: now,
        })
    }

    fn next_step(&self) -> Step {
        if self.told.is_empty() {
            return Step::Create;
        }
        match number(&(self.seed, self.told.len())) % 8 {
            _ if self.own.is_deleted => Step::Restore,
            0 | 1 => Step::Delete,
            2..=4 => Step::Reprice,
            _ => Step::Rename,
        }
    }

    /// Makes the next change. Returns its webhook with this number.
    ///
    /// # Errors
    /// If the code here does not accept it as one event.
    pub fn live(&mut self, webhook_number: u64) -> anyhow::Result<Delivery> {
        let step = self.next_step();
        let fields = self.kind.fields;
        let Own { name, amount, is_deleted } = &mut self.own;
        match step {
            Step::Create if fields.are_in_new_records => (*name, *amount) = (Some("A"), Some(10)),
            Step::Create => {}
            Step::Restore => *is_deleted = false,
            // Alternates between two values.
            Step::Rename => *name = fields.name.map(|_| if *name == Some("B") { "A" } else { "B" }),
            Step::Reprice => *amount = fields.amount.map(|_| if *amount == Some(20) { 10 } else { 20 }),
            Step::Delete => *is_deleted = true,
        }
        let after = SignedDuration::from_secs(i64::try_from(self.told.len())?);
        let time = self.born.checked_add(self.kind.clock_ahead)?.checked_add(after)?;
        let (name, amount) = (name.unwrap_or("A"), amount.unwrap_or(10));
        let change = Change { step, record: self.number, name, amount, time, webhook: webhook_number };
        let mut webhook = (self.kind.webhook)(&change);
        webhook.headers.push(("traceparent".into(), trace_parent(webhook_number).into()));
        let vendor = crm_normalize::crm::find(self.kind.vendor).context("no such vendor")?;
        let events = expected(vendor, &webhook)?;
        let proven = webhook.clone().proven(vendor, RECEIVED_AT);
        let (Answer::Accepted { events: told }, _) = proven.answer(vendor, RECEIVED_AT)? else { bail!("not accepted") };
        let ([event], [told]) = (&events[..], &told[..]) else { bail!("a webhook of a life is not one event") };
        self.record.clone_from(&event.record);
        self.told.push((webhook_number, told.to_json()?));
        Ok(Delivery { vendor, events, webhook })
    }
}

/// The trace context of a webhook, by which its events are found.
pub fn trace_parent(webhook_number: u64) -> String {
    // An id of only zeros is not valid.
    let id = webhook_number + 1;
    format!("00-{id:032x}-{id:016x}-01")
}

/// The delay of a late webhook, which later ones overtake. `None` for most webhooks.
pub fn lateness(seed: u64, index: u64) -> Option<Duration> {
    let own = number(&(seed, index, "late"));
    own.is_multiple_of(25).then(|| Duration::from_millis(own / 25 % 200))
}
