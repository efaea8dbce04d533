//! The README's consumers in TypeScript and in Python: checked against the types generated from the schema, and run on
//! the main queue.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use crm_event::Record;
use crm_events::send;
use crm_events::stack::Stack;
use crm_normalize::crm;
use crm_samples::{Answer, Case, RECEIVED_AT};
use tests::{events, root};

use crate::now;

/// The output of a consumer, and the expected output.
pub struct Consumed {
    pub printed: String,
    pub expected: String,
}

/// Posts an updated deal and runs the consumer in TypeScript on the queue.
pub fn typescript(stack: &Stack) -> anyhow::Result<Consumed> {
    let node = root().join("tests/node");
    run(Command::new(node.join("node_modules/.bin/tsc")).arg("--project").arg(&node))
        .context("the consumer in TypeScript; `make test` installs its compiler")?;
    consume(stack, "heffl", "node", &node.join("build/examples/consumer.js"))
}

/// The same with the consumer in Python.
pub fn python(stack: &Stack) -> anyhow::Result<Consumed> {
    let (python, consumer) = (root().join(".venv/bin/python"), root().join("shared/event/examples/consumer.py"));
    let types = root().join(crm_events::schema::FOLDER);
    let check = ["-m", "mypy", "--strict", "--ignore-missing-imports", "--cache-dir"];
    let cache = root().join("target/mypy");
    run(Command::new(&python).args(check).arg(cache).arg(&consumer).env("MYPYPATH", types))
        .context("the consumer in Python")?;
    consume(stack, "freshsales", python, &consumer)
}

fn consume(stack: &Stack, vendor: &str, program: impl AsRef<OsStr>, consumer: &Path) -> anyhow::Result<Consumed> {
    let vendor = crm::find(vendor).context("no such vendor")?;
    let mut webhook = Case::find(&events(), vendor, "deal_updated")?.webhook()?;
    // Use another account, so that the event is not a duplicate of the case.
    webhook.account = Some("acme".to_owned());
    let reply = send::post(stack, vendor, &webhook.clone().proven(vendor, now()))?;
    ensure!(reply.status == 200, "{reply:?}");

    let proven = webhook.proven(vendor, RECEIVED_AT);
    let Answer::Accepted { events } = proven.answer(vendor, RECEIVED_AT)?.0 else { anyhow::bail!("not accepted") };
    let mut expected = String::new();
    for event in &events {
        let Some(Record::Deal(deal)) = &event.data.record else { anyhow::bail!("no deal: {}", event.event_type) };
        let amount = deal.amount.as_ref().context("no amount")?;
        expected.push_str(&format!("{}: {amount}\n", deal.name.as_deref().context("no name")?));
    }
    let printed = run(Command::new(program)
        .arg(consumer)
        .env("PYTHONPATH", root().join(crm_events::schema::FOLDER))
        .env("QUEUE_URL", &stack.queue_url)
        .envs(stack.endpoint_url.as_ref().map(|url| ("AWS_ENDPOINT_URL", url)))
        .envs([("AWS_REGION", &stack.region), ("AWS_DEFAULT_REGION", &stack.region)])
        .envs([("AWS_ACCESS_KEY_ID", "local"), ("AWS_SECRET_ACCESS_KEY", "local")]))?;
    Ok(Consumed { printed, expected })
}

/// The standard output of a program that succeeds.
fn run(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{}: {}\n{out}{err}", command.get_program().display(), output.status);
    Ok(out.into_owned())
}
