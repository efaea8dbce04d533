//! The Lambda Runtime API, which runs a real function binary as a child process.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use hyper::header::HeaderValue;
use tokio::process::{Child, Command};
use tokio::sync::{Notify, mpsc, oneshot};

use super::http::{Answer, Request, Server, Service, response};
use super::{ACCOUNT, REGION};

/// The settings of a Lambda function.
#[derive(Clone, Debug)]
pub struct Function {
    pub name: String,
    pub binary: PathBuf,
    /// Empty for a function that is a binary of its own.
    pub arguments: Vec<String>,
    /// The function's own environment variables. They override those that Lambda sets.
    pub variables: Vec<(String, String)>,
    /// The timeout of an invocation.
    pub timeout: Duration,
    /// The destination of its log.
    pub log: Log,
}

/// The destination of a function's standard output and standard error.
#[derive(Clone, Debug)]
pub enum Log {
    Discard,
    Inherit,
    /// Appends to this file.
    File(PathBuf),
}

impl Function {
    /// A function without variables, with a discarded log. Its timeout is long, so that a busy machine does not fail a
    /// test. A test of the timeout sets its own.
    pub fn new(name: impl Into<String>, binary: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            binary: binary.into(),
            arguments: Vec::new(),
            variables: Vec::new(),
            timeout: Duration::from_secs(60),
            log: Log::Discard,
        }
    }

    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// The command for the process, with the environment that Lambda provides and none of ours.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>
    fn command(&self, runtime_api: &str) -> anyhow::Result<Command> {
        let mut command = Command::new(&self.binary);
        command.args(&self.arguments).env_clear().kill_on_drop(true).stdin(Stdio::null());
        command
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
            .env("AWS_REGION", REGION)
            .env("AWS_DEFAULT_REGION", REGION)
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_SESSION_TOKEN", "token")
            .env("AWS_LAMBDA_FUNCTION_NAME", &self.name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", self.name))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef")
            .env("_HANDLER", "bootstrap")
            .env("LANG", "en_US.UTF-8")
            .env("TZ", ":UTC")
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        let (output, errors) = match &self.log {
            Log::Discard => (Stdio::null(), Stdio::null()),
            Log::Inherit => (Stdio::inherit(), Stdio::inherit()),
            Log::File(path) => {
                let file = std::fs::File::options().create(true).append(true).open(path)?;
                (file.try_clone()?.into(), file.into())
            }
        };
        command.stdout(output).stderr(errors);
        Ok(command)
    }
}

/// The reason why an invocation has no response.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// The process ended or was killed.
    #[error("Runtime.ExitError: the process ended ({0})")]
    Exited(String),
    /// The invocation exceeded the function's timeout, and the process was killed, as in Lambda.
    #[error("Sandbox.Timedout: no answer in {0:?}")]
    TimedOut(Duration),
    /// The handler returned an error, in the runtime's report.
    #[error("{0}")]
    Handler(String),
    #[error("the function cannot be started: {0:#}")]
    Start(#[from] anyhow::Error),
}

/// One execution environment: a process that gets one invocation at a time. The process is started for the first
/// invocation, and again after it has ended. Dropping the environment ends it.
pub struct Environment {
    function: Function,
    process: Option<Process>,
    killer: Killer,
    invocations: u64,
    starts: u64,
    kills: u64,
}

/// Ends the process of an environment in the middle of an invocation.
#[derive(Clone, Debug, Default)]
pub struct Killer(Arc<Notify>);

impl Killer {
    /// Kills the process during its current invocation, or during the next one.
    pub fn kill(&self) {
        self.0.notify_one();
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("function", &self.function.name).field("pid", &self.pid()).finish()
    }
}

impl Environment {
    pub fn new(function: Function) -> Self {
        Self { function, process: None, killer: Killer::default(), invocations: 0, starts: 0, kills: 0 }
    }

    /// Starts the process unless it runs. The first invocation does this by itself.
    ///
    /// # Errors
    /// If the process cannot be started.
    pub async fn start(&mut self) -> anyhow::Result<()> {
        self.running().await.map(drop)
    }

    pub fn killer(&self) -> Killer {
        self.killer.clone()
    }

    /// The number of starts of the process.
    pub fn starts(&self) -> u64 {
        self.starts
    }

    /// The number of times that the killer ended the process.
    pub fn kills(&self) -> u64 {
        self.kills
    }

    /// The id of the running process.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().and_then(|process| process.child.id())
    }

    /// Kills the process and waits for its end; the next invocation starts another.
    ///
    /// # Errors
    /// If the system refuses.
    pub async fn end(&mut self) -> anyhow::Result<()> {
        match self.process.take() {
            Some(mut process) => Ok(process.child.kill().await?),
            None => Ok(()),
        }
    }

    /// Passes one event to the function and waits for its response.
    ///
    /// # Errors
    /// If there is no response. The next invocation starts a new process.
    pub async fn invoke(&mut self, event: impl Into<Bytes>) -> Result<Bytes, InvokeError> {
        self.invocations += 1;
        let request_id = format!("00000000-0000-4000-8000-{:012x}", self.invocations);
        let timeout = self.function.timeout;
        let killed = self.killer.clone();
        let process = self.running().await?;
        let (answer, answered) = oneshot::channel();
        let deadline = std::time::SystemTime::now() + timeout;
        let deadline = deadline.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_millis();
        // Both ends of the channel are open while the process is held here.
        let _ = process.invocations.send(Invocation { request_id, deadline, event: event.into(), answer });
        tokio::select! {
            // Prefer a response that arrived before the process ended.
            biased;
            Ok(answer) = answered => answer.map_err(InvokeError::Handler),
            () = killed.0.notified() => {
                // Dropping it kills it.
                self.process = None;
                self.kills += 1;
                Err(InvokeError::Exited("killed".to_owned()))
            }
            status = process.child.wait() => {
                self.process = None;
                Err(InvokeError::Exited(status.map_or_else(|error| error.to_string(), |status| status.to_string())))
            }
            () = tokio::time::sleep(timeout) => {
                self.process = None;
                Err(InvokeError::TimedOut(timeout))
            }
        }
    }

    async fn running(&mut self) -> anyhow::Result<&mut Process> {
        // Detect a process that ended between two invocations.
        if let Some(process) = &mut self.process
            && process.child.try_wait()?.is_some()
        {
            self.process = None;
        }
        let process = match self.process.take() {
            Some(process) => process,
            None => {
                self.starts += 1;
                Process::start(&self.function).await?
            }
        };
        Ok(self.process.insert(process))
    }
}

/// A process with its own Runtime API, so that the requests of a killed process cannot reach the next one.
struct Process {
    child: Child,
    invocations: mpsc::UnboundedSender<Invocation>,
    _server: Server,
}

impl Process {
    async fn start(function: &Function) -> anyhow::Result<Self> {
        let (invocations, waiting) = mpsc::unbounded_channel();
        let api = Api { waiting: tokio::sync::Mutex::new(waiting), running: Mutex::default(), function: arn(function) };
        let server = Server::start(Arc::new(api)).await?;
        let mut command = function.command(&server.address().to_string())?;
        let child = command.spawn().with_context(|| format!("cannot run {}", function.binary.display()))?;
        Ok(Self { child, invocations, _server: server })
    }
}

fn arn(function: &Function) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", function.name)
}

struct Invocation {
    request_id: String,
    /// Milliseconds since 1970.
    deadline: u128,
    event: Bytes,
    answer: Asker,
}

/// The caller that waits for a response or for the handler's error.
type Asker = oneshot::Sender<Result<Bytes, String>>;

struct Api {
    waiting: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    /// The id and the caller of the current invocation.
    running: Mutex<Option<(String, Asker)>>,
    function: String,
}

impl Service for Api {
    async fn answer(&self, request: Request) -> Answer {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().strip_prefix("/2018-06-01/runtime/").unwrap_or_default();
        let answer = match path.split('/').collect::<Vec<_>>().as_slice() {
            ["invocation", "next"] => return self.next().await,
            ["invocation", id, "response"] => self.finish(id, Ok(body)),
            ["invocation", id, "error"] => self.finish(id, Err(text(&body))),
            ["init", "error"] => {
                // Lambda reports this error to the invocation that waits for the start.
                let reported = text(&body);
                if let Ok(invocation) = self.waiting.lock().await.try_recv() {
                    let _ = invocation.answer.send(Err(reported));
                }
                true
            }
            _ => false,
        };
        Answer::Response(if answer {
            response(202, "application/json", r#"{"status":"OK"}"#)
        } else {
            response(400, "application/json", r#"{"errorType":"InvalidRequestID","errorMessage":"no such invocation"}"#)
        })
    }
}

impl Api {
    async fn next(&self) -> Answer {
        let Some(invocation) = self.waiting.lock().await.recv().await else { return Answer::Cut };
        let mut response = response(200, "application/json", invocation.event);
        let headers = response.headers_mut();
        for (name, value) in [
            ("lambda-runtime-aws-request-id", invocation.request_id.as_str()),
            ("lambda-runtime-deadline-ms", &invocation.deadline.to_string()),
            ("lambda-runtime-invoked-function-arn", &self.function),
            ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0"),
        ] {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some((invocation.request_id, invocation.answer));
        Answer::Response(response)
    }

    /// Completes an invocation. True if there was one with this id.
    fn finish(&self, id: &str, result: Result<Bytes, String>) -> bool {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match running.take_if(|(running, _)| running == id) {
            Some((_, answer)) => {
                // The caller may have been dropped.
                let _ = answer.send(result);
                true
            }
            None => false,
        }
    }
}

fn text(body: &Bytes) -> String {
    String::from_utf8_lossy(body).into_owned()
}
