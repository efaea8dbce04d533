//! The signatures of the CRMs. To add one, write its constant here, put it into [`ALL`] and into the `pub use` of
//! `scheme.rs`, and give the tests its known answers; `schemes: &[Scheme::Signature(&CLOSE)]` in the CRM's module does the
//! rest.

use jiff::SignedDuration;

use super::signature::{Encoding, Function, KeyForm, Part, SignatureScheme, SignedTime, Unit};

/// Every scheme, for the tests and the fuzzer.
pub const ALL: &[&SignatureScheme] = &[&STANDARD_WEBHOOKS, &TEAMGRID_V2, &CLOSE, &HUBSPOT_V3, &HUBSPOT_V2, &ATTIO];

/// [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
pub const STANDARD_WEBHOOKS: SignatureScheme = SignatureScheme {
    name: "standard-webhooks",
    word: "hmac",
    secret_form: "whsec_<base64>",
    key: KeyForm::Base64After("whsec_"),
    function: Function::HmacSha256,
    signed: &[Part::Id, Part::Text("."), Part::Timestamp, Part::Text("."), Part::Body],
    header: "webhook-signature",
    prefix: "v1,",
    // The specification uses spaces. A proxy that joins several headers into one uses commas (RFC 9110, section 5.3).
    separators: &[' ', ','],
    encoding: Encoding::Base64,
    timestamp: Some(SignedTime {
        header: "webhook-timestamp",
        prefix: "",
        unit: Unit::Seconds,
        max_age: SignedDuration::from_mins(5),
    }),
    id_header: Some("webhook-id"),
    version: None,
    yields_to: None,
}
.checked();

/// TeamGrid's "signed delivery v2". The signature does not cover the id. The whole text of the secret is the key,
/// although its prefix looks like Standard Webhooks.
pub const TEAMGRID_V2: SignatureScheme = SignatureScheme {
    name: "teamgrid-v2",
    word: "hmac",
    secret_form: "whsec_v2_<text>",
    key: KeyForm::Text,
    function: Function::HmacSha256,
    signed: &[Part::Timestamp, Part::Text("."), Part::Body],
    header: "X-TeamGrid-Webhook-Signature",
    prefix: "v1=",
    separators: &[],
    encoding: Encoding::LowerHex,
    timestamp: Some(SignedTime {
        header: "X-TeamGrid-Webhook-Timestamp",
        prefix: "",
        unit: Unit::Seconds,
        max_age: SignedDuration::from_mins(5),
    }),
    id_header: Some("X-TeamGrid-Webhook-Id"),
    version: Some(("X-TeamGrid-Webhook-Version", "2")),
    yields_to: None,
}
.checked();

/// [Close](https://developer.close.com/api/resources/webhooks). It retries for 72 hours, and does not document if a
/// retry has a new timestamp. A shorter window could lose changes and would gain nothing, because a replayed webhook
/// gets the same event id.
pub const CLOSE: SignatureScheme = SignatureScheme {
    name: "close",
    word: "hmac",
    secret_form: "<signature key, 64 hex digits>",
    key: KeyForm::Hex,
    function: Function::HmacSha256,
    signed: &[Part::Timestamp, Part::Body],
    header: "close-sig-hash",
    prefix: "",
    separators: &[],
    encoding: Encoding::LowerHex,
    timestamp: Some(SignedTime {
        header: "close-sig-timestamp",
        prefix: "",
        unit: Unit::Seconds,
        max_age: SignedDuration::from_hours(73),
    }),
    id_header: None,
    version: None,
    yields_to: None,
}
.checked();

/// [HubSpot's version 3](https://developers.hubspot.com/docs/api/webhooks/validating-requests), for an app's
/// subscriptions. HubSpot also sends its version 1, which is not accepted because it signs neither time nor URL.
pub const HUBSPOT_V3: SignatureScheme = SignatureScheme {
    name: "hubspot-v3",
    word: "hmac",
    secret_form: "<client secret>",
    key: KeyForm::Text,
    function: Function::HmacSha256,
    signed: &[Part::Method, Part::Url { decoded: ":/?@!$'()*,;" }, Part::Body, Part::Timestamp],
    header: "X-HubSpot-Signature-v3",
    prefix: "",
    separators: &[],
    encoding: Encoding::Base64,
    timestamp: Some(SignedTime {
        header: "X-HubSpot-Request-Timestamp",
        prefix: "",
        unit: Unit::Milliseconds,
        max_age: SignedDuration::from_mins(5),
    }),
    id_header: None,
    version: None,
    yields_to: None,
}
.checked();

/// HubSpot's version 2, for workflow actions. It has no timestamp.
pub const HUBSPOT_V2: SignatureScheme = SignatureScheme {
    name: "hubspot-v2",
    word: "sha256",
    secret_form: "<client secret>",
    key: KeyForm::Text,
    function: Function::Sha256AfterKey,
    signed: &[Part::Method, Part::Url { decoded: "" }, Part::Body],
    header: "X-HubSpot-Signature",
    prefix: "",
    separators: &[],
    encoding: Encoding::LowerHex,
    timestamp: None,
    id_header: None,
    version: Some(("X-HubSpot-Signature-Version", "v2")),
    yields_to: Some(HUBSPOT_V3.header),
}
.checked();

/// [Attio](https://docs.attio.com/rest-api/guides/webhooks). The secret looks like hexadecimal digits, but is not
/// decoded.
pub const ATTIO: SignatureScheme = SignatureScheme {
    name: "attio",
    word: "hmac",
    secret_form: "<secret>",
    key: KeyForm::Text,
    function: Function::HmacSha256,
    signed: &[Part::Body],
    header: "Attio-Signature",
    prefix: "",
    separators: &[],
    encoding: Encoding::LowerHex,
    timestamp: None,
    id_header: None,
    version: None,
    yields_to: None,
}
.checked();
