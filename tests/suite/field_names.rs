//! `FIELD_NAMES`: names for custom fields that come under opaque ids, from the setting to the message.

use crm_ingest::Config;
use crm_normalize::quarantine::{Record, Restored};
use crm_normalize::{Accepted, BodyTexts, FieldNames, Options, Quarantine, Reason, Vendor, crm};
use crm_samples::{Case, RECEIVED_AT, Webhook, api_gateway};
use serde_json::Value;
use tests::events;

use crate::function::{ask, confirming, function_with, settings};

/// A text, money and an option of the case.
const NAMES: &str = r#"{
    "default": {
        "9dc80c50d78a15643bfc4ca79d76156a73a1ca0e": "Contract type",
        "f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4": "status",
        "of-no-field": "Nothing"
    },
    "acme": { "9dc80c50d78a15643bfc4ca79d76156a73a1ca0e": "Vertragsart" }
}"#;

fn pipedrive() -> &'static Vendor {
    crm::find("pipedrive").unwrap()
}

fn changed() -> Webhook {
    Case::find(&events(), pipedrive(), "deal_custom_fields_changed").unwrap().webhook().unwrap()
}

/// Pairs of an id and a name, of the custom fields and of the changes.
fn names(event: &Value) -> Vec<(String, Option<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let fields = event["data"]["record"]["custom_fields"].as_array().unwrap().iter();
    let fields = fields.map(|field| (text(&field["id"]).unwrap(), text(&field["name"])));
    let changes = event["data"]["changes"].as_array().unwrap().iter();
    let changes = changes.map(|change| (text(&change["field"]).unwrap(), text(&change["name"])));
    fields.chain(changes.filter(|(field, _)| field.len() == 40)).collect()
}

async fn message(account: Option<&str>, settings: &[(&str, &str)]) -> Value {
    let (client, sent) = confirming();
    let function = function_with(pipedrive(), client, settings);
    let webhook = Webhook { account: account.map(str::to_owned), ..changed() }.proven(pipedrive(), RECEIVED_AT);
    let (status, answer, _) = ask(&function, api_gateway::event(pipedrive(), &webhook)).await;
    assert_eq!(status, 200, "{answer}");
    let sent = sent.lock().unwrap();
    serde_json::from_str(sent[0].1["MessageBody"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_custom_field_and_its_change_keep_their_id_and_get_the_name_of_the_account() {
    const TEXT: &str = "9dc80c50d78a15643bfc4ca79d76156a73a1ca0e";
    const MONEY: &str = "f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4";
    const OPTION: &str = "2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e";
    let expected = |text: Option<&str>, money: Option<&str>| {
        let named = |id: &str, name: Option<&str>| (id.to_owned(), name.map(str::to_owned));
        // The money was cleared: only its change is left.
        let fields = [named(TEXT, text), named(OPTION, None)];
        let changes = [named(TEXT, text), named(MONEY, money), named(OPTION, None)];
        [&fields[..], &changes[..]].concat()
    };
    let setting = [("FIELD_NAMES", NAMES)];
    assert_eq!(names(&message(None, &setting).await), expected(Some("Contract type"), Some("status")));
    assert_eq!(names(&message(Some("acme"), &setting).await), expected(Some("Vertragsart"), None));
    assert_eq!(names(&message(None, &[]).await), expected(None, None));
}

/// A vendor whose events tell ids alone, and one whose records have no custom fields.
#[tokio::test]
async fn a_change_of_an_opaque_id_gets_its_name() {
    for (vendor, case, id) in [
        ("attio", "record_updated_person", "595717a0-34ff-5589-a9a5-b4d4bea810b0"),
        ("copper", "person_update_custom_fields", "692218"),
    ] {
        let vendor = crm::find(vendor).unwrap();
        let webhook = Case::find(&events(), vendor, case).unwrap().webhook().unwrap().proven(vendor, RECEIVED_AT);
        let (client, sent) = confirming();
        let setting = format!(r#"{{"default": {{"{id}": "Contract type"}}}}"#);
        let function = function_with(vendor, client, &[("FIELD_NAMES", &setting)]);
        let (status, answer, _) = ask(&function, api_gateway::event(vendor, &webhook)).await;
        assert_eq!(status, 200, "{answer}");
        let event: Value = serde_json::from_str(sent.lock().unwrap()[0].1["MessageBody"].as_str().unwrap()).unwrap();
        let changes = event["data"]["changes"].as_array().unwrap();
        let named: Vec<_> = changes.iter().filter(|change| change["name"] == "Contract type").collect();
        assert!(matches!(named[..], [change] if change["field"] == id), "{changes:?}");
    }
}

/// A stored webhook keeps the names, and its replay needs no setting.
#[test]
fn a_replayed_webhook_has_the_names_that_it_had() {
    let webhook = changed().proven(pipedrive(), RECEIVED_AT);
    let field_names = FieldNames::parse(NAMES).unwrap();
    let verified = webhook.verified(pipedrive(), RECEIVED_AT).unwrap();
    let verified = verified.with_field_names(field_names.of("default"));
    let record = Record::new(&verified, &Quarantine::new(Reason::QueueUnavailable, "a test"));
    let record = serde_json::to_string(&record).unwrap();
    assert!(record.contains("Contract type") && !record.contains("of-no-field"), "only those of the body: {record}");
    let restored = serde_json::from_str::<Record<'_>>(&record).unwrap().restore().unwrap();
    let options = Options { include_raw: true };
    let texts = BodyTexts::default();
    let Ok(Accepted::Events(first)) = verified.normalize(options, &texts).remove(0).result else { panic!("an event") };
    let from_event = Restored::from_event(&first[0]).unwrap();
    for again in [restored, from_event] {
        let texts = BodyTexts::default();
        let Ok(Accepted::Events(again)) = again.verified().normalize(options, &texts).remove(0).result else {
            panic!("an event")
        };
        assert_eq!(serde_json::to_value(&again[0].data).unwrap(), serde_json::to_value(&first[0].data).unwrap());
        assert_eq!(again[0].id, first[0].id);
    }
}

#[test]
fn a_malformed_setting_stops_the_function_and_is_named() {
    let read = |vendor: &Vendor, value: &str| {
        let get = |variable: &str| match variable {
            "FIELD_NAMES" => Some(value.to_owned()),
            _ => settings(vendor, variable),
        };
        Config::read(vendor, get).map(drop).map_err(|error| error.to_string())
    };
    for (value, says) in [
        ("hunter2", "FIELD_NAMES: expected a JSON object of account"),
        (r#"{"default": "hunter2"}"#, "FIELD_NAMES: expected a JSON object of account"),
        (r#"{"hunter2-id": "hunter2"}"#, "FIELD_NAMES: expected a JSON object of account"),
        (r#"{"acme": {"hunter2": ""}}"#, "FIELD_NAMES: account \"acme\": expected a field id and a name"),
    ] {
        let message = read(pipedrive(), value).unwrap_err();
        assert!(message.starts_with(says) && !message.contains("hunter2"), "{message}");
        assert_eq!(message.lines().count(), 1);
        assert_eq!(read(crm::find("heffl").unwrap(), value), Ok(()), "a vendor without opaque ids does not read it");
    }
    assert_eq!(read(pipedrive(), NAMES), Ok(()));
    assert_eq!(read(pipedrive(), " "), Ok(()));
}
