//! The test suite: consistency of the workspace, and the behaviour of its parts from outside.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed"
)]

mod connection;
mod contract;
mod corpus;
mod fields;
mod freshsales_app;
mod function;
mod hostile;
mod identity;
mod json;
mod kept;
mod log;
mod overflow;
mod registry;
mod schemes;
mod security;
mod signature;
mod signatures;
mod stores;
mod stubs;
mod tolerance;
mod webhook_secrets;

/// Keeps all log call sites enabled for the tests that read the log. `tracing` decides once for each call site, by the
/// subscribers at that moment. A concurrent test without a subscriber would disable it for the other tests too.
fn keep_callsites_open() {
    use tracing_subscriber::filter::dynamic_filter_fn;
    use tracing_subscriber::layer::SubscriberExt;
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let open = tracing_subscriber::registry().with(dynamic_filter_fn(|_, _| false));
        tracing::subscriber::set_global_default(open).unwrap();
    });
}
