//! The replay of the overflow store, as an operator runs it when SQS works again: `crm-events replay overflow`.

use std::collections::BTreeMap;

use anyhow::ensure;
use crm_events::replay::{Options, Report, StoredIn, replay};
use crm_events::stack::Stack;
use jiff::Timestamp;

use super::{BUCKET, DEAD_LETTERS, QUARANTINE, QUEUE};
use tests::stub::REGION;
use tests::stub::aws::Aws;
use tests::stub::http::Server;
use tests::stub::s3::S3;
use tests::stub::sqs::Sqs;

/// Puts the events of every stored webhook on the queue. Returns the number of webhooks.
#[expect(clippy::disallowed_methods, reason = "the functions go by the real clock")]
pub(super) async fn overflow(s3: &S3, sqs: &Sqs) -> anyhow::Result<u64> {
    let kept = s3.objects(BUCKET, PENDING).len();
    let server = Server::start(Aws { s3: s3.clone(), sqs: sqs.clone(), ..Aws::default() }).await?;
    let queue_url = |name| Sqs::queue_url(&server.url(), name);
    let stack = Stack {
        endpoint_url: Some(server.url()),
        region: REGION.to_owned(),
        base_url: None,
        host_header: None,
        queue_url: queue_url(QUEUE),
        dead_letter_queue_url: queue_url(DEAD_LETTERS),
        quarantine_queue_url: queue_url(QUARANTINE),
        overflow_bucket: Some(BUCKET.to_owned()),
        idempotency_table: None,
        view_table: None,
        urls: BTreeMap::new(),
    };
    let (from, confirm, include_raw) = (StoredIn::Overflow, true, true);
    let options = Options { from, confirm, limit: None, show: 0, vendor: None, since: None, again: None, include_raw };
    let mut report = Report::new(confirm);
    replay(&stack, &options, Timestamp::now(), &mut report).await?;
    ensure!(s3.objects(BUCKET, PENDING).is_empty(), "the replay left webhooks in the overflow store:\n{report}");
    Ok(u64::try_from(kept)?)
}

/// The folder of webhooks for a replay.
const PENDING: &str = "pending/";
