//! A sample consumer of the queue. It stores the latest state of each record, and counts its events. See README.md.

mod records;

use std::process::ExitCode;

use crm_consume::Consumer;
use crm_consume::payload::S3;
use crm_consume::store::NoRecord;

use crate::records::RecordsTable;

fn main() -> ExitCode {
    crm_consume::run_with(|settings| {
        let table = settings.get("VIEW_TABLE", "the name of the table of records")?;
        let records = RecordsTable::new(settings.dynamodb(), table);
        // An event is recognized by the ids in its record's item.
        let consumer = Consumer::new(NoRecord).with_payloads(S3::new(settings.s3())).with_queue(settings.queue());
        Ok(async move |batch| consumer.keep_latest(batch, &records).await)
    })
}
