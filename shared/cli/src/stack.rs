//! A deployed stack: where its API and its queues are.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use aws_sdk_sqs::config::{BehaviorVersion, Region};
use serde::Deserialize;

use crate::case;

/// Where `make run` writes its stack, from the workspace's root.
pub const LOCAL: &str = "target/stack/stack.json";

/// The stack file that the local stack writes.
#[derive(Clone, Debug, Deserialize)]
pub struct Stack {
    /// Of the local stack's AWS; none for the real one.
    pub endpoint_url: Option<String>,
    pub region: String,
    /// The `Host` that an API of the local stack goes by.
    pub host_header: Option<String>,
    pub queue_url: String,
    pub dead_letter_queue_url: String,
    pub quarantine_queue_url: String,
    /// The URL to paste into each vendor's settings.
    pub urls: BTreeMap<String, String>,
}

impl Stack {
    /// # Errors
    /// Where the file is missing, which is when no stack is running, or is not a stack's.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let json = case::read(file).context("no local stack is running: start one with `make run`")?;
        serde_json::from_slice(&json).with_context(|| format!("{} is not a stack's file", file.display()))
    }

    /// The URL of a vendor's route.
    ///
    /// # Errors
    /// Where the stack has no such route.
    pub fn url(&self, vendor: &str) -> anyhow::Result<&str> {
        let url = self.urls.get(vendor);
        url.map(String::as_str).with_context(|| format!("the stack has no route for {vendor}"))
    }

    /// A client of the stack's SQS, with credentials that only the local stack accepts.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        let credentials = aws_sdk_sqs::config::Credentials::new("local", "local", None, None, "local stack");
        let mut config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(credentials)
            .http_client(aws_smithy_http_client::Builder::new().build_http());
        config.set_endpoint_url(self.endpoint_url.clone());
        aws_sdk_sqs::Client::from_conf(config.build())
    }
}
