//! The keys of an event: idempotency key, order key and source. All vendors use the same rules.
//!
//! The idempotency key ends with a [`Digest`] that identifies the change. It is made from the first of these that the
//! webhook has:
//!
//! 1. the vendor's own id of the change or the delivery, a header or a member of the body ([`ChangeId`]);
//! 2. the members that identify a change, if the vendor lists them ([`ChangeId::Members`] too);
//! 3. the body, if it contains the vendor's time of this change;
//! 4. the vendor's id in a header that the signature does not cover, with the body ([`ChangeId::UnsignedHeader`]);
//! 5. the body and the time of receipt.
//!
//! In the first four cases a redelivery always has the same key. In the last case it has a new key. The body of a
//! later change may be identical byte for byte (online, offline, online), and treating it as a redelivery would lose
//! that change. A duplicate event only repeats a state that the consumer already has.
//!
//! [`ChangeId`]: crate::crm::ChangeId
//! [`ChangeId::Members`]: crate::crm::ChangeId::Members
//! [`ChangeId::UnsignedHeader`]: crate::crm::ChangeId::UnsignedHeader

use crm_event::{Action, Entity};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::digest::{SHA256, digest};

/// Encodes all characters that [RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-2.3) does not call unreserved.
/// `:` is then only a separator, and no two records share a key.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Maximum length of a `MessageDeduplicationId` and `MessageGroupId` in
/// [SQS](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html).
const MAX_KEY_BYTES: usize = 128;

/// The SHA-256 of a webhook's body as received. It is stored with the webhook, because the vendor's secrets are removed
/// from the body before it is stored.
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

/// The part of a key that identifies a change of a record: the first 8 bytes of a SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest([u8; 8]);

impl Digest {
    /// The digest of the vendor's own id of a request, or of the webhook with this index in the request.
    pub fn of_change_id(id: &str, element: Option<usize>) -> Self {
        match element {
            None => Self::first_of(sha256(id.as_bytes())),
            Some(_) => Self::of_element(&[id], element),
        }
    }

    /// The digest of the members of a body that together are the vendor's id of the change.
    pub fn of_members<'m>(members: impl IntoIterator<Item = &'m str>) -> Self {
        Self::of_parts(members)
    }

    /// The digest of an id that the signature does not cover, together with the body.
    pub fn of_unsigned_id(id: &str, body: BodyHash, element: Option<usize>) -> Self {
        Self::of_element(&[id, &body.to_hex()], element)
    }

    /// The digest of a body that holds the vendor's time of the change.
    pub fn of_body(body: BodyHash) -> Self {
        Self::first_of(body.0)
    }

    /// The digest of a body that the vendor may send again for another change.
    pub fn of_receipt(body: BodyHash, received_at: Timestamp, element: Option<usize>) -> Self {
        Self::of_element(&[&body.to_hex(), &received_at.as_millisecond().to_string()], element)
    }

    /// The digest of the parts and the index in the request, because two webhooks of one request may have the same text.
    fn of_element(parts: &[&str], element: Option<usize>) -> Self {
        let index = element.map(|index| index.to_string());
        Self::of_parts(parts.iter().copied().chain(index.as_deref()))
    }

    /// The digest of the parts, separated by NUL, which neither a header nor JSON text can contain.
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
    // Never the default: a SHA-256 has 32 bytes.
    digest(&SHA256, bytes).as_ref().first_chunk().copied().unwrap_or_default()
}

/// Maximum length of the nonce for [`again`], so that every key fits.
pub const MAX_NONCE_BYTES: usize = 32;

/// The key that lets an event take effect once more: the event's own key with a visible nonce. `None` unless the nonce
/// is one to [`MAX_NONCE_BYTES`] ASCII letters, digits or `-`.
pub fn again(vendor: &str, event_id: &str, nonce: &str) -> Option<String> {
    let plain = nonce.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if nonce.is_empty() || nonce.len() > MAX_NONCE_BYTES || !plain {
        return None;
    }
    let key = format!("{event_id}:again-{nonce}");
    Some(if key.len() <= MAX_KEY_BYTES {
        key
    } else {
        format!("{vendor}:{}:again-{nonce}", HEXLOWER.encode(digest(&SHA256, event_id.as_bytes()).as_ref()))
    })
}

/// The record and account that an event is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Lowercase letters.
    pub vendor: &'a str,
    pub account: &'a str,
    pub entity: Entity,
    /// Empty if the vendor names no record.
    pub record_id: &'a str,
}

impl Subject<'_> {
    /// The order key and the idempotency key.
    ///
    /// The order key, `{vendor}:{account}:{entity}:{record id}`, is the CloudEvents `partitionkey` and the SQS
    /// `MessageGroupId`. The idempotency key, `{order key}:{action}:{digest}`, is the CloudEvents `id` and the SQS
    /// `MessageDeduplicationId`; the consumer identifies events by it.
    pub fn keys(&self, action: Action, digest: Digest) -> (String, String) {
        let components = self.components();
        let mut key = String::with_capacity(MAX_KEY_BYTES);
        key.push_str(&components);
        key.push(':');
        key.push_str(action.as_str());
        key.push(':');
        HEXLOWER.encode_append(&digest.0, &mut key);
        (fitting(self.vendor, components), fitting(self.vendor, key))
    }

    /// The order key only.
    pub fn order_key(&self) -> String {
        fitting(self.vendor, self.components())
    }

    /// `crm://{vendor}/{account}`.
    pub fn source(&self) -> String {
        let mut source = String::with_capacity(MAX_KEY_BYTES);
        source.push_str("crm://");
        source.push_str(self.vendor);
        source.push('/');
        push_encoded(&mut source, self.account);
        source
    }

    fn components(&self) -> String {
        let mut key = String::with_capacity(MAX_KEY_BYTES);
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
    // The characters that `COMPONENT` leaves unescaped. `AsciiSet` has no way to ask.
    if component.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')) {
        key.push_str(component);
    } else {
        key.extend(utf8_percent_encode(component, COMPONENT));
    }
}

/// Shortens a key that is too long for SQS to `{vendor}:{64 hex digits of its SHA-256}`.
fn fitting(vendor: &str, key: String) -> String {
    if key.len() <= MAX_KEY_BYTES {
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
            (Digest::of_change_id("msg_1", None), "116b88f173007be5"),
            // printf 'msg_1\0ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' | sha256sum
            (Digest::of_unsigned_id("msg_1", abc, None), "58a12b530ab9d94d"),
            // printf 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\0001767225600123' | sha256sum
            (Digest::of_receipt(abc, received_at, None), "bdbe63466014dfad"),
            // The same with '\0007' at its end.
            (Digest::of_receipt(abc, received_at, Some(7)), "db31d265aa69dbe2"),
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
        let fits = "x".repeat(128 - ":again-1".len());
        assert_eq!(again("heffl", &fits, "1").unwrap(), format!("{fits}:again-1"));
        assert!(again("heffl", &format!("{fits}x"), "1").unwrap().starts_with("heffl:"));
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
