//! Records in a DynamoDB table, in the format of [Powertools for AWS Lambda](https://docs.aws.amazon.com/powertools/),
//! so that consumers in Python and TypeScript can share the table.
//!
//! The format is taken from the sources of versions 3.37.0 (Python, `persistence/dynamodb.py`) and 2.35.0 (TypeScript,
//! `DynamoDBPersistenceLayer.js`):
//!
//! | attribute | type | meaning |
//! |---|---|---|
//! | `id` | S | partition key: `{prefix}#{MD5 of the event's id as JSON text}` |
//! | `status` | S | `INPROGRESS`, `COMPLETED` |
//! | `expiration` | N | Unix seconds from which the record counts as gone; the table's TTL attribute |
//! | `in_progress_expiration` | N | Unix milliseconds: the deadline of the invocation that has it in progress |
//! | `data` | S | what a Python or TypeScript function returned; not written here |

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use data_encoding::{BASE64, HEXLOWER};
use jiff::SignedDuration;
use md5::{Digest as _, Md5};

use super::{Claim, Commit, InvocationTimes, Store, StoreError, Transact};

/// The condition that there is no live record: none, an expired one (DynamoDB deletes those up to days later), or one
/// in progress whose invocation ended without a result. It is Powertools' own expression.
const NO_LIVE_RECORD: &str = "attribute_not_exists(#id) OR #expiry < :now OR (#status = :inprogress AND \
                              attribute_exists(#in_progress_expiry) AND #in_progress_expiry < :now_in_millis)";
const COMPLETE: &str = "SET #expiry = :expiry, #status = :status";
/// The condition that the mark is the caller's own, so that no later invocation has taken over the event.
const OURS: &str = "#status = :inprogress AND #in_progress_expiry = :deadline";

const ID: &str = "id";
const STATUS: &str = "status";
const EXPIRY: &str = "expiration";
const IN_PROGRESS_EXPIRY: &str = "in_progress_expiration";
const IN_PROGRESS: &str = "INPROGRESS";
const COMPLETED: &str = "COMPLETED";
/// The lifetime of a record, longer than the time in which an event can come again: 7 days in the main queue, 14 in the
/// dead-letter queue, and up to 75 hours of a vendor's redeliveries.
pub const REMEMBER_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The format of the hash in a record's key. The languages differ, so a Python and a TypeScript function can share a
/// table, but not records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyFormat {
    /// Lowercase hexadecimal.
    #[default]
    Python,
    /// Base64.
    TypeScript,
}

/// Records in a DynamoDB table whose partition key is `id`, a string, and whose TTL attribute is `expiration`.
#[derive(Clone, Debug)]
pub struct DynamoDb {
    client: Client,
    table: String,
    key_prefix: String,
    key_format: KeyFormat,
    remember_for: SignedDuration,
}

impl DynamoDb {
    /// Records in `table`. `key_prefix` is the consumer's name, as in Powertools. Consumers with the same prefix share
    /// their records, and an event takes effect in only one of them.
    pub fn new(client: Client, table: impl Into<String>, key_prefix: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
            key_prefix: key_prefix.into(),
            key_format: KeyFormat::default(),
            remember_for: REMEMBER_FOR,
        }
    }

    /// Writes keys in the format of this language's Powertools.
    #[must_use]
    pub fn with_key_format(self, key_format: KeyFormat) -> Self {
        Self { key_format, ..self }
    }

    /// Remembers an event for this long, instead of 30 days.
    #[must_use]
    pub fn remembering_for(self, remember_for: SignedDuration) -> Self {
        Self { remember_for, ..self }
    }

    /// The key of an event's record.
    fn key(&self, event_id: &str) -> AttributeValue {
        // Powertools hashes the JSON text of the id. An id contains no characters that JSON would escape.
        let hash = Md5::digest(format!("\"{event_id}\""));
        let hash = match self.key_format {
            KeyFormat::Python => HEXLOWER.encode(&hash),
            KeyFormat::TypeScript => BASE64.encode(&hash),
        };
        AttributeValue::S(format!("{}#{hash}", self.key_prefix))
    }

    fn expiry(&self, times: InvocationTimes) -> AttributeValue {
        number(times.now.as_second().saturating_add(self.remember_for.as_secs()))
    }

    fn record(&self, event_id: &str, status: &str, times: InvocationTimes) -> HashMap<String, AttributeValue> {
        [(ID, self.key(event_id)), (STATUS, AttributeValue::S(status.to_owned())), (EXPIRY, self.expiry(times))]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }
}

impl Store for DynamoDb {
    async fn claim(&self, event_id: &str, times: InvocationTimes) -> Result<Claim, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(self.record(event_id, IN_PROGRESS, times)))
            .item(IN_PROGRESS_EXPIRY, number(times.deadline.as_millisecond()))
            .condition_expression(NO_LIVE_RECORD)
            .set_expression_attribute_names(Some(names()))
            .set_expression_attribute_values(Some(values(times)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(Claim::Ours),
            Err(error) => match error.as_service_error() {
                // The response to an accepted attempt was lost, and the SDK's retry finds our own mark.
                Some(PutItemError::ConditionalCheckFailedException(failed)) if is_own(failed.item(), times) => {
                    Ok(Claim::Ours)
                }
                Some(PutItemError::ConditionalCheckFailedException(failed)) => Ok(live(failed.item())),
                _ => Err(StoreError::from(&error)),
            },
        }
    }

    async fn complete(&self, event_id: &str, times: InvocationTimes) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(ID, self.key(event_id))
            .update_expression(COMPLETE)
            .expression_attribute_names("#expiry", EXPIRY)
            .expression_attribute_names("#status", STATUS)
            .expression_attribute_values(":expiry", self.expiry(times))
            .expression_attribute_values(":status", AttributeValue::S(COMPLETED.to_owned()));
        update.send().await.map(drop).map_err(|error| StoreError::from(&error))
    }

    async fn release(&self, event_id: &str, times: InvocationTimes) -> Result<(), StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key(ID, self.key(event_id))
            .condition_expression(OURS)
            .expression_attribute_names("#status", STATUS)
            .expression_attribute_names("#in_progress_expiry", IN_PROGRESS_EXPIRY)
            .expression_attribute_values(":inprogress", AttributeValue::S(IN_PROGRESS.to_owned()))
            .expression_attribute_values(":deadline", number(times.deadline.as_millisecond()));
        match delete.send().await {
            Err(error)
                if !error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Err(StoreError::from(&error))
            }
            _ => Ok(()),
        }
    }
}

impl Transact for DynamoDb {
    type Write = TransactWriteItem;

    /// One `TransactWriteItems`: the record's `Put` with its condition first, then the effect; at most 99 writes, and 4
    /// MB in all. The SDK gives every attempt of one call the same `ClientRequestToken`, so an attempt whose response
    /// was lost counts once.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
    async fn commit(
        &self,
        event_id: &str,
        effect: Vec<TransactWriteItem>,
        times: InvocationTimes,
    ) -> Result<Commit, StoreError> {
        let record = Put::builder()
            .table_name(&self.table)
            .set_item(Some(self.record(event_id, COMPLETED, times)))
            .condition_expression(NO_LIVE_RECORD)
            .set_expression_attribute_names(Some(names()))
            .set_expression_attribute_values(Some(values(times)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error: BuildError| StoreError::Refused(error.to_string()))?;
        let record = TransactWriteItem::builder().put(record).build();
        let request = self.client.transact_write_items().transact_items(record);
        let request = effect.into_iter().fold(request, |request, write| request.transact_items(write));
        match request.send().await {
            Ok(_) => Ok(Commit::Committed),
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    outcome(cancelled.cancellation_reasons()).unwrap_or_else(|| Err(StoreError::from(&error)))
                }
                _ => Err(StoreError::from(&error)),
            },
        }
    }
}

/// The meaning of a cancelled transaction, whose first reason belongs to the record. `None` if it is another error.
fn outcome(reasons: &[CancellationReason]) -> Option<Result<Commit, StoreError>> {
    if let Some(record) = reasons.first()
        && record.code() == Some("ConditionalCheckFailed")
    {
        return Some(Ok(match live(record.item()) {
            Claim::InProgress => Commit::InProgress,
            Claim::Completed | Claim::Ours => Commit::Completed,
        }));
    }
    let codes = || reasons.iter().filter_map(CancellationReason::code).filter(|code| *code != "None");
    let is_conflict = |code: &str| matches!(code, "ConditionalCheckFailed" | "TransactionConflict");
    // https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CancellationReason.html
    let is_throttled = |code: &str| matches!(code, "ThrottlingError" | "ProvisionedThroughputExceeded");
    if !codes().all(|code| is_conflict(code) || is_throttled(code)) {
        return None;
    }
    if let Some(code) = codes().find(|code| is_throttled(code)) {
        return Some(Err(StoreError::Throttled(code.to_owned())));
    }
    codes().next().map(|_| Ok(Commit::Conflict))
}

/// The state of the existing record.
fn live(record: Option<&HashMap<String, AttributeValue>>) -> Claim {
    match record.and_then(|record| record.get(STATUS)?.as_s().ok()).map(String::as_str) {
        Some(COMPLETED) => Claim::Completed,
        // In any other state it is not known to be completed.
        _ => Claim::InProgress,
    }
}

/// True if the record is the mark of this invocation, by the rule of [`OURS`].
fn is_own(record: Option<&HashMap<String, AttributeValue>>, times: InvocationTimes) -> bool {
    let Some(record) = record else { return false };
    record.get(STATUS) == Some(&AttributeValue::S(IN_PROGRESS.to_owned()))
        && record.get(IN_PROGRESS_EXPIRY) == Some(&number(times.deadline.as_millisecond()))
}

fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn names() -> HashMap<String, String> {
    [("#id", ID), ("#expiry", EXPIRY), ("#in_progress_expiry", IN_PROGRESS_EXPIRY), ("#status", STATUS)]
        .map(|(placeholder, name)| (placeholder.to_owned(), name.to_owned()))
        .into()
}

fn values(times: InvocationTimes) -> HashMap<String, AttributeValue> {
    [
        (":now", number(times.now.as_second())),
        (":now_in_millis", number(times.now.as_millisecond())),
        (":inprogress", AttributeValue::S(IN_PROGRESS.to_owned())),
    ]
    .map(|(placeholder, value)| (placeholder.to_owned(), value))
    .into()
}

impl<E, R> From<&SdkError<E, R>> for StoreError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug,
{
    /// DynamoDB's code and message, which contain no data of an item, or the connection error.
    fn from(error: &SdkError<E, R>) -> Self {
        let (Some(service), Some(code)) = (error.as_service_error(), error.code()) else {
            return Self::Unavailable(DisplayErrorContext(error).to_string());
        };
        let says = format!("{code}: {}", service.message().unwrap_or_default());
        match code {
            "ResourceNotFoundException"
            | "ValidationException"
            | "AccessDeniedException"
            | "TransactionCanceledException" => Self::Refused(says),
            // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
            "ProvisionedThroughputExceededException"
            | "ThrottlingException"
            | "RequestLimitExceeded"
            | "TransactionConflictException"
            | "TransactionInProgressException" => Self::Throttled(says),
            _ => Self::Unavailable(says),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::{
        AttributeValue, CancellationReason, Commit, DynamoDb, EXPIRY, KeyFormat, REMEMBER_FOR, StoreError, outcome,
    };
    use crate::Settings;
    use crate::store::InvocationTimes;

    fn records() -> DynamoDb {
        let aws = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
        let settings = Settings::new(aws.map(|name| (name.to_owned(), "x".to_owned()))).unwrap();
        DynamoDb::new(settings.dynamodb(), "records", "sales")
    }

    /// The expected values are from `hashlib.md5(json.dumps(id).encode()).hexdigest()` in Python and
    /// `createHash("md5").update(JSON.stringify(id)).digest("base64")` in Node.
    #[test]
    fn keys_are_those_of_the_languages() {
        let records = records();
        let key = |records: &DynamoDb| {
            let key = records.key("heffl:default:deal:dl_def456:updated:e2208d513cb4d0de");
            key.as_s().unwrap().clone()
        };
        assert_eq!(key(&records), "sales#a3037452bd6836ab58fe0d81432b5801");
        assert_eq!(key(&records.with_key_format(KeyFormat::TypeScript)), "sales#owN0Ur1oNqtY/g2BQytYAQ==");
    }

    /// The README promises 30 days, and says why that is enough.
    #[test]
    fn a_record_outlasts_every_way_in_which_its_event_can_come_again() {
        let days = |days: i64| SignedDuration::from_hours(24 * days);
        assert!(REMEMBER_FOR >= days(7) + days(14) + SignedDuration::from_hours(75));
        assert_eq!(REMEMBER_FOR, days(30));
        let (now, deadline) = ("2026-01-01T00:00:00Z".parse().unwrap(), "2026-01-01T00:00:30Z".parse().unwrap());
        let record = records().record("1", "INPROGRESS", InvocationTimes { now, deadline });
        assert_eq!(record.get(EXPIRY), Some(&AttributeValue::N("1769817600".to_owned())), "2026-01-31T00:00:00Z");
    }

    /// The first reason is the record's, the others are of the effect's writes.
    #[test]
    fn a_cancelled_transaction_is_tried_again_unless_it_can_never_succeed() {
        let of = |codes: &[&str]| {
            let reason = |code: &&str| CancellationReason::builder().code(*code).build();
            match outcome(&codes.iter().map(reason).collect::<Vec<_>>()) {
                Some(Ok(commit)) => format!("{commit:?}"),
                Some(Err(StoreError::Throttled(code))) => format!("Throttled: {code}"),
                Some(Err(error)) => error.to_string(),
                None => "another error".to_owned(),
            }
        };
        let conflict = format!("{:?}", Commit::Conflict);
        for (codes, expected) in [
            (["None", "ThrottlingError"], "Throttled: ThrottlingError"),
            (["ProvisionedThroughputExceeded", "None"], "Throttled: ProvisionedThroughputExceeded"),
            (["None", "TransactionConflict"], &conflict),
            (["TransactionConflict", "ThrottlingError"], "Throttled: ThrottlingError"),
            (["None", "ConditionalCheckFailed"], &conflict),
            (["ConditionalCheckFailed", "None"], "InProgress"),
            (["None", "ItemCollectionSizeLimitExceeded"], "another error"),
            (["ThrottlingError", "ValidationError"], "another error"),
        ] {
            assert_eq!(of(&codes), expected, "{codes:?}");
        }
    }
}
