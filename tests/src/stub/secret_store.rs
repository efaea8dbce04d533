//! Stubs of SSM and Secrets Manager, from which a function reads its webhook secrets.
//!
//! - <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html>
//! - <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::REGION;
use super::http::{Answer, Request, Response, Service, response};

/// Both stores; clones share them.
#[derive(Clone, Debug, Default)]
pub struct SecretStore(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The secrets by setting: `ssm:<name>` or `secretsmanager:<name>`.
    secrets: HashMap<String, String>,
    /// The responses to the next requests, instead of a secret.
    failures: Vec<(u16, String)>,
    requests: usize,
}

impl SecretStore {
    /// Creates or changes a secret. Its name is a setting of the functions, such as `ssm:/crm-events/heffl`.
    pub fn put(&self, setting: &str, text: &str) {
        self.state().secrets.insert(setting.to_owned(), text.to_owned());
    }

    /// Answers the next requests with these statuses and bodies, in this order.
    pub fn fail(&self, failures: &[(u16, &str)]) {
        self.state().failures = failures.iter().rev().map(|(status, body)| (*status, (*body).to_owned())).collect();
    }

    /// The number of requests so far.
    pub fn requests(&self) -> usize {
        self.state().requests
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The status and the body of the answer to a request.
    pub fn act(&self, header: impl Fn(&str) -> String, body: &[u8]) -> (u16, String) {
        let mut state = self.state();
        state.requests += 1;
        if let Some(failure) = state.failures.pop() {
            return failure;
        }
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let (service, name, key) = match header("x-amz-target").as_str() {
            "AmazonSSM.GetParameter" => ("ssm", body.get("Name").and_then(Value::as_str), "ParameterNotFound"),
            "secretsmanager.GetSecretValue" => {
                ("secretsmanager", body.get("SecretId").and_then(Value::as_str), "ResourceNotFoundException")
            }
            _ => return refusal("UnknownOperationException", ""),
        };
        let authorization = header("authorization");
        if !authorization.contains(&format!("/{REGION}/{service}/aws4_request"))
            || !authorization.contains("x-amz-target")
        {
            return refusal("InvalidSignatureException", "The request signature does not match.");
        }
        if header("content-type") != "application/x-amz-json-1.1" {
            return refusal("SerializationException", "");
        }
        let found = name.and_then(|name| state.secrets.get(&format!("{service}:{name}")));
        let Some(text) = found else { return refusal(key, "There is no such secret.") };
        let answer = match service {
            // A SecureString without `WithDecryption`.
            "ssm" if body.get("WithDecryption") != Some(&Value::Bool(true)) => {
                json!({"Parameter": {"Name": name, "Value": "AQICAHhHOc"}})
            }
            "ssm" => json!({"Parameter": {"Name": name, "Type": "SecureString", "Value": text, "Version": 1}}),
            _ => json!({"Name": name, "SecretString": text, "VersionStages": ["AWSCURRENT"]}),
        };
        (200, answer.to_string())
    }
}

/// An error of the AWS JSON protocol.
fn refusal(code: &str, message: &str) -> (u16, String) {
    (400, json!({"__type": code, "message": message}).to_string())
}

impl Service for SecretStore {
    async fn answer(&self, request: Request) -> Answer {
        let header = |name: &str| {
            request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let (status, body) = self.act(header, request.body());
        Answer::Response(answer(status, body))
    }
}

fn answer(status: u16, body: String) -> Response {
    response(status, "application/x-amz-json-1.1", body)
}
