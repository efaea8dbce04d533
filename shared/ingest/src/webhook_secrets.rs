//! The webhook secrets of a function: their location, and how they stay current.
//!
//! Secrets in SSM or Secrets Manager are read while the function starts, and again when a webhook has no valid proof,
//! because a secret may have changed. Anyone can send such webhooks, so this happens at most once in [`MIN_AGE`]. The
//! holder of a removed secret still sends a valid proof, so secrets older than [`MAX_AGE`] are always read again.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_sigv4::http_request::PayloadChecksumKind;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use bytes::Bytes;
use crm_normalize::{Secrets, SecretsError, Vendor};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

use crate::config::Aws;
use crate::connection::Reconnect;
use crate::signed_client::{CallError, RequestHead, Service, SignedClient};

/// Minimum age of the secrets before a webhook without a valid proof causes a read.
pub const MIN_AGE: SignedDuration = SignedDuration::from_mins(1);
/// Secrets of this age are read again before the next webhook is checked.
pub const MAX_AGE: SignedDuration = SignedDuration::from_mins(10);

/// Maximum time that a webhook waits for a read.
pub(crate) const MAX_READ: Duration = Duration::from_millis(500);

/// `WEBHOOK_SECRETS`: the secrets themselves, or their location.
#[derive(Clone, Debug)]
pub enum SecretsSetting {
    Inline(Arc<Secrets>),
    Stored(StoredSecret),
}

/// A secret in an AWS store. `Display` shows the setting, such as `ssm:/crm-events/heffl`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSecret {
    service: SecretService,
    /// Name or ARN.
    name: String,
    /// `AWS_ENDPOINT_URL_SSM` or `AWS_ENDPOINT_URL_SECRETS_MANAGER`, or else `AWS_ENDPOINT_URL`.
    endpoint_url: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SecretService {
    Ssm,
    SecretsManager,
}

impl SecretService {
    /// The name of the service in settings, signatures and hosts.
    fn as_str(self) -> &'static str {
        match self {
            Self::Ssm => "ssm",
            Self::SecretsManager => "secretsmanager",
        }
    }
}

impl fmt::Display for StoredSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service.as_str(), self.name)
    }
}

impl StoredSecret {
    /// Reads `ssm:<name or ARN>` or `secretsmanager:<name or ARN>`, and its endpoint from the environment. `None` for
    /// any other text.
    pub(crate) fn parse(setting: &str, get: impl Fn(&'static str) -> Option<String>) -> Option<Self> {
        let (service, name) = setting.split_once(':')?;
        let (service, endpoint) = match service {
            "ssm" => (SecretService::Ssm, "AWS_ENDPOINT_URL_SSM"),
            "secretsmanager" => (SecretService::SecretsManager, "AWS_ENDPOINT_URL_SECRETS_MANAGER"),
            _ => return None,
        };
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+=.@-:".contains(&byte));
        let endpoint_url = get(endpoint).or_else(|| get("AWS_ENDPOINT_URL"));
        is_name.then(|| Self { service, name: name.to_owned(), endpoint_url })
    }

    /// Base URL of the service, without a trailing slash.
    fn url(&self, aws: &Aws) -> String {
        match &self.endpoint_url {
            Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
            None => aws.service_url(self.service.as_str()),
        }
    }
}

/// The secrets cannot be read from their store. Never contains the text that was read.
#[derive(Debug, thiserror::Error)]
#[error("WEBHOOK_SECRETS: {secret} {error}")]
pub struct SecretStoreError {
    secret: StoredSecret,
    error: ReadError,
}

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("cannot be read: {0}")]
    Call(#[from] CallError),
    #[error("cannot be read: no response within {} ms", MAX_READ.as_millis())]
    TimedOut,
    #[error("contains no text")]
    NoText,
    #[error(transparent)]
    Malformed(#[from] SecretsError),
}

/// The secrets in use.
#[derive(Debug)]
pub struct WebhookSecrets {
    state: Mutex<State>,
    /// `None` for secrets in the setting itself, which do not change.
    store: Option<SecretStore>,
}

#[derive(Debug)]
struct State {
    secrets: Arc<Secrets>,
    read_at: Timestamp,
    /// The time of the last attempt to read them, so that there is at most one in [`MIN_AGE`].
    tried_at: Timestamp,
}

impl State {
    fn new(secrets: Secrets, now: Timestamp) -> Self {
        Self { secrets: Arc::new(secrets), read_at: now, tried_at: now }
    }
}

impl WebhookSecrets {
    /// Secrets that do not change.
    pub fn fixed(secrets: Arc<Secrets>) -> Self {
        let never = Timestamp::UNIX_EPOCH;
        Self { state: Mutex::new(State { secrets, read_at: never, tried_at: never }), store: None }
    }

    /// The secrets that the setting holds or names. Tries three times to read them.
    ///
    /// # Errors
    /// If they cannot be read, or are not secrets for this vendor.
    pub async fn open(
        vendor: &'static Vendor,
        setting: &SecretsSetting,
        aws: &Aws,
        connector: SharedHttpConnector,
        now: Timestamp,
    ) -> Result<Self, SecretStoreError> {
        match setting {
            SecretsSetting::Inline(secrets) => Ok(Self::fixed(secrets.clone())),
            SecretsSetting::Stored(secret) => {
                let store = SecretStore::new(vendor, secret.clone(), aws, connector);
                let secrets = store.read().await.map_err(|error| SecretStoreError { secret: secret.clone(), error })?;
                Ok(Self { state: Mutex::new(State::new(secrets, now)), store: Some(store) })
            }
        }
    }

    pub(crate) fn current(&self) -> Arc<Secrets> {
        self.state().secrets.clone()
    }

    /// Reads the secrets again if they are at least `min_age` old and the last attempt is at least [`MIN_AGE`] ago.
    /// True if they were read and may have changed. If they cannot be read, the current ones stay in use.
    pub(crate) async fn read_again(&self, min_age: SignedDuration, now: Timestamp) -> bool {
        let Some(store) = &self.store else { return false };
        {
            let mut state = self.state();
            // If the clock was set back, the age of the secrets is unknown.
            let is_recent = |time, age| (SignedDuration::ZERO..age).contains(&now.duration_since(time));
            if is_recent(state.read_at, min_age) || is_recent(state.tried_at, MIN_AGE) {
                return false;
            }
            state.tried_at = now;
        }
        match tokio::time::timeout(MAX_READ, store.read()).await.unwrap_or(Err(ReadError::TimedOut)) {
            Ok(secrets) => {
                *self.state() = State::new(secrets, now);
                true
            }
            Err(error) => {
                let error = SecretStoreError { secret: store.secret.clone(), error };
                tracing::warn!(
                    error = error.to_string(),
                    "the webhook secrets could not be read again; those in use stay"
                );
                false
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One secret in SSM or Secrets Manager.
#[derive(Debug)]
struct SecretStore {
    vendor: &'static Vendor,
    secret: StoredSecret,
    client: SignedClient,
}

/// [`GetSecretValue`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html)'s answer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SecretValue {
    secret_string: String,
}

/// [`GetParameter`](https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html)'s answer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ParameterValue {
    parameter: Parameter,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    value: String,
}

impl SecretStore {
    fn new(vendor: &'static Vendor, secret: StoredSecret, aws: &Aws, connector: SharedHttpConnector) -> Self {
        let service = Service {
            name: secret.service.as_str(),
            url: secret.url(aws),
            checksum: PayloadChecksumKind::NoHeader,
            // Lambda gives a function 10 s to start.
            max_attempt: Duration::from_secs(2),
            pauses_ms: &[100, 300],
        };
        Self { vendor, secret, client: SignedClient::new(service, aws, Reconnect::new(connector)) }
    }

    async fn read(&self) -> Result<Secrets, ReadError> {
        let id = &self.secret.name;
        let text = match self.secret.service {
            SecretService::Ssm => {
                let request = json!({"Name": id, "WithDecryption": true});
                let headers = [JSON, ("x-amz-target", "AmazonSSM.GetParameter")];
                let answer = self.call(&headers, &request).await?;
                serde_json::from_slice::<ParameterValue>(&answer).map(|answer| answer.parameter.value)
            }
            SecretService::SecretsManager => {
                let headers = [JSON, ("x-amz-target", "secretsmanager.GetSecretValue")];
                let answer = self.call(&headers, &json!({"SecretId": id})).await?;
                serde_json::from_slice::<SecretValue>(&answer).map(|answer| answer.secret_string)
            }
        };
        // serde_json's error may contain the text that was read.
        let text = text.map_err(|_| ReadError::NoText)?;
        Ok(Secrets::parse(&text, self.vendor.schemes)?)
    }

    async fn call(
        &self,
        headers: &[(&'static str, &'static str)],
        request: &serde_json::Value,
    ) -> Result<Bytes, CallError> {
        self.client.call(RequestHead { method: "POST", path: "/", headers }, request.to_string().into()).await
    }
}

const JSON: (&str, &str) = ("content-type", "application/x-amz-json-1.1");

#[cfg(test)]
mod tests {
    use super::StoredSecret;
    use crate::config::Aws;

    #[test]
    fn where_a_secret_is_read() {
        let aws = |region: &str| Aws {
            region: region.to_owned(),
            credentials: aws_credential_types::Credentials::new("a", "s", None, None, "test"),
            sqs_endpoint_url: None,
            s3_endpoint_url: None,
        };
        let url = |setting: &str, region: &str, variables: &[(&str, &str)]| {
            let get = |name: &str| {
                variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
            };
            StoredSecret::parse(setting, get).unwrap().url(&aws(region))
        };
        let (ssm, manager) = ("ssm:/a/heffl", "secretsmanager:a/heffl");
        assert_eq!(url(ssm, "eu-central-1", &[]), "https://ssm.eu-central-1.amazonaws.com");
        assert_eq!(url(manager, "cn-north-1", &[]), "https://secretsmanager.cn-north-1.amazonaws.com.cn");
        for (setting, own) in [(ssm, "AWS_ENDPOINT_URL_SSM"), (manager, "AWS_ENDPOINT_URL_SECRETS_MANAGER")] {
            let all = ("AWS_ENDPOINT_URL", "http://all:1/");
            assert_eq!(url(setting, "eu-central-1", &[all]), "http://all:1");
            assert_eq!(url(setting, "eu-central-1", &[all, (own, "http://own:2")]), "http://own:2");
        }
    }
}
