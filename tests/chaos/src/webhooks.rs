//! The webhooks of the simulated vendors: the sample cases, each delivery with its own record and id.

use anyhow::{Context, bail, ensure};
use crm_normalize::Vendor;
use crm_normalize::crm::{self, AnswerForm, ChangeId};
use crm_samples::{Answer, Case, RECEIVED_AT, Webhook};
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use tests::events;
use tests::stub::faults::number;

/// Maximum body size. Larger bodies only take time.
const MAX_BODY_BYTES: usize = 32 * 1024;
/// The average number of deliveries per record.
const PER_RECORD: u64 = 3;

/// The expected event of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The event's id. `None` if it depends on the time of receipt, so that a redelivery becomes a new event.
    pub event_id: Option<String>,
    /// The `partitionkey`.
    pub record: String,
}

/// One webhook that a vendor wants to deliver.
#[derive(Debug)]
pub struct Delivery {
    pub vendor: &'static Vendor,
    /// The webhook without its proof of origin.
    pub webhook: Webhook,
    pub events: Vec<Expected>,
}

/// The cases to deliver, by vendor.
#[derive(Debug)]
pub struct Catalogue(Vec<(&'static Vendor, Vec<Template>)>);

#[derive(Debug)]
struct Template {
    webhook: Webhook,
    /// The ids of the records that it is about.
    records: Vec<String>,
}

impl Catalogue {
    /// # Errors
    /// If the cases cannot be read, or a vendor has no suitable case.
    pub fn read() -> anyhow::Result<Self> {
        let mut vendors: Vec<(&'static Vendor, Vec<Template>)> = Vec::new();
        // The functions under test are those of the built-in vendors.
        let is_built_in = |case: &Case| crm::ALL.iter().any(|vendor| vendor.name == case.vendor.name);
        for case in Case::all(&events())?.into_iter().filter(is_built_in) {
            let template = template(&case)?;
            match vendors.last_mut() {
                Some((vendor, templates)) if *vendor.name == *case.vendor.name => templates.extend(template),
                _ => vendors.push((case.vendor, template.into_iter().collect())),
            }
        }
        for (vendor, templates) in &vendors {
            ensure!(!templates.is_empty(), "{} has no case that deliveries can be made of", vendor.name);
        }
        Ok(Self(vendors))
    }

    pub fn vendors(&self) -> impl Iterator<Item = &'static Vendor> {
        self.0.iter().map(|(vendor, _)| *vendor)
    }

    /// The delivery with this number, which is the same for the same seed.
    ///
    /// # Errors
    /// If the code here does not accept it.
    pub fn delivery(&self, seed: u64, index: u64, of: u64) -> anyhow::Result<Delivery> {
        let own = number(&(seed, index));
        let (vendor, templates) = pick(&self.0, index).context("no vendors")?;
        let template = pick(templates, own).context("no templates")?;
        let record = own / 1000 % (1 + of / PER_RECORD);
        let (webhook, events) = template.delivery(vendor, index, record)?;
        Ok(Delivery { vendor, webhook, events })
    }
}

fn pick<T>(from: &[T], number: u64) -> Option<&T> {
    let length = u64::try_from(from.len()).ok()?;
    from.get(usize::try_from(number.checked_rem(length)?).ok()?)
}

/// The template of a case; `None` if it does not become events, or if its records cannot be distinguished.
fn template(case: &Case) -> anyhow::Result<Option<Template>> {
    let webhook = case.webhook()?;
    let first = first_object(std::str::from_utf8(&webhook.body).unwrap_or_default());
    if webhook.body.len() > MAX_BODY_BYTES || first.is_none_or(|(_, members)| members.starts_with('}')) {
        return Ok(None);
    }
    let Ok(events) = expected(case.vendor, &webhook) else { return Ok(None) };
    // Without an answer that tells the ids, they must be known before.
    if case.vendor.answer != AnswerForm::Json && events.iter().any(|event| event.event_id.is_none()) {
        return Ok(None);
    }
    let records = events.iter().filter_map(|event| Some(event.record.splitn(4, ':').nth(3)?.to_owned())).collect();
    let template = Template { webhook, records };
    let (Ok((_, one)), Ok((_, other))) = (template.delivery(case.vendor, 1, 1), template.delivery(case.vendor, 2, 2))
    else {
        return Ok(None);
    };
    let told_apart = one.iter().all(|one| other.iter().all(|other| one.record != other.record));
    Ok((told_apart && one.len() == events.len()).then_some(template))
}

impl Template {
    /// The case with other records and its own id.
    fn delivery(&self, vendor: &Vendor, index: u64, record: u64) -> anyhow::Result<(Webhook, Vec<Expected>)> {
        let mut webhook = self.webhook.clone();
        let mut body = String::from_utf8(webhook.body)?;
        for old in &self.records {
            body = replace_word(&body, old, &another(old, record));
        }
        if let Some(id) = change_id(vendor, &body) {
            body = replace_word(&body, &id, &another(&id, index));
        }
        // A unique member; otherwise two deliveries would have the same bytes.
        let body = with_event_ids(&body, index);
        let body = with_own_id(vendor, &body, index).unwrap_or(body);
        let (start, members) = first_object(&body).context("no JSON object")?;
        webhook.body = format!("{start}\"delivery_of_the_test\":{index},{members}").into_bytes();
        for (name, value) in &mut webhook.headers {
            if vendor.change_id_headers().any(|header| name.eq_ignore_ascii_case(header)) {
                *value = format!("{value}-{index}").into();
            }
        }
        let events = expected(vendor, &webhook)?;
        Ok((webhook, events))
    }
}

/// The body with another id of the change, if the vendor has its id in the body.
fn with_own_id(vendor: &Vendor, body: &str, index: u64) -> Option<String> {
    let mut body: Value = serde_json::from_str(body).ok()?;
    let pointer = |path: &str| format!("/{}", path.replace('.', "/"));
    let has = |path: &str, value: &str| match body.pointer(&pointer(path)) {
        Some(Value::String(text)) => text == value,
        Some(Value::Number(number)) => number.as_u64().is_some_and(|number| value.parse() == Ok(number)),
        _ => false,
    };
    let member = vendor.change_ids.iter().find_map(|id| match id {
        ChangeId::MembersIf { member, is, id } => id.first().filter(|_| has(member, is)),
        ChangeId::Header(_) | ChangeId::UnsignedHeader(_) | ChangeId::Members(_) | ChangeId::MembersBeside { .. } => {
            None
        }
    })?;
    let id = body.pointer_mut(&pointer(member))?;
    *id = match &*id {
        Value::Number(number) => number.as_u64()?.checked_add(index)?.into(),
        other => format!("{}-{index}", other.as_str()?).into(),
    };
    Some(body.to_string())
}

/// The events that the code here gives for a webhook.
pub fn expected(vendor: &Vendor, webhook: &Webhook) -> anyhow::Result<Vec<Expected>> {
    let vendor = crm::find(vendor.name).context("an unknown vendor")?;
    let events_at = |received_at: Timestamp| {
        let webhook = webhook.clone().proven(vendor, received_at);
        let (Answer::Accepted { events }, _) = webhook.answer(vendor, received_at)? else { bail!("not accepted") };
        ensure!(events.iter().all(|event| event.subject.is_some()), "an event about no record");
        let names = events.iter().map(|event| (event.id.to_string(), event.partitionkey.to_string()));
        Ok(names.collect::<Vec<_>>())
    };
    let later = events_at(RECEIVED_AT.checked_add(1.second())?)?;
    let events = events_at(RECEIVED_AT)?.into_iter().zip(later);
    let events = events.map(|((id, record), (later, _))| Expected { event_id: (id == later).then_some(id), record });
    Ok(events.collect())
}

/// The vendor's id of the change, if the body has it.
fn change_id(vendor: &Vendor, body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    vendor.change_ids.iter().find_map(|id| {
        let ChangeId::Members([first, ..]) = id else { return None };
        Some(body.pointer(&format!("/{}", first.replace('.', "/")))?.as_str()?.to_owned())
    })
}

/// Another record id of the same kind: digits stay digits, with few enough of them to be a number.
fn another(id: &str, record: u64) -> String {
    if id.bytes().all(|byte| byte.is_ascii_digit()) {
        let kept: String = id.chars().take(8).collect();
        return format!("{kept}{record:06}");
    }
    format!("{id}-{record}")
}

/// The text up to the first member of the object that the body is, or of the first one in the array that it is.
fn first_object(body: &str) -> Option<(&str, &str)> {
    let at = body
        .find('{')
        .filter(|at| body.get(..*at).is_some_and(|start| start.trim_matches(['[', '\n', ' ']).is_empty()))?;
    body.split_at_checked(at + 1)
}

/// The body with another number for each `eventId`, by which a vendor tells its changes apart.
fn with_event_ids(body: &str, index: u64) -> String {
    let mut parts = body.split("\"eventId\": ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |body, rest| {
        let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        format!("{body}\"eventId\": {}{rest}", 1_000_000 + index)
    })
}

/// Replaces whole words.
fn replace_word(text: &str, old: &str, new: &str) -> String {
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(old) {
        result.push_str(before);
        let alone = !result.ends_with(word) && !after.starts_with(word);
        result.push_str(if alone { new } else { old });
        rest = after;
    }
    result + rest
}
