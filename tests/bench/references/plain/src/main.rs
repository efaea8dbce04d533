//! Plain Rust: only the defaults of the SDK and the runtime.

#[path = "../../job.rs"]
mod job;

use aws_sdk_sqs::Client;
use lambda_runtime::{Error, run, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let client = Client::new(&aws_config::load_from_env().await);
    let queue_url = std::env::var("QUEUE_URL")?;
    run(service_fn(async |event| job::handle(&client, &queue_url, event).await)).await
}
