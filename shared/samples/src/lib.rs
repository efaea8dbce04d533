#![doc = include_str!("../README.md")]

pub mod api_gateway;
mod case;
pub mod fields;
mod proof;
pub mod retries;
mod story;
pub mod vendor_files;
mod webhook;

pub use case::{BODY_FILES, Case, RECEIVED_AT, content_type_of_file, pairs, read};
pub use proof::{ACCOUNTS, OwnedPairs, prove, secrets, secrets_of, sign, signing_key};
pub use story::Story;
pub use webhook::{Answer, Webhook, answer_json};
