//! A DynamoDB stub for SDK clients, with the operations that a consumer uses: `GetItem`, `PutItem`, `DeleteItem`, and
//! `TransactWriteItems` of puts, deletions and condition checks.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB.html>

pub mod condition;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Deserialize;
use serde_json::{Value, json};

use super::http::{Answer, Request, Response, Service, response};
use condition::{Item, Placeholders, holds};

/// A DynamoDB with its tables; clones share them.
#[derive(Clone, Debug, Default)]
pub struct DynamoDb {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    tables: HashMap<String, Table>,
    /// The client tokens of completed transactions. A transaction with one of them is a repetition.
    tokens: HashSet<String>,
    write_units: u64,
}

#[derive(Debug)]
struct Table {
    /// The names of the key's attributes.
    key: Vec<String>,
    items: HashMap<String, Item>,
}

impl Table {
    fn key(&self, item: &Item) -> Result<String, Refusal> {
        let parts = self.key.iter().map(|name| {
            let part = item.get(name).and_then(|value| value.get("S")?.as_str());
            part.ok_or_else(|| validation(format!("the key's attribute {name} is missing or no text")))
        });
        Ok(parts.collect::<Result<Vec<_>, _>>()?.join("\n"))
    }
}

impl DynamoDb {
    /// Creates a table whose key has these attributes, all of them strings.
    pub fn create(&self, table: &str, key: &[&str]) {
        let key = key.iter().map(|&name| name.to_owned()).collect();
        self.state().tables.insert(table.to_owned(), Table { key, items: HashMap::new() });
    }

    /// An attribute of the item with this key.
    pub fn attribute(&self, table: &str, key: &[&str], attribute: &str) -> Option<Value> {
        self.state().tables.get(table)?.items.get(&key.join("\n"))?.get(attribute).cloned()
    }

    /// The number of items in a table.
    pub fn count(&self, table: &str) -> usize {
        self.state().tables.get(table).map_or(0, |table| table.items.len())
    }

    /// The write request units of all writes so far, including writes that a condition refused. Indexes are not
    /// counted.
    ///
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>
    pub fn write_units(&self) -> u64 {
        self.state().write_units
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An error of DynamoDB: its shape and further members.
#[derive(Debug)]
pub struct Refusal {
    shape: &'static str,
    more: Value,
}

impl Refusal {
    pub fn new(shape: &'static str) -> Self {
        Self { shape, more: json!({ "message": shape }) }
    }
}

fn validation(message: impl Into<String>) -> Refusal {
    Refusal { shape: "ValidationException", more: json!({ "message": message.into() }) }
}

/// The response of an error.
pub fn refusal(status: u16, refusal: &Refusal) -> Response {
    let mut body = refusal.more.clone();
    if let Some(body) = body.as_object_mut() {
        body.insert("__type".to_owned(), json!(format!("com.amazonaws.dynamodb.v20120810#{}", refusal.shape)));
    }
    answer(status, &body)
}

fn answer(status: u16, body: &Value) -> Response {
    response(status, "application/x-amz-json-1.0", body.to_string())
}

impl Service for DynamoDb {
    async fn answer(&self, request: Request) -> Answer {
        Answer::Response(match self.act(&request) {
            Ok(body) => answer(200, &body),
            Err(refused) => refusal(400, &refused),
        })
    }
}

impl DynamoDb {
    fn act(&self, request: &Request) -> Result<Value, Refusal> {
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let body = request.body();
        let mut state = self.state();
        match target.strip_prefix("DynamoDB_20120810.").unwrap_or_default() {
            "GetItem" => state.get(&parse(body)?),
            "PutItem" | "DeleteItem" => state.write(parse(body)?),
            "TransactWriteItems" => state.transact(parse(body)?),
            _ => Err(Refusal::new("UnknownOperationException")),
        }
    }
}

fn parse<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| validation(error.to_string()))
}

/// A read or a write of one item. Unknown members are refused, because they could change its meaning.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Write {
    table_name: String,
    /// The item of a put.
    item: Option<Item>,
    /// The key of all other operations.
    key: Option<Item>,
    condition_expression: Option<String>,
    #[serde(default)]
    expression_attribute_names: Item,
    #[serde(default)]
    expression_attribute_values: Item,
    return_values_on_condition_check_failure: Option<String>,
    /// Reads here are always consistent.
    #[serde(rename = "ConsistentRead")]
    _consistent_read: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
enum Transacted {
    Put(Write),
    Delete(Write),
    ConditionCheck(Write),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Transaction {
    transact_items: Vec<Transacted>,
    client_request_token: Option<String>,
}

/// The condition of a write does not hold.
struct Failed {
    /// The existing item, if the write asks for it.
    item: Option<Item>,
}

impl State {
    fn table(&self, name: &str) -> Result<&Table, Refusal> {
        self.tables.get(name).ok_or_else(|| Refusal::new("ResourceNotFoundException"))
    }

    fn get(&self, get: &Write) -> Result<Value, Refusal> {
        let table = self.table(&get.table_name)?;
        let key = table.key(get.key.as_ref().ok_or_else(|| validation("no key"))?)?;
        Ok(table.items.get(&key).map_or_else(|| json!({}), |item| json!({ "Item": item })))
    }

    /// Checks the condition of a write. Returns the key of its item, and the result.
    fn check(&self, write: &Write) -> Result<(String, Result<(), Failed>), Refusal> {
        let table = self.table(&write.table_name)?;
        let key = table.key(write.item.as_ref().or(write.key.as_ref()).ok_or_else(|| validation("no item"))?)?;
        let Some(condition) = &write.condition_expression else { return Ok((key, Ok(()))) };
        let item = table.items.get(&key);
        let names = &write.expression_attribute_names;
        let placeholders = Placeholders { names, values: &write.expression_attribute_values };
        if holds(condition, placeholders, item).map_err(validation)? {
            return Ok((key, Ok(())));
        }
        let wanted = write.return_values_on_condition_check_failure.as_deref() == Some("ALL_OLD");
        Ok((key, Err(Failed { item: item.filter(|_| wanted).cloned() })))
    }

    /// The units of a write: one for each started KB of the larger of the old and the new item.
    fn units(&self, write: &Write, key: &str) -> u64 {
        let before = self.tables.get(&write.table_name).and_then(|table| table.items.get(key));
        let bytes = [before, write.item.as_ref()].into_iter().flatten().map(bytes).max().unwrap_or_default();
        u64::try_from(bytes.div_ceil(1024).max(1)).unwrap_or(u64::MAX)
    }

    fn apply(&mut self, write: Write, key: String) {
        let Some(table) = self.tables.get_mut(&write.table_name) else { return };
        match write.item {
            Some(item) => table.items.insert(key, item),
            None => table.items.remove(&key),
        };
    }

    fn write(&mut self, write: Write) -> Result<Value, Refusal> {
        let (key, result) = self.check(&write)?;
        self.write_units += self.units(&write, &key);
        match result {
            Ok(()) => {
                self.apply(write, key);
                Ok(json!({}))
            }
            Err(failed) => Err(Refusal {
                shape: "ConditionalCheckFailedException",
                more: json!({ "message": "The conditional request failed", "Item": failed.item }),
            }),
        }
    }

    /// Runs a transaction, all or nothing.
    fn transact(&mut self, transaction: Transaction) -> Result<Value, Refusal> {
        if transaction.client_request_token.as_ref().is_some_and(|token| self.tokens.contains(token)) {
            return Ok(json!({}));
        }
        let (mut keys, mut reasons, mut failed, mut units) = (Vec::new(), Vec::new(), false, 0);
        for transacted in &transaction.transact_items {
            let (Transacted::Put(write) | Transacted::Delete(write) | Transacted::ConditionCheck(write)) = transacted;
            let (key, result) = self.check(write)?;
            // A transaction prepares and commits, which takes twice the units.
            units += 2 * self.units(write, &key);
            keys.push(key);
            reasons.push(match result {
                Ok(()) => json!({ "Code": "None" }),
                Err(Failed { item }) => {
                    failed = true;
                    let message = "The conditional request failed";
                    json!({ "Code": "ConditionalCheckFailed", "Message": message, "Item": item })
                }
            });
        }
        self.write_units += units;
        if failed {
            let message = "Transaction cancelled, please refer cancellation reasons for specific reasons";
            let more = json!({ "Message": message, "CancellationReasons": reasons });
            return Err(Refusal { shape: "TransactionCanceledException", more });
        }
        for (transacted, key) in transaction.transact_items.into_iter().zip(keys) {
            match transacted {
                Transacted::Put(write) | Transacted::Delete(write) => self.apply(write, key),
                Transacted::ConditionCheck(_) => {}
            }
        }
        self.tokens.extend(transaction.client_request_token);
        Ok(json!({}))
    }
}

/// An item's size as DynamoDB counts it: names and values.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
fn bytes(item: &Item) -> usize {
    let value = |value: &Value| {
        let (kind, value) = value.as_object().and_then(|value| value.iter().next()).unzip();
        let text = value.and_then(Value::as_str).map_or(0, str::len);
        match kind.map(String::as_str) {
            Some("S") => text,
            // Half a byte per digit, plus one.
            Some("N") => text.div_ceil(2) + 1,
            _ => 1,
        }
    };
    item.iter().map(|(name, typed)| name.len() + value(typed)).sum()
}
