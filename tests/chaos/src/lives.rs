//! Records with a life, as the simulated vendors see them: created, updated back and forth, deleted, restored. At the end
//! the consumer's state of each is compared with the vendor's own.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use crm_normalize::Vendor;
use crm_samples::Webhook;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::ledger::{self, Entry, Told};
use super::webhooks::{Delivery, expected};
use tests::stub::dynamodb::DynamoDb;
use tests::stub::faults::number;

/// Webhooks in a record's life.
pub const STEPS: u64 = 8;

/// A vendor whose records have a life here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Heffl deals: every webhook has an id and a time.
    Heffl,
    /// TeamGrid tasks: partial updates with a time; a removal has none.
    Teamgrid,
    /// TeamGram products: whole records with a time, by a clock that is five minutes ahead; a deletion has none.
    Teamgram,
    /// Freshsales workflows: partial, without any time, so that the same state has the same bytes.
    Freshsales,
}

const KINDS: [Kind; 4] = [Kind::Heffl, Kind::Teamgrid, Kind::Teamgram, Kind::Freshsales];

impl Kind {
    fn vendor(self) -> Option<&'static Vendor> {
        crm_normalize::crm::find(match self {
            Self::Heffl => "heffl",
            Self::Teamgrid => "teamgrid",
            Self::Teamgram => "teamgram",
            Self::Freshsales => "freshsales",
        })
    }

    /// How far its clock is ahead.
    fn ahead(self) -> SignedDuration {
        if self == Self::Teamgram { SignedDuration::from_mins(5) } else { SignedDuration::ZERO }
    }

    /// The canonical name of the second field.
    fn amount(self) -> &'static str {
        match self {
            Self::Heffl | Self::Freshsales => "amount",
            Self::Teamgrid => "planned_minutes",
            Self::Teamgram => "price",
        }
    }
}

/// What happens to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Create,
    Rename,
    Reprice,
    Delete,
    Restore,
}

/// The record as its vendor has it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Own {
    name: &'static str,
    amount: u64,
    deleted: bool,
}

/// A record, and what its vendor does with it.
#[derive(Debug)]
pub struct Life {
    kind: Kind,
    id: String,
    own: Own,
    seed: u64,
    born: Timestamp,
    step: u64,
}

impl Life {
    pub fn new(seed: u64, number_of_life: u64, now: Timestamp) -> Self {
        let own = number(&(seed, number_of_life, "life"));
        let kind = usize::try_from(number_of_life).ok().and_then(|number| KINDS.get(number % KINDS.len()));
        let kind = kind.copied().unwrap_or(Kind::Heffl);
        let id = match kind {
            Kind::Heffl | Kind::Teamgrid => format!("life{number_of_life}"),
            Kind::Teamgram | Kind::Freshsales => (700_000_000 + number_of_life).to_string(),
        };
        Self { kind, id, own: Own { name: "A", amount: 10, deleted: false }, seed: own, born: now, step: 0 }
    }

    fn next_step(&self) -> Step {
        if self.step == 0 {
            return Step::Create;
        }
        match number(&(self.seed, self.step)) % 8 {
            // Workflows of Freshsales have no event for a record that is back.
            _ if self.own.deleted && self.kind == Kind::Teamgrid => Step::Restore,
            _ if self.own.deleted => Step::Create,
            0 | 1 => Step::Delete,
            2..=4 => Step::Reprice,
            _ => Step::Rename,
        }
    }

    /// The next change, and the webhook that tells of it.
    ///
    /// # Errors
    /// If the code here does not accept it.
    pub fn live(&mut self, index: u64) -> anyhow::Result<Delivery> {
        let step = self.next_step();
        let Own { name, amount, deleted } = &mut self.own;
        match step {
            Step::Create | Step::Restore => *deleted = false,
            // Back and forth.
            Step::Rename => *name = if *name == "A" { "B" } else { "A" },
            Step::Reprice => *amount = if *amount == 10 { 20 } else { 10 },
            Step::Delete => *deleted = true,
        }
        let webhook = self.webhook(step, index)?;
        self.step += 1;
        let vendor = self.kind.vendor().ok_or_else(|| anyhow::anyhow!("no such vendor"))?;
        Ok(Delivery { vendor, events: expected(vendor, &webhook)?, webhook })
    }

    /// By the vendor's clock, on which changes are a second apart: the resolution of some.
    fn time(&self) -> anyhow::Result<Timestamp> {
        let after = SignedDuration::from_secs(i64::try_from(self.step)?);
        Ok(self.born.checked_add(self.kind.ahead())?.checked_add(after)?)
    }

    fn webhook(&self, step: Step, index: u64) -> anyhow::Result<Webhook> {
        let Own { name, amount, .. } = self.own;
        let (id, time) = (&*self.id, self.time()?);
        let word = |words: [&'static str; 5]| {
            let [create, rename, reprice, delete, restore] = words;
            match step {
                Step::Create => create,
                Step::Rename => rename,
                Step::Reprice => reprice,
                Step::Delete => delete,
                Step::Restore => restore,
            }
        };
        let mut headers: Vec<(Cow<'static, str>, Cow<'static, str>)> = Vec::new();
        let mut query: Vec<(Cow<'static, str>, Cow<'static, str>)> = Vec::new();
        let body = match self.kind {
            Kind::Heffl => {
                headers.push(("webhook-id".into(), format!("msg_life_{index}").into()));
                let event = word(["deal.created", "deal.updated", "deal.updated", "deal.deleted", "deal.created"]);
                json!({ "event": event, "timestamp": time.to_string(), "payload": { "id": id, "title": name, "price": amount } })
            }
            Kind::Teamgrid => {
                let event = word(["task_created", "task_updated", "task_updated", "task_removed", "task_restored"]);
                let mut doc = json!({ "_id": id, "teamId": "h7Xq2mWc9RtLpKd4Z" });
                if matches!(step, Step::Create | Step::Rename) {
                    set(&mut doc, "name", json!(name));
                }
                if matches!(step, Step::Create | Step::Reprice) {
                    set(&mut doc, "plannedTime", json!(amount));
                }
                if step != Step::Delete {
                    set(&mut doc, "updatedAt", json!(time.to_string()));
                }
                json!({ "webhookId": "p3NfYb8vTzQxJ5sGk", "event": event, "collection": "cards", "fieldNames": [], "doc": doc })
            }
            Kind::Teamgram => {
                let action = word(["New", "Update", "Update", "Delete", "New"]);
                let time = time.strftime("%Y-%m-%dT%H:%M:%S").to_string();
                let data: Value = json!({ "Id": id.parse::<u64>()?, "Name": name, "Price": amount, "EnteredDate": time, "ModifiedDate": time });
                json!({ "Data": data, "EventAction": action, "EventEntity": "Product" })
            }
            Kind::Freshsales => {
                let event = word(["deal.created", "deal.updated", "deal.updated", "deal.deleted", "deal.created"]);
                query.push(("event".into(), event.into()));
                json!({ "deal_id": id.parse::<u64>()?, "deal_name": name, "deal_amount": amount })
            }
        };
        Ok(Webhook { body: body.to_string().into_bytes(), headers, query, ..Webhook::default() })
    }
}

/// Whether the vendor's queue is slow with this webhook: later ones overtake it.
pub fn lateness(seed: u64, index: u64) -> Option<Duration> {
    let own = number(&(seed, index, "late"));
    own.is_multiple_of(25).then(|| Duration::from_millis(own / 25 % 200))
}

/// A life that is over.
#[derive(Debug)]
pub struct Lived {
    pub life: Life,
    /// Numbers of its deliveries.
    pub deliveries: Vec<u64>,
    /// One of them was sent late.
    pub is_late: bool,
}

/// How a record ended in the consumer's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// As the vendor has it.
    Right,
    /// Other than the vendor has it, because the vendor gave up on one of its webhooks.
    GaveUp,
    /// Other, because one of its webhooks was sent late or again, and not all of them have a time of the change: the
    /// order in which they were received is all there is.
    WithoutTime,
    /// Other, and nothing explains it.
    Wrong,
}

impl End {
    pub const ALL: [Self; 4] = [Self::Right, Self::GaveUp, Self::WithoutTime, Self::Wrong];
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Right => "records that end as the vendor has them",
            Self::GaveUp => "records that do not: the vendor gave up on a webhook",
            Self::WithoutTime => "records that do not: sent late or again without a time",
            Self::Wrong => "records that do not: wrong states",
        })
    }
}

/// The ends by vendor, and which records are wrong.
pub fn ends(
    lived: &[Lived],
    entries: &[Entry],
    tables: &DynamoDb,
) -> (BTreeMap<End, BTreeMap<&'static str, u64>>, Vec<String>) {
    let by_number: BTreeMap<u64, &Entry> = entries.iter().map(|entry| (entry.number, entry)).collect();
    let mut ends: BTreeMap<End, BTreeMap<&'static str, u64>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for Lived { life, deliveries, is_late } in lived {
        let of_life: Vec<&Entry> = deliveries.iter().filter_map(|number| by_number.get(number).copied()).collect();
        let Some(first) = of_life.first() else { continue };
        let Some(event) = first.events.first() else { continue };
        let is_again = of_life.iter().any(|entry| entry.attempts > 1);
        let end = if is_as_own(life, tables, &event.record) {
            End::Right
        } else if of_life.iter().any(|entry| entry.told == Told::GaveUp) {
            End::GaveUp
        } else if life.kind != Kind::Heffl && (*is_late || is_again) {
            End::WithoutTime
        } else {
            End::Wrong
        };
        if end == End::Wrong {
            wrong.push(event.record.clone());
        }
        *ends.entry(end).or_default().entry(first.vendor).or_default() += 1;
    }
    (ends, wrong)
}

fn is_as_own(life: &Life, tables: &DynamoDb, record: &str) -> bool {
    let Some(latest) = ledger::latest(tables, record) else { return false };
    if latest.is_deleted() || life.own.deleted {
        return latest.is_deleted() == life.own.deleted;
    }
    let record: Value =
        latest.to_parts().ok().and_then(|parts| serde_json::from_str(&parts.record).ok()).unwrap_or_default();
    let field = |name: &str| record.get(name).and_then(Value::as_str).map(str::to_owned);
    field("name").as_deref() == Some(life.own.name) && field(life.kind.amount()) == Some(life.own.amount.to_string())
}

fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}
