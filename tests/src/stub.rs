//! Stubs of AWS in the process of the test or benchmark: the Lambda Runtime API, which starts the real binaries, and
//! servers with the protocols of the SDKs.
//!
//! The local stack (`infra/local.py`) shows that everything fits together, but takes 100 ms for a request. The stubs
//! take some microseconds, and fail on demand with the layer [`faults`].
#![expect(clippy::arithmetic_side_effects, reason = "no counter or time here comes near its type's end")]

pub mod aws;
pub mod connector;
pub mod dynamodb;
pub mod faults;
pub mod http;
pub mod runtime_api;
pub mod s3;
pub mod secret_store;
pub mod sqs;
pub mod tls;

/// The region of all resources.
pub const REGION: &str = "eu-central-1";
pub const ACCOUNT: &str = "000000000000";
