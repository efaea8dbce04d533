//! The table of records, with one item for each record and its latest state.

use std::collections::HashMap;

use crm_consume::aws_sdk_dynamodb::Client;
use crm_consume::aws_sdk_dynamodb::types::AttributeValue;
use crm_consume::store::{States, StoreError};
use crm_consume::{Event, Latest, StoredLatest};

type Item = HashMap<String, AttributeValue>;

/// Maximum size of a state. DynamoDB takes items of up to 400 KB
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>).
const MAX_STATE_BYTES: usize = 390_000;

/// The table. Its partition key `partitionkey` identifies a record.
#[derive(Debug)]
pub struct RecordsTable {
    client: Client,
    table: String,
}

impl RecordsTable {
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

impl States for RecordsTable {
    async fn read(&self, event: &Event<'_>) -> Result<Latest, StoreError> {
        let request = self.client.get_item().table_name(&self.table).consistent_read(true);
        let request = request.key("partitionkey", AttributeValue::S(event.partitionkey.to_string()));
        let found = request.send().await.map_err(|error| StoreError::from(&error))?;
        found.item.map_or(Ok(Latest::default()), |item| latest(&item))
    }

    /// Writes the item with one conditional `PutItem`. The item holds the ids of the latest events, so recognizing a
    /// duplicate needs no second write.
    async fn write(&self, event: &Event<'_>, latest: Latest) -> Result<bool, StoreError> {
        let before = latest.events().saturating_sub(1);
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item(event, latest)?));
        let put = match before {
            0 => put.condition_expression("attribute_not_exists(effects)"),
            before => put
                .condition_expression("effects = :before")
                .expression_attribute_values(":before", AttributeValue::N(before.to_string())),
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::from(&error)),
        }
    }
}

fn latest(item: &Item) -> Result<Latest, StoreError> {
    let foreign = |name: &str| StoreError::Refused(format!("the item was not written by this function: {name}"));
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().ok_or_else(|| foreign(name));
    let (record, order) = (text("record")?, text("order")?);
    let stored = StoredLatest { record, order, event_id: text("event_id")?, event_type: text("type")? };
    Latest::from_stored(&stored).map_err(|_| foreign("record, order"))
}

fn item(event: &Event<'_>, mut latest: Latest) -> Result<Item, StoreError> {
    let refused = |error: serde_json::Error| StoreError::Refused(error.to_string());
    let mut stored = latest.to_stored().map_err(refused)?;
    if stored.record.len().saturating_add(stored.order.len()) > MAX_STATE_BYTES {
        // The record is still in the event and in the CRM. Failing forever would also lose the later ones.
        latest.forget_fields();
        stored = latest.to_stored().map_err(refused)?;
    }
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let mut item: Item = [
        ("partitionkey", text(&event.partitionkey)),
        ("source", text(&event.source)),
        // Events about no record share an item of their entity.
        ("subject", text(event.subject.as_deref().unwrap_or(event.data.entity.as_str()))),
        ("effects", AttributeValue::N(latest.events().to_string())),
        ("time", text(&latest.time().unwrap_or(event.time).to_string())),
        ("deleted", AttributeValue::Bool(latest.is_deleted())),
        ("event_id", AttributeValue::S(stored.event_id)),
        ("type", AttributeValue::S(stored.event_type)),
        ("record", AttributeValue::S(stored.record)),
        ("order", AttributeValue::S(stored.order)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    if !latest.is_complete() {
        item.insert("incomplete".to_owned(), AttributeValue::Bool(true));
    }
    Ok(item)
}

#[cfg(test)]
mod tests {
    use super::{AttributeValue, item, latest};
    use crm_consume::{Event, Latest};
    use serde_json::json;

    fn event(id: &str, partial: bool, name: &str) -> String {
        json!({
            "specversion": "1.0", "id": id, "source": "crm://heffl/default", "type": "crm.deal.updated",
            "subject": "deal/1", "time": "2026-01-01T00:00:00.5Z", "timesource": "vendor",
            "datacontenttype": "application/json", "dataschema": "urn:crm-event:1:deal",
            "partitionkey": "heffl:default:deal:1", "recordedtime": "2026-01-01T00:01:00Z",
            "data": {
                "vendor": "heffl", "account": "default", "vendor_event": "deal", "entity": "deal",
                "action": "updated", "partial": partial, "record": { "id": "1", "name": name },
            },
        })
        .to_string()
    }

    #[test]
    fn an_item_holds_a_state_and_says_what_it_lacks() {
        let large = "x".repeat(400_000);
        let mut state = Latest::default();
        for (id, partial, name, incomplete, record) in [
            ("1", true, "A", true, r#"{"id":"1","name":"A"}"#),
            ("2", false, "B", false, r#"{"id":"1","name":"B"}"#),
            ("3", false, &*large, true, "{}"),
            ("4", true, "C", true, r#"{"id":"1","name":"C"}"#),
            ("5", false, "D", false, r#"{"id":"1","name":"D"}"#),
        ] {
            let json = event(id, partial, name);
            let event: Event<'_> = serde_json::from_str(&json).unwrap();
            assert!(state.apply(&event).unwrap());
            let item = item(&event, state).unwrap();
            let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str);
            assert_eq!(text("record"), Some(record), "event {id}");
            assert_eq!(item.contains_key("incomplete"), incomplete, "event {id}");
            assert_eq!((text("event_id"), text("time")), (Some(id), Some("2026-01-01T00:00:00.5Z")));
            assert_eq!(item.get("effects"), Some(&AttributeValue::N(id.to_owned())));
            state = latest(&item).unwrap();
        }
    }
}
