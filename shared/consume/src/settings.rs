//! The settings of a consumer: its environment, and the AWS clients made from it.

use std::collections::HashMap;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedHttpClient};
use aws_smithy_http_client::Builder as HttpClient;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_types::SdkConfig;
use tracing::level_filters::LevelFilter;

use crate::queue::Sqs;
use crate::store::DynamoDb;

/// An invalid setting. The message is one line that never contains the value.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    #[error("{variable} is not set: expected {expected}")]
    Missing { variable: String, expected: String },
    #[error("{variable}: expected {expected}")]
    Malformed { variable: String, expected: String },
}

/// The environment of a function, and clients of the services that it may call.
#[derive(Clone)]
pub struct Settings {
    variables: HashMap<String, String>,
    region: Region,
    credentials: Credentials,
    http_client: SharedHttpClient,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("region", &self.region).finish_non_exhaustive()
    }
}

impl Settings {
    /// # Errors
    /// If a variable that Lambda sets is missing.
    pub fn from_env() -> Result<Self, SettingError> {
        Self::new(std::env::vars())
    }

    /// # Errors
    /// If a variable that Lambda sets is missing.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, SettingError> {
        // An empty variable counts as unset, as in the AWS SDKs.
        let variables: HashMap<_, _> = variables.into_iter().filter(|(_, value)| !value.trim().is_empty()).collect();
        let required = |variable: &str| required(&variables, variable, "what Lambda itself sets");
        let (region, id, secret) =
            (required("AWS_REGION")?, required("AWS_ACCESS_KEY_ID")?, required("AWS_SECRET_ACCESS_KEY")?);
        let token = variables.get("AWS_SESSION_TOKEN").cloned();
        Ok(Self {
            region: Region::new(region),
            credentials: Credentials::new(id, secret, token, None, "environment"),
            // ring starts in a millisecond, without the entropy collection of aws-lc.
            http_client: HttpClient::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https(),
            variables,
        })
    }

    /// A required setting of the consumer. The error contains `expected`.
    ///
    /// # Errors
    /// If it is not set.
    pub fn get(&self, variable: &str, expected: &str) -> Result<String, SettingError> {
        required(&self.variables, variable, expected)
    }

    /// Idempotency records in the table `IDEMPOTENCY_TABLE`, with the prefix `IDEMPOTENCY_KEY_PREFIX` or the function's
    /// name by default.
    ///
    /// # Errors
    /// If `IDEMPOTENCY_TABLE` is not set.
    pub fn idempotency_records(&self) -> Result<DynamoDb, SettingError> {
        let table = self.get("IDEMPOTENCY_TABLE", "the name of the table of idempotency records")?;
        let prefix = match self.variables.get("IDEMPOTENCY_KEY_PREFIX") {
            Some(prefix) => prefix.clone(),
            None => self.get("AWS_LAMBDA_FUNCTION_NAME", "what Lambda itself sets")?,
        };
        Ok(DynamoDb::new(self.dynamodb(), table, prefix))
    }

    /// The queue of `QUEUE_URL` and its dead-letter queue of `DEAD_LETTER_QUEUE_URL`. Both are optional: without them
    /// only SQS decides when a failed message comes back, and when it is moved.
    pub fn queue(&self) -> Sqs {
        let url = |variable: &str| self.variables.get(variable).cloned();
        Sqs::new(self.sqs(), url("QUEUE_URL"), url("DEAD_LETTER_QUEUE_URL"))
    }

    /// The level of `LOG_LEVEL`; `INFO` by default.
    ///
    /// # Errors
    /// If it is not a level.
    pub fn log_level(&self) -> Result<LevelFilter, SettingError> {
        let Some(word) = self.variables.get("LOG_LEVEL") else { return Ok(LevelFilter::INFO) };
        let word = if word.eq_ignore_ascii_case("FATAL") { "ERROR" } else { word };
        word.parse().map_err(|_| SettingError::Malformed {
            variable: "LOG_LEVEL".to_owned(),
            expected: "TRACE, DEBUG, INFO, WARN, ERROR or FATAL".to_owned(),
        })
    }

    /// A DynamoDB client. A call times out after 2.5 s, so that ten messages with a silent DynamoDB take less than a
    /// function's 30 s.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config("DYNAMODB", Duration::from_millis(800), Duration::from_millis(2500)))
    }

    fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config("SQS", Duration::from_millis(800), Duration::from_millis(2500)))
    }

    /// An S3 client, for events of up to some MB.
    #[cfg(feature = "s3")]
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let config = self.config("S3", Duration::from_secs(3), Duration::from_secs(6));
        // Another S3 endpoint has no host name for each bucket.
        let is_path_style = config.endpoint_url().is_some();
        let config = aws_sdk_s3::config::Builder::from(&config).force_path_style(is_path_style);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// The configuration of a client, with the timeouts of an attempt and of a call.
    fn config(&self, service: &str, attempt: Duration, operation: Duration) -> SdkConfig {
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(self.region.clone())
            .credentials_provider(SharedCredentialsProvider::new(self.credentials.clone()))
            .retry_config(retries())
            .timeout_config(timeouts(attempt, operation))
            .http_client(self.http_client.clone());
        config.set_endpoint_url(self.endpoint_url(service));
        config.build()
    }

    /// The URL of another endpoint of a service, such as that of a local stack.
    fn endpoint_url(&self, service: &str) -> Option<String> {
        let own = self.variables.get(&format!("AWS_ENDPOINT_URL_{service}"));
        own.or_else(|| self.variables.get("AWS_ENDPOINT_URL")).cloned()
    }
}

fn required(variables: &HashMap<String, String>, variable: &str, expected: &str) -> Result<String, SettingError> {
    variables
        .get(variable)
        .cloned()
        .ok_or_else(|| SettingError::Missing { variable: variable.to_owned(), expected: expected.to_owned() })
}

fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(50))
        .with_max_backoff(Duration::from_millis(200))
}

/// The timeouts of a client. The SDK's defaults have none.
fn timeouts(attempt: Duration, operation: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(attempt)
        .operation_timeout(operation)
        .build()
}

#[cfg(test)]
mod tests {
    use super::Settings;
    use tracing::level_filters::LevelFilter;

    const GOOD: [(&str, &str); 6] = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("AWS_LAMBDA_FUNCTION_NAME", "sales"),
        ("IDEMPOTENCY_TABLE", "records"),
        ("LOG_LEVEL", "fatal"),
    ];

    /// Reads settings with one changed, as `run` does.
    fn read(variable: &str, value: &str) -> Result<Settings, String> {
        let variables = GOOD.into_iter().filter(|(name, _)| *name != variable).chain([(variable, value)]);
        let settings = Settings::new(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let settings = settings.map_err(|error| error.to_string())?;
        settings.idempotency_records().map_err(|error| error.to_string())?;
        settings.log_level().map_err(|error| error.to_string())?;
        Ok(settings)
    }

    #[test]
    fn a_setting_that_is_missing_or_malformed_is_named_in_one_line_without_its_value() {
        for (variable, _) in GOOD.iter().filter(|(variable, _)| *variable != "LOG_LEVEL") {
            for empty in ["", "  "] {
                let message = read(variable, empty).expect_err(variable);
                assert!(message.starts_with(&format!("{variable} is not set: expected ")), "{message}");
            }
        }
        let message = read("LOG_LEVEL", "hunter2").expect_err("no level");
        assert_eq!(message, "LOG_LEVEL: expected TRACE, DEBUG, INFO, WARN, ERROR or FATAL");
    }

    #[test]
    fn defaults() {
        let settings = read("LOG_LEVEL", "").unwrap();
        assert_eq!(settings.log_level().unwrap(), LevelFilter::INFO);
        assert_eq!(read("LOG_LEVEL", "FATAL").unwrap().log_level().unwrap(), LevelFilter::ERROR);
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
