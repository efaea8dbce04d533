//! The simulated vendors. Each posts over HTTP, and retries with its real schedule, sped up.

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use crm_normalize::Vendor;
use crm_normalize::crm::AnswerForm;
use crm_normalize::outcome::{Failure, Outcome};
use crm_samples::Webhook;
use crm_samples::retries::Retries;
use http_body_util::{BodyExt, Full};
use hyper::Method;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;

use super::gateway::path;
use super::ledger::Miss;

/// The timeout of a vendor.
const PATIENCE: Duration = Duration::from_secs(15);

/// Maximum length of a retry schedule in this run.
const MAX_SCHEDULE: Duration = Duration::from_secs(7);

/// The pauses before each redelivery of a webhook that was not answered 200: the vendor's schedule, sped up to fit the
/// run.
pub fn redeliveries(retries: &Retries, own: u64) -> Vec<Duration> {
    let faster = retries.total().as_secs_f64() / MAX_SCHEDULE.as_secs_f64();
    let mut pauses = retries.pauses(own);
    if faster > 1.0 {
        pauses.iter_mut().for_each(|pause| *pause = pause.div_f64(faster));
    }
    pauses
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
        // The client must not retry by itself, so that every attempt is counted.
        let client = builder.retry_canceled_requests(false).build_http();
        Self { client, url }
    }

    /// Posts a webhook with a fresh proof of origin. `None` for a constant answer, which does not tell the outcome.
    ///
    /// # Errors
    /// If there is no response in time, or not a 200.
    pub async fn post(&self, vendor: &'static Vendor, webhook: &Webhook) -> Result<Option<Outcome>, Miss> {
        let (status, body) = self.answer(vendor, webhook).await.map_err(|_| Miss::AnswerLost)?;
        match (status, serde_json::from_slice(&body)) {
            (200, Ok(outcome)) => Ok(Some(outcome)),
            (200, Err(_)) if matches!(vendor.answer, AnswerForm::Constant { body: constant, .. } if constant == body) => {
                Ok(None)
            }
            (503, Ok(Outcome::Failed { error: Failure::Unavailable })) => Err(Miss::Unavailable),
            // API Gateway's response for a function that does not respond.
            (500, Err(_)) => Err(Miss::Killed),
            _ => Err(Miss::Other),
        }
    }

    /// Status and body.
    #[expect(clippy::disallowed_methods, reason = "the functions go by the real clock")]
    async fn answer(&self, vendor: &'static Vendor, webhook: &Webhook) -> anyhow::Result<(u16, Bytes)> {
        let webhook = webhook.clone().proven(vendor, Timestamp::now()).with_content_type();
        let mut request =
            hyper::Request::builder().method(Method::POST).uri(format!("{}{}", self.url, path(vendor, &webhook)));
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
