//! The test suite: consistency of the workspace, and the behaviour of its parts from outside.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed"
)]

mod batches;
mod connection;
mod consume;
mod contract;
mod corpus;
mod event_bridge;
mod field_names;
mod fields;
mod freshsales_app;
mod function;
mod hostile;
mod identity;
mod json;
mod kept;
mod log;
// Reads /proc.
#[cfg(target_os = "linux")]
mod memory;
mod overflow;
mod registry;
mod salesforce;
mod schemes;
mod security;
mod signature;
mod signatures;
mod stores;
mod stubs;
mod tolerance;
mod vendor_files;
mod webhook_secrets;
