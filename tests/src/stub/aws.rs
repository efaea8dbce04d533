//! SQS, S3, DynamoDB and the secret stores at one endpoint, for `AWS_ENDPOINT_URL`.

use super::dynamodb::DynamoDb;
use super::http::{Answer, Request, Service};
use super::s3::S3;
use super::secret_store::SecretStore;
use super::sqs::Sqs;

/// An AWS without a queue, bucket or table; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Aws {
    pub sqs: Sqs,
    pub s3: S3,
    pub dynamodb: DynamoDb,
    pub secrets: SecretStore,
}

impl Service for Aws {
    async fn answer(&self, request: Request) -> Answer {
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        match target.split('.').next().unwrap_or_default() {
            "AmazonSQS" => self.sqs.answer(request).await,
            "DynamoDB_20120810" => self.dynamodb.answer(request).await,
            "AmazonSSM" | "secretsmanager" => self.secrets.answer(request).await,
            _ => self.s3.answer(request).await,
        }
    }
}
