//! A sample consumer of the queue: the latest state of each record, and how many events made it. See README.md.

mod view;

use std::process::ExitCode;

use crm_consume::payload::S3;
use crm_consume::{Consumer, Event};

use crate::view::View;

fn main() -> ExitCode {
    crm_consume::run_with(|settings| {
        let view = View::new(settings.dynamodb(), settings.get("VIEW_TABLE", "the name of the table of records")?);
        let consumer = Consumer::new(settings.records()?).with_payloads(S3::new(settings.s3()));
        Ok(async move |batch| consumer.transact(batch, async |event: &Event<'_>| view.effect(event).await).await)
    })
}
