//! The stubs of S3 and DynamoDB, tested with the real SDKs.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use aws_smithy_http_client::Builder as HttpClient;
use tests::stub::REGION;
use tests::stub::dynamodb::DynamoDb;
use tests::stub::http::Server;
use tests::stub::s3::S3;

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>
#[tokio::test]
async fn s3_keeps_lists_and_deletes_objects() {
    use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
    let s3 = S3::default();
    s3.create("bucket");
    let server = Server::start(s3.clone()).await.unwrap();
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .http_client(HttpClient::new().build_http())
        .force_path_style(true)
        .endpoint_url(server.url());
    let client = aws_sdk_s3::Client::from_conf(config.build());
    for key in ["events/1", "pending/a b&c", "pending/ü"] {
        let body = key.as_bytes().to_vec();
        client.put_object().bucket("bucket").key(key).body(body.into()).send().await.unwrap();
    }
    let (mut keys, mut token) = (Vec::new(), None);
    loop {
        let list = client.list_objects_v2().bucket("bucket").prefix("pending/").max_keys(1);
        let page = list.set_continuation_token(token).send().await.unwrap();
        keys.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
        token = page.next_continuation_token.clone();
        if token.is_none() {
            break;
        }
    }
    assert_eq!(keys, ["pending/a b&c", "pending/ü"]);
    let get = || client.get_object().bucket("bucket").key("pending/a b&c").send();
    assert_eq!(get().await.unwrap().body.collect().await.unwrap().to_vec(), b"pending/a b&c");
    client.delete_object().bucket("bucket").key("pending/a b&c").send().await.unwrap();
    assert!(get().await.unwrap_err().into_service_error().is_no_such_key());
    assert_eq!(s3.objects("bucket", "").len(), 2);
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
#[tokio::test]
async fn dynamodb_writes_all_of_a_transaction_or_nothing_and_a_token_once() {
    use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
    let tables = DynamoDb::default();
    tables.create("records", &["id"]);
    let server = Server::start(tables.clone()).await.unwrap();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .http_client(HttpClient::new().build_http())
        .endpoint_url(server.url());
    let client = aws_sdk_dynamodb::Client::from_conf(config.build());
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = |id: &str, conditional: bool| {
        let put = Put::builder().table_name("records").item("id", text(id));
        let put = put.set_condition_expression(conditional.then(|| "attribute_not_exists(id)".to_owned()));
        TransactWriteItem::builder().put(put.build().unwrap()).build()
    };
    let write = |one: TransactWriteItem, other: TransactWriteItem, token: &str| {
        client.transact_write_items().transact_items(one).transact_items(other).client_request_token(token).send()
    };
    write(put("a", true), put("b", true), "1").await.unwrap();
    write(put("a", true), put("b", true), "1").await.expect("the same token is the same transaction");
    let error = write(put("c", true), put("a", true), "2").await.unwrap_err().into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else { panic!("{error:?}") };
    let codes: Vec<_> = cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
    assert_eq!(tables.count("records"), 2, "nothing of a cancelled transaction is written");
    let get = |id: &str| client.get_item().table_name("records").key("id", text(id)).send();
    assert_eq!(get("a").await.unwrap().item, Some(HashMap::from([("id".to_owned(), text("a"))])));
    assert_eq!(get("c").await.unwrap().item, None);
}

/// Compares the cost of the sample consumer's write of one event with a transaction of the same item and a record of
/// the event.
#[tokio::test]
async fn one_conditional_write_costs_a_third_of_a_transaction() {
    use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
    let tables = DynamoDb::default();
    tables.create("records", &["id"]);
    tables.create("view", &["partitionkey"]);
    let server = Server::start(tables.clone()).await.unwrap();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .http_client(HttpClient::new().build_http())
        .endpoint_url(server.url());
    let client = aws_sdk_dynamodb::Client::from_conf(config.build());
    let text = |text: &str| AttributeValue::S(text.to_owned());
    // A deal's record has some 1.2 kB.
    let item: HashMap<_, _> = [("partitionkey", text("heffl:default:deal:1")), ("record", text(&"x".repeat(1200)))]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
    let record = Put::builder().table_name("records").item("id", text("view#a3037452bd6836ab58fe0d81432b5801"));
    let effect = Put::builder().table_name("view").set_item(Some(item.clone()));
    let transaction = client.transact_write_items();
    let transaction = [record, effect].into_iter().fold(transaction, |transaction, put| {
        transaction.transact_items(TransactWriteItem::builder().put(put.build().unwrap()).build())
    });
    transaction.send().await.unwrap();
    assert_eq!(tables.write_units(), 6);
    client.put_item().table_name("view").set_item(Some(item)).send().await.unwrap();
    assert_eq!(tables.write_units() - 6, 2);
}
