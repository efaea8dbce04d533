#![doc = include_str!("../README.md")]

mod backoff;
mod consumer;
mod failure;
mod lambda;
mod latest;
mod panic;
pub mod payload;
pub mod queue;
mod settings;
pub mod store;

pub use aws_sdk_dynamodb;
pub use consumer::{Batch, Consumer};
pub use crm_event as event;
pub use crm_event::{Event, Record};
pub(crate) use lambda::now;
pub use lambda::{run, run_with};
pub use latest::{Latest, StoredLatest};
pub use settings::{SettingError, Settings};
