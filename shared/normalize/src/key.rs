//! The names of an event: its idempotency key, its order key, its source. One recipe for all vendors.
//!
//! The idempotency key ends with a [`Digest`] that tells one change from another. It is made of the first of these that
//! the webhook has:
//!
//! 1. the vendor's own id of the change or the delivery, a header or a member of the body ([`ChangeId`]);
//! 2. the members that make a change what it is, where the vendor lists them ([`ChangeId::Members`] too);
//! 3. the body, where it holds the vendor's time of this change;
//! 4. the body and the time of receipt.
//!
//! Under the first three, a redelivery has the same key at any time. Under the fourth it has another one: the body of a
//! later change may be the same byte for byte (online, offline, online), and to take it for a redelivery would lose it.
//! An event that comes twice only repeats a state that the consumer already has.
//!
//! [`ChangeId`]: crate::crm::ChangeId
//! [`ChangeId::Members`]: crate::crm::ChangeId::Members

use crm_event::{Action, Entity};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::digest::{SHA256, digest};

/// What [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-2.3) calls unreserved stays; all else is encoded, so
/// that `:` only separates and no two records share a key.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The longest `MessageDeduplicationId` and `MessageGroupId` that
/// [SQS](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html) takes.
const LONGEST: usize = 128;

/// The SHA-256 of a webhook's body as it came in. It is stored with the webhook, whose body loses the vendor's secrets
/// before it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyHash([u8; 32]);

impl BodyHash {
    pub fn of(body: &[u8]) -> Self {
        Self(sha256(body))
    }

    /// 64 hexadecimal digits.
    pub fn to_hex(self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// Reads what [`Self::to_hex`] wrote; `None` for anything else.
    pub fn from_hex(digits: &str) -> Option<Self> {
        HEXLOWER.decode(digits.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

/// The part of a key that tells changes of one record apart: the first 8 bytes of a SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest([u8; 8]);

impl Digest {
    /// The digest of the vendor's own id of the change.
    pub fn of_change_id(id: &str) -> Self {
        Self::first_of(sha256(id.as_bytes()))
    }

    /// The digest of the members of a body that together are the vendor's id of the change.
    pub fn of_members<'m>(members: impl IntoIterator<Item = &'m str>) -> Self {
        Self::of_parts(members)
    }

    /// The digest of an id that the signature does not cover, and of the body that it came with.
    pub fn of_unsigned_id(id: &str, body: BodyHash) -> Self {
        Self::of_parts([id, &body.to_hex()])
    }

    /// The digest of a body that holds the vendor's time of the change.
    pub fn of_body(body: BodyHash) -> Self {
        Self::first_of(body.0)
    }

    /// The digest of a body that the vendor may send again for another change.
    pub fn of_receipt(body: BodyHash, received_at: Timestamp) -> Self {
        Self::of_parts([body.to_hex().as_str(), &received_at.as_millisecond().to_string()])
    }

    /// NUL separates the parts: neither a header nor JSON text holds one.
    fn of_parts<'p>(parts: impl IntoIterator<Item = &'p str>) -> Self {
        let parts: Vec<&str> = parts.into_iter().collect();
        Self::first_of(sha256(parts.join("\0").as_bytes()))
    }

    fn first_of(hash: [u8; 32]) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = hash;
        Self([a, b, c, d, e, f, g, h])
    }

    /// 16 hexadecimal digits.
    pub fn to_hex(self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// Reads what [`Self::to_hex`] wrote; `None` for anything else.
    pub fn from_hex(digits: &str) -> Option<Self> {
        HEXLOWER.decode(digits.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    // A SHA-256 has 32 bytes, so there always is such a chunk.
    digest(&SHA256, bytes).as_ref().first_chunk().copied().unwrap_or_default()
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

    /// The order key alone.
    pub fn order_key(&self) -> String {
        fitting(self.vendor, self.components())
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
    use super::{Action, BodyHash, Digest, Entity, Subject, again};

    fn subject<'a>(account: &'a str, record_id: &'a str) -> Subject<'a> {
        Subject { vendor: "heffl", account, entity: Entity::Lead, record_id }
    }

    fn digest(body: &[u8]) -> Digest {
        Digest::of_body(BodyHash::of(body))
    }

    fn order_key(subject: Subject<'_>) -> String {
        subject.keys(Action::Created, digest(b"a")).0
    }

    #[test]
    fn known_answer() {
        // printf abc | sha256sum
        let (order_key, id) = subject("acme", "ld_1").keys(Action::Created, digest(b"abc"));
        assert_eq!(order_key, subject("acme", "ld_1").order_key());
        assert_eq!(id, "heffl:acme:lead:ld_1:created:ba7816bf8f01cfea");
        assert_eq!(order_key, "heffl:acme:lead:ld_1");
        assert_eq!(subject("a/b ü", "1").source(), "crm://heffl/a%2Fb%20%C3%BC");
    }

    #[test]
    fn each_source_of_a_digest_has_its_known_answer() {
        // printf abc | sha256sum
        let abc = BodyHash::of(b"abc");
        assert_eq!(abc.to_hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let received_at = "2026-01-01T00:00:00.123456Z".parse().unwrap();
        for (digest, expected) in [
            (Digest::of_body(abc), "ba7816bf8f01cfea"),
            // printf msg_1 | sha256sum
            (Digest::of_change_id("msg_1"), "116b88f173007be5"),
            // printf 'msg_1\0ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' | sha256sum
            (Digest::of_unsigned_id("msg_1", abc), "58a12b530ab9d94d"),
            // printf 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\0001767225600123' | sha256sum
            (Digest::of_receipt(abc, received_at), "bdbe63466014dfad"),
            // printf '62515\000"deal"' | sha256sum
            (Digest::of_members(["62515", "\"deal\""]), "8f1fd4eeca046e54"),
        ] {
            assert_eq!(digest.to_hex(), expected);
        }
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
        let abc = digest(b"abc");
        assert_eq!(Digest::from_hex(&abc.to_hex()), Some(abc));
        let hash = BodyHash::of(b"abc");
        assert_eq!(BodyHash::from_hex(&hash.to_hex()), Some(hash));
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
        assert_ne!(id(digest(b"a")), id(digest(b"b")));
    }
}
