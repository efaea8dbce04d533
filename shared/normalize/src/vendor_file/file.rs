//! The members of a vendor file, as they are written.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A vendor that is described by a file.
///
/// A path is a list of names with dots between them (`owner.id`), where a number is the index of an array's entry
/// (`mails.0.address`). A name with a dot in it stands in double quotes. The paths of `id`, `by` and `fields` begin at
/// the record, all others at the body. `$body.` and `$record.` begin elsewhere. `$header.NAME` and `$query.NAME` are a
/// header and a parameter of the URL's query, `$event` is the event's name. A list of paths is the first that has a
/// value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "VendorFile"))]
pub(super) struct File {
    /// The version of this format: 1.
    pub version: u32,
    /// One word of lowercase letters: the route `/webhooks/<name>`, the label of metrics, the folder of cases.
    pub name: String,
    /// The vendor's own spelling of its name.
    pub title: String,

    /// The signatures that the vendor may send, best first.
    #[serde(default)]
    pub signatures: Vec<Signature>,
    /// True if the vendor can send HTTP Basic authentication.
    #[serde(default)]
    pub basic: bool,
    /// True if the vendor can send a secret text: in `Authorization: Bearer`, in `X-Webhook-Token`, or as `?token=` in
    /// the URL.
    #[serde(default)]
    pub token: bool,
    /// The name of a member of the body with a secret text. It is removed before anything leaves the function.
    pub token_member: Option<String>,

    /// The syntaxes of the bodies besides JSON. A form becomes an object of texts, XML an object by element names.
    #[serde(default)]
    pub syntaxes: Vec<Syntax>,
    /// Where the webhooks are in the body.
    #[serde(default)]
    pub body: BodyForm,
    /// The vendor's own id of a change, the same for every delivery of it: `$header.NAME`, or paths of the body that are
    /// the id together, of which the first is required. Not an id of the attempt, which changes with each delivery.
    pub change_id: Option<Paths>,
    /// The path of the vendor's id of the customer account.
    pub account: Option<Paths>,
    /// The path of the event's name.
    pub event: Paths,
    /// The path of the time of the change.
    pub time: Option<Paths>,
    /// The path of the record, an object. Without it, the body is the record.
    pub record: Option<Paths>,
    /// The path of a list of records, objects or bare ids. Each is a webhook of its own.
    pub records: Option<String>,
    /// The path of the record's id.
    pub id: Paths,
    /// The vendor's names of its events, and what each becomes: a type such as `contact.updated`, or `ignored`. Any other
    /// event becomes `unknown.received`.
    pub events: BTreeMap<String, TextOr<EventBy>>,
    /// True if records may lack fields, or the names of the events whose records may.
    #[serde(default)]
    pub partial: Partial,
    /// The changed fields, if the vendor sends them.
    pub changes: Option<Changes>,
    /// The person or system that caused the event: an object of paths, such as `{ id = "user.id" }`.
    pub actor: Option<Source>,

    /// Names of members that hold secrets, at any depth. They are removed before anything leaves the function.
    #[serde(default)]
    pub secret_members: Vec<String>,
    /// The other way round: the names of the body's members that leave the function. All others are removed.
    pub public_members: Option<Vec<String>>,
    /// Paths of ids and words by which the vendor's support finds a delivery. They are logged.
    #[serde(default)]
    pub log_members: Vec<String>,
    /// How long the vendor waits for an answer, such as `5s`, if it is less than ten seconds. At least two.
    pub answer_within: Option<String>,
    /// A constant answer, for a vendor that counts any other one as a failure.
    pub answer: Option<Answer>,
    /// True if times may lack their zone; the setting `TIME_ZONES` then names it for each account.
    #[serde(default)]
    pub local_times: bool,
    /// True if custom fields come under ids without names; the setting `FIELD_NAMES` then names them.
    #[serde(default)]
    pub opaque_field_ids: bool,
    /// A body to test the route with, not about any record.
    pub test_body: Option<String>,

    /// The fields of each entity, and where their values are. `common` holds those of all entities.
    #[serde(default)]
    pub fields: BTreeMap<String, BTreeMap<String, Source>>,
}

/// A signature over a request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Signature {
    /// The word before the secret in the secrets setting, `hmac` by default. Each signature has its own.
    pub word: Option<String>,
    /// The header with the signature.
    pub header: String,
    /// The text before a signature, such as `sha256=` or `v1=`.
    #[serde(default)]
    pub prefix: String,
    /// The characters between the entries of the header, such as `,`. Without them, the header is one signature.
    #[serde(default)]
    pub separators: String,
    pub encoding: Encoding,
    #[serde(default)]
    pub algorithm: Algorithm,
    /// The form in which the secret holds the key. `text`: the secret itself.
    #[serde(default)]
    pub key: KeyForm,
    /// For a base64 key: the text before it, such as `whsec_`.
    #[serde(default)]
    pub key_prefix: String,
    /// The signed bytes: `{body}`, `{timestamp}`, `{id}`, `{method}`, `{url}` and any text around them, such as
    /// `{timestamp}.{body}`.
    pub signed: String,
    /// The time of the signature.
    pub timestamp: Option<SignedTime>,
    /// The header that `{id}` is in.
    pub id_header: Option<String>,
    /// A header that must have this value.
    pub version: Option<Version>,
    /// The header of a better signature: a request that has it must prove itself by that one.
    pub yields_to: Option<String>,
    /// Characters of the URL whose percent-encoding is undone before signing.
    #[serde(default)]
    pub decoded_in_url: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) enum Encoding {
    Hex,
    Base64,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) enum Algorithm {
    #[default]
    HmacSha256,
    HmacSha512,
    /// Only for a vendor that offers no better one.
    HmacSha1,
    /// SHA-256 over the key and the signed bytes. Only for a vendor that offers no better one.
    Sha256AfterKey,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) enum KeyForm {
    #[default]
    Text,
    Hex,
    Base64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct SignedTime {
    /// May be the signature's own header, if that has several entries.
    pub header: String,
    /// The text before the time, such as `t=`.
    #[serde(default)]
    pub prefix: String,
    pub unit: Unit,
    /// The maximum age of a request, such as `5m`; at least five minutes, because clocks differ.
    pub max_age: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) enum Unit {
    #[serde(rename = "s")]
    Seconds,
    #[serde(rename = "ms")]
    Milliseconds,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Version {
    pub header: String,
    pub value: String,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) enum BodyForm {
    /// One webhook, an object.
    #[default]
    Object,
    /// Many webhooks, an array of objects.
    Array,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) enum Syntax {
    Form,
    Xml,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Answer {
    pub content_type: String,
    pub body: String,
}

/// An event whose type depends on a second value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct EventBy {
    /// The path of the value, in the record.
    pub by: Paths,
    /// The values, and the type of each.
    pub types: BTreeMap<String, String>,
    /// The type for any other value. Without it, such an event becomes `unknown.received`.
    #[serde(rename = "else")]
    pub otherwise: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) enum Partial {
    Always(bool),
    Events(Vec<String>),
}

impl Default for Partial {
    fn default() -> Self {
        Self::Always(false)
    }
}

/// The place of the changed fields: the entries of a list, or the members of an object.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Changes {
    /// The path of a list, of names or of objects.
    pub each: Option<String>,
    /// The path of an object, each member of which is a changed field.
    pub members: Option<String>,
    /// The path of the field's name in an entry. Without it, the entry or the member's name.
    pub field: Option<Paths>,
    /// The path of the old value in an entry; `$entry` is the entry itself.
    pub from: Option<String>,
    /// The path of the new value in an entry; `$entry` is the entry itself.
    pub to: Option<String>,
}

/// A text, or a table with more to say.
#[derive(Debug)]
pub(super) enum TextOr<T> {
    Text(String),
    Table(T),
}

/// One path or a list of paths.
#[derive(Clone, Debug, Default)]
pub(super) struct Paths(pub Vec<String>);

/// The source of a field: a path, a list of sources, or a table. Its form depends on the field's type, which is checked
/// later.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Path(String),
    List(Vec<Source>),
    Table(Vec<(String, Source)>),
}

struct Either<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
    type Value = TextOr<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a table")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(TextOr::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(TextOr::Table)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for TextOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either(PhantomData))
    }
}

struct OneOrMore;

impl<'de> Visitor<'de> for OneOrMore {
    type Value = Paths;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path or a list of paths")
    }

    fn visit_str<E>(self, path: &str) -> Result<Self::Value, E> {
        Ok(Paths(vec![path.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        let paths = Vec::<String>::deserialize(SeqAccessDeserializer::new(list))?;
        if paths.is_empty() { Err(A::Error::custom("expected at least one path")) } else { Ok(Paths(paths)) }
    }
}

impl<'de> Deserialize<'de> for Paths {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMore)
    }
}

struct AnySource;

impl<'de> Visitor<'de> for AnySource {
    type Value = Source;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path, a list of sources or a table")
    }

    fn visit_str<E>(self, path: &str) -> Result<Self::Value, E> {
        Ok(Source::Path(path.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(Source::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Source::Table(members))
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnySource)
    }
}

#[cfg(feature = "schema")]
mod json_schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{Paths, Source, TextOr};

    impl<T: JsonSchema> JsonSchema for TextOr<T> {
        fn schema_name() -> Cow<'static, str> {
            format!("TextOr{}", T::schema_name()).into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let table = generator.subschema_for::<T>();
            json_schema!({ "anyOf": [{ "type": "string" }, table] })
        }
    }

    impl JsonSchema for Paths {
        fn schema_name() -> Cow<'static, str> {
            "Paths".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "description": "A path, or a list of paths of which the first counts that has a value.",
                "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" }, "minItems": 1 }],
            })
        }
    }

    impl JsonSchema for Source {
        fn schema_name() -> Cow<'static, str> {
            "Source".into()
        }

        /// Replaced by the schema of the field's type.
        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            Schema::default()
        }
    }
}
