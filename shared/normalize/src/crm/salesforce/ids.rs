//! Ids: 15 characters whose case matters, or 18 of which the last three are a checksum of the case. Both forms name the
//! same record. Events have the long form.

use std::borrow::Cow;

use crm_event::{Ref, Text};

use super::objects;
use crate::error::{Quarantine, Reason};
use crate::field_tables::Property;
use crate::fields::reference;

const SHORT: usize = 15;
const LONG: usize = 18;
/// An id of an organization begins with it.
const ORGANIZATION: &str = "00D";

/// The 18 characters of an id that has 15. Any other text is returned unchanged.
pub(super) fn long(id: Text<'_>) -> Text<'_> {
    match checksum(&id) {
        Some(checksum) => Cow::Owned([&*id, &checksum].concat()),
        None => id,
    }
}

/// The three characters that make a short id long. Each encodes which characters of a group of five are capitals.
fn checksum(id: &str) -> Option<String> {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    if id.len() != SHORT || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let digit = |five: &[u8]| {
        let bits = five.iter().zip([1, 2, 4, 8, 16]).filter(|(byte, _)| byte.is_ascii_uppercase());
        DIGITS.get(bits.fold(0, |sum: usize, (_, bit)| sum | bit)).copied().map(char::from)
    };
    id.as_bytes().chunks(5).map(digit).collect()
}

/// True for an id that names no record: `000000000000000AAA`, and the wildcards of gap events (`001*`).
pub(super) fn is_wildcard(id: &str) -> bool {
    id.ends_with('*') || id.get(..SHORT).is_some_and(|id| id.bytes().all(|byte| byte == b'0'))
}

/// True for the id of an organization.
fn is_organization(text: &str) -> bool {
    let has_length = text.len() == SHORT || text.len() == LONG;
    has_length && text.starts_with(ORGANIZATION) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The account of a URL, with all 18 characters if it is the id of an organization.
pub(super) fn canonical_account(account: &str) -> Text<'_> {
    if is_organization(account) { long(Cow::Borrowed(account)) } else { Cow::Borrowed(account) }
}

/// Compares the organization of a message with that of the URL, if the URL names one.
///
/// # Errors
/// If they differ.
pub(super) fn check_organization(in_url: Option<&str>, organization: Option<&Text<'_>>) -> Result<(), Quarantine> {
    let Some((in_url, organization)) = in_url.filter(|account| is_organization(account)).zip(organization) else {
        return Ok(());
    };
    if in_url.get(..SHORT) == organization.get(..SHORT) {
        return Ok(());
    }
    let detail = "the message is from another organization than the one in the URL: its organization id differs in the \
                  first 15 characters, in which capital and small letters are different";
    Err(Quarantine::new(Reason::OtherAccount, detail))
}

/// The record that a member refers to. The member's name tells the kind of record.
pub(super) fn link<'a>(p: &Property<'_, 'a>) -> Option<Ref<'a>> {
    reference(p.id().map(long), None)
}

/// The record of any kind that a member refers to. The first characters of the id tell the kind.
pub(super) fn link_to_any<'a>(p: &Property<'_, 'a>) -> Option<Ref<'a>> {
    let id = long(p.id()?);
    Some(Ref { entity: objects::entity_of_id(&id), id: Some(id), ..Ref::default() })
}

#[cfg(test)]
mod tests {
    use super::{canonical_account, check_organization, is_wildcard, long};

    /// Computed by hand, except for the organization, which is in captured messages in both forms.
    #[test]
    fn a_short_id_gets_its_checksum() {
        for (short, full) in [
            ("001A0000006Vm9r", "001A0000006Vm9rIAC"),
            ("0013000000UfxWX", "0013000000UfxWXAAZ"),
            ("000000000000000", "000000000000000AAA"),
            ("AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAA555"),
            ("aAaaaAaaaaaaaaA", "aAaaaAaaaaaaaaACBQ"),
        ] {
            assert_eq!(long(short.into()), full);
            assert_eq!(long(full.into()), full);
        }
        for other in ["", "003", "0013000000UfxW", "0013000000UfxW-", "003Kd00000AbCdEIAVx"] {
            assert_eq!(long(other.into()), other);
        }
        assert_eq!(canonical_account("00DKd000000Ex1a"), "00DKd000000Ex1aMAC");
        assert_eq!(canonical_account("acme-production"), "acme-production");
    }

    #[test]
    fn organizations_are_the_same_by_their_first_15_characters() {
        let check = |in_url: &str, id: &str| check_organization(Some(in_url), Some(&id.into()));
        for (in_url, id) in [
            ("00DKd000000Ex1a", "00DKd000000Ex1aMAC"),
            ("00DKd000000Ex1aMAC", "00DKd000000Ex1a"),
            ("acme", "00DKd000000Ex1aMAC"),
        ] {
            assert!(check(in_url, id).is_ok(), "{in_url} {id}");
        }
        for (in_url, id) in [
            ("00DKd000000Ex1a", "00DKd000000EX1aMAS"),
            ("00DKd000000Ex1aMAC", "00DKd000000Ex1bMAC"),
            ("00DKd000000Ex1a", "x"),
        ] {
            assert!(check(in_url, id).is_err(), "{in_url} {id}");
        }
    }

    #[test]
    fn wildcards_are_no_records() {
        for id in ["001*", "*", "000000000000000AAA", "000000000000000"] {
            assert!(is_wildcard(id), "{id}");
        }
        assert!(!is_wildcard("001Kd00000PqRsTIAV") && !is_wildcard("x"));
    }
}
