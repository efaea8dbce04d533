//! Proof of origin: the vendors' own test vectors, and all kinds of wrong proofs.

use std::borrow::Cow;

use crm_normalize::{Pairs, Request, Secrets, Unauthorized, Vendor, crm};
use jiff::{SignedDuration, Timestamp};

/// A valid request, to be changed in one thing.
#[derive(Clone)]
struct Case {
    vendor: &'static Vendor,
    secrets: String,
    now: Timestamp,
    body: Vec<u8>,
    headers: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    query: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    account: Option<&'static str>,
}

impl Case {
    fn new(vendor: &str, proof: &str, now: i64, body: &str) -> Self {
        Self {
            vendor: crm::find(vendor).unwrap(),
            secrets: format!(r#"{{"default": ["{proof}"]}}"#),
            now: Timestamp::from_second(now).unwrap(),
            body: body.as_bytes().to_vec(),
            headers: Vec::new(),
            query: Vec::new(),
            account: None,
        }
    }

    fn header(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn query(mut self, name: &'static str, value: &'static str) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// The request with another value of a header.
    fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self = self.without(name);
        self.header(name, value)
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self
    }

    fn with_secrets(mut self, secrets: &str) -> Self {
        self.secrets = secrets.to_owned();
        self
    }

    fn at(mut self, seconds: i64) -> Self {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
        self
    }

    fn with_body(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self
    }

    fn verify(&self) -> Result<(), Unauthorized> {
        let secrets = Secrets::parse(&self.secrets, self.vendor.schemes).unwrap();
        let request = Request {
            method: "POST",
            url: "https://localhost/webhooks/crm",
            body: &self.body,
            headers: Pairs(&self.headers),
            query: Pairs(&self.query),
            account: self.account,
        };
        self.vendor.verify(request, &secrets, self.now).map(drop)
    }
}

#[track_caller]
fn refused(cases: impl IntoIterator<Item = (&'static str, Case, Unauthorized)>) {
    for (what, case, reason) in cases {
        assert_eq!(case.verify(), Err(reason), "{what}");
    }
}

/// The vector of the Standard Webhooks specification's own test suites.
fn heffl() -> Case {
    Case::new("heffl", "hmac:whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1_614_265_330, r#"{"test": 2432232314}"#)
        .header("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
        .header("webhook-timestamp", "1614265330")
        .header("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
}

#[test]
fn standard_webhooks_known_answers() {
    assert_eq!(heffl().verify(), Ok(()));
    // The vector of the specification's Rust library.
    let body = r#"{"email":"test@example.com","username":"test_user"}"#;
    let second = Case::new("heffl", "hmac:whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", 1_649_367_553, body)
        .header("Webhook-Id", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk")
        .header("Webhook-Timestamp", "1649367553")
        .header("Webhook-Signature", "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    assert_eq!(second.verify(), Ok(()));
}

#[test]
fn standard_webhooks_accepts_what_the_specification_allows() {
    let good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    let other = "v1,AAAA9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    for (what, case) in [
        ("several signatures", heffl().with("webhook-signature", format!("{other} v2,abc {good}"))),
        ("two headers, joined", heffl().with("webhook-signature", format!("{other}, {good}"))),
        ("two headers, joined without a space", heffl().with("webhook-signature", format!("{good},{other}"))),
        ("one of another version, joined", heffl().with("webhook-signature", format!("v2,abc, {good}, v1a,abc"))),
        ("five minutes late", heffl().at(300)),
        ("five minutes early", heffl().at(-300)),
        (
            "the second of two secrets",
            heffl().with_secrets(r#"{"default": ["hmac:whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "hmac:whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]}"#),
        ),
        (
            "a token where a token is set",
            heffl().without("webhook-signature").with_secrets(r#"{"default": ["token:t"]}"#).query("token", "t"),
        ),
    ] {
        assert_eq!(case.verify(), Ok(()), "{what}");
    }
}

#[test]
fn standard_webhooks_ways_to_be_wrong() {
    use Unauthorized::{Mismatch, NoProof, StaleTimestamp, UnknownAccount};
    let signature = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    let mut elsewhere = heffl();
    elsewhere.account = Some("acme");
    refused([
        ("another body", heffl().with_body(r#"{"test": 2432232315}"#), Mismatch),
        ("an empty body", heffl().with_body(""), Mismatch),
        ("another id", heffl().with("webhook-id", "msg_other"), Mismatch),
        ("another time in the window", heffl().with("webhook-timestamp", "1614265331"), Mismatch),
        ("a time with a sign", heffl().with("webhook-timestamp", "+1614265330"), NoProof),
        ("a time with a point", heffl().with("webhook-timestamp", "1614265330.0"), NoProof),
        ("a time in milliseconds", heffl().with("webhook-timestamp", "1614265330000"), NoProof),
        ("a time that is no number", heffl().with("webhook-timestamp", "now"), NoProof),
        ("an endless time", heffl().with("webhook-timestamp", "9".repeat(400)), NoProof),
        ("too late", heffl().at(301), StaleTimestamp),
        ("too early", heffl().at(-301), StaleTimestamp),
        ("no id", heffl().without("webhook-id"), NoProof),
        ("an empty id", heffl().with("webhook-id", ""), NoProof),
        ("no time", heffl().without("webhook-timestamp"), NoProof),
        ("no signature", heffl().without("webhook-signature"), NoProof),
        ("an empty signature", heffl().with("webhook-signature", ""), NoProof),
        ("only the version", heffl().with("webhook-signature", "v1,"), Mismatch),
        ("another version", heffl().with("webhook-signature", format!("v2,{signature}")), Mismatch),
        ("no version", heffl().with("webhook-signature", signature), Mismatch),
        ("cut off", heffl().with("webhook-signature", format!("v1,{}", &signature[..40])), Mismatch),
        ("cut off with padding", heffl().with("webhook-signature", "v1,g0hM9SsE+OTPJTGt"), Mismatch),
        ("lower case", heffl().with("webhook-signature", format!("v1,{}", signature.to_lowercase())), Mismatch),
        ("white space inside", heffl().with("webhook-signature", format!("v1, {signature}")), Mismatch),
        ("a doubled header", heffl().header("webhook-signature", format!("v1,{signature}")), NoProof),
        ("a list of others", heffl().with("webhook-signature", format!("v2,{signature}, v0,{signature}")), Mismatch),
        ("a list without a version", heffl().with("webhook-signature", format!("v1,AAAA, {signature}")), Mismatch),
        ("another word before it", heffl().with("webhook-signature", format!("xv1,{signature}")), Mismatch),
        ("a doubled id", heffl().header("Webhook-Id", "msg_p5jXN8AQM9LWM0D4loKWxJek"), NoProof),
        (
            "another key",
            heffl().with_secrets(r#"{"default": ["hmac:whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]}"#),
            Mismatch,
        ),
        (
            "the key not decoded",
            heffl().with_secrets(r#"{"default": ["hmac-text:whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]}"#),
            Mismatch,
        ),
        ("an account without a secret", elsewhere, UnknownAccount),
        (
            "no default account",
            heffl().with_secrets(r#"{"acme": ["hmac:whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]}"#),
            UnknownAccount,
        ),
        (
            "the secret itself as a token",
            heffl().without("webhook-signature").query("token", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            NoProof,
        ),
    ]);
}

/// Computed apart from this code: `hmac.new(secret, timestamp + b"." + body, "sha256").hexdigest()` in Python.
fn teamgrid() -> Case {
    let secret = "hmac:whsec_v2_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
    Case::new("teamgrid", secret, 1_767_225_600, r#"{"event":"task_completed","item":{"_id":"t1"}}"#)
        .header("X-TeamGrid-Webhook-Id", "wh_1")
        .header("X-TeamGrid-Webhook-Timestamp", "1767225600")
        .header("X-TeamGrid-Webhook-Version", "2")
        .header("X-TeamGrid-Webhook-Signature", TEAMGRID_SIGNATURE)
}

const TEAMGRID_SIGNATURE: &str = "v1=48cb18fcc1934dfe01f67f47fce70b35425f89accc9e56d78f55d26945faa458";

#[test]
fn teamgrid_signed_delivery_known_answer() {
    assert_eq!(teamgrid().verify(), Ok(()));
    assert_eq!(teamgrid().at(300).verify(), Ok(()));
    // The signature does not cover the id.
    assert_eq!(teamgrid().with("X-TeamGrid-Webhook-Id", "wh_2").verify(), Ok(()));
}

#[test]
fn teamgrid_signed_delivery_ways_to_be_wrong() {
    use Unauthorized::{Mismatch, NoProof, StaleTimestamp};
    let hex = &TEAMGRID_SIGNATURE["v1=".len()..];
    let header = "X-TeamGrid-Webhook-Signature";
    refused([
        ("another body", teamgrid().with_body("{}"), Mismatch),
        ("another time in the window", teamgrid().with("X-TeamGrid-Webhook-Timestamp", "1767225601"), Mismatch),
        ("too late", teamgrid().at(301), StaleTimestamp),
        ("too early", teamgrid().at(-301), StaleTimestamp),
        ("no version", teamgrid().without("X-TeamGrid-Webhook-Version"), NoProof),
        ("an older version", teamgrid().with("X-TeamGrid-Webhook-Version", "1"), NoProof),
        ("no id", teamgrid().without("X-TeamGrid-Webhook-Id"), NoProof),
        ("no time", teamgrid().without("X-TeamGrid-Webhook-Timestamp"), NoProof),
        ("no signature", teamgrid().without(header), NoProof),
        ("upper case", teamgrid().with(header, format!("v1={}", hex.to_uppercase())), Mismatch),
        ("no prefix", teamgrid().with(header, hex), Mismatch),
        ("the other scheme's prefix", teamgrid().with(header, format!("v1,{hex}")), Mismatch),
        ("cut off", teamgrid().with(header, format!("v1={}", &hex[..62])), Mismatch),
        ("longer", teamgrid().with(header, format!("v1={hex}00")), Mismatch),
        ("a space behind", teamgrid().with(header, format!("v1={hex} ")), Mismatch),
        ("two of them", teamgrid().with(header, format!("v1={hex} v1={hex}")), Mismatch),
        ("a doubled header", teamgrid().header(header, TEAMGRID_SIGNATURE), NoProof),
        ("another key", teamgrid().with_secrets(r#"{"default": ["hmac:whsec_v2_another_key"]}"#), Mismatch),
    ]);
}

/// The key and the time are those of Close's page. The hash is computed apart from this code, by the page's formula:
/// `hmac.new(bytes.fromhex(key), timestamp + body, "sha256").hexdigest()` in Python.
fn close() -> Case {
    Case::new("close", CLOSE_PROOF, 1_544_271_440, CLOSE_BODY)
        .header("Close-Sig-Timestamp", "1544271440")
        .header("Close-Sig-Hash", CLOSE_HASH)
}

const CLOSE_PROOF: &str = "hmac:058bfb6a3d8cfdc4da7c3be5901b16ae11da982b46a25fb2cd7016e97a140a1c";
const CLOSE_HASH: &str = "a25712c10171e037097c747090761b46972c3d37a95711effc8348083107d7d0";
const CLOSE_BODY: &str = r#"{"subscription_id": "whsub_4Qx2mTn8LrYbZc6VhKdEwP", "event": {"id": "ev_5uJ0sHq7RkWnXbA3mTzLcV", "object_type": "lead", "action": "created"}}"#;

#[test]
fn close_known_answers() {
    assert_eq!(close().verify(), Ok(()));
    assert_eq!(close().at(73 * 3600).verify(), Ok(()), "the last retry, with the timestamp of the first attempt");
    // Another key, and a body that is not ASCII.
    let key = "hmac:63726d2d6576656e74732073616d706c6573206f6e6c7921636c6f7365212121";
    let body = r#"{"event":{"id":"ev_7QkXd0RzNw5LsTb3VmCy8H","object_type":"contact","action":"deleted","data":{"name":"Jörg"}},"subscription_id":"whsub_1"}"#;
    let second = Case::new("close", key, 1_772_467_511, body)
        .header("close-sig-timestamp", "1772467511")
        .header("close-sig-hash", "d814203fa715224a7623d5763f8d48eb451709a4b65d2d0705d6866a5fd418cf");
    assert_eq!(second.verify(), Ok(()));
    // Two webhooks with one URL have a key each.
    let both = format!(r#"{{"default": ["{key}", "{CLOSE_PROOF}"]}}"#);
    assert_eq!(close().with_secrets(&both).verify(), Ok(()));
}

#[test]
fn close_ways_to_be_wrong() {
    use Unauthorized::{Mismatch, NoProof, StaleTimestamp};
    let hash = "Close-Sig-Hash";
    refused([
        ("another body", close().with_body(&CLOSE_BODY.replace("created", "deleted")), Mismatch),
        ("the body formatted anew", close().with_body(&CLOSE_BODY.replace(": ", ":")), Mismatch),
        ("an empty body", close().with_body(""), Mismatch),
        ("another time in the window", close().with("Close-Sig-Timestamp", "1544271441"), Mismatch),
        ("a digit moved from the time to the body", close().with("Close-Sig-Timestamp", "154427144"), StaleTimestamp),
        ("too late", close().at(73 * 3600 + 1), StaleTimestamp),
        ("too early", close().at(-301), StaleTimestamp),
        ("no time", close().without("Close-Sig-Timestamp"), NoProof),
        ("the time twice", close().header("close-sig-timestamp", "1544271440"), NoProof),
        ("no hash", close().without(hash), NoProof),
        ("an empty hash", close().with(hash, ""), NoProof),
        ("the hash twice", close().header("close-sig-hash", CLOSE_HASH), NoProof),
        ("upper case", close().with(hash, CLOSE_HASH.to_uppercase()), Mismatch),
        ("cut off", close().with(hash, &CLOSE_HASH[..62]), Mismatch),
        ("longer", close().with(hash, format!("{CLOSE_HASH}00")), Mismatch),
        ("with the prefix of others", close().with(hash, format!("sha256={CLOSE_HASH}")), Mismatch),
        (
            "the key as text, not decoded",
            close().with(hash, "66dbeaaabfb580ce4f34a9a38aa138be218ad5fe87c616229f1a0ec7d985a630"),
            Mismatch,
        ),
        (
            "a point between time and body",
            close().with(hash, "de3d31bf34b16ef9a6f16f7467ca5f98c69a481a3b96c66cadd93bd34d0eeae7"),
            Mismatch,
        ),
        (
            "the body alone",
            close().with(hash, "543492f92d37a84e4f2f9d916c7e1d50fa251d71a1d81f12ee486cb8c1319c48"),
            Mismatch,
        ),
        ("the key itself as a token", close().without(hash).query("token", &CLOSE_PROOF["hmac:".len()..]), NoProof),
    ]);
}

fn teamgram() -> Case {
    // RFC 7617, section 2: Aladdin, open sesame.
    Case::new("teamgram", "basic:Aladdin:open sesame", 0, "{}")
        .header("Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
}

#[test]
fn basic_known_answers() {
    assert_eq!(teamgram().verify(), Ok(()));
    assert_eq!(teamgram().with("authorization", "basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==").verify(), Ok(()));
    // RFC 9110, section 11.4: one or more spaces.
    assert_eq!(teamgram().with("Authorization", "Basic   QWxhZGRpbjpvcGVuIHNlc2FtZQ==").verify(), Ok(()));
    // RFC 7617, section 2.1: test, 123 and a pound sign, as UTF-8.
    let utf8 =
        teamgram().with_secrets(r#"{"default": ["basic:test:123£"]}"#).with("Authorization", "Basic dGVzdDoxMjPCow==");
    assert_eq!(utf8.verify(), Ok(()));
    // Pipedrive sends no other proof. A password may hold a colon.
    for (secret, header) in [
        ("basic:crm-events:s3cret", "Basic Y3JtLWV2ZW50czpzM2NyZXQ="),
        ("basic:crm-events:päss:word", "Basic Y3JtLWV2ZW50czpww6Rzczp3b3Jk"),
    ] {
        assert_eq!(
            Case::new("pipedrive", secret, 0, "{}").header("Authorization", header).verify(),
            Ok(()),
            "{secret}"
        );
    }
    let rotated = teamgram().with_secrets(r#"{"default": ["basic:Aladdin:new", "basic:Aladdin:open sesame"]}"#);
    assert_eq!(rotated.verify(), Ok(()));
}

#[test]
fn basic_ways_to_be_wrong() {
    use Unauthorized::{Mismatch, NoProof};
    refused([
        ("no header", teamgram().without("authorization"), NoProof),
        ("another password", teamgram().with_secrets(r#"{"default": ["basic:Aladdin:open sesam"]}"#), Mismatch),
        ("another user", teamgram().with_secrets(r#"{"default": ["basic:Aladin:open sesame"]}"#), Mismatch),
        ("a user alone", teamgram().with("Authorization", "Basic QWxhZGRpbg=="), Mismatch),
        ("nothing", teamgram().with("Authorization", "Basic "), Mismatch),
        ("no Base64", teamgram().with("Authorization", "Basic Aladdin:open sesame"), NoProof),
        ("no padding", teamgram().with("Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ"), NoProof),
        ("a space before it", teamgram().with("Authorization", " Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), NoProof),
        ("no space", teamgram().with("Authorization", "BasicQWxhZGRpbjpvcGVuIHNlc2FtZQ=="), NoProof),
        ("a tab", teamgram().with("Authorization", "Basic\tQWxhZGRpbjpvcGVuIHNlc2FtZQ=="), NoProof),
        ("two spaces and another", teamgram().with("Authorization", "Basic  QWxhZGRpbjpvcGVuIHNlc2FtZA=="), Mismatch),
        ("another scheme", teamgram().with("Authorization", "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), NoProof),
        ("the scheme alone", teamgram().with("Authorization", "Basic"), NoProof),
        ("a doubled header", teamgram().header("Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), NoProof),
        ("as a token", teamgram().without("authorization").query("token", "Aladdin:open sesame"), NoProof),
    ]);
}

fn agilecrm() -> Case {
    Case::new("agilecrm", "token:s3cret", 0, "{}")
}

fn plus(token: &str) -> Case {
    agilecrm().with_secrets(&format!(r#"{{"default": ["token:{token}"]}}"#))
}

#[test]
fn a_token_in_each_of_its_places() {
    for case in [
        // The query is decoded, so an unescaped `+` in the URL has become a space.
        plus("s3+cret").query("token", "s3 cret"),
        plus("s3+cret").query("token", "s3+cret"),
        plus("s3 cret").query("token", "s3 cret"),
        agilecrm().header("Authorization", "Bearer  s3cret"),
        agilecrm().query("token", "s3cret"),
        agilecrm().header("x-webhook-token", "s3cret"),
        agilecrm().header("Authorization", "Bearer s3cret"),
        agilecrm().header("Authorization", "bearer s3cret"),
        agilecrm().header("Authorization", "Basic eDp5").query("token", "s3cret"),
        agilecrm().with_secrets(r#"{"default": ["token:old", "token:s3cret"]}"#).query("token", "s3cret"),
    ] {
        assert_eq!(case.verify(), Ok(()));
    }
}

#[test]
fn a_token_ways_to_be_wrong() {
    use Unauthorized::{Mismatch, NoProof};
    refused([
        ("none", agilecrm(), NoProof),
        ("another", agilecrm().query("token", "s3cred"), Mismatch),
        ("empty", agilecrm().query("token", ""), Mismatch),
        ("a plus for its other character", agilecrm().query("token", "s3+ret"), Mismatch),
        ("a plus for its space", plus("s3 cret").query("token", "s3+cret"), Mismatch),
        ("a space for its plus, in a header", plus("s3+cret").header("x-webhook-token", "s3 cret"), Mismatch),
        ("a space more for its plus", plus("s3+cret").query("token", "s3  cret"), Mismatch),
        ("shorter", agilecrm().query("token", "s3cre"), Mismatch),
        ("longer", agilecrm().query("token", "s3cret1"), Mismatch),
        ("upper case", agilecrm().query("token", "S3CRET"), Mismatch),
        ("white space", agilecrm().query("token", " s3cret"), Mismatch),
        ("doubled", agilecrm().query("token", "s3cret").query("token", "s3cret"), NoProof),
        ("by another name", agilecrm().query("secret", "s3cret"), NoProof),
        (
            "the header doubled",
            agilecrm().header("X-Webhook-Token", "s3cret").header("x-webhook-token", "s3cret"),
            NoProof,
        ),
        ("no scheme", agilecrm().header("Authorization", "s3cret"), NoProof),
        ("Basic", agilecrm().header("Authorization", "Basic s3cret"), NoProof),
        ("with its prefix", agilecrm().query("token", "token:s3cret"), Mismatch),
    ]);
}
