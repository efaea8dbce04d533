//! Tuned Rust: the work of `plain`, with ring for TLS, credentials from the environment only, one thread, a connection
//! opened at start, and the profile `tuned`.

#[path = "../../job.rs"]
mod job;

use std::env::var;

use aws_credential_types::Credentials;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Region};
use aws_smithy_http_client::Builder as HttpClient;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use lambda_runtime::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let credentials = Credentials::new(
        var("AWS_ACCESS_KEY_ID")?,
        var("AWS_SECRET_ACCESS_KEY")?,
        var("AWS_SESSION_TOKEN").ok(),
        None,
        "environment",
    );
    let mut config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(var("AWS_REGION")?))
        .credentials_provider(credentials)
        .http_client(HttpClient::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https());
    config.set_endpoint_url(var("AWS_ENDPOINT_URL").ok());
    let client = Client::from_conf(config.build());
    let queue_url = var("QUEUE_URL")?;
    let _ = client.get_queue_attributes().queue_url(&queue_url).send().await;
    run(service_fn(async |event| job::handle(&client, &queue_url, event).await)).await
}
