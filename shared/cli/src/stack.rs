//! A stack, local or on AWS: the addresses of its API and its queues, and clients of its AWS services.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_http_client::Builder as HttpClient;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use crm_normalize::Vendor;
use serde::Deserialize;

/// The stack file of `make run`, from the workspace's root.
pub const LOCAL: &str = "target/stack/stack.json";

/// The stack file. `make run` writes it for the local stack, and `make outputs` for a deployed one.
#[derive(Clone, Debug, Deserialize)]
pub struct Stack {
    /// The URL of the local stack's emulator; `None` on AWS.
    pub endpoint_url: Option<String>,
    pub region: String,
    /// The local stack's API itself, without the console in front of it.
    pub base_url: Option<String>,
    /// The `Host` header by which the emulator finds the API.
    pub host_header: Option<String>,
    pub queue_url: String,
    pub dead_letter_queue_url: String,
    pub quarantine_queue_url: String,
    /// `None` for a stack without an overflow store.
    pub overflow_bucket: Option<String>,
    /// The table of the sample consumer, which consumes the main queue; `None` if it is not deployed.
    #[serde(default)]
    pub view_table: Option<String>,
    #[serde(default)]
    pub idempotency_table: Option<String>,
    /// The URL to paste into each vendor's settings.
    pub urls: BTreeMap<String, String>,
}

impl Stack {
    /// # Errors
    /// If the file is missing because no stack is running, or is not a stack file.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let json = crm_samples::read(file).with_context(|| match file == Path::new(LOCAL) {
            true => "no local stack is running: start one with `make run`, or name another stack's file with --stack",
            false => "there is no such stack file: `make outputs` writes the one of a deployed stack",
        })?;
        serde_json::from_slice(&json).with_context(|| format!("{} is not a stack file", file.display()))
    }

    /// The URL of a vendor's route.
    ///
    /// # Errors
    /// If the stack has no such route.
    pub fn url(&self, vendor: &str) -> anyhow::Result<&str> {
        let url = self.urls.get(vendor);
        url.map(String::as_str).with_context(|| format!("the stack has no route for {vendor}"))
    }

    /// The base URL of the API, as the vendor sees it.
    pub fn public_base_url(&self, vendor: &Vendor) -> String {
        let url = self.urls.get(vendor.name).map(String::as_str).unwrap_or_default();
        url.strip_suffix(&format!("/webhooks/{}", vendor.name)).unwrap_or(url).to_owned()
    }

    /// The configuration for the stack's AWS. For the emulator it has credentials that only the emulator accepts; for
    /// AWS it has those that AWS's own tools would use (environment, profile, single sign-on).
    pub async fn aws(&self) -> Aws {
        let http_client = HttpClient::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .http_client(http_client);
        let loader = match &self.endpoint_url {
            Some(endpoint) => loader.endpoint_url(endpoint).credentials_provider(Credentials::new(
                "local",
                "local",
                None,
                None,
                "local stack",
            )),
            None => loader,
        };
        let (region, endpoint_url) = (self.region.clone(), self.endpoint_url.clone());
        Aws { config: loader.load().await, region, endpoint_url }
    }
}

/// Clients of one AWS.
#[derive(Clone, Debug)]
pub struct Aws {
    config: SdkConfig,
    region: String,
    endpoint_url: Option<String>,
}

impl Aws {
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config)
    }

    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    pub fn s3(&self) -> aws_sdk_s3::Client {
        // An emulator has one host for all buckets.
        let config = aws_sdk_s3::config::Builder::from(&self.config).force_path_style(self.endpoint_url.is_some());
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// The same configuration in the form that the functions use.
    ///
    /// # Errors
    /// If there are no credentials.
    pub async fn for_functions(&self) -> anyhow::Result<crm_ingest::Aws> {
        let provider =
            self.config.credentials_provider().context("no AWS credentials: log in as for the aws command")?;
        let credentials =
            provider.provide_credentials().await.context("no AWS credentials: log in as for the aws command")?;
        Ok(crm_ingest::Aws {
            region: self.region.clone(),
            credentials,
            sqs_endpoint_url: self.endpoint_url.clone(),
            s3_endpoint_url: self.endpoint_url.clone(),
        })
    }
}
