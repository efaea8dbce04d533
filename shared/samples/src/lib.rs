#![doc = include_str!("../README.md")]

pub mod api_gateway;
mod case;
pub mod fields;
mod proof;
pub mod retries;
mod story;
mod webhook;

pub use case::{Case, RECEIVED_AT, pairs, read};
pub use proof::{ACCOUNTS, OwnedPairs, prove, secrets, secrets_of, sign, signing_key};
pub use story::Story;
pub use webhook::{Answer, Webhook, answer_json};
