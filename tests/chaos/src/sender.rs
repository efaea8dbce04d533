//! The simulated vendors: each posts over HTTP, and sends again as it really does, in less time.

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use crm_normalize::Vendor;
use crm_normalize::outcome::{Failure, Outcome};
use crm_samples::Webhook;
use http_body_util::{BodyExt, Full};
use hyper::Method;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;

use super::gateway::path;
use super::ledger::Miss;

/// How long a vendor waits for an answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// The pauses before each redelivery of a webhook that was not answered as the vendor wants it. The sources are in each
/// vendor's README.
pub fn redeliveries(vendor: &Vendor, own: u64) -> Vec<Duration> {
    match vendor.name {
        // At least once; signed deliveries up to 32 attempts. The pauses are not documented.
        "teamgrid" => (0..31).map(|attempt: u32| Duration::from_millis(20 * u64::from(attempt + 1).min(20))).collect(),
        // Nothing is documented. It follows Standard Webhooks, whose specification has this schedule: 5 s, 5 min,
        // 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h; here a 40,000th of it.
        "heffl" => [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
            .map(|seconds: u64| Duration::from_micros(seconds * 25))
            .to_vec(),
        // The app of this project asks for five attempts 1.5 s apart, the most that the platform gives. For a workflow's
        // webhook nothing is documented. So from none on; here with a tenth of the pause.
        "freshsales" => vec![Duration::from_millis(150); usize::try_from(own % 5).unwrap_or_default()],
        // Agile CRM ignores the answer. TeamGram shows the webhook as failed; no redelivery is documented. Nor is one
        // of whoever comes next.
        _ => Vec::new(),
    }
}

/// Posts webhooks to one gateway.
#[derive(Clone, Debug)]
pub struct Sender {
    client: Client<HttpConnector, Full<Bytes>>,
    url: String,
}

impl Sender {
    pub fn new(url: String) -> Self {
        let mut builder = Client::builder(TokioExecutor::new());
        // A vendor's second attempt is to be counted.
        let client = builder.retry_canceled_requests(false).build_http();
        Self { client, url }
    }

    /// Posts a webhook with the proof of origin of this time.
    ///
    /// # Errors
    /// Where there is no answer in time, or not a 200.
    pub async fn post(&self, vendor: &'static Vendor, webhook: &Webhook) -> Result<Outcome, Miss> {
        let (status, body) = self.answer(vendor, webhook).await.map_err(|_| Miss::AnswerLost)?;
        match (status, serde_json::from_slice(&body)) {
            (200, Ok(outcome)) => Ok(outcome),
            (503, Ok(Outcome::Failed { error: Failure::Unavailable })) => Err(Miss::Unavailable),
            // As API Gateway answers for a function that gives no answer.
            (500, Err(_)) => Err(Miss::Killed),
            _ => Err(Miss::Other),
        }
    }

    /// Status and body.
    #[expect(clippy::disallowed_methods, reason = "the functions go by the real clock")]
    async fn answer(&self, vendor: &'static Vendor, webhook: &Webhook) -> anyhow::Result<(u16, Bytes)> {
        let webhook = webhook.clone().proven(vendor, Timestamp::now());
        let mut request = hyper::Request::builder()
            .method(Method::POST)
            .uri(format!("{}{}", self.url, path(vendor, &webhook)))
            .header("content-type", "application/json");
        for (name, value) in &webhook.headers {
            request = request.header(&**name, &**value);
        }
        let request = request.body(Full::new(Bytes::from(webhook.body)))?;
        let answer = async {
            let response = self.client.request(request).await?;
            let status = response.status().as_u16();
            anyhow::Ok((status, response.into_body().collect().await?.to_bytes()))
        };
        tokio::time::timeout(PATIENCE, answer).await.context("no answer in time")?
    }
}
