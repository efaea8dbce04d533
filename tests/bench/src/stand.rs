//! The test stand: the Runtime API, an SQS and an S3 with TLS, and a trust store of realistic size.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::Value;
use tests::stub::http::{Answer, Request, Server, Service, response};
use tests::stub::runtime_api::{Environment, Function};
use tests::stub::sqs::{Refusal, Settings, Sqs, refusal};
use tests::stub::tls;

use crate::prepare::Subject;
use crate::process::{Pins, cpu_time, memory};

const EVENTS: &str = "crm-events.fifo";
const QUARANTINE: &str = "crm-quarantine";
const BUCKET: &str = "crm-overflow";
/// The root certificates of Debian's package ca-certificates.
const ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The behaviour of the SQS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    Confirms,
    /// Throttles every other request.
    ThrottlesFirst,
    /// Accepts requests and never answers.
    Silent,
}

/// An SQS that can be told to misbehave.
#[derive(Debug)]
struct Queues {
    sqs: Sqs,
    behaviour: AtomicU8,
    throttled: AtomicBool,
}

impl Service for Queues {
    async fn answer(&self, request: Request) -> Answer {
        match self.behaviour.load(Ordering::Relaxed) {
            SILENT => std::future::pending().await,
            THROTTLES_FIRST if !self.throttled.fetch_xor(true, Ordering::Relaxed) => {
                let shape = Refusal {
                    shape: "RequestThrottled",
                    query_code: "RequestThrottled",
                    message: "The request was denied due to request throttling.".to_owned(),
                };
                Answer::Response(refusal(400, &shape))
            }
            _ => self.sqs.answer(request).await,
        }
    }
}

const CONFIRMS: u8 = 0;
const THROTTLES_FIRST: u8 = 1;
const SILENT: u8 = 2;

/// An S3 that accepts every object, or never answers.
#[derive(Debug, Default)]
struct Objects {
    silent: AtomicBool,
}

impl Service for Objects {
    async fn answer(&self, request: Request) -> Answer {
        if self.silent.load(Ordering::Relaxed) {
            return std::future::pending().await;
        }
        let status = if request.method() == hyper::Method::PUT { 200 } else { 405 };
        Answer::Response(response(status, "application/xml", ""))
    }
}

/// The stubs, in this process.
#[derive(Debug)]
pub struct Stand {
    queues: Arc<Queues>,
    objects: Arc<Objects>,
    sqs: Server,
    s3: Server,
    /// PEM file with the roots and the stubs' authority.
    trust_store: PathBuf,
    /// PEM file with the stubs' authority only.
    authority: PathBuf,
    pub roots: usize,
    pub pins: Pins,
}

impl Stand {
    /// Starts the stubs, and writes the trust store to `folder`.
    pub async fn start(folder: &Path, pins: Pins) -> anyhow::Result<Self> {
        let tls = tls::for_localhost()?;
        let roots = fs::read_to_string(ROOTS).with_context(|| format!("{ROOTS} (Debian: ca-certificates)"))?;
        let (trust_store, authority) = (folder.join("trust-store.pem"), folder.join("authority.pem"));
        fs::write(&trust_store, format!("{roots}\n{}", tls.authority))?;
        fs::write(&authority, &tls.authority)?;
        let sqs = Sqs::default();
        for queue in [EVENTS, QUARANTINE] {
            sqs.create(queue, Settings { forget: true, ..Settings::of(queue) });
        }
        let queues = Arc::new(Queues { sqs, behaviour: AtomicU8::new(CONFIRMS), throttled: AtomicBool::new(false) });
        let objects = Arc::new(Objects::default());
        Ok(Self {
            sqs: Server::start_tls(queues.clone(), tls.acceptor.clone()).await?,
            s3: Server::start_tls(objects.clone(), tls.acceptor).await?,
            queues,
            objects,
            trust_store,
            authority,
            roots: roots.matches("BEGIN CERTIFICATE").count(),
            pins,
        })
    }

    pub fn sqs(&self, behaviour: Behaviour) {
        let behaviour = match behaviour {
            Behaviour::Confirms => CONFIRMS,
            Behaviour::ThrottlesFirst => THROTTLES_FIRST,
            Behaviour::Silent => SILENT,
        };
        self.queues.throttled.store(false, Ordering::Relaxed);
        self.queues.behaviour.store(behaviour, Ordering::Relaxed);
    }

    pub fn s3_is_silent(&self, silent: bool) {
        self.objects.silent.store(silent, Ordering::Relaxed);
    }

    /// The number of messages that SQS has confirmed.
    pub fn confirmed(&self) -> u64 {
        self.queues.sqs.counts(EVENTS).sent
    }

    /// The overflow store's settings.
    pub fn store(&self) -> [(&'static str, String); 2] {
        [("OVERFLOW_BUCKET", BUCKET.to_owned()), ("AWS_ENDPOINT_URL_S3", self.s3.url())]
    }

    /// A process of a subject, not yet started.
    pub fn subject<'s>(&'s self, subject: &Subject, variables: &[(&str, String)]) -> Process<'s> {
        let endpoint = self.sqs.url();
        let mut function = Function::new(&subject.name, &subject.binary)
            .variable("AWS_ENDPOINT_URL", &endpoint)
            .variable("QUEUE_URL", Sqs::queue_url(&endpoint, EVENTS))
            .variable("QUARANTINE_QUEUE_URL", Sqs::queue_url(&endpoint, QUARANTINE))
            .variable("WEBHOOK_SECRETS", r#"{"default": ["token:sample-token"]}"#)
            // The trust stores of Rust, Python and Node programs. Node has its own one built in.
            .variable("SSL_CERT_FILE", self.trust_store.to_string_lossy())
            .variable("AWS_CA_BUNDLE", self.trust_store.to_string_lossy())
            .variable("NODE_EXTRA_CA_CERTS", self.authority.to_string_lossy());
        let own = subject.variables.iter().map(|(name, value)| (name.as_str(), value));
        for (name, value) in own.chain(variables.iter().map(|(name, value)| (*name, value))) {
            function = function.variable(name, value);
        }
        function.arguments.clone_from(&subject.arguments);
        function.timeout = Duration::from_secs(30);
        Process { stand: self, environment: Environment::new(function) }
    }
}

/// A process of a subject.
#[derive(Debug)]
pub struct Process<'s> {
    stand: &'s Stand,
    environment: Environment,
}

impl Process<'_> {
    /// Starts the process unless it runs, passes it a webhook, and returns the wall time until the expected answer.
    pub async fn answers(&mut self, webhook: &str, expected: u64) -> anyhow::Result<Duration> {
        let started = Instant::now();
        if self.environment.pid().is_none() {
            self.stand.pins.on_function(self.environment.start()).await?;
        }
        let answer = self.environment.invoke(webhook.to_owned()).await?;
        let time = started.elapsed();
        let answer: Value = serde_json::from_slice(&answer)?;
        ensure!(answer["statusCode"] == expected, "{:?} was answered {answer}", self.environment);
        Ok(time)
    }

    pub async fn webhook(&mut self, webhook: &str) -> anyhow::Result<Duration> {
        self.answers(webhook, 200).await
    }

    /// Ends the process, so that the next one does not share its processor.
    pub async fn end(mut self) -> anyhow::Result<()> {
        self.environment.end().await
    }

    fn pid(&self) -> anyhow::Result<u32> {
        self.environment.pid().context("the process has not been started")
    }

    pub fn cpu_time(&self) -> anyhow::Result<Duration> {
        cpu_time(self.pid()?)
    }

    /// The peak memory, in bytes.
    pub fn peak_memory(&self) -> anyhow::Result<f64> {
        memory(self.pid()?, "VmHWM")
    }

    pub fn memory(&self) -> anyhow::Result<f64> {
        memory(self.pid()?, "VmRSS")
    }
}
