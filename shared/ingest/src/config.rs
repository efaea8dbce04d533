//! The settings of a function: its environment, read once.

use crm_normalize::{Options, Secrets, SecretsError, Vendor};
use tracing::level_filters::LevelFilter;

/// What is wrong with a setting. One line, which names the variable and what is expected, never what was found.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{variable} is not set: expected {expected}")]
    Missing { variable: &'static str, expected: &'static str },
    #[error("{variable}: expected {expected}")]
    Malformed { variable: &'static str, expected: &'static str },
    #[error("WEBHOOK_SECRETS: {0}")]
    Secrets(#[from] SecretsError),
}

/// The settings of one vendor's function.
#[derive(Debug)]
pub struct Config {
    /// `QUEUE_URL`
    pub queue_url: String,
    /// `QUARANTINE_QUEUE_URL`
    pub quarantine_queue_url: String,
    /// `WEBHOOK_SECRETS`
    pub secrets: Secrets,
    /// `INCLUDE_RAW`
    pub options: Options,
    /// `AWS_LAMBDA_LOG_LEVEL`
    pub log_level: LevelFilter,
    pub aws: Aws,
}

/// What Lambda itself sets.
#[derive(Debug)]
pub struct Aws {
    pub region: String,
    pub credentials: aws_credential_types::Credentials,
    /// `AWS_ENDPOINT_URL_SQS`, else `AWS_ENDPOINT_URL`: an SQS elsewhere, as of a local stack.
    pub endpoint_url: Option<String>,
}

impl Config {
    /// # Errors
    /// Where a setting is missing or malformed.
    #[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
    pub fn from_env(vendor: &Vendor) -> Result<Self, ConfigError> {
        Self::read(vendor, |variable| std::env::var(variable).ok())
    }

    /// # Errors
    /// Where a setting is missing or malformed.
    pub fn read(vendor: &Vendor, get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        // An empty variable is as good as none, here as in the AWS SDKs.
        let get = |variable: &'static str| get(variable).filter(|value| !value.trim().is_empty());
        let required = |variable, expected| get(variable).ok_or(ConfigError::Missing { variable, expected });
        let queue = |variable, expected| {
            let url = required(variable, expected)?;
            let is_url = url.starts_with("https://") || url.starts_with("http://");
            if is_url { Ok(url) } else { Err(ConfigError::Malformed { variable, expected }) }
        };
        let queue_url = queue("QUEUE_URL", "the URL of the main FIFO queue")?;
        if !queue_url.ends_with(".fifo") {
            let expected = "the URL of a FIFO queue, which ends with .fifo";
            return Err(ConfigError::Malformed { variable: "QUEUE_URL", expected });
        }
        let secrets = required(
            "WEBHOOK_SECRETS",
            "a JSON object of account to list of proofs, such as {\"default\": [\"token:...\"]}",
        )?;
        let include_raw = match get("INCLUDE_RAW").as_deref() {
            None | Some("true") => true,
            Some("false") => false,
            Some(_) => return Err(ConfigError::Malformed { variable: "INCLUDE_RAW", expected: "true or false" }),
        };
        let log_level = match get("AWS_LAMBDA_LOG_LEVEL") {
            None => LevelFilter::INFO,
            Some(level) => log_level(&level).ok_or(ConfigError::Malformed {
                variable: "AWS_LAMBDA_LOG_LEVEL",
                expected: "TRACE, DEBUG, INFO, WARN, ERROR or FATAL",
            })?,
        };
        Ok(Self {
            queue_url,
            quarantine_queue_url: queue("QUARANTINE_QUEUE_URL", "the URL of the quarantine queue")?,
            secrets: Secrets::parse(&secrets, vendor.schemes)?,
            options: Options { include_raw },
            log_level,
            aws: Aws {
                region: required("AWS_REGION", "an AWS region, such as eu-central-1; Lambda sets it")?,
                credentials: aws_credential_types::Credentials::new(
                    required("AWS_ACCESS_KEY_ID", "the credentials of the function's role; Lambda sets it")?,
                    required("AWS_SECRET_ACCESS_KEY", "the credentials of the function's role; Lambda sets it")?,
                    get("AWS_SESSION_TOKEN"),
                    None,
                    "environment",
                ),
                endpoint_url: get("AWS_ENDPOINT_URL_SQS").or_else(|| get("AWS_ENDPOINT_URL")),
            },
        })
    }
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
    use super::Config;
    use crm_normalize::vendor;

    const GOOD: [(&str, &str); 6] = [
        ("QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/123456789012/crm-events.fifo"),
        ("QUARANTINE_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/123456789012/crm-quarantine"),
        ("WEBHOOK_SECRETS", r#"{"default": ["token:hunter2"]}"#),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];

    fn read(changed: Option<(&str, Option<&str>)>) -> Result<Config, String> {
        let heffl = vendor::find("heffl").unwrap();
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
    fn defaults() {
        let config = read(None).unwrap();
        assert!(config.options.include_raw);
        assert_eq!(config.log_level, tracing::level_filters::LevelFilter::INFO);
        assert_eq!(config.aws.endpoint_url, None);
        assert!(!read(Some(("INCLUDE_RAW", Some("false")))).unwrap().options.include_raw);
        let elsewhere = read(Some(("AWS_ENDPOINT_URL", Some("http://127.0.0.1:4566")))).unwrap();
        assert_eq!(elsewhere.aws.endpoint_url.as_deref(), Some("http://127.0.0.1:4566"));
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
            ("INCLUDE_RAW", "hunter2", "INCLUDE_RAW: expected true or false"),
            ("AWS_LAMBDA_LOG_LEVEL", "hunter2", "AWS_LAMBDA_LOG_LEVEL: expected TRACE"),
            ("WEBHOOK_SECRETS", "hunter2", "WEBHOOK_SECRETS: expected a JSON object"),
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
