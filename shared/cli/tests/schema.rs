//! The schema: its files match the types, every golden file is valid, and wrong events are not.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crm_event::{Entity, schema};
use crm_events::schema::{ASYNCAPI, FOLDER, files};
use crm_samples::Case;
use jsonschema::Validator;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tests::{events, root};

type Members = BTreeMap<String, Box<RawValue>>;

fn validator(schema: &Value) -> Validator {
    jsonschema::options().should_validate_formats(true).build(schema).unwrap()
}

fn errors(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The events of a golden file, without `raw`. The schema does not describe it, and it may be JSON that few parsers
/// accept.
fn golden(case: &Case) -> Vec<Value> {
    #[derive(Deserialize)]
    struct Golden {
        #[serde(default)]
        events: Vec<Members>,
    }
    let read = |members: Members| -> Map<String, Value> {
        let parse = |json: Box<RawValue>| serde_json::from_str(json.get()).unwrap();
        members.into_iter().filter(|(name, _)| name != "raw").map(|(name, json)| (name, parse(json))).collect()
    };
    let golden: Golden = serde_json::from_slice(&fs::read(case.expected()).unwrap()).unwrap();
    let whole = |mut event: Members| {
        let data: Members = serde_json::from_str(event.remove("data").unwrap().get()).unwrap();
        let mut event = read(event);
        event.insert("data".to_owned(), read(data).into());
        Value::Object(event)
    };
    golden.events.into_iter().map(whole).collect()
}

#[test]
fn the_files_are_what_the_types_say() {
    for (name, text) in files(&events()).unwrap() {
        let file = root().join(FOLDER).join(&name);
        let kept = fs::read_to_string(&file).unwrap_or_default();
        assert!(kept == text, "{FOLDER}/{name} is not what the types say; `make schema` writes it");
    }
}

#[test]
fn every_golden_file_is_valid_to_the_last_member() {
    let event = validator(&schema::closed(schema::event()));
    let data: BTreeMap<&str, Validator> =
        Entity::ALL.iter().map(|entity| (entity.as_str(), validator(&schema::closed(schema::data(*entity))))).collect();
    let mut seen = BTreeSet::new();
    for case in Case::all(&events()).unwrap() {
        for golden in golden(&case) {
            let at = case.expected();
            let entity = golden["data"]["entity"].as_str().unwrap();
            // Validate by entity first, because its errors name the member.
            assert_eq!(errors(&data[entity], &golden["data"]), Vec::<String>::new(), "{}", at.display());
            assert_eq!(errors(&event, &golden), Vec::<String>::new(), "{}", at.display());
            seen.insert(entity.to_owned());
        }
    }
    let all: BTreeSet<String> = Entity::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(seen, all, "the cases have events of every entity");
}

#[test]
fn the_schema_refuses_what_is_wrong() {
    let valid = deal_updated();
    let event = validator(&schema::event());
    assert_eq!(errors(&event, &valid), Vec::<String>::new());
    let wrong: &[(&str, &str, Option<Value>)] = &[
        ("no id of the event", "/id", None),
        ("an id that SQS would not take", "/id", Some(json!("heffl:default:deal:ü"))),
        ("a partition key with a space", "/partitionkey", Some(json!("heffl:default:deal:dl 1"))),
        ("another version of CloudEvents", "/specversion", Some(json!("0.3"))),
        ("a source of another kind", "/source", Some(json!("https://heffl.com"))),
        ("no time", "/time", None),
        ("a time without zone", "/time", Some(json!("2025-01-16T08:05:12"))),
        ("a time that is not in UTC", "/time", Some(json!("2025-01-16T08:05:12+02:00"))),
        ("a time as a number", "/time", Some(json!(1_737_014_712))),
        ("a day that is not", "/recordedtime", Some(json!("2025-02-30T08:05:12Z"))),
        ("an unknown action in the type", "/type", Some(json!("crm.deal.exploded"))),
        ("a type that is no type", "/type", Some(json!("deal.updated"))),
        ("another entity's type", "/type", Some(json!("crm.lead.updated"))),
        ("another entity's schema", "/dataschema", Some(json!("urn:crm-event:1:lead"))),
        ("another major version", "/dataschema", Some(json!("urn:crm-event:2:deal"))),
        ("another entity in the data", "/data/entity", Some(json!("lead"))),
        ("an unknown action", "/data/action", Some(json!("exploded"))),
        ("no data", "/data", None),
        ("no account", "/data/account", None),
        ("a yes or no as text", "/data/partial", Some(json!("false"))),
        ("no record", "/data/record", None),
        ("no id of the record", "/data/record/id", None),
        ("an empty id of the record", "/data/record/id", Some(json!(""))),
        ("an id as a number", "/data/record/id", Some(json!(7))),
        ("money as a number", "/data/record/amount", Some(json!(24_999.9))),
        ("money in a local form", "/data/record/amount", Some(json!("24.999,90"))),
        ("an empty field", "/data/record/name", Some(json!(null))),
        ("a day in a local form", "/data/record/expected_close_date", Some(json!("15.03.2025"))),
        ("a time in a day's place", "/data/record/expected_close_date", Some(json!("2025-03-15T00:00:00Z"))),
        ("a reference as text", "/data/record/company", Some(json!("Acme Inc."))),
        ("one entry in a list's place", "/data/record/emails", Some(json!({ "email": "a@example.com" }))),
        ("a change without its field", "/data/changes", Some(json!([{ "from": 1, "to": 2 }]))),
    ];
    for (what, pointer, value) in wrong {
        let changed = with(&valid, pointer, value.clone());
        assert_ne!(changed, valid, "{what}: nothing is changed");
        assert!(!event.is_valid(&changed), "{what} is valid");
    }
}

/// A consumer accepts unknown members, but a golden file must not have any.
#[test]
fn a_new_member_is_for_the_closed_schema_to_refuse() {
    let valid = deal_updated();
    let (open, closed) = (validator(&schema::event()), validator(&schema::closed(schema::event())));
    assert_eq!(errors(&closed, &valid), Vec::<String>::new());
    let record = |case: &str| {
        let case = Case::find(&events(), crm_normalize::crm::find("heffl").unwrap(), case).unwrap();
        golden(&case)[0]["data"]["record"].clone()
    };
    for (pointer, value) in [
        ("/new", json!(1)),
        ("/data/new", json!(1)),
        ("/data/record/new", json!(1)),
        ("/data/record/company/new", json!(1)),
        ("/data/record", record("lead_created")),
        ("/data/record", record("invoice_created")),
    ] {
        let changed = with(&valid, pointer, Some(value.clone()));
        assert!(open.is_valid(&changed), "{pointer}: {value}");
        assert!(!closed.is_valid(&changed), "{pointer}: {value}");
    }
}

#[test]
fn what_is_not_modelled_has_no_record() {
    let event = validator(&schema::event());
    let unknown =
        [("/type", "crm.unknown.received"), ("/dataschema", "urn:crm-event:1:unknown"), ("/data/entity", "unknown")];
    let unknown =
        unknown.iter().fold(deal_updated(), |event, (pointer, text)| with(&event, pointer, Some(json!(text))));
    assert!(!event.is_valid(&unknown));
    assert_eq!(errors(&event, &with(&unknown, "/data/record", None)), Vec::<String>::new());
}

#[test]
fn every_message_of_the_queue_has_a_valid_example() {
    let documents = files(&events()).unwrap();
    let document: Value = serde_json::from_str(&documents[ASYNCAPI]).unwrap();
    let event = validator(&schema::closed(schema::event()));
    let attributes = validator(&document["components"]["schemas"]["MessageAttributes"]);
    for entity in Entity::ALL {
        let example = &document["components"]["messages"][entity.as_str()]["examples"][0];
        assert_eq!(errors(&event, &example["payload"]), Vec::<String>::new(), "{entity}");
        assert_eq!(errors(&attributes, &example["headers"]), Vec::<String>::new(), "{entity}");
        assert_eq!(example["headers"]["entity"], entity.as_str());
    }
}

#[test]
fn the_consumers_of_the_readme_are_those_that_are_tested() {
    let folder = root().join("shared/event");
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    for (language, file) in [("ts", "consumer.ts"), ("python", "consumer.py")] {
        let consumer = fs::read_to_string(folder.join("examples").join(file)).unwrap();
        assert!(readme.contains(&format!("```{language}\n{consumer}```")), "{file} is not in the README as it stands");
    }
}

#[test]
fn descriptions_are_for_readers_of_the_schema() {
    for (name, text) in files(&events()).unwrap() {
        assert!(!text.contains("[`") && !text.contains("`]"), "{name} has a link into the Rust documentation");
    }
}

fn deal_updated() -> Value {
    let heffl = crm_normalize::crm::find("heffl").unwrap();
    golden(&Case::find(&events(), heffl, "deal_updated").unwrap()).remove(0)
}

/// A value with the member at the pointer replaced or removed.
fn with(value: &Value, pointer: &str, member: Option<Value>) -> Value {
    let mut value = value.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match member {
        Some(member) => drop(parent.insert(name.to_owned(), member)),
        None => drop(parent.remove(name)),
    }
    value
}
