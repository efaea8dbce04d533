//! The latest state of each record, to which each event contributes once.

use std::cell::RefCell;
use std::collections::HashMap;

use crm_consume::store::{self, NoRecord, StoreError};
use crm_consume::{Event, Latest};

use super::{Clock, consumer, failed, message};

/// States by record, as in a table. A write may conflict with another invocation's, or lose its response.
#[derive(Default)]
struct States {
    latest: RefCell<HashMap<String, Latest>>,
    /// The faults of the next writes.
    faults: RefCell<Vec<&'static str>>,
}

impl store::States for States {
    async fn read(&self, event: &Event<'_>) -> Result<Latest, StoreError> {
        Ok(self.latest.borrow().get(&*event.partitionkey).cloned().unwrap_or_default())
    }

    async fn write(&self, event: &Event<'_>, latest: Latest) -> Result<bool, StoreError> {
        let fault = self.faults.borrow_mut().pop();
        match fault {
            Some("throttled") => return Err(StoreError::Throttled("no".to_owned())),
            Some("overtaken") => {
                let mut other = self.read(event).await?;
                other.apply(event).unwrap();
                self.latest.borrow_mut().insert(event.partitionkey.to_string(), other);
            }
            _ => {}
        }
        let before = self.latest.borrow().get(&*event.partitionkey).map_or(0, Latest::events);
        if before + 1 != latest.events() {
            return Ok(false);
        }
        self.latest.borrow_mut().insert(event.partitionkey.to_string(), latest);
        if fault == Some("lost") { Err(StoreError::Unavailable("no answer".to_owned())) } else { Ok(true) }
    }
}

#[tokio::test(start_paused = true)]
async fn the_latest_state_has_each_event_once_whatever_befalls_its_write() {
    let clock = Clock::new();
    for (faults, left) in [
        (vec![], 0),
        (vec!["throttled", "throttled"], 0),
        // Another invocation with the same message was faster.
        (vec!["overtaken"], 0),
        (vec!["lost"], 1),
    ] {
        let states = States { faults: RefCell::new(faults.clone()), ..States::default() };
        let subject = consumer(NoRecord, &clock);
        let response = subject.keep_latest(clock.batch(&[message("1", "a")]), &states).await;
        assert_eq!(failed(&response).len(), left, "{faults:?}");
        let response = subject.keep_latest(clock.batch(&[message("1", "a"), message("2", "a")]), &states).await;
        assert_eq!(failed(&response), [""; 0], "{faults:?}");
        assert_eq!(states.latest.borrow()["heffl:default:lead:1"].events(), 2, "{faults:?}");
    }
}
