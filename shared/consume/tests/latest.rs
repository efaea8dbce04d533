//! The latest state of a record: sequences of events of one deal, in the order of arrival.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

use crm_consume::{Event, Latest};
use proptest::collection::{btree_map, vec};
use proptest::prelude::{Just, Strategy, any, proptest};
use proptest::sample::{Index, subsequence};
use proptest::{prop_assert, prop_assert_eq, prop_oneof};
use serde_json::{Value, json};

/// One event of the deal.
#[derive(Clone, Debug)]
struct Told {
    /// The action, or [`ERASED`].
    action: &'static str,
    partial: bool,
    /// Seconds after 10:00, by the vendor's clock.
    vendor: Option<u32>,
    /// Seconds after 10:00, by ours.
    received: u32,
    record: Value,
    cleared: Vec<&'static str>,
}

/// The action of an event with `deletion_reason: privacy`.
const ERASED: &str = "deleted for privacy";

impl Told {
    /// The event's action.
    fn action(&self) -> &'static str {
        if self.action == ERASED { "deleted" } else { self.action }
    }

    fn json(&self) -> String {
        let at = |seconds: u32| format!("2026-01-01T10:{:02}:{:02}Z", seconds / 60, seconds % 60);
        let changes: Vec<_> = self.cleared.iter().map(|field| json!({ "field": field, "to": null })).collect();
        let mut record = self.record.clone();
        record["id"] = json!("1");
        json!({
            "specversion": "1.0", "id": format!("{}:{:?}:{}", self.action, self.vendor, self.received),
            "source": "crm://heffl/default", "type": format!("crm.deal.{}", self.action()), "subject": "deal/1",
            "time": at(self.vendor.unwrap_or(self.received)),
            "timesource": if self.vendor.is_some() { "vendor" } else { "received" },
            "datacontenttype": "application/json", "dataschema": "urn:crm-event:1:deal",
            "partitionkey": "heffl:default:deal:1", "recordedtime": at(self.received),
            "data": {
                "vendor": "heffl", "account": "default", "vendor_event": "deal", "entity": "deal",
                "action": self.action(), "partial": self.partial, "record": record,
                "changes": changes,
                "deletion_reason": (self.action == ERASED).then_some("privacy"),
            },
        })
        .to_string()
    }
}

fn told(action: &'static str, vendor: impl Into<Option<u32>>, received: u32, record: Value) -> Told {
    Told { action, partial: false, vendor: vendor.into(), received, record, cleared: Vec::new() }
}

fn partial(vendor: impl Into<Option<u32>>, received: u32, record: Value) -> Told {
    Told { partial: true, ..told("updated", vendor, received, record) }
}

fn apply(latest: &mut Latest, told: &Told) -> bool {
    let json = told.json();
    let event: Event<'_> = serde_json::from_str(&json).unwrap();
    latest.apply(&event).unwrap()
}

/// The state after the events. It is written to a store and read back after each.
fn after(events: &[Told]) -> Latest {
    let mut latest = Latest::default();
    for told in events {
        apply(&mut latest, told);
        latest = Latest::from_stored(&latest.to_stored().unwrap()).unwrap();
    }
    latest
}

/// The state: deleted, complete, and the record.
fn state(events: &[Told]) -> (bool, bool, Value) {
    let latest = after(events);
    let record = serde_json::from_str(&latest.to_stored().unwrap().record).unwrap();
    (latest.is_deleted(), latest.is_complete(), record)
}

fn deal(name: &str) -> Value {
    json!({ "id": "1", "name": name })
}

fn id() -> Value {
    json!({ "id": "1" })
}

#[test]
fn the_latest_whole_record_counts_and_parts_change_their_own_fields() {
    let created = || told("created", 1, 1, json!({ "id": "1", "name": "A", "amount": "1.10" }));
    let whole = || told("updated", 3, 3, deal("C"));
    let part = |vendor, received| partial(vendor, received, json!({ "id": "1", "name": "B" }));
    let cleared = || Told { cleared: vec!["amount"], ..partial(2, 2, id()) };
    let all = json!({ "id": "1", "name": "B", "amount": "1.10" });
    for (story, events, expected) in [
        ("whole: what is missing is empty", vec![created(), whole()], (false, true, deal("C"))),
        ("partial: what is missing stays", vec![created(), part(2, 2)], (false, true, all)),
        ("partial: what was cleared is gone", vec![created(), cleared()], (false, true, deal("A"))),
        ("cleared, and the creation is late", vec![cleared(), created()], (false, true, deal("A"))),
        ("only parts: it is not known what is empty", vec![part(2, 2)], (false, false, deal("B"))),
        ("a late part changes nothing", vec![whole(), part(2, 4)], (false, true, deal("C"))),
        (
            "a late part brings nothing back",
            vec![whole(), partial(2, 4, json!({ "amount": "2" }))],
            (false, true, deal("C")),
        ),
        (
            "a late whole does",
            vec![part(4, 4), created()],
            (false, true, json!({ "id": "1", "name": "B", "amount": "1.10" })),
        ),
        ("a tie: the later receipt", vec![created(), told("updated", 1, 2, deal("Z"))], (false, true, deal("Z"))),
        ("a tie, in the other order", vec![told("updated", 1, 2, deal("Z")), created()], (false, true, deal("Z"))),
        (
            "a tie of both times: the later arrival",
            vec![created(), told("updated", 1, 1, deal("Z"))],
            (false, true, deal("Z")),
        ),
        (
            "the same without a vendor's time",
            vec![told("created", None, 1, deal("A")), told("updated", None, 1, deal("Z"))],
            (false, true, deal("Z")),
        ),
        ("deleted: what was known stays", vec![whole(), told("deleted", 4, 4, id())], (true, true, deal("C"))),
        ("merged: as an update", vec![whole(), Told { action: "merged", ..part(4, 4) }], (false, true, deal("B"))),
        (
            "merged: no creation",
            vec![told("deleted", None, 5, id()), told("merged", 4, 4, deal("C"))],
            (true, true, deal("C")),
        ),
        (
            "digits stay",
            vec![told("created", 1, 1, json!({ "id": "1", "amount": "10.50" }))],
            (false, true, json!({ "id": "1", "amount": "10.50" })),
        ),
    ] {
        assert_eq!(state(&events), expected, "{story}");
    }
}

/// Each of these would end in another state if only `time` decided.
#[test]
fn order_comes_from_what_is_known() {
    let both = json!({ "id": "1", "name": "B", "amount": "2" });
    for (story, events, expected) in [
        (
            "a delete without a vendor's time, after an update by a clock that runs five minutes ahead",
            vec![told("updated", 301, 1, deal("A")), told("deleted", None, 60, id())],
            (true, true, deal("A")),
        ),
        (
            "and that update again, in another version, received before the delete but late on the queue",
            vec![
                told("updated", 301, 1, deal("A")),
                told("deleted", None, 60, id()),
                told("updated", 330, 30, deal("B")),
            ],
            (true, true, deal("B")),
        ),
        (
            "a partial name, then an earlier partial amount",
            vec![
                partial(180, 181, json!({ "id": "1", "name": "B" })),
                partial(120, 240, json!({ "id": "1", "amount": "2" })),
            ],
            (false, false, both),
        ),
        (
            "removed by our clock, restored by the vendor's, which is behind",
            vec![told("created", 0, 0, deal("A")), told("deleted", None, 3, id()), told("restored", 1, 4, deal("A"))],
            (false, true, deal("A")),
        ),
        (
            "an older state without a vendor's time, an hour after the delete",
            vec![
                told("created", None, 0, deal("A")),
                told("deleted", None, 3, id()),
                told("updated", None, 3000, deal("A")),
            ],
            (true, true, deal("A")),
        ),
        (
            "the same after a delete with a vendor's time",
            vec![told("created", 0, 0, deal("A")), told("deleted", 3, 3, id()), told("updated", None, 3000, deal("A"))],
            (true, true, deal("A")),
        ),
        (
            "created again",
            vec![
                told("created", None, 0, deal("A")),
                told("deleted", None, 3, id()),
                told("created", None, 4, deal("B")),
            ],
            (false, true, deal("B")),
        ),
        (
            "an update that the vendor stamps after the deletion was received",
            vec![told("deleted", None, 3, id()), told("updated", 5, 6, deal("A"))],
            (false, true, deal("A")),
        ),
        (
            "an update that the vendor stamps with the time of the receipt",
            vec![told("deleted", None, 3, id()), told("updated", 3, 6, deal("A"))],
            (true, true, deal("A")),
        ),
        (
            "an update that the vendor stamps before it",
            vec![told("deleted", None, 3, id()), told("updated", 2, 6, deal("A"))],
            (true, true, deal("A")),
        ),
        (
            "with times on both, the vendor's clock alone: a creation that comes after its deletion",
            vec![told("deleted", 3, 3, id()), told("created", 1, 9, deal("A"))],
            (true, true, deal("A")),
        ),
    ] {
        assert_eq!(state(&events), expected, "{story}");
    }
}

/// A consumer must erase a person's data: shared/event/README.md.
#[test]
fn nothing_of_before_a_deletion_for_privacy_stays_or_comes_back() {
    let whole = |vendor, received| told("updated", vendor, received, deal("A"));
    let erased = |vendor: Option<u32>, received| told(ERASED, vendor, received, deal("A"));
    let restored = |vendor: u32, received| Told { partial: true, ..told("restored", vendor, received, id()) };
    let gone = || (true, false, json!({}));
    for (story, events, expected) in [
        ("what is known", vec![whole(Some(1), 1), erased(Some(2), 2)], gone()),
        ("parts too", vec![whole(Some(1), 1), partial(2, 2, deal("B")), erased(Some(3), 3)], gone()),
        ("a late whole record", vec![erased(Some(2), 2), whole(Some(1), 3)], gone()),
        ("a late part", vec![erased(Some(2), 2), partial(1, 3, deal("B"))], gone()),
        ("an older state that was sent again", vec![whole(None, 1), erased(None, 2), whole(None, 3)], gone()),
        ("an older state that was received later", vec![whole(None, 4), erased(Some(2), 3)], gone()),
        ("the same as a part", vec![erased(None, 2), partial(None, 3, deal("B"))], gone()),
        (
            "another clock: received later, and restored since",
            vec![whole(None, 4), erased(Some(2), 3), restored(5, 6), partial(1, 7, deal("A"))],
            (false, false, id()),
        ),
        (
            "received before the restoration, and late on the queue",
            vec![erased(Some(2), 2), restored(5, 6), whole(None, 4)],
            (false, false, id()),
        ),
        (
            "no vendor's time, after a restoration",
            vec![erased(Some(2), 2), restored(5, 6), whole(None, 7)],
            (false, true, deal("A")),
        ),
        (
            "what comes later is a new record",
            vec![whole(Some(1), 1), erased(Some(2), 2), told("created", 3, 3, deal("B"))],
            (false, true, deal("B")),
        ),
        (
            "and stays if the deletion is late",
            vec![whole(Some(1), 1), partial(3, 3, deal("B")), erased(Some(2), 4)],
            (false, false, deal("B")),
        ),
    ] {
        assert_eq!(state(&events), expected, "{story}");
    }
}

/// HubSpot sends an ordinary deletion too, before or after the erasure, and its workflows send older states again
/// without a vendor's time.
#[test]
fn an_ordinary_deletion_beside_the_erasure_does_not_undo_it() {
    // The vendor's time and the receipt of the ordinary deletion; the erasure has 5 and 5.
    for (deleted_at, received) in [(4, 4), (4, 6), (5, 4), (5, 5), (5, 6), (6, 4), (6, 6)] {
        for is_timed in [true, false] {
            let at = |time: u32| is_timed.then_some(time);
            let (erased, deleted) = (told(ERASED, at(5), 5, id()), told("deleted", at(deleted_at), received, id()));
            let resent = [partial(None, 7, deal("A")), told("updated", None, 8, deal("A")), partial(1, 9, deal("A"))];
            let [part, whole, timed] = resent;
            for (first, second) in [(&erased, &deleted), (&deleted, &erased)] {
                let (created, early) = (told("created", 1, 1, deal("A")), told("updated", None, 6, deal("A")));
                for events in [
                    vec![&created, first, second, &part, &whole, &timed],
                    vec![&early, first, second],
                    vec![first, &early, second],
                ] {
                    let events: Vec<_> = events.into_iter().cloned().collect();
                    let (is_deleted, is_complete, record) = state(&events);
                    assert!(is_deleted && !is_complete && record.get("name").is_none(), "{record}: {events:?}");
                }
            }
        }
    }
}

#[test]
fn a_duplicate_is_recognized_and_changes_nothing() {
    let story = [told("created", None, 1, deal("A")), told("updated", None, 2, deal("B"))];
    let mut latest = after(&story);
    for told in &story {
        assert!(!apply(&mut latest, told), "{told:?}");
    }
    assert_eq!(latest.events(), 2);
    // With 126 further events the first two are still known, with one more they are not.
    for received in 3..129 {
        assert!(apply(&mut latest, &told("updated", None, received, deal("C"))));
        assert!(!apply(&mut latest, &story[0]), "after {received}");
    }
    assert!(apply(&mut latest, &told("updated", None, 129, deal("C"))));
    assert!(apply(&mut latest, &story[0]), "nothing is remembered for ever");
}

#[test]
fn what_a_store_could_not_hold_stays_incomplete_until_a_whole_record_fits() {
    let large = || {
        let mut latest = after(&[told("created", 1, 1, deal("A")), told("updated", 5, 5, deal("large"))]);
        latest.forget_fields();
        latest
    };
    for (story, event, expected) in [
        ("a late event", told("updated", 2, 6, deal("B")), (false, json!({}))),
        ("a part", partial(6, 6, deal("C")), (false, deal("C"))),
        ("a late part", partial(3, 6, deal("C")), (false, json!({}))),
        ("a deletion", told("deleted", 6, 6, id()), (false, id())),
        ("a whole record", told("updated", 6, 6, deal("D")), (true, deal("D"))),
    ] {
        let mut latest = large();
        apply(&mut latest, &event);
        let record: Value = serde_json::from_str(&latest.to_stored().unwrap().record).unwrap();
        assert_eq!((latest.is_complete(), record), expected, "{story}");
    }
}

#[test]
fn what_a_store_can_ask_of_a_state() {
    for (vendor, received, time) in [(Some(5), 9, "2026-01-01T10:00:05Z"), (None, 9, "2026-01-01T10:00:09Z")] {
        let created = told("created", vendor, received, deal("A"));
        let latest = after(std::slice::from_ref(&created));
        assert_eq!(latest.time().unwrap().to_string(), time);
        let json = created.json();
        let event: Event<'_> = serde_json::from_str(&json).unwrap();
        assert!(latest.has_seen(&event.id) && !latest.has_seen("another"));
    }
    assert_eq!(Latest::default().time(), None);
}

/// The size of the order in the store. README.md has the same figures.
#[test]
fn what_the_order_costs() {
    let bytes = |events: &[Told]| after(events).to_stored().unwrap().order.len();
    let whole = bytes(&[told("created", 1, 1, deal("A"))]);
    let another = bytes(&[told("created", 1, 1, deal("A")), told("updated", 2, 2, deal("B"))]);
    let part = bytes(&[told("created", 1, 1, deal("A")), partial(2, 2, json!({ "name": "B" }))]);
    let two = bytes(&[told("created", 1, 1, deal("A")), partial(2, 2, json!({ "name": "B", "amount": "2" }))]);
    let many: Vec<_> = (1..1000).map(|second| told("updated", second, second, deal("B"))).collect();
    assert_eq!(two - part, "\"amount\",".len(), "a further field of the same event costs its name");
    let costs = [whole, another - whole, part - another, bytes(&many)];
    assert_eq!(costs, [155, 52, 58, 1513], "a whole record, its second event, a part, 999 events");
}

/// Events that all have a vendor's time, and are received at different times in any order.
fn story() -> impl Strategy<Value = Vec<Told>> {
    let fields = || btree_map(prop_oneof![Just("name"), Just("amount"), Just("currency")], "[1-3]", 0..3);
    let action = prop_oneof![3 => Just("updated"), 1 => Just("created"), 1 => Just("deleted"), 1 => Just("restored"),
        1 => Just(ERASED)];
    let cleared = subsequence(vec!["name", "amount"], 0..2);
    // A small range of seconds, so that there are ties.
    vec((action, any::<bool>(), 0..8_u32, fields(), cleared), 1..9).prop_flat_map(|events| {
        let receipts: Vec<u32> = (0..u32::try_from(events.len()).unwrap()).map(|number| 100 + number).collect();
        (Just(events), Just(receipts).prop_shuffle()).prop_map(|(events, receipts)| {
            let events = events.into_iter().zip(receipts);
            let told = events.map(|((action, partial, vendor, fields, cleared), received)| Told {
                action,
                partial,
                vendor: Some(vendor),
                received,
                record: json!(fields),
                cleared: if partial { cleared } else { Vec::new() },
            });
            told.collect()
        })
    })
}

/// Events of which some have a vendor's time, and one erasure. The name of each is its receipt, so that it shows where
/// a name comes from.
fn story_with_an_erasure() -> impl Strategy<Value = Vec<Told>> {
    let action = prop_oneof![3 => Just("updated"), 1 => Just("created"), 1 => Just("deleted"), 1 => Just("restored")];
    let event = (action, any::<bool>(), proptest::option::of(0..8_u32));
    (vec(event, 1..9), proptest::option::of(0..8_u32), any::<Index>()).prop_flat_map(|(mut events, at, position)| {
        events.insert(position.index(events.len() + 1), (ERASED, true, at));
        let receipts: Vec<u32> = (0..u32::try_from(events.len()).unwrap()).collect();
        (Just(events), Just(receipts).prop_shuffle()).prop_map(|(events, receipts)| {
            let events = events.into_iter().zip(receipts);
            let told = events.map(|((action, partial, vendor), received)| Told {
                partial,
                ..told(action, vendor, received, json!({ "name": received.to_string() }))
            });
            told.collect()
        })
    })
}

/// True if `one` is before `other`, by the vendor's clock if both have its time.
fn is_before(one: &Told, other: &Told) -> bool {
    match (one.vendor, other.vendor) {
        (Some(at), Some(other_at)) => (at, one.received) < (other_at, other.received),
        _ => one.received < other.received,
    }
}

proptest! {
    /// Whatever the clocks and the order: an event brings data only if it is after the erasure. If their times cannot
    /// be compared, the record must also exist again by then.
    #[test]
    fn nothing_of_before_an_erasure_is_in_the_record(story in story_with_an_erasure()) {
        let erasure = story.iter().find(|told| told.action == ERASED).unwrap();
        let exists_again = |told: &Told| match (told.action(), told.vendor) {
            ("created" | "restored", _) => is_before(erasure, told),
            ("updated", Some(at)) => is_before(erasure, told) && (erasure.vendor.is_some() || at > erasure.received),
            _ => false,
        };
        let (_, _, record) = state(&story);
        if let Some(name) = record.get("name") {
            let source = story.iter().find(|told| *name == *told.received.to_string()).unwrap();
            prop_assert!(is_before(erasure, source), "{:?}", story);
            let is_by_one_clock = erasure.vendor.is_some() && source.vendor.is_some();
            let exists = story.iter().any(|told| exists_again(told) && !is_before(source, told));
            prop_assert!(is_by_one_clock || exists, "{:?}", story);
        }
    }

    /// The order and the number of deliveries do not matter.
    #[test]
    fn events_with_a_vendors_time_end_in_one_state(
        (story, shuffled) in story().prop_flat_map(|story| (Just(story.clone()), Just(story).prop_shuffle())),
        again in vec((any::<Index>(), any::<Index>()), 0..6),
    ) {
        let mut arrived = shuffled;
        for (which, at) in again {
            let copy = which.get(&arrived).clone();
            arrived.insert(at.index(arrived.len() + 1), copy);
        }
        let (one, other) = (after(&story), after(&arrived));
        prop_assert_eq!(state(&story), state(&arrived));
        prop_assert_eq!((one.events(), one.time()), (other.events(), other.time()));
        prop_assert_eq!(one.to_stored().unwrap().event_id, other.to_stored().unwrap().event_id);
    }
}
