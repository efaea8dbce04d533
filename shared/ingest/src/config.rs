//! The settings of a function: its environment, read once.

use std::sync::Arc;
use std::time::Duration;

use crm_normalize::{FieldNames, FieldNamesError, Options, Secrets, SecretsError, TimeZones, TimeZonesError, Vendor};
use tracing::level_filters::LevelFilter;

use crate::webhook_secrets::{MAX_READ, SecretsSetting, StoredSecret};

/// An invalid setting. The message is one line; it names the variable and the expected form, never the value found.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{variable} is not set: expected {expected}")]
    Missing { variable: &'static str, expected: &'static str },
    #[error("{variable}: expected {expected}")]
    Malformed { variable: &'static str, expected: &'static str },
    #[error("WEBHOOK_SECRETS: {0}")]
    Secrets(#[from] SecretsError),
    #[error("TIME_ZONES: {0}")]
    TimeZones(#[from] TimeZonesError),
    #[error("FIELD_NAMES: {0}")]
    FieldNames(#[from] FieldNamesError),
}

/// The settings of one vendor's function.
#[derive(Debug)]
pub struct Config {
    pub destination: Destination,
    /// `WEBHOOK_SECRETS`
    pub secrets: SecretsSetting,
    /// `PUBLIC_BASE_URL`: base of the senders' URLs, if a custom domain or a proxy is in front of the API. Without a
    /// trailing slash.
    pub public_base_url: Option<String>,
    /// `INCLUDE_RAW`
    pub options: Options,
    /// `TIME_ZONES`, for a vendor that writes local times
    pub time_zones: TimeZones,
    /// `FIELD_NAMES`, for a vendor whose custom fields come under opaque ids
    pub field_names: FieldNames,
    /// `LOG_LEVEL`
    pub log_level: LevelFilter,
    /// `METRICS_NAMESPACE`: the CloudWatch namespace of the metrics. Without it there are no metrics.
    pub metrics_namespace: Option<String>,
}

/// The queues and the bucket that messages are sent to.
#[derive(Clone, Debug)]
pub struct Destination {
    /// `QUEUE_URL`
    pub queue_url: String,
    /// `QUARANTINE_QUEUE_URL`
    pub quarantine_queue_url: String,
    /// `OVERFLOW_BUCKET`
    pub overflow_bucket: Option<String>,
    pub time_limit: TimeLimit,
    pub aws: Aws,
}

/// Maximum time for delivering the messages of a request: first to the queue, then to the overflow store if SQS does
/// not accept them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimit(Duration);

impl TimeLimit {
    /// The limit for every vendor. SQS and S3 answer within milliseconds or not at all.
    pub const MAX: Self = Self(Duration::from_millis(5200));
    /// A vendor that waits for less may get its answer too late. Without any attempt, its webhooks would be lost.
    const MIN: Self = Self(Duration::from_millis(1200));
    /// Reserved for the rest of the answer: network, cold start, proof and translation.
    const REST: Duration = Duration::from_millis(800);

    /// Leaves enough time for the answer to reach the vendor before it gives up, even if the secrets are read first.
    pub fn of(vendor: &Vendor) -> Self {
        let rest = Self::REST.saturating_add(MAX_READ);
        Self(vendor.answer_within.saturating_sub(rest).clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Timeout for all messages to SQS.
    pub(crate) fn queue(self) -> Duration {
        self.0.mul_f32(0.7)
    }

    /// Timeout of one of three attempts to SQS. The pauses between them take 300 ms at most.
    pub(crate) fn attempt(self) -> Duration {
        self.queue().saturating_sub(Duration::from_millis(300)).mul_f32(1.0 / 3.0)
    }

    /// Timeout of one of two attempts to the overflow store, with a pause of 50 ms between them.
    pub(crate) fn store_attempt(self) -> Duration {
        self.0.mul_f32(0.3).saturating_sub(Duration::from_millis(50)).mul_f32(0.5)
    }
}

/// Settings that Lambda itself provides.
#[derive(Clone, Debug)]
pub struct Aws {
    pub region: String,
    pub credentials: aws_credential_types::Credentials,
    /// `AWS_ENDPOINT_URL_SQS` or else `AWS_ENDPOINT_URL`: another SQS, such as that of a local stack.
    pub sqs_endpoint_url: Option<String>,
    /// `AWS_ENDPOINT_URL_S3` or else `AWS_ENDPOINT_URL`.
    pub s3_endpoint_url: Option<String>,
}

impl Aws {
    /// The endpoint of SQS: the host of the queue's URL, in any partition of AWS. AWS would allow plain HTTP, but only
    /// another SQS endpoint is used without TLS.
    pub(crate) fn sqs_url(&self, queue_url: &str) -> String {
        match &self.sqs_endpoint_url {
            Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
            None => format!("https://{}", queue_url.split('/').nth(2).unwrap_or_default()),
        }
    }

    /// The URL of a bucket. It has its own host, as AWS recommends. The bucket is a path instead if its name does not
    /// match AWS's certificate, and on another S3 endpoint.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>
    pub(crate) fn bucket_url(&self, bucket: &str) -> String {
        let (region, suffix) = (&self.region, self.suffix());
        match &self.s3_endpoint_url {
            Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
            None if bucket.contains('.') => format!("https://s3.{region}.{suffix}/{bucket}"),
            None => format!("https://{bucket}.s3.{region}.{suffix}"),
        }
    }

    /// The URL of AWS's own endpoint of a service.
    pub(crate) fn service_url(&self, service: &str) -> String {
        format!("https://{service}.{}.{}", self.region, self.suffix())
    }

    /// The domain of AWS in the region's partition.
    fn suffix(&self) -> &'static str {
        if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
    }
}

impl Config {
    /// # Errors
    /// If a setting is missing or malformed.
    #[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
    pub fn from_env(vendor: &Vendor) -> Result<Self, ConfigError> {
        Self::read(vendor, |variable| std::env::var(variable).ok())
    }

    /// # Errors
    /// If a setting is missing or malformed.
    pub fn read(vendor: &Vendor, get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        // An empty variable counts as unset, as in the AWS SDKs.
        let settings = Settings(|variable: &str| get(variable).filter(|value| !value.trim().is_empty()));
        let queue_url = settings.queue("QUEUE_URL", "the URL of the main FIFO queue")?;
        if !queue_url.ends_with(".fifo") {
            let expected = "the URL of a FIFO queue, which ends with .fifo";
            return Err(ConfigError::Malformed { variable: "QUEUE_URL", expected });
        }
        let overflow_bucket = settings.checked(
            "OVERFLOW_BUCKET",
            "the name of an S3 bucket: 3 to 63 lower-case letters, digits, dots and hyphens",
            |name| is_bucket_name(&name).then_some(name),
        )?;
        let public_base_url = settings.checked(
            "PUBLIC_BASE_URL",
            "the base of the registered URLs, such as https://hooks.example.com",
            |url| Some(url.trim_end_matches('/').to_owned()).filter(|url| is_base_url(url)),
        )?;
        let include_raw = settings.checked("INCLUDE_RAW", "true or false", |word| word.parse().ok())?;
        let levels = "TRACE, DEBUG, INFO, WARN, ERROR or FATAL";
        let log_level = settings.checked("LOG_LEVEL", levels, |word| log_level(&word))?;
        let time_zones = settings.get("TIME_ZONES").filter(|_| vendor.writes_local_times);
        let field_names = settings.get("FIELD_NAMES").filter(|_| vendor.has_opaque_field_ids);
        Ok(Self {
            destination: Destination {
                queue_url,
                quarantine_queue_url: settings.queue("QUARANTINE_QUEUE_URL", "the URL of the quarantine queue")?,
                overflow_bucket,
                time_limit: TimeLimit::of(vendor),
                aws: settings.aws()?,
            },
            secrets: settings.secrets(vendor)?,
            public_base_url,
            options: Options { include_raw: include_raw.unwrap_or(true) },
            time_zones: time_zones.map(|json| TimeZones::parse(&json)).transpose()?.unwrap_or_default(),
            field_names: field_names.map(|json| FieldNames::parse(&json)).transpose()?.unwrap_or_default(),
            log_level: log_level.unwrap_or(LevelFilter::INFO),
            metrics_namespace: settings.get("METRICS_NAMESPACE"),
        })
    }
}

/// Reads a variable by its name.
struct Settings<F>(F);

impl<F: Fn(&str) -> Option<String>> Settings<F> {
    fn get(&self, variable: &str) -> Option<String> {
        (self.0)(variable)
    }

    fn required(&self, variable: &'static str, expected: &'static str) -> Result<String, ConfigError> {
        self.get(variable).ok_or(ConfigError::Missing { variable, expected })
    }

    /// A variable that may be unset. `read` returns `None` for a malformed value.
    fn checked<T>(
        &self,
        variable: &'static str,
        expected: &'static str,
        read: impl FnOnce(String) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let malformed = ConfigError::Malformed { variable, expected };
        self.get(variable).map(|value| read(value).ok_or(malformed)).transpose()
    }

    fn queue(&self, variable: &'static str, expected: &'static str) -> Result<String, ConfigError> {
        let url = self.required(variable, expected)?;
        let is_url = url.starts_with("https://") || url.starts_with("http://");
        if is_url { Ok(url) } else { Err(ConfigError::Malformed { variable, expected }) }
    }

    fn secrets(&self, vendor: &Vendor) -> Result<SecretsSetting, ConfigError> {
        let variable = "WEBHOOK_SECRETS";
        let setting = self.required(
            variable,
            "ssm:<parameter>, secretsmanager:<secret>, or a JSON object of account to list of proofs, such as \
             {\"default\": [\"token:...\"]}",
        )?;
        let setting = setting.trim();
        match StoredSecret::parse(setting, |variable| self.get(variable)) {
            Some(secret) => Ok(SecretsSetting::Stored(secret)),
            None if setting.starts_with("ssm:") || setting.starts_with("secretsmanager:") => {
                let expected = "the name or ARN of a parameter after ssm:, of a secret after secretsmanager:";
                Err(ConfigError::Malformed { variable, expected })
            }
            None => Ok(SecretsSetting::Inline(Arc::new(Secrets::parse(setting, vendor.schemes)?))),
        }
    }

    fn aws(&self) -> Result<Aws, ConfigError> {
        let endpoint_url = |variable| self.get(variable).or_else(|| self.get("AWS_ENDPOINT_URL"));
        let role = "the credentials of the function's role; Lambda sets it";
        Ok(Aws {
            region: self.required("AWS_REGION", "an AWS region, such as eu-central-1; Lambda sets it")?,
            credentials: aws_credential_types::Credentials::new(
                self.required("AWS_ACCESS_KEY_ID", role)?,
                self.required("AWS_SECRET_ACCESS_KEY", role)?,
                self.get("AWS_SESSION_TOKEN"),
                None,
                "environment",
            ),
            sqs_endpoint_url: endpoint_url("AWS_ENDPOINT_URL_SQS"),
            s3_endpoint_url: endpoint_url("AWS_ENDPOINT_URL_S3"),
        })
    }
}

/// Checks the [naming rules](https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html) that matter for a URL.
fn is_bucket_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    (3..=63).contains(&name.len()) && name.bytes().all(plain)
}

/// True for a scheme, a host and an optional path.
fn is_base_url(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'@');
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && rest.bytes().all(is_plain))
}

/// The words of [Lambda's log levels](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html).
fn log_level(word: &str) -> Option<LevelFilter> {
    Some(match word.to_ascii_uppercase().as_str() {
        "TRACE" => LevelFilter::TRACE,
        "DEBUG" => LevelFilter::DEBUG,
        "INFO" => LevelFilter::INFO,
        "WARN" => LevelFilter::WARN,
        "ERROR" | "FATAL" => LevelFilter::ERROR,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crm_normalize::{Vendor, crm};

    use super::{Config, SecretsSetting, TimeLimit};

    const GOOD: [(&str, &str); 6] = [
        ("QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/123456789012/crm-events.fifo"),
        ("QUARANTINE_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/123456789012/crm-quarantine"),
        ("WEBHOOK_SECRETS", r#"{"default": ["token:hunter2"]}"#),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];

    fn read(changed: Option<(&str, Option<&str>)>) -> Result<Config, String> {
        let heffl = crm::find("heffl").unwrap();
        let get = |variable: &str| {
            if let Some((name, value)) = changed
                && name == variable
            {
                return value.map(str::to_owned);
            }
            GOOD.iter().find(|(name, _)| *name == variable).map(|(_, value)| (*value).to_owned())
        };
        Config::read(heffl, get).map_err(|error| error.to_string())
    }

    #[test]
    fn each_attempt_has_time_however_short_the_vendor_waits() {
        let heffl = crm::find("heffl").unwrap();
        for (wait_ms, limit_ms) in [(0, 1200), (1000, 1200), (2500, 1200), (5000, 3700), (10_000, 5200)] {
            let limit = TimeLimit::of(&Vendor { answer_within: Duration::from_millis(wait_ms), ..*heffl });
            assert_eq!(limit, TimeLimit(Duration::from_millis(limit_ms)), "{wait_ms} ms");
            for attempt in [limit.attempt(), limit.store_attempt()] {
                assert!(attempt >= Duration::from_millis(150), "{attempt:?} of {wait_ms} ms");
            }
        }
    }

    #[test]
    fn defaults() {
        let config = read(None).unwrap();
        assert!(config.options.include_raw);
        assert_eq!(config.log_level, tracing::level_filters::LevelFilter::INFO);
        assert_eq!(config.destination.overflow_bucket, None);
        assert_eq!(config.public_base_url, None);
        let base = read(Some(("PUBLIC_BASE_URL", Some("https://hooks.example.com/crm/")))).unwrap().public_base_url;
        assert_eq!(base.as_deref(), Some("https://hooks.example.com/crm"));
        assert_eq!(config.destination.aws.sqs_endpoint_url, None);
        let destination = &config.destination;
        assert_eq!(destination.aws.sqs_url(&destination.queue_url), "https://sqs.eu-central-1.amazonaws.com");
        assert_eq!(destination.aws.sqs_url("http://vpce-1.sqs.example/1/q.fifo"), "https://vpce-1.sqs.example");
        assert_eq!(config.destination.aws.bucket_url("b-1"), "https://b-1.s3.eu-central-1.amazonaws.com");
        assert_eq!(config.destination.aws.bucket_url("b.1"), "https://s3.eu-central-1.amazonaws.com/b.1");
        assert!(!read(Some(("INCLUDE_RAW", Some("false")))).unwrap().options.include_raw);
        let elsewhere = read(Some(("AWS_ENDPOINT_URL", Some("http://127.0.0.1:4566")))).unwrap();
        let destination = &elsewhere.destination;
        assert_eq!(destination.aws.sqs_url(&destination.queue_url), "http://127.0.0.1:4566");
        assert_eq!(elsewhere.destination.aws.bucket_url("b-1"), "http://127.0.0.1:4566/b-1");
        assert_eq!(
            read(Some(("OVERFLOW_BUCKET", Some("b-1")))).unwrap().destination.overflow_bucket.as_deref(),
            Some("b-1")
        );
    }

    #[test]
    fn secrets_may_be_in_a_store_of_aws() {
        for setting in [
            "ssm:/crm-events/heffl",
            "ssm:arn:aws:ssm:eu-central-1:123456789012:parameter/crm-events/heffl",
            "secretsmanager:crm-events/heffl",
            "secretsmanager:arn:aws:secretsmanager:eu-central-1:123456789012:secret:crm-events/heffl-AbCdEf",
        ] {
            match read(Some(("WEBHOOK_SECRETS", Some(setting)))).unwrap().secrets {
                SecretsSetting::Stored(secret) => assert_eq!(secret.to_string(), setting),
                SecretsSetting::Inline(_) => panic!("{setting}"),
            }
        }
    }

    #[test]
    fn a_setting_that_is_missing_or_malformed_is_named_in_one_line_without_its_value() {
        for (variable, _) in GOOD {
            for empty in [None, Some(""), Some("  ")] {
                let message = read(Some((variable, empty))).expect_err(variable);
                assert!(message.starts_with(&format!("{variable} is not set: expected ")), "{message}");
            }
        }
        for (variable, value, says) in [
            ("QUEUE_URL", "hunter2", "QUEUE_URL: expected the URL"),
            ("QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/1/hunter2", "ends with .fifo"),
            ("QUARANTINE_QUEUE_URL", "hunter2", "QUARANTINE_QUEUE_URL: expected the URL"),
            ("OVERFLOW_BUCKET", "https://hunter2", "OVERFLOW_BUCKET: expected the name"),
            ("PUBLIC_BASE_URL", "hunter2", "PUBLIC_BASE_URL: expected the base"),
            ("PUBLIC_BASE_URL", "https://", "PUBLIC_BASE_URL: expected the base"),
            ("PUBLIC_BASE_URL", "https:///hunter2", "PUBLIC_BASE_URL: expected the base"),
            ("PUBLIC_BASE_URL", "https://user:hunter2@a.example", "PUBLIC_BASE_URL: expected the base"),
            ("PUBLIC_BASE_URL", "https://a.example/?hunter2", "PUBLIC_BASE_URL: expected the base"),
            ("INCLUDE_RAW", "hunter2", "INCLUDE_RAW: expected true or false"),
            ("LOG_LEVEL", "hunter2", "LOG_LEVEL: expected TRACE"),
            ("WEBHOOK_SECRETS", "hunter2", "WEBHOOK_SECRETS: expected a JSON object"),
            ("WEBHOOK_SECRETS", "ssm:", "WEBHOOK_SECRETS: expected the name or ARN"),
            ("WEBHOOK_SECRETS", "ssm:a hunter2", "WEBHOOK_SECRETS: expected the name or ARN"),
            ("WEBHOOK_SECRETS", "secretsmanager:{\"hunter2\"}", "WEBHOOK_SECRETS: expected the name or ARN"),
            (
                "WEBHOOK_SECRETS",
                r#"{"acme": ["basic:user:hunter2"]}"#,
                "WEBHOOK_SECRETS: account \"acme\", proof 1: this vendor cannot use \"basic\"; expected hmac:whsec_",
            ),
        ] {
            let message = read(Some((variable, Some(value)))).expect_err(variable);
            assert!(message.contains(says), "{message}");
            assert!(!message.contains("hunter2") && !message.contains('\n'), "{message}");
        }
    }
}
