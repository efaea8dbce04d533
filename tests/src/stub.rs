//! Stand-ins for the parts of AWS that the functions meet, in the process of the test or benchmark: the Lambda Runtime
//! API that starts the real binaries, and servers that speak the protocols of the real SDKs.
//!
//! The local stack (`infra/local.py`) shows that all fits together; it takes 100 ms for a request. These take some
//! microseconds, and fail on demand: [`faults`] is a layer before any of them.
#![expect(clippy::arithmetic_side_effects, reason = "no counter or time here comes near its type's end")]

pub mod connector;
pub mod dynamodb;
pub mod faults;
pub mod http;
pub mod runtime_api;
pub mod s3;
pub mod secret_store;
pub mod sqs;
pub mod tls;

/// The region and the account that everything is in.
pub const REGION: &str = "eu-central-1";
pub const ACCOUNT: &str = "000000000000";
