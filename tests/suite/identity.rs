//! Redeliveries and new changes: the rules of `crm_normalize::key`, for all cases.

use crm_normalize::{BodyTexts, Vendor, crm};
use crm_samples::{Answer, Case, RECEIVED_AT, Webhook};
use jiff::{SignedDuration, Timestamp};
use tests::{events, root, vendors};

fn ids(vendor: &'static Vendor, webhook: &Webhook, received_at: Timestamp) -> Vec<String> {
    let webhook = webhook.clone().proven(vendor, received_at);
    let (answer, _) = webhook.answer(vendor, received_at).unwrap();
    answer.events().iter().map(|event| event.id.to_string()).collect()
}

/// The number of events by what identifies their redelivery: the vendor's id, the body with the vendor's time, or
/// nothing.
fn counts(vendor: &'static Vendor) -> [usize; 3] {
    let mut counts = [0; 3];
    for case in Case::all(&events()).unwrap().into_iter().filter(|case| case.vendor.name == vendor.name) {
        let webhook = case.webhook().unwrap();
        let first = ids(vendor, &webhook, RECEIVED_AT);
        let again = ids(vendor, &webhook, RECEIVED_AT.checked_add(SignedDuration::from_millis(1)).unwrap());
        // In an array, each element is identified by its own text, so each must differ.
        let body = match std::str::from_utf8(&webhook.body) {
            Ok(text) if text.contains("{\"") => text.replace("{\"", "{ \"").into_bytes(),
            _ => [&webhook.body[..], b" "].concat(),
        };
        let other = ids(vendor, &Webhook { body, ..webhook }, RECEIVED_AT);
        for ((first, again), other) in first.iter().zip(&again).zip(&other) {
            let rule = if first != again { 2 } else { usize::from(first != other) };
            counts[rule] += 1;
        }
    }
    counts
}

#[test]
fn the_table_of_what_is_recognized_as_a_redelivery_is_that_of_the_cases() {
    let row = |vendor: &'static Vendor| {
        let [by_id, by_body, not] = counts(vendor);
        format!("| {} | {by_id} | {by_body} | {not} |", vendor.name)
    };
    let rows: Vec<_> = vendors().into_iter().map(row).collect();
    let readme = std::fs::read_to_string(root().join("events/README.md")).unwrap();
    let missing: Vec<_> = rows.into_iter().filter(|row| readme.lines().all(|line| line != row)).collect();
    assert!(missing.is_empty(), "events/README.md: the table should have the rows\n{}", missing.join("\n"));
}

/// If the vendor identifies the change by an id or a time, the event has one id for any number of deliveries, at any
/// time.
#[test]
fn an_event_whose_vendor_tells_the_change_has_one_id_at_any_time() {
    for case in Case::all(&events()).unwrap() {
        let webhook = case.webhook().unwrap();
        let answer = webhook.clone().proven(case.vendor, RECEIVED_AT);
        let Answer::Accepted { events } = answer.answer(case.vendor, RECEIVED_AT).unwrap().0 else { continue };
        let has_id = webhook
            .headers
            .iter()
            .any(|(name, _)| case.vendor.change_id_headers().any(|id| id.eq_ignore_ascii_case(name)));
        let is_told = |event: &crm_event::Event<'_>| has_id || event.timesource == crm_event::TimeSource::Vendor;
        let late = RECEIVED_AT.checked_add(SignedDuration::from_hours(75)).unwrap();
        let later = ids(case.vendor, &webhook, late);
        assert_eq!(events.len(), later.len(), "{}: {}", case.vendor.name, case.name);
        for (event, later) in events.iter().zip(later).filter(|(event, _)| is_told(event)) {
            assert_eq!(event.id, later, "{}: {}", case.vendor.name, case.name);
        }
    }
}

/// A local time is read in the account's zone, both on receipt and in a replay.
#[test]
fn a_local_time_is_of_the_zone_that_the_setting_names() {
    use crm_normalize::quarantine::Record;
    use crm_normalize::{Accepted, Options, Quarantine, Reason, TimeZones};

    let freshsales = crm::find("freshsales").unwrap();
    let case = Case::find(&events(), freshsales, "workflow_deal_updated_with_time").unwrap();
    let webhook = case.webhook().unwrap().proven(freshsales, RECEIVED_AT);
    let zones = TimeZones::parse(r#"{"default": "America/New_York"}"#).unwrap();
    for (zone, expected) in
        [(zones.of("default"), "2025-12-31T23:30:54Z"), (TimeZones::default().of("default"), "2025-12-31T18:30:54Z")]
    {
        let verified = webhook.verified(freshsales, RECEIVED_AT).unwrap().in_time_zone(zone);
        let record = Record::new(&verified, &Quarantine::new(Reason::QueueUnavailable, "a test"));
        let record = serde_json::to_string(&record).unwrap();
        let restored = serde_json::from_str::<Record<'_>>(&record).unwrap().restore().unwrap();
        for verified in [verified, restored.verified()] {
            let texts = BodyTexts::default();
            let normalized = verified.normalize(Options { include_raw: true }, &texts).remove(0);
            let Ok(Accepted::Events(events)) = normalized.result else { panic!("an event") };
            assert_eq!(events[0].time.to_string(), expected);
        }
    }
}
