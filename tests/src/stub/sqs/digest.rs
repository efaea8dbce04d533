//! The MD5 digests in SQS's responses, which clients may check.

use std::collections::BTreeMap;

use data_encoding::{BASE64, HEXLOWER};
use md5::{Digest, Md5};

use super::queue::Attribute;

pub(super) fn of_body(body: &str) -> String {
    HEXLOWER.encode(&Md5::digest(body))
}

/// The digest of a message's attributes; `None` without attributes.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation>
pub(super) fn of_attributes(attributes: &BTreeMap<String, Attribute>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut md5 = Md5::new();
    for (name, attribute) in attributes {
        update(&mut md5, name.as_bytes());
        update(&mut md5, attribute.data_type.as_bytes());
        if let Some(text) = &attribute.string_value {
            md5.update([1]);
            update(&mut md5, text.as_bytes());
        } else if let Some(binary) = &attribute.binary_value {
            md5.update([2]);
            update(&mut md5, &BASE64.decode(binary.as_bytes()).unwrap_or_default());
        }
    }
    Some(HEXLOWER.encode(&md5.finalize()))
}

fn update(md5: &mut Md5, bytes: &[u8]) {
    md5.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    md5.update(bytes);
}
