//! What holds the workspace together, and what its parts do seen from outside.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
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
mod stores;
mod stubs;
mod tolerance;
mod webhook_secrets;
