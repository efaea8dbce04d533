//! Hostile input, from API Gateway's event to the answer. There is always an answer and never a 5xx, the output is
//! bounded by a multiple of the input, and SQS accepts all messages.

use std::sync::LazyLock;

use crm_normalize::scheme::signature::Part;
use crm_normalize::{Vendor, crm};
use crm_samples::{Answer, Case, RECEIVED_AT, Webhook, api_gateway};
use serde_json::{Value, json};
use tests::events;
use tests::function::Asked;

/// The first case of a vendor that becomes events.
pub(crate) fn accepted_case(vendor: &'static Vendor) -> Webhook {
    static CASES: LazyLock<Vec<(&str, Webhook)>> = LazyLock::new(|| {
        let cases = Case::all(&events()).unwrap().into_iter();
        let webhooks = cases.map(|case| (case.vendor.name, case.webhook().unwrap())).filter(|(vendor, webhook)| {
            let vendor = crm::find(vendor).unwrap();
            let is_object = webhook.body.starts_with(b"{");
            let webhook = webhook.clone().proven(vendor, RECEIVED_AT);
            is_object && matches!(webhook.answer(vendor, RECEIVED_AT).unwrap().0, Answer::Accepted { .. })
        });
        webhooks.collect()
    });
    CASES.iter().find(|(name, _)| *name == vendor.name).unwrap().1.clone()
}

/// The accepted case with another body.
fn with_body(vendor: &'static Vendor, body: impl Into<Vec<u8>>) -> Webhook {
    Webhook { body: body.into(), ..accepted_case(vendor) }
}

/// The accepted case with one more member at the start.
fn with_member(vendor: &'static Vendor, name: &str, json: &str) -> Webhook {
    let webhook = accepted_case(vendor);
    let body = String::from_utf8(webhook.body.clone()).unwrap();
    with_body(vendor, format!("{{\"{name}\":{json},{}", body.strip_prefix('{').unwrap()))
}

fn event(vendor: &'static Vendor, webhook: Webhook) -> Value {
    api_gateway::event(vendor, &webhook.proven(vendor, RECEIVED_AT))
}

/// The status, and the word in the answer: its status, its reason, or its error.
fn ask(function: &Asked, payload: &str) -> (u16, String) {
    let (response, body) = function.ask(payload);
    assert_eq!(function.sqs.take_refused(), Vec::<String>::new());
    let sent = function.sqs.take();
    let bytes: usize = sent.iter().map(|message| message["MessageBody"].as_str().unwrap().len()).sum();
    assert!(bytes / 8 <= payload.len().saturating_add(512), "{bytes} bytes sent of {}", payload.len());
    assert!(body.to_string().len() <= 4096, "an answer of {} bytes", body.to_string().len());
    let says = body["reason"].as_str().and_then(|reason| reason.split(':').next()).filter(|word| !word.contains(' '));
    let says = says.or(body["status"].as_str()).or(body["error"].as_str()).unwrap();
    (response.status_code, says.to_owned())
}

/// Checks that every vendor's answer is one of `expected`, separated by `|`.
#[track_caller]
fn all_answer(expected: &str, what: &str, payload: impl Fn(&'static Vendor) -> Value) {
    for vendor in crm::ALL {
        let (status, says) = ask(&Asked::new(vendor), &payload(vendor).to_string());
        let answer = format!("{status} {says}");
        assert!(expected.split('|').any(|expected| expected == answer), "{}: {what}: {answer}", vendor.name);
    }
}

#[test]
fn values_at_the_edge_of_json_are_carried_along() {
    let long = "x".repeat(900_000);
    for (what, json) in [
        ("a huge exponent", "1e999999"),
        ("a tiny exponent", "-1E-999999"),
        ("ten thousand digits", &*"9".repeat(10_000)),
        ("a lone surrogate", r#""\ud800""#),
        ("U+FFFE and U+FFFF", "\"\u{fffe}\u{ffff}\""),
        ("their escapes", r#""\ufffe\uffff""#),
        ("every control character", r#""\u0000\u0001\u0008\u000b\u001f""#),
        ("characters from beyond the basic plane", "\"\u{10ffff}\u{1f4a9}\""),
        ("a long text", &*format!("\"{long}\"")),
        ("many entries", &*format!("[{}0]", "0,".repeat(100_000))),
        ("many members", &*format!("{{{}\"a\":0}}", "\"a\":0,".repeat(100_000))),
    ] {
        all_answer("200 accepted", what, |vendor| event(vendor, with_member(vendor, "zz_hostile", json)));
    }
    all_answer("200 accepted", "a long name", |vendor| event(vendor, with_member(vendor, &long, "0")));
    all_answer("200 accepted", "U+FFFF in a name", |vendor| event(vendor, with_member(vendor, "\u{ffff}", "0")));
    all_answer("200 accepted", "every member twice", |vendor| {
        let webhook = accepted_case(vendor);
        let body = String::from_utf8(webhook.body).unwrap();
        let members = body.trim().strip_prefix('{').unwrap().strip_suffix('}').unwrap();
        event(vendor, with_body(vendor, format!("{{{members},{members}}}")))
    });
}

#[test]
fn an_odd_value_anywhere_is_answered() {
    let odd =
        [json!("\u{1}\u{fffe}\u{ffff}"), json!("x".repeat(2_000)), json!("😀%2F:\u{0}"), json!([[[[]]]]), json!(-1)];
    for vendor in crm::ALL {
        let function = Asked::new(vendor);
        let body: Value = serde_json::from_slice(&accepted_case(vendor).body).unwrap();
        let mut pointers = Vec::new();
        leaves(&body, &mut String::new(), &mut pointers);
        for (pointer, odd) in pointers.iter().flat_map(|pointer| odd.iter().map(move |odd| (pointer, odd))) {
            let mut body = body.clone();
            *body.pointer_mut(pointer).unwrap() = odd.clone();
            let payload = event(vendor, with_body(vendor, body.to_string()));
            let (status, says) = ask(&function, &payload.to_string());
            assert_eq!(status, 200, "{}: {pointer}: {says}", vendor.name);
        }
    }
}

fn leaves(value: &Value, here: &mut String, all: &mut Vec<String>) {
    let mut child = |name: &str, value: &Value| {
        let mut path = format!("{here}/{}", name.replace('~', "~0").replace('/', "~1"));
        leaves(value, &mut path, all);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| child(name, value)),
        Value::Array(entries) => entries.iter().enumerate().for_each(|(at, value)| child(&at.to_string(), value)),
        _ => all.push(here.clone()),
    }
}

#[test]
fn what_is_nested_deep_is_answered() {
    for deep in ["[".repeat(30_000) + &"]".repeat(30_000), "{\"a\":".repeat(30_000) + "0" + &"}".repeat(30_000)] {
        all_answer("200 not_json", "deep", |vendor| event(vendor, with_member(vendor, "zz", &deep)));
        all_answer(
            "200 not_json|200 wrong_envelope|200 no_event_name|200 other_product",
            "nothing but deep",
            |vendor| event(vendor, with_body(vendor, &*deep)),
        );
        all_answer("200 not_json", "deep and open", |vendor| event(vendor, with_body(vendor, &deep[..30_000])));
    }
}

/// Most parsers have a depth limit; `serde_json` stops at 128 levels.
#[test]
fn what_is_accepted_is_not_deeper_in_its_event_than_a_reader_goes() {
    let mut deepest = 0;
    for vendor in crm::ALL {
        for depth in 100..140 {
            let deep = "[".repeat(depth) + &"]".repeat(depth);
            let webhook = with_member(vendor, "zz", &deep).proven(vendor, RECEIVED_AT);
            if let Answer::Accepted { events } = webhook.answer(vendor, RECEIVED_AT).unwrap().0 {
                deepest = depth;
                let json = serde_json::to_string(&events[0]).unwrap();
                let read = serde_json::from_str::<Value>(&json);
                assert!(read.is_ok(), "{}: {depth} levels: {read:?}", vendor.name);
            }
        }
    }
    assert_eq!(deepest, 119, "the body is one more");
}

#[test]
fn what_is_no_json_is_kept() {
    let utf16: Vec<u8> = "{\"a\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (reason, what, body) in [
        ("not_json", "nothing", &b""[..]),
        ("not_json", "white space", b" \r\n\t"),
        ("not_json", "a byte order mark", b"\xef\xbb\xbf"),
        ("not_json", "a form", b"event=lead.created&id=1"),
        (
            "not_json|200 not_xml",
            "XML",
            b"<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>",
        ),
        ("not_json", "two objects", b"{}\n{}"),
        ("not_json", "NaN", b"{\"a\":NaN}"),
        ("not_json", "a comment", b"{/**/}"),
        ("not_json", "NUL", b"\0"),
        ("not_json", "UTF-16", &utf16),
        ("not_text", "UTF-16 with its mark", b"\xff\xfe{\0}\0"),
        ("not_text", "Latin-1", b"{\"a\":\"\xfc\"}"),
        ("not_text", "an overlong slash", b"{\"a\":\"\xc0\xaf\"}"),
        ("not_text", "a surrogate in UTF-8", b"{\"a\":\"\xed\xa0\x80\"}"),
    ] {
        all_answer(&format!("200 {reason}"), what, |vendor| event(vendor, with_body(vendor, body)));
    }
}

/// No vendor compresses its bodies. A proxy that does must be recognizable by the reason.
#[test]
fn a_compressed_body_is_kept_with_the_reason() {
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00";
    for vendor in crm::ALL {
        let mut webhook = with_body(vendor, gzip);
        webhook.headers.push(("content-encoding".into(), "gzip".into()));
        let webhook = webhook.proven(vendor, RECEIVED_AT);
        let Answer::Quarantined { reason } = webhook.answer(vendor, RECEIVED_AT).unwrap().0 else { panic!("kept") };
        assert_eq!(reason, "not_text: the body is compressed (Content-Encoding: gzip), and is not read as such");
    }
}

#[test]
fn what_is_larger_than_a_message_is_refused_as_too_large() {
    let filler = format!("\"{}\"", "x".repeat(5_900_000));
    all_answer("413 too_large", "6 MB of JSON", |vendor| {
        // A secret member is in no message.
        let name = if vendor.secret_members.is_secret_at_root("zz") { "timestamp" } else { "zz" };
        event(vendor, with_member(vendor, name, &filler))
    });
    let vendor = crm::ALL[0];
    for body in [vec![b'x'; 5_900_000], vec![0xff; 5_900_000], vec![1; 200_000]] {
        let answer = ask(&Asked::new(vendor), &event(vendor, with_body(vendor, body)).to_string());
        assert_eq!(answer, (413, "too_large".to_owned()), "the quarantine has the same limit");
    }
}

#[test]
fn a_webhook_about_more_records_than_fit_is_kept() {
    let teamgrid = crm::find("teamgrid").unwrap();
    let webhook = |users: usize| {
        let users: Vec<_> = (0..users).map(|user| format!("u{user}")).collect();
        let doc = json!({"_id": "t", "userIds": users});
        let body = json!({"webhookId": "w", "event": "user_added", "collection": "teams", "doc": doc});
        Webhook { body: body.to_string().into_bytes(), ..Webhook::default() }.proven(teamgrid, RECEIVED_AT)
    };
    let most = webhook(1000);
    let (Answer::Accepted { events }, _) = most.answer(teamgrid, RECEIVED_AT).unwrap() else { panic!("accepted") };
    assert_eq!(events.len(), 1000);
    for users in [1001, 20_000] {
        let answer = ask(&Asked::new(teamgrid), &event(teamgrid, webhook(users)).to_string());
        assert_eq!(answer, (200, "too_many_events".to_owned()));
    }
}

/// Each of Copper's events has all changes.
#[test]
fn many_ids_with_many_changes_are_kept() {
    let copper = crm::find("copper").unwrap();
    let answer = |ids: usize, attributes: usize| {
        let ids: Vec<_> = (1..=ids).collect();
        let attributes: serde_json::Map<String, Value> =
            (0..attributes).map(|at| (format!("attribute_{at}"), json!([0, at + 1]))).collect();
        let body = json!({"type": "person", "event": "update", "ids": ids, "updated_attributes": attributes});
        let webhook = Webhook { body: body.to_string().into_bytes(), ..Webhook::default() }.proven(copper, RECEIVED_AT);
        match webhook.answer(copper, RECEIVED_AT).unwrap().0 {
            Answer::Accepted { events } => format!("{} events", events.len()),
            other => other.reason().unwrap().split(':').next().unwrap().to_owned(),
        }
    };
    assert_eq!(answer(30, 200), "30 events");
    assert_eq!(answer(200, 200), "200 events");
    for (ids, attributes) in [(200, 1000), (30, 10_000), (20_000, 1)] {
        assert_eq!(answer(ids, attributes), "too_many_events", "{ids} ids, {attributes} attributes");
    }
}

/// Each of Salesforce's events has all fields and all changes.
#[test]
fn many_records_with_many_fields_are_kept() {
    let salesforce = crm::find("salesforce").unwrap();
    let answer = |ids: usize, fields: usize| {
        let ids: Vec<_> = (1..=ids).map(|id| format!("001{id:012}")).collect();
        let names: Vec<_> = (1..=fields).map(|field| format!("Field{field}__c")).collect();
        let mut payload: serde_json::Map<String, Value> = names.iter().map(|name| (name.clone(), json!("x"))).collect();
        let header = json!({"entityName": "Account", "changeType": "UPDATE", "recordIds": ids, "changedFields": names});
        payload.insert("ChangeEventHeader".to_owned(), header);
        let body = json!({"data": {"payload": payload}}).to_string().into_bytes();
        let answer = Webhook { body, ..Webhook::default() }.proven(salesforce, RECEIVED_AT);
        match answer.answer(salesforce, RECEIVED_AT).unwrap().0 {
            Answer::Accepted { events } => format!("{} events", events.len()),
            other => other.reason().unwrap().split(':').next().unwrap().to_owned(),
        }
    };
    assert_eq!(answer(200, 300), "200 events");
    for (ids, fields) in [(1000, 200), (200, 1000), (30, 10_000)] {
        assert_eq!(answer(ids, fields), "too_many_events", "{ids} ids, {fields} fields");
    }
}

/// In quadratic time this would take minutes.
#[test]
fn a_list_of_any_length_is_read_once() {
    let names = |start: &str| (0..50_000).map(|at| format!("{start}{at}")).collect::<Vec<_>>();
    let objects = |member: &str| (0..50_000).map(|at| json!({member: at.to_string()})).collect::<Vec<_>>();
    let ids: Vec<_> = (1..=50_000).collect();
    let zoho_values: Vec<_> =
        (0..50_000).map(|at| json!({"record_id": "7", "values": {format!("Field{at}"): at}})).collect();
    for (vendor, body) in [
        ("teamgrid", json!({"event": "user_added", "doc": {"_id": "t", "userIds": names("u")}})),
        ("teamgrid", json!({"event": "task_updated", "fieldNames": names("f"), "doc": {"_id": "t"}})),
        (
            "salesforce",
            json!({"ChangeEventHeader": {
                "entityName": "Account", "changeType": "UPDATE", "recordIds": ["001000000000001"],
                "changedFields": names("a"), "nulledFields": names("b"), "diffFields": names("c"),
            }}),
        ),
        (
            "hubspot",
            json!([{"subscriptionType": "contact.merge", "newObjectId": 7, "primaryObjectId": 8, "mergedObjectIds": ids}]),
        ),
        ("freshsales", json!({"event": "onTaskUpdate", "data": {"task": {"id": 7, "user_ids": ids}}})),
        (
            "freshsales",
            json!({"event": "onTaskUpdate", "data": {
                "task": {"id": 7, "user_ids": ids}, "users": objects("id"), "associations": {"task_users": objects("id")},
            }}),
        ),
        (
            "agilecrm",
            json!({"eventName": "Contact is Updated", "eventData": {
                "id": 7, "tags": names("a"), "tagsWithTime": objects("tag"),
                "campaignStatus": objects("campaign_id"), "unsubscribeStatus": objects("campaign_id"),
            }}),
        ),
        (
            "agilecrm",
            json!({"eventName": "Deal is Updated", "eventData": {
                "id": 7, "contacts": objects("id"), "contact_ids": ids,
            }}),
        ),
        (
            "close",
            json!({"event": {
                "object_type": "lead", "action": "updated", "object_id": "lead_7", "changed_fields": names("f"),
                "data": {"id": "lead_7"}, "previous_data": {"id": "lead_7"},
            }}),
        ),
        ("zoho", json!({"module": "Deals", "operation": "update", "ids": ["7"], "affected_values": zoho_values})),
    ] {
        let vendor = crm::find(vendor).unwrap();
        let body = body.to_string().into_bytes();
        let webhook = Webhook { body, ..Webhook::default() }.proven(vendor, RECEIVED_AT);
        assert!(webhook.answer(vendor, RECEIVED_AT).is_ok(), "{}", vendor.name);
    }
}

/// Each event carries the whole body.
#[test]
fn a_webhook_about_many_records_in_a_large_body_goes_in_batches_that_fit_or_is_kept() {
    let teamgrid = crm::find("teamgrid").unwrap();
    let webhook = |users: usize, bytes: usize| {
        let users: Vec<_> = (0..users).map(|user| format!("u{user}")).collect();
        let doc = json!({"_id": "t", "userIds": users, "note": "x".repeat(bytes)});
        let body = json!({"webhookId": "w", "event": "user_added", "collection": "teams", "doc": doc});
        event(teamgrid, Webhook { body: body.to_string().into_bytes(), ..Webhook::default() })
    };
    // Two of them fit an SQS batch, three do not.
    let function = Asked::new(teamgrid);
    let (response, body) = function.ask(&webhook(7, 400_000).to_string());
    assert_eq!((response.status_code, &body["status"]), (200, &json!("accepted")), "{body}");
    assert_eq!(function.sqs.take_refused(), Vec::<String>::new());
    assert_eq!(function.sqs.take().len(), 7);
    // The events of one webhook are limited to 64 MiB in total.
    let answer = ask(&Asked::new(teamgrid), &webhook(200, 400_000).to_string());
    assert_eq!(answer, (200, "too_many_events".to_owned()));
    let bytes_without = webhook(64, 0)["body"].as_str().unwrap().len();
    for (more, expected) in [(0, "accepted"), (1, "too_many_events")] {
        let body = webhook(64, (1 << 20) - bytes_without + more)["body"].as_str().unwrap().to_owned();
        let webhook = Webhook { body: body.into_bytes(), ..Webhook::default() }.proven(teamgrid, RECEIVED_AT);
        let answer = webhook.answer(teamgrid, RECEIVED_AT).unwrap().0;
        let found = answer.reason().map_or("accepted".to_owned(), |reason| reason.into_owned());
        assert!(found.starts_with(expected), "{more} bytes more than 1 MiB: {found}");
    }
}

/// The body of each webhook is the whole body with its own element alone.
#[test]
fn many_webhooks_in_a_large_body_are_kept_as_one() {
    let attio = crm::find("attio").unwrap();
    let reason = |elements: usize, bytes: usize| {
        let body = json!({"webhook_id": "w", "events": vec![json!({}); elements], "note": "x".repeat(bytes)});
        let webhook = Webhook { body: body.to_string().into_bytes(), ..Webhook::default() }.proven(attio, RECEIVED_AT);
        webhook.answer(attio, RECEIVED_AT).unwrap().0.reason().unwrap().into_owned()
    };
    // Each of 387 elements has 172,957 bytes around it. With the body itself this is 64 MiB.
    let filler = 174_118 - json!({"webhook_id": "w", "events": vec![json!({}); 387], "note": ""}).to_string().len();
    for (elements, bytes) in [(600, 60_000), (1000, 100), (387, filler)] {
        let reason = reason(elements, bytes);
        assert!(!reason.starts_with("too_many_events"), "{elements} elements, {bytes} bytes: {reason}");
    }
    for (elements, bytes) in [(600, 120_000), (1001, 100), (387, filler + 1)] {
        let (reason, expected) =
            (reason(elements, bytes), format!("too_many_events: {elements} records in a body of "));
        assert!(reason.starts_with(&expected), "{elements} elements, {bytes} bytes: {reason}");
    }
}

/// It is at most an event of an unknown kind, if a vendor's envelope is so simple that another's matches it.
#[test]
fn the_envelope_of_another_vendor_is_no_change_of_a_record() {
    for other in crm::ALL {
        let theirs = Webhook { body: accepted_case(other).body, ..Webhook::default() };
        for vendor in crm::ALL.iter().filter(|vendor| vendor.name != other.name) {
            let webhook = theirs.clone().proven(vendor, RECEIVED_AT);
            let (answer, _) = webhook.answer(vendor, RECEIVED_AT).unwrap();
            let is_ignored = matches!(answer, Answer::Ignored { .. });
            let is_kept = !is_ignored && answer.events().iter().all(|event| event.data.record.is_none());
            assert!(is_kept, "{} to {}: {answer:?}", other.name, vendor.name);
        }
    }
}

/// Includes events that API Gateway would never send, because a function can be invoked directly.
#[test]
fn an_odd_request_is_answered() {
    type Change = fn(&mut Value);
    let same: [(&str, Change); 12] = [
        ("no version", |event| drop(event.as_object_mut().unwrap().remove("version"))),
        ("an empty account", |event| event["pathParameters"] = json!({"account": ""})),
        ("an odd path", |event| event["rawPath"] = json!("/webhooks/%2F%00/..;/\u{fffd}")),
        ("no context", |event| drop(event.as_object_mut().unwrap().remove("requestContext"))),
        ("an empty context", |event| event["requestContext"] = json!({})),
        ("a header with a line end", |event| event["headers"]["x-a"] = json!("a\r\nb: c")),
        ("a header with an odd name", |event| event["headers"]["ü \n"] = json!("a")),
        ("no route", |event| event["routeKey"] = json!("$default")),
        ("a content type twice", |event| event["headers"]["content-type"] = json!("application/json, text/html")),
        ("a content type that is none", |event| event["headers"]["content-type"] = json!(";;=\"")),
        ("many headers", |event| {
            for number in 0..2_000 {
                event["headers"][format!("x-{number}")] = json!("y".repeat(400));
            }
        }),
        ("many parameters", |event| {
            let query = event["rawQueryString"].as_str().unwrap();
            event["rawQueryString"] = json!(format!("{query}&{}%zz&&=&%", "a=b&".repeat(20_000)));
        }),
    ];
    for (what, change) in same {
        // The proof of some vendors covers the URL.
        let is_of_url = ["an odd path", "no context", "an empty context", "many parameters"].contains(&what);
        let signs_url = |vendor: &Vendor| {
            let mut signatures = vendor.signature_schemes();
            signatures.any(|scheme| scheme.signed.iter().any(|part| matches!(part, Part::Url { .. })))
        };
        for vendor in crm::ALL {
            let mut event = event(vendor, accepted_case(vendor));
            change(&mut event);
            let (status, says) = ask(&Asked::new(vendor), &event.to_string());
            let expected = if is_of_url && signs_url(vendor) { (401, "unauthorized") } else { (200, "accepted") };
            assert_eq!((status, &*says), expected, "{}: {what}", vendor.name);
        }
    }
    let refused: [(&str, Change); 8] = [
        ("an empty object", |event| *event = json!({})),
        ("no headers and no query", |event| {
            event["headers"] = json!({});
            event["rawQueryString"] = json!("");
        }),
        ("null for both", |event| {
            event["headers"] = json!(null);
            event["rawQueryString"] = json!(null);
        }),
        ("an encoded slash", |event| event["pathParameters"] = json!({"account": "%2F"})),
        ("an encoded NUL", |event| event["pathParameters"] = json!({"account": "%00"})),
        ("an account that is encoded", |event| event["pathParameters"] = json!({"account": "%64efault"})),
        ("an account in other letters", |event| event["pathParameters"] = json!({"account": "dеfault\u{0}"})),
        ("a long account", |event| event["pathParameters"] = json!({"account": "a".repeat(1 << 20)})),
    ];
    for (what, change) in refused {
        all_answer("401 unauthorized", what, |vendor| {
            let mut event = event(vendor, accepted_case(vendor));
            change(&mut event);
            event
        });
    }
    for (what, change) in [
        ("a header that is a number", (|event| event["headers"]["x-a"] = json!(1)) as Change),
        ("a body that is a number", |event| event["body"] = json!(1)),
        ("a list", |event| *event = json!([])),
        ("a number", |event| *event = json!(1e300)),
    ] {
        all_answer("400 bad_request", what, |vendor| {
            let mut event = event(vendor, accepted_case(vendor));
            change(&mut event);
            event
        });
    }
    for payload in ["", "{", "\u{0}", "{\"headers\":"] {
        for vendor in crm::ALL {
            assert_eq!(ask(&Asked::new(vendor), payload), (400, "bad_request".to_owned()), "{payload}");
        }
    }
}

#[test]
fn a_body_that_says_it_is_base64_and_is_not_is_taken_as_it_stands() {
    let with = |vendor: &'static Vendor, body: &str| {
        let mut event = event(vendor, with_body(vendor, body));
        event["isBase64Encoded"] = json!(true);
        event
    };
    all_answer("200 not_json", "no Base64", |vendor| with(vendor, "%%% no Base64 %%%"));
    all_answer("200 not_json", "half of it", |vendor| with(vendor, "eyJhIjo"));
    all_answer("200 accepted", "JSON", |vendor| {
        let mut event = event(vendor, accepted_case(vendor));
        event["isBase64Encoded"] = json!(true);
        event
    });
    all_answer("200 not_json|401 unauthorized", "no body at all", |vendor| {
        let mut event = event(vendor, with_body(vendor, ""));
        event["body"] = json!(null);
        event
    });
}
