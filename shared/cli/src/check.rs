//! Checks a deployed route with a webhook without a proof, then with one, and reports each step.

use std::fmt;
use std::net::ToSocketAddrs;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use crm_normalize::crm::AnswerForm;
use crm_normalize::scheme::Scheme;
use crm_normalize::{Secrets, Vendor, crm};
use crm_samples::Webhook;
use data_encoding::BASE64;
use form_urlencoded::Serializer;
use jiff::Timestamp;
use serde::Deserialize;
use ureq::http::Uri;

use crate::http::{self, Reply};
use crate::route_url::{EXPECTED, RouteUrl};

/// A route, and a proof that it accepts.
pub struct Route {
    /// Without a query, which could contain credentials: one webhook is sent without a proof.
    url: String,
    vendor: &'static Vendor,
    account: String,
    /// An entry of the secrets setting.
    secret: String,
}

/// The result of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub name: &'static str,
    pub found: Result<String, Wrong>,
    pub took: Duration,
}

/// A failure, with the advice for fixing it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub what: String,
    pub hint: String,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.took.as_millis();
        match &self.found {
            Ok(what) => write!(f, "ok      {:<28}{milliseconds:>6} ms  {what}", self.name),
            Err(Wrong { what, hint }) => {
                write!(f, "FAILED  {:<28}{milliseconds:>6} ms  {what}\n        {hint}", self.name)
            }
        }
    }
}

impl Route {
    /// The vendor is named by the URL: `.../webhooks/{vendor}[/{account}]`. The secret is an entry of the secrets
    /// setting: `hmac:whsec_...`, `token:...`, `basic:user:password`.
    ///
    /// # Errors
    /// If the URL or the secret has another form. The message does not contain the secret.
    pub fn new(url: &str, secret: &str) -> anyhow::Result<Self> {
        let RouteUrl { vendor: name, account, .. } = RouteUrl::parse(url)?;
        let vendor = crm::find(&name).with_context(|| format!("there is no vendor {name:?}; {EXPECTED}"))?;
        let setting = serde_json::json!({ &account: [secret] }).to_string();
        Secrets::parse(&setting, vendor.schemes).context("the secret is not of the form of WEBHOOK_SECRETS")?;
        Ok(Self { url: url.to_owned(), vendor, account, secret: secret.to_owned() })
    }

    /// The vendor's test body with a proof made with the secret.
    fn proven(&self, now: Timestamp) -> anyhow::Result<Webhook> {
        let mut webhook = self.unproven();
        let (word, secret) = self.secret.split_once(':').unwrap_or_default();
        match word {
            "basic" => {
                let credentials = format!("Basic {}", BASE64.encode(secret.as_bytes()));
                webhook.headers.push(("authorization".into(), credentials.into()));
            }
            "token" => webhook.query.push(("token".into(), secret.to_owned().into())),
            "body-token" => {
                let name = self.vendor.schemes.iter().find_map(|scheme| match scheme {
                    Scheme::MemberToken(name) => Some(*name),
                    _ => None,
                });
                let mut body: serde_json::Map<_, _> = serde_json::from_slice(&webhook.body)?;
                body.insert(name.context("the vendor has no token in its body")?.to_owned(), secret.into());
                webhook.body = serde_json::to_vec(&body)?;
            }
            _ => {
                let is_text = word == "hmac-text";
                let word = if is_text { "hmac" } else { word };
                let scheme = self.vendor.signature_schemes().find(|scheme| scheme.word == word);
                let scheme = scheme.context("the vendor does not sign")?;
                let key = if is_text { Some(secret.as_bytes().to_vec()) } else { scheme.key(secret) };
                let id = format!("crm-events-check-{}", now.as_second());
                let (body, headers) = (&webhook.body, &mut webhook.headers);
                crm_samples::sign(scheme, &key.context("no key")?, &id, &self.url, body, headers, now);
            }
        }
        Ok(webhook)
    }

    fn unproven(&self) -> Webhook {
        Webhook { body: self.vendor.test_body.as_bytes().to_vec(), ..Webhook::default() }
    }

    /// Runs the steps until one fails. Reports each step as soon as it is done.
    ///
    /// # Errors
    /// If a step failed, after it was reported, or if the result cannot be reported.
    pub fn check(&self, now: Timestamp, mut tell: impl FnMut(&Step) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let agent = http::agent(Duration::from_secs(30))?;
        let mut failed = false;
        let mut step = |name: &'static str, run: &dyn Fn() -> Result<String, Wrong>| -> anyhow::Result<bool> {
            let started = Instant::now();
            let found = run();
            let step = Step { name, found, took: started.elapsed() };
            failed = step.found.is_err();
            tell(&step)?;
            Ok(!failed)
        };
        let proven = self.proven(now)?;
        let _ = step("the name resolves", &|| resolve(&self.url))?
            && step("without a proof: refused", &|| self.refused(&agent))?
            && step("with the proof: accepted", &|| self.accepted(&agent, &proven))?;
        if failed {
            bail!("the route does not work yet");
        }
        Ok(())
    }

    fn post(&self, agent: &ureq::Agent, webhook: &Webhook) -> Result<Reply, Wrong> {
        let mut url = self.url.clone();
        if !webhook.query.is_empty() {
            url = format!("{url}?{}", Serializer::new(String::new()).extend_pairs(&webhook.query).finish());
        }
        let mut request = agent.post(&url).header("content-type", "application/json");
        for (name, value) in &webhook.headers {
            request = request.header(&**name, &**value);
        }
        let response = request.send(&webhook.body[..]).map_err(|error| no_answer(&error))?;
        let broke_off = |error: anyhow::Error| {
            let hint = "Something between here and the API closed the connection. Try again.".to_owned();
            Wrong { what: format!("{error:#}"), hint }
        };
        Reply::read(response).map_err(broke_off)
    }

    /// Checks that the route exists and is ours, because only ours gives this answer to an unproven webhook.
    fn refused(&self, agent: &ureq::Agent) -> Result<String, Wrong> {
        let reply = self.post(agent, &self.unproven())?;
        let name = self.vendor.name;
        let hint = match reply.status {
            401 if reply.body.contains("unauthorized") => return Ok("401, as expected".to_owned()),
            200 => {
                "Anyone who knows this URL can send events. This is not a function of crm-events, or another version."
                    .to_owned()
            }
            404 => format!(
                "The API has no such route. Add {name} to the parameter Vendors and deploy, or compare the URL with \
                 the deployment's outputs."
            ),
            403 => "Something in front of the API refuses the request: a firewall, a resource policy or a wrong stage."
                .to_owned(),
            500 | 502 => {
                format!(
                    "The function does not start, or fails. See its log for the reason: sam logs, or the log group of \
                     {name}."
                )
            }
            400 if reply.body.contains("bad_request") => {
                "The function is there, but gets requests in another form than an HTTP API's (payload format 2.0). \
                 Compare the API with infra/template.yaml."
                    .to_owned()
            }
            429 => THROTTLED.to_owned(),
            _ => "This response is not from crm-events. Compare the URL with the deployment's outputs.".to_owned(),
        };
        Err(Wrong { what: said(&reply), hint })
    }

    fn accepted(&self, agent: &ureq::Agent, proven: &Webhook) -> Result<String, Wrong> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Words {
            status: String,
            reason: String,
            events: Vec<String>,
        }
        let reply = self.post(agent, proven)?;
        let Words { status, reason, events } = serde_json::from_str(&reply.body).unwrap_or_default();
        let hint = match (reply.status, status.as_str()) {
            (200, "ignored") => return Ok(format!("200, ignored; nothing is left behind ({reason})")),
            (200, "accepted") => {
                let id = events.first().map(String::as_str).unwrap_or_default();
                return Ok(format!("200, accepted: a test event crm.unknown.received is on the main queue ({id})"));
            }
            (200, _) if is_constant_answer(self.vendor, &reply) => {
                let title = self.vendor.title;
                return Ok(format!("200, with the answer that {title} expects; a test event may be on the main queue"));
            }
            (200, _) => "The proof is right, but the function has another version than this program.".to_owned(),
            (401, _) => format!(
                "The function has another secret for account {:?}. Compare it with the stored one; a function reads a \
                 change within a minute. A signature is valid for five minutes, so also check this machine's clock.",
                self.account
            ),
            (503, _) => "The proof is right, but the function cannot reach SQS. See its log for the reason.".to_owned(),
            (500 | 502, _) => "The proof is right, but the function fails. See its log for the reason.".to_owned(),
            (429, _) => THROTTLED.to_owned(),
            _ => "This response is not from crm-events.".to_owned(),
        };
        Err(Wrong { what: said(&reply), hint })
    }
}

/// The advice for a 429.
const THROTTLED: &str = "The route gets more requests than it may: ThrottleRate and ThrottleBurst of the stack, or the \
                         account's quota. Try again.";

fn is_constant_answer(vendor: &Vendor, reply: &Reply) -> bool {
    matches!(vendor.answer, AnswerForm::Constant { body, .. } if body == reply.body)
}

fn said(reply: &Reply) -> String {
    let body: String = reply.body.chars().take(200).collect();
    format!("{} {}", reply.status, body.trim())
}

fn resolve(url: &str) -> Result<String, Wrong> {
    let uri: Uri = url.parse().unwrap_or_default();
    let host = uri.host().unwrap_or_default();
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
    match (host.trim_matches(['[', ']']), port).to_socket_addrs() {
        Ok(addresses) => {
            let mut addresses: Vec<_> = addresses.map(|address| address.ip().to_string()).collect();
            addresses.dedup();
            Ok(addresses.join(", "))
        }
        Err(error) => Err(Wrong {
            what: format!("{host}: {error}"),
            hint: "The host name does not exist. Compare the URL with the deployment's outputs; it changes if the \
                   stack is deleted and deployed again."
                .to_owned(),
        }),
    }
}

/// The failure for a request without a response: the step of the connection that failed.
fn no_answer(error: &ureq::Error) -> Wrong {
    let is_tls = match error {
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => true,
        ureq::Error::Io(error) => error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()),
        _ => false,
    };
    let hint = match error {
        _ if is_tls => {
            "The TLS handshake failed: the certificate is for another name, has expired, or is signed by an authority \
             that this machine does not trust. For a company's proxy, set SSL_CERT_FILE."
        }
        ureq::Error::Timeout(_) => {
            "There was no response in time. A firewall drops the request, or the function times out."
        }
        _ => "Nothing listens there, or something between here and the API closes the connection.",
    };
    Wrong { what: error.to_string(), hint: hint.to_owned() }
}
