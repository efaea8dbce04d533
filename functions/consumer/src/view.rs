//! The effect: one item for each record, with its latest state and the number of events that had an effect on it.

use std::collections::{BTreeMap, HashMap};

use crm_consume::Event;
use crm_consume::aws_sdk_dynamodb::Client;
use crm_consume::aws_sdk_dynamodb::error::{BuildError, SdkError};
use crm_consume::aws_sdk_dynamodb::operation::get_item::GetItemError;
use crm_consume::aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use crm_consume::event::Action;
use jiff::Timestamp;
use serde_json::value::RawValue;

type Item = HashMap<String, AttributeValue>;
/// A record's fields in their own JSON: numbers keep their digits.
type Fields = BTreeMap<String, Box<RawValue>>;

/// DynamoDB takes items of 400 KB (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>).
const LARGEST_RECORD: usize = 390_000;

#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    #[error("the view cannot be read")]
    Read(#[from] Box<SdkError<GetItemError>>),
    #[error("an item of the view is not one that this function wrote: {0}")]
    Item(&'static str),
    #[error("the record is no JSON object")]
    Record(#[from] serde_json::Error),
    #[error(transparent)]
    Write(#[from] BuildError),
}

/// The table of records: partition key `source`, sort key `subject`.
#[derive(Debug)]
pub struct View {
    client: Client,
    table: String,
}

impl View {
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// What an event changes: one write, which holds only if the item has not changed since it was read.
    pub async fn effect(&self, event: &Event<'_>) -> Result<Vec<TransactWriteItem>, ViewError> {
        let before = self.read(event).await?;
        let state = State::next(before.as_ref(), event)?;
        let put = Put::builder().table_name(&self.table).set_item(Some(item(event, &state)));
        let put = match before {
            None => put.condition_expression("attribute_not_exists(effects)"),
            Some(before) => put
                .condition_expression("effects = :before")
                .expression_attribute_values(":before", AttributeValue::N(before.effects.to_string())),
        };
        Ok(vec![TransactWriteItem::builder().put(put.build()?).build()])
    }

    async fn read(&self, event: &Event<'_>) -> Result<Option<State>, ViewError> {
        let request = self.client.get_item().table_name(&self.table).set_key(Some(key(event))).consistent_read(true);
        let item = request.send().await.map_err(Box::new)?.item;
        item.map(|item| State::from_item(&item)).transpose()
    }
}

/// The latest state of one record.
#[derive(Clone, Debug)]
struct State {
    /// The events that had an effect here.
    effects: u64,
    /// When the latest state came to be, by the vendor's own words.
    time: Timestamp,
    event_id: String,
    event_type: String,
    deleted: bool,
    fields: Fields,
}

impl State {
    /// Events of a record arrive in the order in which its webhooks were received. A vendor that had to send one again
    /// delivers it late: what happened earlier than what is known counts, and changes nothing.
    fn next(before: Option<&Self>, event: &Event<'_>) -> Result<Self, serde_json::Error> {
        let effects = before.map_or(0, |before| before.effects).saturating_add(1);
        if let Some(before) = before
            && event.time < before.time
        {
            return Ok(Self { effects, ..before.clone() });
        }
        let deleted = event.data.action == Action::Deleted;
        let mut fields = match before {
            // A missing field of a partial record says nothing; of a deleted one, some vendors tell no more than the id.
            Some(before) if event.data.partial || deleted => before.fields.clone(),
            _ => Fields::new(),
        };
        if let Some(record) = &event.data.record {
            fields.extend(serde_json::from_str::<Fields>(&serde_json::to_string(record)?)?);
        }
        Ok(Self {
            effects,
            time: event.time,
            event_id: event.id.to_string(),
            event_type: event.event_type.to_string(),
            deleted,
            fields,
        })
    }

    fn from_item(item: &Item) -> Result<Self, ViewError> {
        let text = |name: &'static str| item.get(name).and_then(|value| value.as_s().ok()).ok_or(ViewError::Item(name));
        let effects = item.get("effects").and_then(|value| value.as_n().ok()?.parse().ok());
        let fields = text("record").map_or(Ok(Fields::new()), |record| serde_json::from_str(record))?;
        Ok(Self {
            effects: effects.ok_or(ViewError::Item("effects"))?,
            time: text("time")?.parse().map_err(|_| ViewError::Item("time"))?,
            event_id: text("event_id")?.clone(),
            event_type: text("type")?.clone(),
            deleted: item.get("deleted").is_some_and(|value| value.as_bool() == Ok(&true)),
            fields,
        })
    }
}

/// `source` and `subject` name a record of an account; events about no record share an item of their entity.
fn key(event: &Event<'_>) -> Item {
    let subject = event.subject.as_deref().unwrap_or(event.data.entity.as_str());
    [("source", &*event.source), ("subject", subject)]
        .map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())))
        .into()
}

fn item(event: &Event<'_>, state: &State) -> Item {
    let mut item = key(event);
    let mut add = |name: &str, value| item.insert(name.to_owned(), value);
    add("effects", AttributeValue::N(state.effects.to_string()));
    add("time", AttributeValue::S(state.time.to_string()));
    add("event_id", AttributeValue::S(state.event_id.clone()));
    add("type", AttributeValue::S(state.event_type.clone()));
    add("deleted", AttributeValue::Bool(state.deleted));
    match serde_json::to_string(&state.fields) {
        Ok(record) if record.len() <= LARGEST_RECORD => add("record", AttributeValue::S(record)),
        // It is in the event, and in the CRM: to fail on it forever would lose the count too.
        _ => add("record_too_large", AttributeValue::Bool(true)),
    };
    item
}

#[cfg(test)]
mod tests {
    use super::State;
    use crm_consume::Event;
    use serde_json::{Value, json};

    /// The state after these events of one deal: action, second, whether the record is whole, and the record.
    fn after(story: &[(&str, u8, bool, Value)]) -> (u64, bool, String) {
        let mut state: Option<State> = None;
        for (action, second, whole, record) in story {
            let json = json!({
                "specversion": "1.0", "id": format!("{action}{second}"), "source": "crm://heffl/default",
                "type": format!("crm.deal.{action}"), "subject": "deal/1", "time": format!("2026-01-01T00:00:{second:02}Z"),
                "datacontenttype": "application/json", "dataschema": "urn:crm-event:1:deal",
                "partitionkey": "heffl:default:deal:1", "recordedtime": "2026-01-01T00:01:00Z",
                "data": {
                    "vendor": "heffl", "account": "default", "vendor_event": "deal", "entity": "deal",
                    "action": action, "partial": !whole, "record": record,
                },
            })
            .to_string();
            let event: Event<'_> = serde_json::from_str(&json).unwrap();
            state = Some(State::next(state.as_ref(), &event).unwrap());
        }
        let state = state.unwrap();
        (state.effects, state.deleted, serde_json::to_string(&state.fields).unwrap())
    }

    #[test]
    fn the_latest_state_of_a_record() {
        let created = || ("created", 1, true, json!({ "id": "1", "name": "A", "amount": "1.10" }));
        let whole = ("updated", 3, true, json!({ "id": "1", "name": "C" }));
        let partial = ("updated", 2, false, json!({ "id": "1", "name": "B" }));
        let deleted = ("deleted", 4, true, json!({ "id": "1" }));
        for (what, story, expected) in [
            ("whole: what is missing is empty", vec![created(), whole.clone()], (2, false, r#"{"id":"1","name":"C"}"#)),
            (
                "partial: what is missing stays",
                vec![created(), partial.clone()],
                (2, false, r#"{"amount":"1.10","id":"1","name":"B"}"#),
            ),
            (
                "late: it counts, and changes nothing",
                vec![whole.clone(), partial],
                (2, false, r#"{"id":"1","name":"C"}"#),
            ),
            (
                "deleted: what was known stays",
                vec![whole.clone(), deleted.clone()],
                (2, true, r#"{"id":"1","name":"C"}"#),
            ),
            ("late: what is deleted stays deleted", vec![deleted, whole], (2, true, r#"{"id":"1"}"#)),
        ] {
            let (effects, deleted, fields) = expected;
            assert_eq!(after(&story), (effects, deleted, fields.to_owned()), "{what}");
        }
        let again = ("updated", 1, true, json!({ "id": "1", "name": "Z" }));
        assert_eq!(after(&[created(), again]).2, r#"{"id":"1","name":"Z"}"#, "at the same time: the later to arrive");
    }
}
