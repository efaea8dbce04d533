//! Vendors that are described by a file: the file of a built-in vendor gives the events of its module, and whatever a
//! file cannot mean is refused.

use std::fs;

use crm_normalize::crm::AnswerForm;
use crm_normalize::{Accepted, BodyTexts, Options, Pairs, Request, Secrets, Vendor, VendorFile};
use crm_samples::{Case, RECEIVED_AT, Webhook};
use serde_json::{Value, json};
use tests::{events, root};

/// Heffl by its file.
fn heffl() -> &'static Vendor {
    let text = fs::read_to_string(root().join("tests/vendors/heffl.toml")).unwrap();
    VendorFile::parse_like_built_in(&text).unwrap().into_vendor()
}

#[test]
fn the_file_of_heffl_gives_the_events_of_its_module() {
    let vendor = heffl();
    let cases: Vec<_> = Case::all(&events()).unwrap().into_iter().filter(|case| case.vendor.name == "heffl").collect();
    assert!(cases.len() > 40);
    let mut wrong = Vec::new();
    for case in cases {
        let expected = fs::read_to_string(case.expected()).unwrap();
        let actual = Case { vendor, ..case.clone() }.output().unwrap();
        if actual != expected {
            let diff = similar::TextDiff::from_lines(&expected, &actual).unified_diff().to_string();
            wrong.push(format!("{}\n{diff}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_file_of_heffl_says_of_it_what_the_module_says() {
    let (file, module) = (heffl(), crm_normalize::crm::find("heffl").unwrap());
    assert_eq!(file.title, module.title);
    assert_eq!(file.change_ids, module.change_ids);
    assert_eq!(file.answer_within, module.answer_within);
    assert_eq!(file.test_body, module.test_body);
    let rows = |vendor: &Vendor| {
        let mut rows: Vec<_> = vendor.catalog.iter().map(|row| (row.vendor_event, row.target.to_string())).collect();
        rows.sort();
        rows
    };
    assert_eq!(rows(file), rows(module));
    let forms = |vendor: &Vendor| vendor.schemes.iter().map(|scheme| scheme.form()).collect::<Vec<_>>();
    assert_eq!(forms(file), forms(module));
}

/// A file without faults, to change in one place.
const ACME: &str = r##"
version = 1
name = "acme"
title = "Acme CRM"
event = "event"
time = "at"
record = "data"
id = "id"
signatures = [
    { header = "X-Acme", encoding = "hex", signed = "{t}{body}", timestamp = { header = "X-Time", unit = "s", max_age = "5m" } },
]
partial = ["person.changed"]
[events]
"person.changed" = "contact.updated"
"deal.moved" = { by = "kind", types = { Big = "deal.stage_changed", small = "lead.updated" } }
[fields.common]
created_at = "created"
[fields.contact]
first_name = "first"
emails = { each = "mails", email = "address", type = "label" }
status = { path = "state", words = { "1" = "active" } }
[fields.deal]
amount = ["value.amount", "price"]
stage = { id = "stage" }
"##;

/// The file with other text in one place.
fn acme(from: &str, to: &str) -> String {
    let file = ACME.replace("{t}", "{timestamp}.");
    assert!(file.contains(from), "{from}");
    file.replacen(from, to, 1)
}

#[test]
fn what_a_file_cannot_mean_is_refused_with_one_line_for_each() {
    VendorFile::parse(&acme("", "")).unwrap();
    for (from, to, says) in [
        // The members.
        ("event =", "evnt =", "line 5, column 1: there is no member \"evnt\"; did you mean \"event\"?"),
        ("max_age = \"5m\"", "tolerance = \"5m\"", "there is no member \"tolerance\""),
        ("version = 1", "version = 2", "version: expected 1"),
        ("version = 1", "version = ", "line 2"),
        ("title = \"Acme CRM\"\n", "", "line 1, column 1: the member \"title\" is missing"),
        (", max_age = \"5m\"", "", "line 10, column 87: the member \"max_age\" is missing"),
        ("name = \"acme\"", "name = \"heffl\"", "name: \"heffl\" is built in"),
        ("name = \"acme\"", "name = \"Acme\"", "name: expected one word"),
        ("name = \"acme\"", "name = \"consumer\"", "name: another function"),
        ("record = \"data\"", "record = \"data\"\nrecords = \"all\"", "records: there is a record too"),
        ("partial = [\"person.changed\"]", "partial = [\"person.chnged\"]", "did you mean \"person.changed\"?"),
        ("id = \"id\"", "id = []", "expected at least one path"),
        ("id = \"id\"", "id = \"id\"\ntest_body = \"[]\"", "test_body: expected a JSON object"),
        ("id = \"id\"", "id = \"id\"\nanswer_within = \"soon\"", "answer_within: expected a duration"),
        ("id = \"id\"", "id = \"id\"\nanswer_within = \"1s\"", "answer_within: expected a duration of two seconds or"),
        ("id = \"id\"", "id = \"id\"\nlog_members = [\"$header.x\"]", "log_members: \"$header.x\" is not a path"),
        ("id = \"id\"", "id = \"id\"\nchange_id = [\"a\", \"$header.x\"]", "change_id: expected one"),
        ("record = \"data\"", "records = \"all\"\nbody = \"array\"", "records: the body is an array"),
        ("record = \"data\"", "records = \"$header.x\"", "records: expected a path in the body"),
        (
            "id = \"id\"",
            "id = \"id\"\npublic_members = [\"event\", \"at\", \"data\"]\nbody = \"array\"",
            "public_members: expected neither",
        ),
        (
            "id = \"id\"",
            "id = \"id\"\npublic_members = [\"event\", \"at\", \"data\", \"a\"]\ntoken_member = \"A\"",
            "must not leave the function",
        ),
        ("id = \"id\"", "id = \"id\"\nsyntaxes = [\"yaml\"]", "unknown variant `yaml`"),
        // What is removed cannot be read.
        (
            "id = \"id\"",
            "id = \"id\"\npublic_members = [\"data\", \"at\"]",
            "event: public_members removes the value at \"event\"",
        ),
        ("id = \"id\"", "id = \"id\"\nsecret_members = [\"AT\"]", "time: secret_members removes the value at \"at\""),
        (
            "id = \"id\"",
            "id = \"id\"\nsecret_members = [\"amount\"]",
            "fields.deal.amount: secret_members removes the value at \"value.amount\"",
        ),
        (
            "id = \"id\"",
            "id = \"id\"\nsecret_members = [\"delivery\"]\nchange_id = [\"meta.delivery\"]",
            "change_id: secret_members removes",
        ),
        ("id = \"id\"", "id = \"id\"\ntoken_member = \"kind\"", "events.\"deal.moved\".by: token_member removes"),
        ("id = \"id\"", "id = \"id\"\nsecret_members = [\"@key\"]", "an attribute of XML cannot be removed"),
        (
            "id = \"id\"",
            "id = \"id\"\nsyntaxes = [\"xml\"]\npublic_members = [\"event\", \"at\", \"data\"]",
            "public_members: XML has one root element",
        ),
        // The proof.
        ("signatures = [", "signatures = []\n_unused = [", "there is no member \"_unused\""),
        ("{timestamp}.{body}", "{timestamp}.", "signatures[0]: the body must be signed, once"),
        ("{timestamp}.{body}", "{body}", "signatures[0]: the timestamp must be signed, once"),
        ("{timestamp}.{body}", "{time}.{body}", "signatures[0].signed: there is no part \"{time}\""),
        ("{timestamp}.{body}", "{timestamp}.{body", "signatures[0].signed: there is no part \"{body\""),
        ("{timestamp}.{body}", "{id}.{timestamp}.{body}", "signatures[0]: a signed id must have a header"),
        ("max_age = \"5m\"", "max_age = \"1m\"", "signatures[0]: max_age must be at least five minutes"),
        ("max_age = \"5m\"", "max_age = \"-5m\"", "signatures[0].timestamp.max_age: expected a duration"),
        ("encoding = \"hex\"", "encoding = \"hex\", separators = \",\"", "signatures[0]: the entries of a header"),
        (
            "encoding = \"hex\"",
            "encoding = \"hex\", key_prefix = \"w_\"",
            "signatures[0].key_prefix: only a base64 key",
        ),
        ("encoding = \"hex\"", "encoding = \"hex\", word = \"token\"", "signatures[0].word: \"token\" is the word"),
        ("header = \"X-Acme\"", "header = \"X Acme\"", "signatures[0].header: expected the name of a header"),
        ("encoding = \"hex\"", "encoding = \"hex\", algorithm = \"md5\"", "unknown variant `md5`"),
        // The events.
        ("\"contact.updated\"", "\"contct.updated\"", "there is no entity \"contct\"; did you mean \"contact\"?"),
        ("\"contact.updated\"", "\"contact.update\"", "there is no action \"update\"; did you mean \"updated\"?"),
        ("\"contact.updated\"", "\"unknown.received\"", "there is no entity \"unknown\""),
        ("\"contact.updated\"", "\"person.updated\"", "entity \"person\"; expected one of contact, company, lead"),
        ("\"contact.updated\"", "\"contact.xyz\"", "action \"xyz\"; expected one of created, updated"),
        ("\"contact.updated\"", "\"ignore\"", "expected a type such as"),
        ("{ by =", "{ of =", "there is no member \"of\""),
        ("types = { Big", "types = { big = \"company.updated\", Big", ".types.\"big\": stands twice; case, blanks"),
        // The fields.
        ("[fields.deal]", "[fields.deel]", "fields: there is no entity \"deel\"; did you mean \"deal\"?"),
        ("[fields.deal]", "[fields.task]", "fields.task: no event is about such a record"),
        (
            "first_name =",
            "frist_name =",
            "fields.contact: there is no field \"frist_name\"; did you mean \"first_name\"?",
        ),
        ("first_name =", "job =", "there is no field \"job\"; shared/event/schema/crm-event.ts lists them"),
        (
            "emails = { each = \"mails\", email = \"address\", type = \"label\" }",
            "emails = \"mails\"",
            "or { each = PATH, email = PATH } for a list ($entry is the entry itself), of email, type",
        ),
        ("email =", "mail =", "fields.contact.emails (Email): there is no field \"mail\"; did you mean \"email\"?"),
        ("created_at =", "amount =", "fields.common: for a contact: there is no field \"amount\""),
        (
            "stage = { id = \"stage\" }",
            "stage = \"stage\"",
            "fields.deal.stage: expected a table such as { id = PATH }",
        ),
        ("first_name = \"first\"", "first_name = { paths = \"first\" }", "there is no member \"paths\""),
        (
            "first_name = \"first\"",
            "first_name = { path = \"a\", constant = \"b\" }",
            "fields.contact.first_name: expected",
        ),
        ("first_name = \"first\"", "first_name = 7", "invalid type: integer"),
        ("\"price\"", "{ constant = \"free\" }", "fields.deal.amount: constant: expected a number"),
        (
            "words = { \"1\"",
            "words = { A = \"x\", a = \"y\", \"1\"",
            "words: \"a\" stands twice; case, blanks, - and _ do not count",
        ),
        // The paths.
        ("\"first\"", "\"$entry\"", "there is no \"each\" or \"members\" around it in the path \"$entry\""),
        ("\"address\"", "\"$name\"", "there is no \"members\" around it in the path \"$name\""),
        ("\"first\"", "\"$boby.x\"", "there is no beginning \"$boby\"; did you mean \"$body\"?"),
        ("\"first\"", "\"a..b\"", "a name is empty in the path \"a..b\""),
        ("\"first\"", "'a.\"b'", "a double quote is not closed"),
        ("\"first\"", "\"$header\"", "a name is missing in the path \"$header\""),
    ] {
        let problems = VendorFile::parse(&acme(from, to)).expect_err(to).0;
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert!(lines.iter().any(|line| line.contains(says)), "{to}: expected {says}\n{lines:#?}");
        assert!(lines.iter().all(|line| !line.contains('\n')), "{lines:#?}");
        assert_eq!(lines.len(), 1, "{to}: one fault is said once: {lines:#?}");
    }
    let start = ACME.find("signatures").unwrap();
    let end = ACME.find("partial").unwrap();
    let unproven = [&ACME[..start], &ACME[end..]].concat();
    assert!(VendorFile::parse(&unproven).unwrap_err().to_string().starts_with("no proof of origin"));
}

#[test]
fn a_weak_proof_is_named() {
    let weaknesses = |file: &str| VendorFile::parse(file).unwrap().weaknesses().join("\n");
    let signed = weaknesses(&acme("", ""));
    assert!(signed.contains("there is no change_id") && signed.lines().count() == 1, "{signed}");
    let without_time = acme("time = \"at\"", "token = true");
    assert!(weaknesses(&without_time).contains("a token does not sign the body"));
    assert!(weaknesses(&without_time).contains("each redelivery is an event of its own"));
    let untimed = acme(", timestamp = { header = \"X-Time\", unit = \"s\", max_age = \"5m\" }", "");
    let untimed = untimed.replace("{timestamp}.{body}", "{body}");
    assert!(weaknesses(&untimed).contains("can send it again at any time"));
    assert!(weaknesses(&untimed.replace("\"hex\"", "\"hex\", algorithm = \"hmac-sha1\"")).contains("SHA-1"));
    let unsigned_id = acme("id = \"id\"", "id = \"id\"\nchange_id = \"$header.X-Id\"");
    assert!(weaknesses(&unsigned_id).contains("does not cover the change's id in X-Id"));
}

/// The vendor of a file that begins with a name of its own.
fn vendor(file: &str) -> &'static Vendor {
    VendorFile::parse(file).unwrap_or_else(|problems| panic!("{problems}")).into_vendor()
}

/// The data of the events of a body.
fn data(vendor: &'static Vendor, webhook: Webhook) -> Vec<Value> {
    let webhook = webhook.proven(vendor, RECEIVED_AT);
    let (answer, _) = webhook.answer(vendor, RECEIVED_AT).unwrap();
    let answer = serde_json::to_value(&answer).unwrap();
    answer["events"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"))
        .iter()
        .map(|event| event["data"].clone())
        .collect()
}

fn body(json: &Value) -> Webhook {
    Webhook { body: json.to_string().into_bytes(), ..Webhook::default() }
}

/// Computed independently of this code, with Python's hmac.
#[test]
fn every_algorithm_and_place_of_a_signature_gives_the_known_answer() {
    const KEY: &str = "crm-events: a key of a test";
    const BODY: &[u8] = br#"{"event":"person.changed","data":{"id":7}}"#;
    const URL: &str = "https://hooks.example.com/webhooks/acme";
    let verify = |signature: &str, headers: &[(&str, &str)]| {
        let start = ACME.find("    { header").unwrap();
        let end = ACME.find("]\npartial").unwrap();
        let vendor = vendor(&[&ACME[..start], signature, &ACME[end..]].concat());
        let secrets = json!({ "default": [format!("hmac:{KEY}")] }).to_string();
        let secrets = Secrets::parse(&secrets, vendor.schemes).unwrap();
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| ((*name).to_owned().into(), (*value).to_owned().into())).collect();
        let (headers, query) = (Pairs(&headers), Pairs(&[]));
        let request = Request { method: "POST", url: URL, body: BODY, headers, query, account: None };
        secrets.verify(&request, RECEIVED_AT)
    };
    let sha1 = "f54487266ae63ce5cd9b64e0bcf9d2952fca7e5d";
    let by_sha1 = r#"{ header = "X-Hub-Signature", prefix = "sha1=", encoding = "hex", algorithm = "hmac-sha1", signed = "{body}" }"#;
    assert_eq!(verify(by_sha1, &[("x-hub-signature", &format!("sha1={sha1}"))]), Ok(()));
    assert!(verify(by_sha1, &[("x-hub-signature", sha1)]).is_err(), "without the prefix");
    let sha512 = "8b583409304eea582926e0053f293e6024a5c699a2ef07edce75be66bdc75a2e9b22625cf6c616535c408d9da0ce078f41532c246e2ba785cd0b75d5ed3231f8";
    let packed = r#"{ header = "Signature", prefix = "v1=", separators = ",", encoding = "hex", algorithm = "hmac-sha512", signed = "{timestamp}.{body}", timestamp = { header = "Signature", prefix = "t=", unit = "s", max_age = "5m" } }"#;
    assert_eq!(verify(packed, &[("signature", &format!("t=1767225600,v1={sha512}"))]), Ok(()));
    assert!(verify(packed, &[("signature", &format!("t=1767225601,v1={sha512}"))]).is_err(), "another time");
    let sha256 = "qvyLBXy99lGHRFvoFjUC50gz4QUx1W3FucubvegNhlk=";
    let of_all = r#"{ header = "X-Sig", encoding = "base64", signed = "{method} {url} {id}:{body}", id_header = "X-Id", version = { header = "X-Version", value = "3" } }"#;
    assert_eq!(verify(of_all, &[("x-sig", sha256), ("x-id", "del_1"), ("x-version", "3")]), Ok(()));
    assert!(verify(of_all, &[("x-sig", sha256), ("x-id", "del_2"), ("x-version", "3")]).is_err(), "another id");
    assert!(verify(of_all, &[("x-sig", sha256), ("x-id", "del_1"), ("x-version", "2")]).is_err(), "another version");
}

#[test]
fn the_second_member_of_an_event_decides_its_type() {
    let vendor = vendor(&acme("name = \"acme\"", "name = \"acmea\""));
    let typed = |kind: Value| {
        let data = data(vendor, body(&json!({ "event": "deal.moved", "data": { "id": 7, "kind": kind } })));
        format!("{}.{}", data[0]["entity"].as_str().unwrap(), data[0]["action"].as_str().unwrap())
    };
    assert_eq!(typed(json!("BIG")), "deal.stage_changed");
    assert_eq!(typed(json!("small")), "lead.updated");
    assert_eq!(typed(json!("other")), "unknown.received");
    assert_eq!(typed(json!(null)), "unknown.received");
}

/// Some CRMs sign every webhook, with an id. A body that was captured without its headers is signed too.
#[test]
fn a_sample_of_a_vendor_that_only_signs_needs_no_id() {
    let file = acme("name = \"acme\"", "name = \"acmed\"").replace("{timestamp}.", "{id}.{timestamp}.");
    let vendor = vendor(&file.replace("signed =", "id_header = \"X-Id\", signed ="));
    let deal = |id: u32| body(&json!({ "event": "deal.moved", "data": { "id": id, "kind": "big" } }));
    assert_eq!(data(vendor, deal(7))[0]["record"]["id"], "7");
    let delivery = |webhook: Webhook| {
        let headers = webhook.proven(vendor, RECEIVED_AT).headers;
        headers.iter().find(|(name, _)| name == "X-Id").unwrap().1.to_string()
    };
    assert_eq!(delivery(deal(7)), delivery(deal(7)));
    assert_ne!(delivery(deal(7)), delivery(deal(8)));
    let own = Webhook { headers: vec![("x-id".into(), "del_1".into())], ..deal(7) };
    assert_eq!(delivery(own), "del_1");
}

#[test]
fn changes_have_canonical_names_and_values_where_there_are_any() {
    let with = |changes: &str| acme("id = \"id\"", &format!("id = \"id\"\nchanges = {changes}"));
    let changes = |file: &str, changes: Value| {
        let json = json!({ "event": "deal.moved", "changes": changes, "data": { "id": 7, "kind": "big" } });
        data(vendor(file), body(&json))[0]["changes"].clone()
    };
    let deal = |file: String| file.replace("amount = [\"value.amount\", \"price\"]", "amount = \"price\"");
    assert_eq!(
        changes(
            &deal(with(r#"{ members = "changes", from = "0", to = "1" }"#)),
            json!({ "price": [10.50, null], "other": ["a", 1] })
        ),
        json!([{ "field": "amount", "from": "10.5", "to": null }, { "field": "other", "from": "a", "to": 1 }])
    );
    assert_eq!(
        changes(
            &with(r#"{ each = "changes", field = "name", from = "old", to = "new" }"#),
            json!([{ "name": "stage", "old": 1, "new": "2" }, { "name": "created", "new": "2026-01-01" }])
        ),
        json!([{ "field": "stage", "from": 1, "to": "2" }, { "field": "created_at", "to": "2026-01-01T00:00:00Z" }])
    );
    assert_eq!(
        changes(
            &with(r#"{ each = "changes", field = ["at.2", "at.0"], to = "value" }"#),
            json!([{ "at": ["created"], "value": "2026-01-01" }, { "at": ["own", "group", "Size"], "value": 3 }])
        ),
        json!([{ "field": "created_at", "to": "2026-01-01T00:00:00Z" }, { "field": "Size", "to": 3 }])
    );
    assert_eq!(
        changes(&with(r#"{ each = "changes" }"#), json!(["stage", "x"])),
        json!([{ "field": "stage" }, { "field": "x" }])
    );
    assert_eq!(
        changes(&with(r#"{ members = "changes", from = "$entry" }"#), json!({ "stage": "", "x": {"y": 1} })),
        json!([{ "field": "stage", "from": "" }, { "field": "x", "from": {"y": 1} }])
    );
}

#[test]
fn values_come_from_the_request_and_from_around_a_list_too() {
    let file = acme(
        "event = \"event\"",
        "event = [\"$query.event\", \"event\"]\naccount = \"$header.X-Tenant\"\nactor = { id = \"by.id\", type = { constant = \"user\" } }",
    );
    let file = file.replace("first_name = \"first\"", "first_name = \"$body.first\"\nrating = \"$query.rating\"\nlast_contacted_at = \"$header.X-At\"\nlast_name = 'names.\"a.b\".1'\ntags = [\"labels\", { each = \"groups\", value = \"name\" }]\ncustom_fields = [\"own\", \"x_*\"]\nphone_numbers = { members = \"phones\", number = \"$entry\", type = \"$name\" }\naddresses = { each = \"towns\", city = \"$entry\", country = \"$record.country\" }");
    let vendor = vendor(&file);
    let json = json!({ "event": "other", "first": "Ada", "by": { "id": 3 }, "data": {
        "id": 7, "names": { "a.b": ["x", "Byron"] }, "labels": ["a", 1], "groups": [{ "name": "b" }, {}], "own": { "c": null, "d": 1 },
        "x_e": true, "y_f": 1, "phones": { "Work": "1", "home": null, "Cell": 2 }, "towns": ["Rome", ""], "country": "Italy",
        "mails": { "address": "a@example.com", "label": "Home Office" }, "state": 1 } });
    let own = |name: &'static str, value: &'static str| (name.into(), value.into());
    let webhook = Webhook {
        headers: vec![own("x-tenant", "t1"), own("X-At", "1767225600")],
        query: vec![own("event", "person.changed"), own("rating", "4.50")],
        ..body(&json)
    };
    let data = data(vendor, webhook).remove(0);
    assert_eq!(data["account"], "t1");
    assert_eq!(data["vendor_event"], "person.changed");
    assert_eq!(data["partial"], true);
    assert_eq!(data["actor"], json!({ "id": "3", "type": "user" }));
    assert_eq!(
        data["record"],
        json!({
            "id": "7", "name": "Ada Byron", "first_name": "Ada", "last_name": "Byron", "status": "active",
            "emails": [{ "email": "a@example.com", "type": "home_office" }],
            "phone_numbers": [{ "number": "1", "type": "work" }, { "number": "2", "type": "cell" }],
            "addresses": [{ "city": "Rome", "country": "Italy" }, { "country": "Italy" }],
            "rating": "4.50", "last_contacted_at": "2026-01-01T00:00:00Z", "tags": ["a", "1", "b"],
            "custom_fields": [{ "name": "d", "value": 1 }, { "name": "x_e", "value": true }],
        })
    );
    assert_eq!(data["unreadable"], Value::Null);
}

#[test]
fn a_value_that_cannot_be_read_is_named_unless_another_source_has_one() {
    let vendor = vendor(&acme("name = \"acme\"", "name = \"acmeb\""));
    let unreadable = |deal: Value| {
        let mut deal = deal;
        deal["id"] = json!(7);
        deal["kind"] = json!("big");
        let data = data(vendor, body(&json!({ "event": "deal.moved", "data": deal }))).remove(0);
        (data["record"]["amount"].clone(), data["unreadable"].clone())
    };
    assert_eq!(unreadable(json!({ "value": { "amount": 1.50 } })), (json!("1.5"), Value::Null));
    assert_eq!(unreadable(json!({ "value": 3, "price": "5" })), (json!("5"), Value::Null));
    assert_eq!(unreadable(json!({ "value": 3 })), (Value::Null, json!(["data.value"])));
    assert_eq!(unreadable(json!({ "value": [1], "price": "" })), (Value::Null, json!(["data.value"])));
    assert_eq!(unreadable(json!({ "value": [], "price": null })), (Value::Null, Value::Null));
    assert_eq!(
        unreadable(json!({ "value": { "amount": "much" }, "price": 2 })),
        (json!("2"), json!(["data.value.amount"]))
    );
}

/// The samples have a secret in the form that the file demands.
#[test]
fn a_sample_is_signed_with_any_form_of_key() {
    for key in ["key = \"text\"", "key = \"hex\"", "key = \"base64\"", "key = \"base64\", key_prefix = \"key_\""] {
        let file = acme("encoding = \"hex\"", &format!("encoding = \"hex\", {key}"));
        let vendor = vendor(&file);
        let sample = body(&json!({ "event": "person.changed", "data": { "id": 7 } })).proven(vendor, RECEIVED_AT);
        assert!(sample.verified(vendor, RECEIVED_AT).is_ok(), "{key}");
    }
}

#[test]
fn forms_xml_tokens_in_the_body_and_constant_answers_are_said_in_a_line_each() {
    let file = acme(
        "id = \"id\"",
        "id = \"id\"\nsyntaxes = [\"form\", \"xml\"]\ntoken_member = \"hook_key\"\nanswer = { content_type = \"text/plain\", body = \"OK\" }",
    );
    let start = file.find("signatures").unwrap();
    let end = file.find("partial").unwrap();
    let file = [&file[..start], &file[end..]].concat();
    let file = file.replace("record = \"data\"\n", "").replace("name = \"acme\"", "name = \"acmec\"");
    let vendor = vendor(&file);
    let captured = body(&json!({ "event": "person.changed", "id": 7, "hook_key": "the token of the CRM" }));
    let refused = captured.answer(vendor, RECEIVED_AT).unwrap_err().to_string();
    assert!(refused.ends_with("; the samples' token in \"hook_key\" is \"sample-token\""), "{refused}");
    assert_eq!(vendor.answer, AnswerForm::Constant { content_type: "text/plain", body: "OK" });
    let secrets = Secrets::parse(r#"{"default": ["body-token:a-long-enough-token"]}"#, vendor.schemes).unwrap();
    let json = br#"{"event": "person.changed", "id": 7, "first": "Ada", "hook_key": "a-long-enough-token"}"#;
    let (headers, query) = (Pairs(&[]), Pairs(&[]));
    let request = Request { method: "POST", url: "", body: json, headers, query, account: None };
    let verified = vendor.verify(request, &secrets, RECEIVED_AT).unwrap();
    let texts = BodyTexts::default();
    let normalized = verified.normalize(Options { include_raw: true }, &texts).remove(0);
    let Ok(Accepted::Events(events)) = normalized.result else { panic!("no event") };
    let event = serde_json::to_string(&events).unwrap();
    assert!(event.contains("Ada") && !event.contains("a-long-enough-token"), "{event}");
}
