//! The types that records are made of.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::Entity;
use crate::field::{Field, Fields, NamedField, json_name};

/// Text, borrowed from the webhook's body if possible.
pub type Text<'a> = Cow<'a, str>;

/// Values that are left out of the JSON: `None` and empty lists.
pub trait Absent {
    fn is_absent(&self) -> bool;
}

impl<T> Absent for Option<T> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T> Absent for Vec<T> {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

/// A decimal number with the vendor's exact digits (`1234.0`, `0.4166666666666667`), a string in JSON. It is never a
/// float, because floats are not exact for money.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Decimal<'a>(Text<'a>);

/// The text is not a JSON number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotADecimal;

impl fmt::Display for NotADecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a decimal number")
    }
}

impl std::error::Error for NotADecimal {}

impl<'a> Decimal<'a> {
    /// # Errors
    /// If the text is not a number by the grammar of JSON ([RFC 8259, section
    /// 6](https://www.rfc-editor.org/rfc/rfc8259#section-6)).
    pub fn new(digits: impl Into<Text<'a>>) -> Result<Self, NotADecimal> {
        let digits = digits.into();
        if is_plain_decimal(digits.as_bytes()) || is_decimal(&digits) { Ok(Self(digits)) } else { Err(NotADecimal) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A fast check for most numbers: digits that do not begin with 0, with an optional point.
fn is_plain_decimal(text: &[u8]) -> bool {
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let mut parts = text.splitn(2, |byte| *byte == b'.');
    text.first() != Some(&b'0') && parts.next().is_some_and(digits) && parts.next().is_none_or(digits)
}

fn is_decimal(text: &str) -> bool {
    let starts_as_number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    let ends_as_number = text.ends_with(|c: char| c.is_ascii_digit());
    starts_as_number && ends_as_number && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

impl fmt::Display for Decimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de, 'a> Deserialize<'de> for Decimal<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        Self::new(digits).map_err(serde::de::Error::custom)
    }
}

/// A JSON value of any type, stored as its text, so that the vendor's digits, order and white space are preserved.
#[derive(Clone)]
pub struct Json<'a>(Cow<'a, RawValue>);

impl<'a> Json<'a> {
    pub fn new(text: Cow<'a, RawValue>) -> Self {
        Self(text)
    }

    /// The JSON `null`.
    pub fn null() -> Json<'static> {
        Json(Cow::Borrowed(RawValue::NULL))
    }

    /// A value as its JSON text.
    ///
    /// # Errors
    /// If the value cannot be written as JSON (a map whose keys are not text).
    pub fn of(value: &impl Serialize) -> Result<Json<'static>, serde_json::Error> {
        serde_json::value::to_raw_value(value).map(|text| Json(Cow::Owned(text)))
    }

    /// The JSON text.
    pub fn get(&self) -> &str {
        self.0.get()
    }

    /// # Errors
    /// If the JSON is not a `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.get())
    }
}

impl fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.get())
    }
}

impl PartialEq for Json<'_> {
    /// Compares the text: `1.0` is not `1`.
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, 'a> Deserialize<'de> for Json<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(|text| Self(Cow::Owned(text)))
    }
}

/// A struct whose absent fields are left out of the JSON. `field as "name"` gives a field another name in JSON.
macro_rules! value {
    ($(#[$doc:meta])* $name:ident<$lt:lifetime> {
        $($(#[$field_doc:meta])* $field:ident $(as $json:literal)?: $ty:ty,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub struct $name<$lt> {
            $(
                $(#[$field_doc])*
                $(#[serde(rename = $json)])?
                #[serde(default, skip_serializing_if = "Absent::is_absent")]
                pub $field: $ty,
            )*
        }

        impl<$lt> Fields<$lt> for $name<$lt> {
            const NAME: &'static str = stringify!($name);

            fn fields_mut(&mut self) -> Vec<NamedField<'_, $lt>> {
                vec![$((json_name!($field $($json)?), self.$field.field_mut()),)*]
            }
        }
    };
}

value! {
    /// A reference to another record or to a user of the CRM, with the data that the vendor includes. The record's own
    /// events have all of its data.
    Ref<'a> {
        /// The vendor's own id.
        id: Option<Text<'a>>,
        name: Option<Text<'a>>,
        email: Option<Text<'a>>,
        /// The entity that it refers to, if the field's name does not say it.
        entity: Option<Entity>,
        /// For a customer: `company` or `person`.
        kind: Option<Text<'a>>,
        phone_number: Option<Text<'a>>,
        /// Customer number.
        number: Option<Text<'a>>,
        tax_number: Option<Text<'a>>,
        website: Option<Text<'a>>,
        photo_url: Option<Text<'a>>,
        /// For a user: the page on which others can book an appointment.
        calendar_url: Option<Text<'a>>,
        /// Job title of a user or person; for a company that a person works for, the person's job title there.
        title: Option<Text<'a>>,
    }
}

value! {
    /// A stage or pipeline of a CRM, a category or a region. It has a name and usually an id.
    Stage<'a> {
        id: Option<Text<'a>>,
        name: Option<Text<'a>>,
    }
}

value! {
    Email<'a> {
        email: Option<Text<'a>>,
        /// `work`, `personal`, ...: the vendor's word, in lower case.
        kind as "type": Option<Text<'a>>,
        primary: Option<bool>,
        /// True if the person has unsubscribed this address from e-mails.
        is_unsubscribed: Option<bool>,
    }
}

value! {
    Phone<'a> {
        /// The number as sent by the vendor. No vendor documents a format.
        number: Option<Text<'a>>,
        /// `work`, `mobile`, ...: the vendor's word, in lower case.
        kind as "type": Option<Text<'a>>,
        extension: Option<Text<'a>>,
        primary: Option<bool>,
    }
}

value! {
    Address<'a> {
        line1: Option<Text<'a>>,
        city: Option<Text<'a>>,
        state: Option<Text<'a>>,
        postal_code: Option<Text<'a>>,
        country: Option<Text<'a>>,
        /// ISO 3166-1, two letters, if the vendor sends it in addition to the name.
        country_code: Option<Text<'a>>,
        kind as "type": Option<Text<'a>>,
        /// The whole address as one text, if the vendor does not split it.
        text: Option<Text<'a>>,
        /// Degrees.
        latitude: Option<Decimal<'a>>,
        /// Degrees.
        longitude: Option<Decimal<'a>>,
    }
}

value! {
    /// A web site or a profile in a social network.
    Web<'a> {
        url: Option<Text<'a>>,
        kind as "type": Option<Text<'a>>,
        /// The name in the network, if the vendor stores it instead of the profile's URL.
        username: Option<Text<'a>>,
    }
}

value! {
    /// An important day of a person or company, such as a birthday or an anniversary.
    DateInfo<'a> {
        date: Option<Date>,
        kind as "type": Option<Text<'a>>,
        description: Option<Text<'a>>,
    }
}

value! {
    /// A marketing campaign and its state for this person.
    Campaign<'a> {
        id: Option<Text<'a>>,
        name: Option<Text<'a>>,
        status: Option<Text<'a>>,
        started_at: Option<Timestamp>,
        ended_at: Option<Timestamp>,
        /// The scope of the person's unsubscription: `current` for this campaign, or `all`.
        unsubscribed_from: Option<Text<'a>>,
    }
}

value! {
    /// An e-mail that could not be delivered.
    EmailBounce<'a> {
        email: Option<Text<'a>>,
        /// `hard_bounce`, `soft_bounce`, `spam`, or the vendor's word.
        kind as "type": Option<Text<'a>>,
        bounced_at: Option<Timestamp>,
        /// The campaign that sent it.
        campaign: Option<Ref<'a>>,
    }
}

value! {
    GeoLocation<'a> {
        /// Degrees.
        latitude: Option<Decimal<'a>>,
        /// Degrees.
        longitude: Option<Decimal<'a>>,
        /// The zoom level of the vendor's map.
        zoom: Option<Text<'a>>,
        recorded_at: Option<Timestamp>,
    }
}

value! {
    /// One line of a deal, an order, an invoice or a quote.
    LineItem<'a> {
        id: Option<Text<'a>>,
        product: Option<Ref<'a>>,
        /// Stock keeping unit of the product.
        sku: Option<Text<'a>>,
        quantity: Option<Decimal<'a>>,
        unit_price: Option<Decimal<'a>>,
        total: Option<Decimal<'a>>,
        currency: Option<Text<'a>>,
        description: Option<Text<'a>>,
        /// Percent.
        tax_rate: Option<Decimal<'a>>,
        discount: Option<Decimal<'a>>,
        /// `percent` or `amount`.
        discount_type: Option<Text<'a>>,
        unit: Option<Text<'a>>,
        unit_cost: Option<Decimal<'a>>,
        unit_cost_currency: Option<Text<'a>>,
        setup_fee: Option<Decimal<'a>>,
        billing_type: Option<Text<'a>>,
        /// The billing cycle of a recurring payment.
        billing_cycle: Option<Text<'a>>,
    }
}

value! {
    /// The customer's price for an hour of one user's work or of one service.
    Rate<'a> {
        user: Option<Ref<'a>>,
        service: Option<Ref<'a>>,
        /// Money per hour.
        rate: Option<Decimal<'a>>,
        is_billable: Option<bool>,
    }
}

value! {
    /// A step of a task.
    Subtask<'a> {
        name: Option<Text<'a>>,
        is_completed: Option<bool>,
        /// Its place in the list, ascending.
        position: Option<Decimal<'a>>,
    }
}

value! {
    /// A field of a submitted form.
    FormField<'a> {
        name: Option<Text<'a>>,
        value: Option<Json<'a>>,
    }
}

value! {
    /// A field that the CRM's customer has added to the record.
    CustomField<'a> {
        id: Option<Text<'a>>,
        name: Option<Text<'a>>,
        label: Option<Text<'a>>,
        kind as "type": Option<Text<'a>>,
        /// The value in its own JSON type.
        value: Option<Json<'a>>,
    }
}

value! {
    /// The user or system that caused an event.
    Actor<'a> {
        id: Option<Text<'a>>,
        name: Option<Text<'a>>,
        email: Option<Text<'a>>,
        /// Job title.
        title: Option<Text<'a>>,
        phone_number: Option<Text<'a>>,
        language: Option<Text<'a>>,
        time_zone: Option<Text<'a>>,
        /// `user` or `system`, or the vendor's word.
        actor_type as "type": Option<Text<'a>>,
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;

    use super::Decimal;

    #[test]
    fn a_decimal_is_a_number_of_json() {
        let pieces = ["", "0", "1", "90", "-", "+", ".", "e", "E5", " ", "٣"];
        for (a, b, c) in pieces.iter().flat_map(|a| pieces.iter().flat_map(move |b| pieces.map(|c| (a, b, c)))) {
            let text = format!("{a}{b}{c}");
            let is_number = !text.contains(' ') && serde_json::from_str::<IgnoredAny>(&text).is_ok();
            assert_eq!(Decimal::new(text.as_str()).is_ok(), is_number, "{text}");
        }
    }
}
