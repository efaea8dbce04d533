#![doc = include_str!("../README.md")]

mod consumer;
mod lambda;
mod panic;
pub mod payload;
mod settings;
pub mod store;

pub use aws_sdk_dynamodb;
pub use consumer::{Batch, Consumer};
pub use crm_event as event;
pub use crm_event::{Event, Record};
pub(crate) use lambda::now;
pub use lambda::{run, run_with};
pub use settings::{SettingError, Settings};
