//! A small API Gateway: it turns HTTP requests into invocations of the vendor's function, and returns its responses.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use crm_normalize::{Vendor, crm};
use crm_samples::{Webhook, api_gateway};
use serde::Deserialize;
use tokio::sync::{Semaphore, oneshot};

use tests::stub::http::{Answer, Request, Response, Service, response};
use tests::stub::runtime_api::{Environment, InvokeError};

/// The execution environments of one function.
#[derive(Debug)]
pub struct Pool {
    idle: Mutex<Vec<Environment>>,
    free: Semaphore,
}

impl Pool {
    pub fn new(environments: Vec<Environment>) -> Arc<Self> {
        let free = Semaphore::new(environments.len());
        Arc::new(Self { idle: Mutex::new(environments), free })
    }

    /// Passes an event to a free environment. As on Lambda, the invocation continues if the caller disconnects.
    pub async fn invoke(self: Arc<Self>, event: Vec<u8>) -> Result<Bytes, InvokeError> {
        let (answer, answered) = oneshot::channel();
        tokio::spawn(async move {
            let Ok(_permit) = self.free.acquire().await else { return };
            let environment = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            if let Some(mut environment) = environment {
                let result = environment.invoke(event).await;
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(environment);
                let _ = answer.send(result);
            }
        });
        answered.await.unwrap_or_else(|_| Err(InvokeError::Exited("the run is over".to_owned())))
    }

    /// The number of started processes.
    pub fn starts(&self) -> u64 {
        self.sum(Environment::starts)
    }

    /// The number of killed processes.
    pub fn kills(&self) -> u64 {
        self.sum(Environment::kills)
    }

    fn sum(&self, of: fn(&Environment) -> u64) -> u64 {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).iter().map(of).sum()
    }
}

/// The functions by the last segment of their route.
#[derive(Debug)]
pub struct Gateway(pub BTreeMap<&'static str, Arc<Pool>>);

impl Service for Gateway {
    async fn answer(&self, request: Request) -> Answer {
        Answer::Response(self.forward(&request).await.unwrap_or_else(|| message(404, "Not Found")))
    }
}

impl Gateway {
    async fn forward(&self, request: &Request) -> Option<Response> {
        let mut path = request.uri().path().strip_prefix("/webhooks/")?.split('/');
        let vendor = crm::find(path.next()?)?;
        let pool = self.0.get(vendor.name)?.clone();
        let event = api_gateway::event(vendor, &webhook(request, path.next()));
        Some(match pool.invoke(event.to_string().into_bytes()).await {
            Ok(answer) => relay(&answer).unwrap_or_else(|| message(500, "Internal Server Error")),
            Err(InvokeError::TimedOut(_)) => message(503, "Service Unavailable"),
            Err(_) => message(500, "Internal Server Error"),
        })
    }
}

/// The path of a vendor's route, with the webhook's query.
pub fn path(vendor: &Vendor, webhook: &Webhook) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&webhook.query).finish();
    format!("/webhooks/{}?{query}", vendor.name)
}

fn webhook(request: &Request, account: Option<&str>) -> Webhook {
    let headers = request
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned().into(), value.to_str().ok()?.to_owned().into())));
    let query = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
    Webhook {
        body: request.body().to_vec(),
        headers: headers.collect(),
        query: query.map(|(name, value)| (name.into_owned().into(), value.into_owned().into())).collect(),
        account: account.map(str::to_owned),
        ..Webhook::default()
    }
}

/// The function's response as HTTP; `None` if it is malformed.
fn relay(answer: &[u8]) -> Option<Response> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Output {
        status_code: u16,
        body: String,
    }
    let output: Output = serde_json::from_slice(answer).ok()?;
    Some(response(output.status_code, "application/json", output.body))
}

fn message(status: u16, message: &str) -> Response {
    response(status, "application/json", format!("{{\"message\":\"{message}\"}}"))
}
