//! `ContactInfos`: one list of e-mail addresses, phone numbers, addresses, web sites, social networks and special days,
//! each with a type.
//!
//! The documentation has two flat names, `ContactInfoTypeName` and `ContactInfoSubType`. TeamGram's REST responses have
//! an object `ContactinfoType {Name, SubType}` instead, whose `Name` is in the account's language and may be the
//! subtype's (`İş` for a business address). Both are read.

use std::borrow::Cow;

use crm_event::{Address, DateInfo, Email, Phone, Text, Web};

use crate::fields::{email, phone, profile, web, word};
use crate::json::Object;
use crate::time;

/// The entries by type.
#[derive(Default)]
pub(super) struct ContactInfos<'a> {
    pub(super) emails: Vec<Email<'a>>,
    pub(super) phone_numbers: Vec<Phone<'a>>,
    pub(super) addresses: Vec<Address<'a>>,
    pub(super) websites: Vec<Web<'a>>,
    pub(super) social_links: Vec<Web<'a>>,
    pub(super) dates: Vec<DateInfo<'a>>,
}

pub(super) fn contact_infos<'a>(o: &Object<'a>) -> ContactInfos<'a> {
    let mut infos = ContactInfos::default();
    for entry in o.objects("ContactInfos") {
        infos.add(&entry);
    }
    infos
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Address,
    Email,
    Phone,
    Social,
    Web,
    Date,
}

impl<'a> ContactInfos<'a> {
    fn add(&mut self, entry: &Object<'a>) {
        let nested = entry.any_object("ContactInfoType");
        let in_nested = |name| nested.as_ref().and_then(|nested| nested.text(name));
        let type_name = entry.text("ContactInfoTypeName").or_else(|| in_nested("Name"));
        let subtype = entry.text("ContactInfoSubType").or_else(|| in_nested("SubType"));
        let value = entry.text("Value");

        let folded = type_name.as_deref().map(fold);
        let named = folded.as_deref().and_then(Type::of_name);
        let named_as_subtype = folded.as_deref().and_then(subtype_word);
        let found = named.or_else(|| {
            let guess = value.as_deref().and_then(Type::of_value);
            guess.or_else(|| (folded.is_none() || named_as_subtype.is_some()).then_some(Type::Address))
        });
        let kind = match subtype {
            Some(subtype) => Some(subtype_word(&fold(&subtype)).map_or_else(|| word(subtype), Cow::Borrowed)),
            None => named_as_subtype.map(Cow::Borrowed),
        };

        match (found, value) {
            (Some(Type::Date), value) => self.add_date(entry, value, kind),
            // Some addresses are a city alone.
            (Some(Type::Address), text) => {
                let (city, state) = (entry.text("CityName"), entry.text("StateName"));
                if text.is_some() || city.is_some() || state.is_some() {
                    self.addresses.push(Address { city, state, kind, text, ..Address::default() });
                }
            }
            (Some(Type::Email), value) => self.emails.extend(email(value, kind)),
            (Some(Type::Phone), value) => {
                let phone = phone(value, kind);
                self.phone_numbers.extend(phone.map(|phone| Phone { extension: entry.text("Extension"), ..phone }));
            }
            (Some(Type::Social), value) => self.social_links.extend(profile(value, kind)),
            (Some(Type::Web), value) => self.websites.extend(web(value, kind)),
            (None, Some(_)) => entry.warn("Value"),
            (None, None) => {}
        }
    }

    fn add_date(&mut self, entry: &Object<'a>, value: Option<Text<'a>>, kind: Option<Text<'a>>) {
        let in_value = value.as_deref().filter(|text| super::is_iso_date(text)).and_then(time::date);
        let date = super::day(entry, "SpecialDate").or(in_value.filter(|date| super::is_set(*date)));
        let description = value.filter(|_| in_value.is_none());
        if date.is_some() || description.is_some() {
            self.dates.push(DateInfo { date, kind, description });
        }
    }
}

impl Type {
    /// The type by its name in English or Turkish, folded.
    fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "address" | "adres" => Self::Address,
            "email" | "eposta" => Self::Email,
            "phone" | "telefon" => Self::Phone,
            "social" | "sosyal" | "sosyalmedya" => Self::Social,
            "web" | "website" | "websitesi" => Self::Web,
            "date" | "tarih" => Self::Date,
            _ => return None,
        })
    }

    /// The type by the form of the value.
    fn of_value(value: &str) -> Option<Self> {
        let digits = value.bytes().filter(u8::is_ascii_digit).count();
        let is_email = value.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty());
        if is_email && !value.contains(char::is_whitespace) {
            Some(Self::Email)
        } else if ["http://", "https://", "www."].iter().any(|start| value.starts_with(start)) {
            Some(Self::Web)
        } else if digits >= 7 && value.chars().all(|c| c.is_ascii_digit() || " +-()./".contains(c)) {
            Some(Self::Phone)
        } else {
            None
        }
    }
}

/// The word for a subtype in English or Turkish, folded.
fn subtype_word(name: &str) -> Option<&'static str> {
    Some(match name {
        "business" | "iş" => "business",
        "delivery" | "teslimat" | "sevkiyat" => "delivery",
        "direct" | "direkt" | "dahili" => "direct",
        "personal" | "kişisel" => "personal",
        "home" | "ev" => "home",
        "mobile" | "mobil" | "cep" => "mobile",
        "other" | "diğer" => "other",
        "work" => "work",
        _ => return None,
    })
}

/// Folds a name to lower case without word separators. The Turkish capitals `İ` and `I` and their small letters are
/// treated as equal, because they depend on the language in which a server changed the case.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'İ' | 'I' | 'ı' => folded.push('i'),
            ' ' | '-' | '_' => {}
            c => folded.extend(c.to_lowercase()),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::{Type, fold, subtype_word};

    #[test]
    fn one_turkish_word_in_every_case() {
        for text in ["İş", "iş", "Iş", "ış", "İŞ", "IŞ"] {
            assert_eq!(subtype_word(&fold(text)), Some("business"), "{text}");
        }
        assert_eq!(subtype_word(&fold("KİŞİSEL")), Some("personal"));
        assert_eq!(subtype_word(&fold("DİĞER")), Some("other"));
        assert_eq!(Type::of_name(&fold("E-Posta")), Some(Type::Email));
        assert_eq!(Type::of_name(&fold("TARİH")), Some(Type::Date));
    }

    #[test]
    fn values_by_their_look() {
        for (value, expected) in [
            ("ayse@example.com", Some(Type::Email)),
            ("https://example.com", Some(Type::Web)),
            ("www.example.com", Some(Type::Web)),
            ("+90 (216) 555 01 23", Some(Type::Phone)),
            ("Bağdat Cad. No: 12/3 @ Kadıköy", None),
            ("@ayse", None),
            ("34", None),
            ("", None),
        ] {
            assert_eq!(Type::of_value(value), expected, "{value}");
        }
    }
}
