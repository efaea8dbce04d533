//! A message whose event is too large for SQS: its body points to an object in S3, which holds the event.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The class of the Java library, by which a pointer is recognized. An event's JSON is an object, never a list.
pub const POINTER_CLASS: &str = "software.amazon.payloadoffloading.PayloadS3Pointer";

/// The place of an event in S3, as the [Amazon SQS Extended Client
/// Library](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-managing-large-messages.html)
/// writes and reads it:
/// `["software.amazon.payloadoffloading.PayloadS3Pointer", {"s3BucketName": "...", "s3Key": "..."}]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3Pointer {
    #[serde(rename = "s3BucketName")]
    pub bucket: String,
    #[serde(rename = "s3Key")]
    pub key: String,
}

impl S3Pointer {
    /// Parses a message's body as a pointer; `None` if it is not one.
    pub fn parse(body: &str) -> Option<Self> {
        if !body.trim_start().starts_with('[') {
            return None;
        }
        let (class, pointer): (Cow<'_, str>, Self) = serde_json::from_str(body).ok()?;
        (class == POINTER_CLASS).then_some(pointer)
    }

    /// The message's body.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(&(POINTER_CLASS, self))
    }
}

#[cfg(test)]
mod tests {
    use super::S3Pointer;

    #[test]
    fn a_pointer_is_a_pair_of_its_class_and_its_place() {
        let body = r#"["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"b","s3Key":"events/k"}]"#;
        let pointer = S3Pointer { bucket: "b".to_owned(), key: "events/k".to_owned() };
        assert_eq!(pointer.to_json().unwrap(), body);
        assert_eq!(S3Pointer::parse(body), Some(pointer.clone()));
        assert_eq!(S3Pointer::parse(&format!(" {body}\n")), Some(pointer));
        for other in ["", "{}", "[]", "[1,2]", &body.replace("software", "hardware"), &body.replace("s3Key", "key")] {
            assert_eq!(S3Pointer::parse(other), None, "{other}");
        }
    }
}
