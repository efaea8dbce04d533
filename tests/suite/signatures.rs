//! Signature schemes: the vendors' own test vectors, and all kinds of wrong signatures, for each scheme.

use std::borrow::Cow;

use crm_normalize::scheme::signature::{Encoding, Function, KeyForm, Part, Signed, SignedTime, Unit};
use crm_normalize::scheme::{ATTIO, CLOSE, HUBSPOT_V2, HUBSPOT_V3, Scheme, SignatureScheme, known};
use crm_normalize::{Pairs, Request, Secrets, Unauthorized, crm};
use jiff::{SignedDuration, Timestamp};

/// A request with the headers of its proof.
#[derive(Clone)]
struct Signature {
    scheme: &'static SignatureScheme,
    secret: String,
    now: Timestamp,
    method: &'static str,
    url: String,
    body: Vec<u8>,
    headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
}

impl Signature {
    fn new(scheme: &'static SignatureScheme, secret: &str, now: Timestamp, url: &str, body: &str) -> Self {
        let (url, body) = (url.to_owned(), body.as_bytes().to_vec());
        Self { scheme, secret: secret.to_owned(), now, method: "POST", url, body, headers: Vec::new() }
    }

    /// A request signed with the sample secret at this time.
    fn sample(scheme: &'static SignatureScheme, at: Timestamp) -> Self {
        let setting: serde_json::Value =
            serde_json::from_str(&crm_samples::secrets_of(&[Scheme::Signature(scheme)])).unwrap();
        let (_, secret) = setting["default"][0].as_str().unwrap().split_once(':').unwrap();
        let mut signed = Self::new(scheme, secret, at, "https://hooks.example.com/webhooks/crm?env=a%3Ab", BODY);
        let key = scheme.key(secret).unwrap();
        crm_samples::sign(scheme, &key, "msg_1", &signed.url, &signed.body, &mut signed.headers, at);
        signed
    }

    fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self.headers.push((name.into(), value.into()));
        self
    }

    fn get(&self, name: &str) -> String {
        self.headers.iter().find(|(key, _)| key == name).unwrap().1.to_string()
    }

    fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    fn change(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn verify(&self) -> Result<(), Unauthorized> {
        let setting = serde_json::json!({"default": [format!("{}:{}", self.scheme.word, self.secret)]}).to_string();
        let secrets = Secrets::parse(&setting, &[Scheme::Signature(self.scheme)]).unwrap();
        let request = Request {
            method: self.method,
            url: &self.url,
            body: &self.body,
            headers: Pairs(&self.headers),
            query: Pairs(&[]),
            account: None,
        };
        secrets.verify(&request, self.now)
    }
}

const BODY: &str = r#"{"event": "crm-events.check", "id": 1544271440}"#;

fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn milliseconds(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap()
}

/// Secret and timestamp are from Close's page. The page's hash cannot be used, because the page does not show the body.
fn close() -> Signature {
    let secret = "058bfb6a3d8cfdc4da7c3be5901b16ae11da982b46a25fb2cd7016e97a140a1c";
    let body = r#"{"subscription_id": "whsub_4Qx2mTn8LrYbZc6VhKdEwP", "event": {"id": "ev_5uJ0sHq7RkWnXbA3mTzLcV", "object_type": "lead", "action": "created"}}"#;
    Signature::new(&CLOSE, secret, seconds(1_544_271_440), "", body)
        .with("Close-Sig-Timestamp", "1544271440")
        .with("Close-Sig-Hash", "a25712c10171e037097c747090761b46972c3d37a95711effc8348083107d7d0")
}

#[test]
fn close_known_answer_and_window() {
    let at = |age: i64| close().at(seconds(1_544_271_440 + age)).verify();
    assert_eq!(at(0), Ok(()));
    assert_eq!(at(73 * 3600), Ok(()), "the last retry");
    assert_eq!(at(73 * 3600 + 1), Err(Unauthorized::StaleTimestamp));
    assert_eq!(at(-300), Ok(()));
    assert_eq!(at(-301), Err(Unauthorized::StaleTimestamp));
}

#[test]
fn attio_known_answer_and_its_secret_is_text() {
    let secret = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    let body = r#"{"webhook_id":"23e42eaf-323a-41da-b5bb-fd67eebda553","events":[]}"#;
    let verify = |signature: &'static str| {
        Signature::new(&ATTIO, secret, seconds(0), "", body).with("attio-signature", signature).verify()
    };
    assert_eq!(verify("b2e3189b768b3bbcd08ab8092c8e538a67144928c6efd2520f98acfb47c72182"), Ok(()));
    // The signature with the secret decoded from hexadecimal digits.
    let decoded = "553a9ca7215769539589715aac3290be0b71cc07dd1311c128fe47e4930c1250";
    assert_eq!(verify(decoded), Err(Unauthorized::Mismatch));
}

/// From the tests of HubSpot's own SDKs.
const HUBSPOT_SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
const HUBSPOT_URL: &str = "https://www.example.com/webhook_uri";

fn hubspot_v3(secret: &str, url: &str, body: &str, timestamp: i64, signature: &'static str) -> Signature {
    Signature::new(&HUBSPOT_V3, secret, milliseconds(timestamp), url, body)
        .with("X-HubSpot-Request-Timestamp", timestamp.to_string())
        .with("X-HubSpot-Signature-V3", signature)
}

#[test]
fn hubspot_v3_known_answers() {
    let body = "{'example_field':'example_value'}";
    for (timestamp, signature) in [
        (1_693_657_560_000, "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="),
        (1_700_000_300_000, "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw="),
    ] {
        assert_eq!(hubspot_v3(HUBSPOT_SECRET, HUBSPOT_URL, body, timestamp, signature).verify(), Ok(()));
    }
}

/// Computed independently of this code, by the formula on HubSpot's page.
#[test]
fn hubspot_v3_undoes_some_escapes_of_the_url() {
    let secret = "8b1c0f2e-1111-4222-8333-94d5e6f70819";
    let body = r#"[{"eventId":3101,"subscriptionId":77,"portalId":4400001,"appId":910,"occurredAt":1790000000000,"subscriptionType":"deal.propertyChange","attemptNumber":0,"objectId":5501,"propertyName":"dealstage","propertyValue":"closedwon","changeSource":"CRM_UI","sourceId":"userId:12"}]"#;
    let plain = "https://hooks.example.com/webhooks/hubspot";
    let escaped = "https://hooks.example.com/webhooks/hubspot/acme?env=a%3Ab%2Fc";
    let verify = |url, signature| hubspot_v3(secret, url, body, 1_790_000_001_500, signature).verify();
    assert_eq!(verify(plain, "U6tCec2rnVbUXY5AD1f6t+KEQOf3TGsHSAYDt1nFv64="), Ok(()));
    assert_eq!(verify(escaped, "9PlbfcIu9bg1N9U/zLvPl4oJPFMWZCLrdkWfnXo+9T4="), Ok(()));
    let undecoded = "DIfxidFn+yNFu0hN4dyGdmR1TZfFbb3mN3jU982ga8M=";
    assert_eq!(verify(escaped, undecoded), Err(Unauthorized::Mismatch));
    let v2 = "8ffbfa611b88918d53dfb92144207477c13579523932120d1280c4000db067d5";
    let signed = Signature::new(&HUBSPOT_V2, secret, seconds(0), plain, body)
        .with("X-HubSpot-Signature-Version", "v2")
        .with("X-HubSpot-Signature", v2);
    assert_eq!(signed.verify(), Ok(()));
}

#[test]
fn hubspot_v3_decodes_exactly_the_characters_of_its_page() {
    let sign = |url: &str| {
        let signed = Signed { method: "POST", url, id: "", timestamp: "1790000001500", body: b"[]" };
        HUBSPOT_V3.sign(b"0123456789abcdef", signed)
    };
    let all = "%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B";
    let lower = all.to_lowercase();
    for url in [all, &lower] {
        assert_eq!(sign(&format!("https://a.example/?x={url}")), sign("https://a.example/?x=:/?@!$'()*,;"), "{url}");
    }
    for (kept, decoded) in [("%20", " "), ("%26", "&"), ("%3D", "="), ("%25", "%"), ("%253A", "%:"), ("%253A", ":")] {
        assert_ne!(sign(&format!("https://a.example/?x={kept}")), sign(&format!("https://a.example/?x={decoded}")));
    }
    for odd in ["%", "%3", "%zz", "%%3A", "%é", "a%3"] {
        sign(&format!("https://a.example/?x={odd}"));
    }
}

#[test]
fn hubspot_v2_known_answers() {
    let v2 = |body: &str, signature: &'static str| {
        Signature::new(&HUBSPOT_V2, HUBSPOT_SECRET, seconds(0), HUBSPOT_URL, body)
            .with("X-HubSpot-Signature-Version", "v2")
            .with("X-HubSpot-Signature", signature)
    };
    let get = v2("", "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e");
    assert_eq!(get.change(|signed| signed.method = "GET").verify(), Ok(()));
    let body = r#"{"example_field":"example_value"}"#;
    let post = v2(body, "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900");
    assert_eq!(post.verify(), Ok(()));
    // Version 1 is not accepted, because it signs neither URL nor time.
    let body = r#"[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]"#;
    let v1 = "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de";
    assert_eq!(v2(body, v1).verify(), Err(Unauthorized::Mismatch));
    assert_eq!(v2(body, v1).with("X-HubSpot-Signature-Version", "v1").verify(), Err(Unauthorized::NoProof));
    // Length extension: the digest of a longer body can be computed without the secret, but not the digest of this one.
    assert_eq!(post.change(|signed| signed.body.push(0x80)).verify(), Err(Unauthorized::Mismatch));
}

/// A request with a version 3 signature must prove itself by it, regardless of other signatures.
#[test]
fn hubspot_v2_does_not_stand_in_for_a_wrong_v3() {
    let setting = serde_json::json!({"default": [
        format!("hmac:{HUBSPOT_SECRET}"), format!("sha256:{HUBSPOT_SECRET}")
    ]});
    let schemes = [Scheme::Signature(&HUBSPOT_V3), Scheme::Signature(&HUBSPOT_V2)];
    let secrets = Secrets::parse(&setting.to_string(), &schemes).unwrap();
    let at = milliseconds(1_700_000_300_000);
    let mut headers = Vec::new();
    let key = HUBSPOT_SECRET.as_bytes();
    crm_samples::sign(&HUBSPOT_V2, key, "", HUBSPOT_URL, b"[]", &mut headers, at);
    let verify = |headers: &crm_samples::OwnedPairs| {
        let (headers, query) = (Pairs(headers), Pairs(&[]));
        let request = Request { method: "POST", url: HUBSPOT_URL, body: b"[]", headers, query, account: None };
        secrets.verify(&request, at)
    };
    assert_eq!(verify(&headers), Ok(()));
    let mut both = headers.clone();
    crm_samples::sign(&HUBSPOT_V3, key, "", HUBSPOT_URL, b"[]", &mut both, at);
    assert_eq!(verify(&both), Ok(()));
    for wrong in ["K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=", ""] {
        let mut headers = headers.clone();
        headers.push(("x-hubspot-signature-v3".into(), wrong.into()));
        headers.push(("x-hubspot-request-timestamp".into(), "1700000300000".into()));
        assert!(verify(&headers).is_err(), "{wrong:?}");
    }
}

/// Signatures with one thing wrong at a time.
fn forgeries(scheme: &'static SignatureScheme, at: Timestamp) -> Vec<(&'static str, Signature)> {
    let right = || Signature::sample(scheme, at);
    let header = scheme.header;
    let value = right().get(header);
    let bare = value.strip_prefix(scheme.prefix).unwrap().to_owned();
    let mut all = vec![
        ("another body", right().change(|signed| signed.body.push(b' '))),
        ("no body", right().change(|signed| signed.body.clear())),
        ("the secret of another", right().change(|signed| signed.secret = signed.secret.replacen(['3', '5'], "7", 1))),
        ("no headers", right().change(|signed| signed.headers.clear())),
        ("an empty signature", right().with(header, "")),
        ("cut off", right().with(header, value[..value.len() - 2].to_owned())),
        ("longer", right().with(header, format!("{value}0"))),
        ("upper case", right().with(header, [scheme.prefix, &bare.to_uppercase()].concat())),
        ("a space before it", right().with(header, [scheme.prefix, " ", &bare].concat())),
        ("the header twice", right().change(|signed| signed.headers.push((header.into(), value.clone().into())))),
    ];
    if let Some(time) = &scheme.timestamp {
        let text = right().get(time.header);
        all.extend([
            ("too old", right().at(at + time.max_age + SignedDuration::from_secs(1))),
            ("from the future", right().at(at - SignedDuration::from_secs(301))),
            ("no time", right().change(|signed| signed.headers.retain(|(name, _)| name != time.header))),
            ("an empty time", right().with(time.header, "")),
            ("another time in the window", right().with(time.header, (text.parse::<i64>().unwrap() - 1).to_string())),
            ("a time with a sign", right().with(time.header, format!("+{text}"))),
            ("a time that is no number", right().with(time.header, "now")),
            ("an endless time", right().with(time.header, "9".repeat(400))),
        ]);
    }
    if let Some((version, _)) = scheme.version {
        all.push(("another version", right().with(version, "v0")));
    }
    for part in scheme.signed {
        match part {
            Part::Id => all.push(("another id", right().with(scheme.id_header.unwrap(), "msg_2"))),
            Part::Method => all.push(("another method", right().change(|signed| signed.method = "PUT"))),
            Part::Url { .. } => {
                for (what, url) in [
                    ("another host", "https://hooks.example.org/webhooks/crm?env=a%3Ab"),
                    ("another scheme", "http://hooks.example.com/webhooks/crm?env=a%3Ab"),
                    ("another path", "https://hooks.example.com/webhooks/crm/?env=a%3Ab"),
                    ("another query", "https://hooks.example.com/webhooks/crm?env=a%3Ac"),
                    ("no query", "https://hooks.example.com/webhooks/crm"),
                    ("no URL", ""),
                ] {
                    all.push((what, right().change(|signed| signed.url = url.to_owned())));
                }
            }
            Part::Body | Part::Timestamp | Part::Text(_) => {}
        }
    }
    all
}

#[test]
fn every_forgery_of_every_scheme_is_refused() {
    let at = milliseconds(1_790_000_001_500);
    for scheme in known::ALL {
        assert_eq!(Signature::sample(scheme, at).verify(), Ok(()), "{}", scheme.name);
        let forgeries = forgeries(scheme, at);
        assert!(forgeries.len() >= 10, "{}", scheme.name);
        for (what, forged) in forgeries {
            assert!(forged.verify().is_err(), "{}: {what}", scheme.name);
        }
    }
}

#[test]
fn no_scheme_is_a_proof_of_another() {
    let at = milliseconds(1_790_000_001_500);
    for scheme in known::ALL {
        for other in known::ALL.iter().filter(|other| other.name != scheme.name) {
            let signed = Signature::sample(other, at);
            let mut as_scheme = Signature::sample(scheme, at).with(scheme.header, signed.get(other.header));
            as_scheme.secret = Signature::sample(scheme, at).secret;
            assert!(as_scheme.verify().is_err(), "{} as {}", other.name, scheme.name);
        }
    }
}

#[test]
fn methods_are_signed_in_upper_case() {
    let at = milliseconds(1_790_000_001_500);
    for scheme in [&HUBSPOT_V3, &HUBSPOT_V2] {
        assert_eq!(Signature::sample(scheme, at).change(|signed| signed.method = "post").verify(), Ok(()));
    }
}

/// A scheme with both time and signature in one header, as several vendors use.
const PACKED: SignatureScheme = SignatureScheme {
    name: "packed",
    word: "hmac",
    secret_form: "<text>",
    key: KeyForm::Text,
    function: Function::HmacSha256,
    signed: &[Part::Timestamp, Part::Text("."), Part::Body],
    header: "X-Signature",
    prefix: "v1=",
    separators: &[','],
    encoding: Encoding::LowerHex,
    timestamp: Some(SignedTime {
        header: "X-Signature",
        prefix: "t=",
        unit: Unit::Seconds,
        max_age: SignedDuration::from_mins(5),
    }),
    id_header: None,
    version: None,
    yields_to: None,
}
.checked();

/// Computed independently of this code, with Python's hmac.
#[test]
fn time_and_signature_in_one_header() {
    let hex = "65bb9c39d57e6fe376ff48e139724838b53323ef01ded043519d885a18538cfe";
    let signed = |header: String| {
        Signature::new(&PACKED, "crm-events: a key of a test", seconds(1_767_225_600), "", r#"{"id":1}"#)
            .with("X-Signature", header)
            .verify()
    };
    assert_eq!(signed(format!("t=1767225600,v1={hex}")), Ok(()));
    assert_eq!(signed(format!("v0=x,v1=x,v1={hex},t=1767225600")), Ok(()));
    for (what, wrong) in [
        ("no time", format!("v1={hex}")),
        ("two times", format!("t=1767225600,t=1767225600,v1={hex}")),
        ("another time", format!("t=1767225601,v1={hex}")),
        ("another time first", format!("t=1767225601,t=1767225600,v1={hex}")),
        ("too old", format!("t=1767225299,v1={hex}")),
        ("another version", format!("t=1767225600,v0={hex}")),
        ("no signature", "t=1767225600".to_owned()),
        ("the time inside another entry", format!("x=t=1767225600,v1={hex}")),
    ] {
        assert!(signed(wrong).is_err(), "{what}");
    }
    let sample = Signature::sample(&PACKED, seconds(1_767_225_600));
    assert_eq!(sample.verify(), Ok(()));
}

/// The console leaves them out of a webhook that is edited, because the proof is made again.
#[test]
fn the_headers_of_a_proof_are_known() {
    for (vendor, signatures, others) in [
        ("heffl", vec!["webhook-signature"], vec!["webhook-timestamp"]),
        (
            "teamgrid",
            vec!["X-TeamGrid-Webhook-Signature"],
            vec!["X-TeamGrid-Webhook-Timestamp", "X-TeamGrid-Webhook-Version"],
        ),
        (
            "hubspot",
            vec!["X-HubSpot-Signature-v3", "X-HubSpot-Signature"],
            vec!["X-HubSpot-Request-Timestamp", "X-HubSpot-Signature-Version"],
        ),
        ("copper", vec![], vec![]),
    ] {
        let vendor = crm::find(vendor).unwrap();
        assert_eq!(vendor.signature_headers().collect::<Vec<_>>(), signatures, "{}", vendor.name);
        assert_eq!(vendor.proof_headers().collect::<Vec<_>>(), others, "{}", vendor.name);
    }
}

/// Each of these would not compile as a constant of the crate.
#[test]
fn a_scheme_that_leaves_body_or_time_unsigned_is_refused() {
    let refused = |change: fn(SignatureScheme) -> SignatureScheme| {
        std::panic::catch_unwind(|| change(PACKED).checked().name).is_err()
    };
    assert!(!refused(|scheme| scheme));
    type Change = fn(SignatureScheme) -> SignatureScheme;
    let changes: [(&str, Change); 7] = [
        ("no body", |scheme| SignatureScheme { signed: &[Part::Timestamp], ..scheme }),
        ("two bodies", |scheme| SignatureScheme { signed: &[Part::Timestamp, Part::Body, Part::Body], ..scheme }),
        ("an unsigned time", |scheme| SignatureScheme { signed: &[Part::Body], ..scheme }),
        ("a time without a header", |scheme| SignatureScheme { timestamp: None, ..scheme }),
        ("an id without a header", |scheme| SignatureScheme {
            signed: &[Part::Timestamp, Part::Id, Part::Body],
            ..scheme
        }),
        ("no time to arrive", |scheme| {
            let timestamp = scheme.timestamp.map(|time| SignedTime { max_age: SignedDuration::ZERO, ..time });
            SignatureScheme { timestamp, ..scheme }
        }),
        ("entries without a prefix", |scheme| SignatureScheme { prefix: "", ..scheme }),
    ];
    for (what, change) in changes {
        assert!(refused(change), "{what}");
    }
}
