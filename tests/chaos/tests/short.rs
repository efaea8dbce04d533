//! The short chaos runs: like `make chaos`, with few deliveries and fixed seeds.

use chaos::{Options, Report, run};
use tests::stub::faults::Fault;

const DELIVERIES: u64 = 400;

#[tokio::test]
async fn nothing_is_lost_and_nothing_is_twice() -> anyhow::Result<()> {
    // Both runs wait most of the time. With these seeds SQS has every kind of fault, because its faults depend only on
    // the seed and the events' ids.
    let (one, other) = tokio::try_join!(fault_run(3), fault_run(4))?;
    for report in [&one, &other] {
        assert!(report.is_clean(), "{report}");
        let accounted: u64 = report.balance.outcomes.values().flat_map(|vendors| vendors.values()).sum();
        assert_eq!(accounted, DELIVERIES, "every delivery is accounted for\n{report}");
        assert!(report.balance.events > DELIVERIES / 2, "there are effects\n{report}");
    }
    let met: Vec<_> = one.faults.iter().chain(&other.faults).flat_map(|(_, faults)| faults.keys()).collect();
    for fault in Fault::ALL {
        assert!(met.contains(&&fault), "no request met this fault: {fault}");
    }
    Ok(())
}

/// A run with more faults than usual, so that all kinds occur in a few hundred deliveries.
async fn fault_run(seed: u64) -> anyhow::Result<Report> {
    let binaries = tests::binaries()?;
    let (deliveries, concurrency, processes, consumers, faults) = (DELIVERIES, 20, 3, 3, 4);
    let options = Options { seed, deliveries, concurrency, processes, consumers, faults, binaries, logs: None };
    run(options, |_| {}).await
}
