//! The names of an event: its idempotency key, its order key, its source. One recipe for all vendors.
//!
//! Nothing of the clock, the machine or the request's id goes in: a vendor's redelivery, in any number and at any
//! time, has the same names.

use crm_event::{Action, Entity};
use data_encoding::HEXLOWER;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::digest::{SHA256, digest};

/// What [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-2.3) calls unreserved stays; all else is encoded, so
/// that `:` only separates and no two records share a key.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The longest `MessageDeduplicationId` and `MessageGroupId` that
/// [SQS](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html) takes.
const LONGEST: usize = 128;

/// The part of a key that tells deliveries apart: what is hashed is the vendor's delivery id where there is one, else
/// the body's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest([u8; 8]);

impl Digest {
    pub fn of(bytes: &[u8]) -> Self {
        // A SHA-256 has 32 bytes: there always is a first chunk of 8.
        Self(digest(&SHA256, bytes).as_ref().first_chunk().copied().unwrap_or_default())
    }

    /// 16 hexadecimal digits.
    pub fn to_hex(self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// What [`Self::to_hex`] wrote; none for anything else.
    pub fn from_hex(digits: &str) -> Option<Self> {
        HEXLOWER.decode(digits.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

/// The longest nonce that [`again`] takes: with it, every key fits.
pub const LONGEST_NONCE: usize = 32;

/// The key for one more effect of an event that had its effect already: the event's own, with a nonce that shows.
/// None where the nonce is not one to [`LONGEST_NONCE`] ASCII letters, digits or `-`.
pub fn again(vendor: &str, event_id: &str, nonce: &str) -> Option<String> {
    let plain = nonce.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if nonce.is_empty() || nonce.len() > LONGEST_NONCE || !plain {
        return None;
    }
    let key = format!("{event_id}:again-{nonce}");
    Some(if key.len() <= LONGEST {
        key
    } else {
        format!("{vendor}:{}:again-{nonce}", HEXLOWER.encode(digest(&SHA256, event_id.as_bytes()).as_ref()))
    })
}

/// Which record of which account an event is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Lowercase letters.
    pub vendor: &'a str,
    pub account: &'a str,
    pub entity: Entity,
    /// Empty where the vendor names no record.
    pub record_id: &'a str,
}

impl Subject<'_> {
    /// The order key, `{vendor}:{account}:{entity}:{record id}`: the CloudEvents `partitionkey` and the SQS
    /// `MessageGroupId`. And the idempotency key, `{order key}:{action}:{digest}`: the CloudEvents `id`, the SQS
    /// `MessageDeduplicationId` and what the consumer tells events apart by.
    pub fn keys(&self, action: Action, digest: Digest) -> (String, String) {
        let components = self.components();
        let mut key = String::with_capacity(LONGEST);
        key.push_str(&components);
        key.push(':');
        key.push_str(action.as_str());
        key.push(':');
        HEXLOWER.encode_append(&digest.0, &mut key);
        (fitting(self.vendor, components), fitting(self.vendor, key))
    }

    /// `crm://{vendor}/{account}`.
    pub fn source(&self) -> String {
        let mut source = String::with_capacity(LONGEST);
        source.push_str("crm://");
        source.push_str(self.vendor);
        source.push('/');
        push_encoded(&mut source, self.account);
        source
    }

    fn components(&self) -> String {
        let mut key = String::with_capacity(LONGEST);
        key.push_str(self.vendor);
        key.push(':');
        push_encoded(&mut key, self.account);
        key.push(':');
        key.push_str(self.entity.as_str());
        key.push(':');
        push_encoded(&mut key, self.record_id);
        key
    }
}

fn push_encoded(key: &mut String, component: &str) {
    // What `COMPONENT` leaves as it is, which cannot be asked for it.
    if component.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')) {
        key.push_str(component);
    } else {
        key.extend(utf8_percent_encode(component, COMPONENT));
    }
}

/// A key that SQS would not take becomes `{vendor}:{64 hex digits of its SHA-256}`.
fn fitting(vendor: &str, key: String) -> String {
    if key.len() <= LONGEST {
        key
    } else {
        format!("{vendor}:{}", HEXLOWER.encode(digest(&SHA256, key.as_bytes()).as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, Digest, Entity, Subject, again};

    fn subject<'a>(account: &'a str, record_id: &'a str) -> Subject<'a> {
        Subject { vendor: "heffl", account, entity: Entity::Lead, record_id }
    }

    fn order_key(subject: Subject<'_>) -> String {
        subject.keys(Action::Created, Digest::of(b"a")).0
    }

    #[test]
    fn known_answer() {
        // printf abc | sha256sum
        let (order_key, id) = subject("acme", "ld_1").keys(Action::Created, Digest::of(b"abc"));
        assert_eq!(id, "heffl:acme:lead:ld_1:created:ba7816bf8f01cfea");
        assert_eq!(order_key, "heffl:acme:lead:ld_1");
        assert_eq!(subject("a/b ü", "1").source(), "crm://heffl/a%2Fb%20%C3%BC");
    }

    #[test]
    fn one_more_effect_has_a_key_of_its_own_that_shows_the_nonce() {
        let long = "x".repeat(120);
        assert_eq!(
            again("heffl", "heffl:a:lead:1:created:00", "2026-1").unwrap(),
            "heffl:a:lead:1:created:00:again-2026-1"
        );
        let key = again("teamgram", &long, &"9".repeat(32)).unwrap();
        assert!(key.len() <= 128 && key.starts_with("teamgram:") && key.ends_with(&"9".repeat(32)), "{key}");
        for nonce in ["", "a b", "a:b", &"9".repeat(33)] {
            assert_eq!(again("heffl", "id", nonce), None, "{nonce}");
        }
    }

    #[test]
    fn a_digest_reads_back() {
        let digest = Digest::of(b"abc");
        assert_eq!(Digest::from_hex(&digest.to_hex()), Some(digest));
        for wrong in ["", "ba7816bf8f01cf", "ba7816bf8f01cfea00", "ga7816bf8f01cfea"] {
            assert_eq!(Digest::from_hex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn separators_inside_a_component_do_not_make_two_records_one() {
        assert_ne!(order_key(subject("a:b", "c")), order_key(subject("a", "b:c")));
        assert_eq!(order_key(subject("a:b", "c d%")), "heffl:a%3Ab:lead:c%20d%25");
    }

    #[test]
    fn a_key_of_128_characters_stays_and_a_longer_one_is_hashed() {
        let room = 128 - "heffl:default:lead:".len();
        let fits = "x".repeat(room);
        assert_eq!(order_key(subject("default", &fits)).len(), 128);
        let over = order_key(subject("default", &"x".repeat(room + 1)));
        assert_eq!(over.len(), "heffl:".len() + 64);
        assert!(over.starts_with("heffl:") && over.bytes().skip(6).all(|b| b.is_ascii_hexdigit()));
        let id = |digest| subject("default", &"x".repeat(200)).keys(Action::Created, digest).1;
        assert_ne!(id(Digest::of(b"a")), id(Digest::of(b"b")));
    }
}
