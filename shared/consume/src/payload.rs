//! Events larger than an SQS message: the message points to an object in S3 that holds the event.

use std::future::Future;

pub use crm_event::S3Pointer as Pointer;

/// The reason why an event cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// No response, or a retryable error.
    #[error("the event's object is unreachable: {0}")]
    Unavailable(String),
    /// A permanent error: deleted by the bucket's lifecycle, or no permission.
    #[error("there is no object to read for the event: {0}")]
    Missing(String),
    /// The consumer was built or set up without S3.
    #[error("the message points to S3, and this consumer has no S3 client")]
    Unsupported,
    #[error("the event's object has {size} bytes, more than the {MAX_PAYLOAD_BYTES} that are read")]
    TooLarge { size: u64 },
}

/// Maximum size of an event. An HTTP API takes 10 MB
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>), and a function has much more
/// memory.
pub const MAX_PAYLOAD_BYTES: u64 = 64 << 20;

/// A source of objects.
pub trait Payloads {
    /// The object's bytes.
    ///
    /// # Errors
    /// If they could not be read.
    fn read(&self, pointer: &Pointer) -> impl Future<Output = Result<Vec<u8>, PayloadError>>;
}

/// No payloads, for a consumer whose events all fit a message.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPayloads;

impl Payloads for NoPayloads {
    async fn read(&self, _: &Pointer) -> Result<Vec<u8>, PayloadError> {
        Err(PayloadError::Unsupported)
    }
}

#[cfg(feature = "s3")]
pub use s3::S3;

#[cfg(feature = "s3")]
mod s3 {
    use aws_sdk_s3::Client;
    use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata};

    use super::{MAX_PAYLOAD_BYTES, PayloadError, Payloads, Pointer};

    /// Objects in S3.
    #[derive(Clone, Debug)]
    pub struct S3(Client);

    impl S3 {
        pub fn new(client: Client) -> Self {
            Self(client)
        }
    }

    impl Payloads for S3 {
        async fn read(&self, pointer: &Pointer) -> Result<Vec<u8>, PayloadError> {
            let request = self.0.get_object().bucket(&pointer.bucket).key(&pointer.key);
            let object = request.send().await.map_err(|error| match error.code() {
                Some(code @ ("NoSuchKey" | "NoSuchBucket" | "AccessDenied")) => PayloadError::Missing(code.to_owned()),
                _ => PayloadError::Unavailable(DisplayErrorContext(&error).to_string()),
            })?;
            let size = object.content_length().and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
            if size > MAX_PAYLOAD_BYTES {
                return Err(PayloadError::TooLarge { size });
            }
            let unavailable = |error| PayloadError::Unavailable(DisplayErrorContext(&error).to_string());
            Ok(object.body.collect().await.map_err(unavailable)?.to_vec())
        }
    }
}
