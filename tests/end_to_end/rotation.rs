//! A secret that is rotated by `make secret` while its function runs.

use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use crm_events::send;
use crm_events::stack::Stack;
use crm_normalize::{Vendor, crm};
use crm_samples::Webhook;
use serde_json::{Value, json};

use crate::local_stack::python;

/// A vendor whose test webhook leaves no event.
const VENDOR: &str = "freshsales";
/// An account that no other test uses.
const ACCOUNT: &str = "rotation";

/// The statuses of a webhook that shows the old secret, and of one that shows the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statuses {
    old: u16,
    new: u16,
}

pub struct Rotation {
    before: Statuses,
    after: Statuses,
}

impl Rotation {
    /// Stores the old secret.
    pub fn prepare(stack: &Stack) -> anyhow::Result<()> {
        store(stack, crm::find(VENDOR).context(VENDOR)?, "token:old")
    }

    /// Waits until the function has the old secret, stores the new one in its place, and waits again.
    pub fn run(stack: &Stack) -> anyhow::Result<Self> {
        let vendor = crm::find(VENDOR).context(VENDOR)?;
        let before = wait_for(stack, vendor, Statuses { old: 200, new: 401 })?;
        store(stack, vendor, "token:new")?;
        let after = wait_for(stack, vendor, Statuses { old: 401, new: 200 })?;
        Ok(Self { before, after })
    }

    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(self.before == Statuses { old: 200, new: 401 }, "before: {:?}", self.before);
        ensure!(self.after == Statuses { old: 401, new: 200 }, "after: {:?}", self.after);
        Ok(())
    }
}

/// Writes the vendor's setting, with this secret for the account, as a person does.
fn store(stack: &Stack, vendor: &Vendor, secret: &str) -> anyhow::Result<()> {
    let mut setting: Value = serde_json::from_str(&crm_samples::secrets(vendor))?;
    setting[ACCOUNT] = json!([secret]);
    let mut child = python("infra/deploy.py")?
        .args(["--parameters", "target/end-to-end/no-parameters.yaml", "--region", &stack.region])
        .args(["--cli", tests::binaries()?.join("crm-events").to_str().context("a path that is not UTF-8")?])
        .args(["--stack", "crm-events", "secret", vendor.name, "--set"])
        .env("AWS_ENDPOINT_URL", stack.endpoint_url.as_deref().context("no endpoint")?)
        .envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().context("no standard input")?.write_all(setting.to_string().as_bytes())?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    ensure!(!String::from_utf8_lossy(&output.stdout).contains(secret), "it shows the secret");
    Ok(())
}

/// Posts webhooks until both are answered like this, or three minutes have passed. A function reads its secrets again
/// after a minute, and the emulator may run more than one process of it.
fn wait_for(stack: &Stack, vendor: &Vendor, expected: Statuses) -> anyhow::Result<Statuses> {
    let deadline = Instant::now().checked_add(Duration::from_secs(180));
    loop {
        let found = Statuses { new: post(stack, vendor, "new")?, old: post(stack, vendor, "old")? };
        if found == expected || deadline.is_none_or(|deadline| Instant::now() > deadline) {
            return Ok(found);
        }
        #[expect(clippy::disallowed_methods, reason = "more webhooks would not make the function read any sooner")]
        std::thread::sleep(Duration::from_secs(2));
    }
}

fn post(stack: &Stack, vendor: &Vendor, token: &str) -> anyhow::Result<u16> {
    let query = vec![("token".into(), token.to_owned().into())];
    let (account, body) = (Some(ACCOUNT.to_owned()), vendor.test_body.as_bytes().to_vec());
    Ok(send::post(stack, vendor, &Webhook { query, account, body, ..Webhook::default() })?.status)
}
