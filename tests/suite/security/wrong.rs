//! Proofs with one thing wrong at a time.

use crm_normalize::scheme::signature::{KeyForm, MAX_AHEAD, Part};
use crm_normalize::scheme::{Scheme, SignatureScheme};
use crm_normalize::{Vendor, crm};
use crm_samples::RECEIVED_AT;
use data_encoding::BASE64;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::attempt::{Attempt, secret};

/// All wrong proofs for a scheme, with descriptions.
pub fn wrong(vendor: &'static Vendor, scheme: Scheme) -> Vec<(String, Attempt)> {
    let mut all = strangers(vendor, scheme);
    all.extend(match scheme {
        Scheme::Signature(scheme) => wrong_signatures(vendor, scheme),
        Scheme::Basic => wrong_passwords(vendor),
        Scheme::Token => wrong_tokens(vendor),
        Scheme::MemberToken(name) => wrong_members(vendor, name),
    });
    all
}

/// Wrong proofs for any scheme: the secrets of others, and no secret.
fn strangers(vendor: &'static Vendor, scheme: Scheme) -> Vec<(String, Attempt)> {
    let bare = Attempt::new(vendor);
    let right = bare.clone().right(scheme, "1");
    let of_vendor = crm::ALL.iter().copied().filter(|other| other.name != vendor.name).map(|other| {
        let secret = secret(other, scheme, "1");
        let attempt = match scheme {
            Scheme::Signature(scheme) => match scheme.key(&secret) {
                Some(key) => bare.clone().signed_by(scheme, &key, "msg_1", RECEIVED_AT),
                None => bare.clone(),
            },
            Scheme::Basic => bare.clone().basic(&secret),
            Scheme::Token => bare.clone().parameter("token", &secret),
            Scheme::MemberToken(name) => bare.clone().member(name, &secret),
        };
        (format!("the secret of {}", other.name), attempt)
    });
    let mut all: Vec<_> = of_vendor.collect();
    let own = secret(vendor, scheme, "1");
    all.extend(
        [
            ("no proof", bare.clone()),
            ("the secret of another account", bare.clone().right(scheme, "acme")),
            ("the right secret to another account", right.clone().account("acme")),
            ("the right secret to no account", right.clone().account("nobody")),
            ("the secret of another account to an empty account", bare.clone().right(scheme, "acme").account("")),
            ("the right secret to another account with a slash", right.clone().account("acme/")),
            ("the right secret to an account in an account", right.clone().account("default/default")),
            ("the right secret to the account in another case", right.account("Default")),
            (
                "the secret in the body",
                bare.clone().body(&json!({"secret": own, "a": {"token": own}, "b": ["token", own]}).to_string()),
            ),
            ("the secret in a cookie", bare.clone().header("cookie", format!("token={own}"))),
            ("the secret by another name", bare.clone().parameter("secret", &own).header("x-token", &own)),
            ("the secret with its scheme", bare.clone().parameter("token", &format!("{}:{own}", scheme.word()))),
            ("an empty token", bare.clone().parameter("token", "").header("x-webhook-token", "")),
            ("an empty Basic", bare.clone().basic("").header("x-webhook-token", "")),
            ("an empty user and password", bare.clone().basic(":")),
            ("an empty Bearer", bare.header("authorization", "Bearer ")),
        ]
        .map(|(what, attempt)| (what.to_owned(), attempt)),
    );
    all
}

fn wrong_tokens(vendor: &'static Vendor) -> Vec<(String, Attempt)> {
    let token = secret(vendor, Scheme::Token, "1");
    let bare = || Attempt::new(vendor);
    let mut all: Vec<(String, Attempt)> = Vec::new();
    for (what, wrong) in [
        ("forged", "token-forged".to_owned()),
        ("cut off", cut(&token, 1)),
        ("longer", format!("{token}0")),
        ("upper case", token.to_uppercase()),
        ("white space in front", format!(" {token}")),
        ("white space behind", format!("{token} ")),
        ("twice in one", format!("{token},{token}")),
        ("a space for its plus twice", token.replace('+', "  ")),
        ("nothing for its plus", token.replace('+', "")),
        ("its plus encoded twice", token.replace('+', "%2B")),
        ("a plus for another character", token.replacen('-', "+", 1)),
        ("quoted", format!("\"{token}\"")),
        ("in Base64", BASE64.encode(token.as_bytes())),
        ("with NUL", format!("{token}\u{0}")),
    ] {
        all.push((format!("{what}, in the query"), bare().parameter("token", &wrong)));
        if !wrong.contains('\0') {
            all.push((format!("{what}, in the header"), bare().header("x-webhook-token", &wrong)));
            // Any number of spaces is allowed after the word.
            let bearer = format!("Bearer {}", if wrong.starts_with(' ') { "" } else { &wrong });
            all.push((format!("{what}, as Bearer"), bare().header("authorization", bearer)));
        }
    }
    let doubled = bare().parameter("token", &token).parameter("token", &token);
    let more = [
        ("the parameter twice", doubled),
        ("the parameter twice, once wrong", bare().parameter("token", "x").parameter("Token", &token)),
        ("the header twice", bare().header("x-webhook-token", &token).doubled("x-webhook-token")),
        ("as Basic", bare().header("authorization", format!("Basic {token}"))),
        ("as Basic's user", bare().basic(&format!("{token}:"))),
        ("without a word in front", bare().header("authorization", &token)),
        ("a space for its plus, in the header", bare().header("x-webhook-token", token.replace('+', " "))),
        (
            "a space for its plus, as Bearer",
            bare().header("authorization", format!("Bearer {}", token.replace('+', " "))),
        ),
        ("two spaces and another token", bare().header("authorization", "Bearer  token-forged")),
    ];
    all.extend(more.map(|(what, attempt)| (what.to_owned(), attempt)));
    all
}

fn wrong_members(vendor: &'static Vendor, name: &str) -> Vec<(String, Attempt)> {
    let token = secret(vendor, Scheme::MemberToken("token"), "1");
    let with = |body: String| Attempt::new(vendor).body(&body);
    [
        ("forged", with(json!({name: "forged"}).to_string())),
        ("cut off", with(json!({name: cut(&token, 1)}).to_string())),
        ("longer", with(json!({name: format!("{token}0")}).to_string())),
        ("with white space", with(json!({name: format!("{token} ")}).to_string())),
        ("empty", with(json!({name: ""}).to_string())),
        ("null", with(json!({name: null}).to_string())),
        ("a number", with(json!({name: 7}).to_string())),
        ("in a list", with(json!({name: [token]}).to_string())),
        ("in an object", with(json!({name: {name: token}}).to_string())),
        ("under another name", with(json!({"secret": token}).to_string())),
        ("twice", with(format!(r#"{{"{name}":"{token}","{name}":"{token}"}}"#))),
        ("behind a forged one", with(format!(r#"{{"{name}":"forged","{name}":"{token}"}}"#))),
        ("before null", with(format!(r#"{{"{name}":"{token}","{name}":null}}"#))),
        ("in two cases", with(format!(r#"{{"{name}":"{token}","{}":"{token}"}}"#, name.to_uppercase()))),
        ("in an array", with(format!(r#"[{{"{name}":"{token}"}}]"#))),
        ("in JSON that does not end", with(format!(r#"{{"{name}":"{token}""#))),
        ("before more text", with(format!(r#"{{"{name}":"{token}"}} x"#))),
        ("in a form", with(format!("{name}={token}"))),
        ("in the query", Attempt::new(vendor).parameter(name, &token)),
        ("in the header", Attempt::new(vendor).header("x-webhook-token", &token)),
    ]
    .map(|(what, attempt)| (what.to_owned(), attempt))
    .into()
}

fn wrong_passwords(vendor: &'static Vendor) -> Vec<(String, Attempt)> {
    let secret = secret(vendor, Scheme::Basic, "1");
    let (user, password) = secret.split_once(':').unwrap();
    let right = || Attempt::new(vendor).basic(&secret);
    [
        ("another password", right().basic(&format!("{user}:forged"))),
        ("another user", right().basic(&format!("forged:{password}"))),
        ("no password", right().basic(user)),
        ("an empty password", right().basic(&format!("{user}:"))),
        ("swapped", right().basic(&format!("{password}:{user}"))),
        ("upper case", right().basic(&secret.to_uppercase())),
        ("white space behind", right().basic(&format!("{secret} "))),
        ("a line end behind", right().basic(&format!("{secret}\n"))),
        ("cut off", right().map("authorization", |value| cut(value, 4))),
        ("with other padding", {
            right().map("authorization", |value| match value.strip_suffix('=') {
                Some(less) => less.to_owned(),
                None => format!("{value}="),
            })
        }),
        ("two spaces and another password", right().basic("forged:forged").map("authorization", two_spaces)),
        ("two spaces and nothing", right().header("authorization", "Basic  ")),
        (
            "two spaces and another word",
            right().map("authorization", |value| two_spaces(value).replacen("Basic", "Bearer", 1)),
        ),
        ("no space", right().map("authorization", |value| value.replacen(' ', "", 1))),
        ("a space and a tab", right().map("authorization", |value| value.replacen(' ', " \t", 1))),
        ("a tab", right().map("authorization", |value| value.replacen(' ', "\t", 1))),
        ("white space in front", right().map("authorization", |value| format!(" {value}"))),
        ("lower case", right().map("authorization", str::to_lowercase)),
        ("another word", right().map("authorization", |value| value.replacen("Basic", "Bearer", 1))),
        ("not encoded", right().header("authorization", format!("Basic {secret}"))),
        ("twice", right().doubled("authorization")),
        (
            "by another header",
            right().map("authorization", str::to_owned).without("authorization").header("proxy-authorization", &secret),
        ),
        ("in the query", Attempt::new(vendor).parameter("token", &secret)),
        ("in the token's header", Attempt::new(vendor).header("x-webhook-token", &secret)),
    ]
    .map(|(what, attempt)| (what.to_owned(), attempt))
    .into()
}

fn two_spaces(credentials: &str) -> String {
    credentials.replacen(' ', "  ", 1)
}

fn wrong_signatures(vendor: &'static Vendor, scheme: &'static SignatureScheme) -> Vec<(String, Attempt)> {
    let secret = secret(vendor, Scheme::Signature(scheme), "1");
    let key = scheme.key(&secret).unwrap();
    let right = || Attempt::new(vendor).signed(scheme, &secret);
    let signature = right().value(scheme.header);
    let forged = Attempt::new(vendor).signed_by(scheme, b"forged", "msg_1", RECEIVED_AT).value(scheme.header);
    let body = right().body_text().to_owned();
    let name = scheme.header;
    let mut all = vec![
        ("no signature", right().without(name)),
        ("an empty signature", right().header(name, "")),
        ("cut off", right().map(name, |value| cut(value, 2))),
        ("cut off in the middle", right().map(name, |value| value[..value.len() / 2].to_owned())),
        ("longer", right().map(name, |value| format!("{value}00"))),
        ("in upper case", right().map(name, str::to_uppercase)),
        ("two, both wrong", right().header(name, format!("{forged} {forged}"))),
        ("two, both wrong, folded", right().header(name, format!("{forged}, {forged}"))),
        ("folded and cut off", right().map(name, |value| format!("{forged}, {}", cut(value, 2)))),
        ("behind another word", right().map(name, |value| format!("x{value}"))),
        ("forged", right().header(name, &forged)),
        ("signed with nothing", right().signed_by(scheme, b"", "msg_1", RECEIVED_AT)),
        ("signed with the secret's text in another form", {
            let text = match scheme.key {
                KeyForm::Base64After(_) | KeyForm::Hex => secret.as_bytes(),
                KeyForm::Text => secret.trim_start_matches("whsec_v2_").as_bytes(),
            };
            right().signed_by(scheme, text, "msg_1", RECEIVED_AT)
        }),
        ("a byte more in the body", right().body(&format!("{body} "))),
        ("a byte less in the body", right().body(&cut(&body, 1))),
        ("another byte in the body", right().body(&body.replacen(':', ";", 1))),
        ("no body", right().body("")),
        ("body and signature swapped", right().body(&signature).header(name, body.replace(['\n', '\r'], " "))),
        ("the secret as a token", right().without(name).parameter("token", &secret)),
        ("the secret as Bearer", right().without(name).header("authorization", format!("Bearer {secret}"))),
        ("the signature as a token", right().without(name).parameter("token", &signature)),
        ("the headers in the query", {
            let headers = right().event["headers"].as_object().unwrap().clone();
            let parameter =
                |attempt: Attempt, (name, value): (&String, &Value)| attempt.parameter(name, value.as_str().unwrap());
            headers.iter().fold(Attempt::new(vendor), parameter)
        }),
    ];
    if !scheme.prefix.is_empty() {
        let unprefixed = |value: &str| value.replacen(scheme.prefix, "", 1);
        all.extend([
            ("only its prefix", right().header(name, scheme.prefix)),
            ("without its prefix", right().map(name, unprefixed)),
            ("another version", right().map(name, |value| value.replacen("v1", "v0", 1))),
            ("folded and without its prefix", right().map(name, |value| format!("{forged}, {}", unprefixed(value)))),
            ("folded behind another version", {
                right().map(name, |value| format!("{forged}, {}", value.replacen("v1", "v2", 1)))
            }),
        ]);
    }
    if scheme.separators.is_empty() {
        all.push(("its prefix twice", right().map(name, |value| format!("{}{value}", scheme.prefix) + "x")));
        all.push(("twice", right().doubled(name)));
        all.push(("twice, folded", right().map(name, |value| format!("{value}, {value}"))));
    }
    if let Some(id) = scheme.id_header {
        all.push(("no id", right().without(id)));
        all.push(("an empty id", right().header(id, "")));
    }
    if let Some(time) = &scheme.timestamp {
        let signed_at = |age: SignedDuration| {
            Attempt::new(vendor).signed_by(scheme, &key, "msg_1", RECEIVED_AT.checked_sub(age).unwrap())
        };
        let (old, second) = (time.max_age + SignedDuration::from_secs(1), SignedDuration::from_secs(1));
        let now = scheme.timestamp_text(RECEIVED_AT).unwrap();
        let time = time.header;
        all.extend([
            ("replayed when it is too old", signed_at(old)),
            ("from the future", signed_at(-MAX_AHEAD - second)),
            ("replayed with a new time", signed_at(old).header(time, now)),
            ("a time in a smaller unit", right().map(time, |value| format!("{value}000"))),
            ("a time in a larger unit", right().map(time, |value| cut(value, 3))),
            ("a time with a sign", right().map(time, |value| format!("+{value}"))),
            ("a time with white space", right().map(time, |value| format!(" {value}"))),
            ("a time twice", right().doubled(time)),
            ("no time", right().without(time)),
        ]);
    }
    if let (true, Some(id), Some(time)) = (signs(scheme, &Part::Id), scheme.id_header, &scheme.timestamp) {
        all.push(("another id", right().header(id, "msg_2")));
        let swapped = right().header(id, right().value(time.header)).header(time.header, "msg_1");
        all.push(("id and time swapped", swapped));
        all.push(("the point moved", {
            let moved = right().header(id, format!("msg_1.{}", right().value(time.header)));
            moved.body(body.split_once('.').map_or(&*body, |(_, rest)| rest))
        }));
    }
    if signs(scheme, &Part::Url { decoded: "" }) {
        let with = |member: &str, value: &str| {
            let mut attempt = right();
            attempt.event[member] = json!(value);
            attempt
        };
        let path = format!("/webhooks/{}", vendor.name);
        all.push(("to another path", with("rawPath", &format!("{path}/x"))));
        all.push(("to a path with a slash more", with("rawPath", &format!("{path}/"))));
        all.push(("to another query", right().parameter("x", "1")));
        let mut elsewhere = right();
        elsewhere.event["requestContext"]["domainName"] = json!("other.example");
        all.push(("to another host", elsewhere));
    }
    if signs(scheme, &Part::Method) {
        let mut other = right();
        other.event["requestContext"]["http"]["method"] = json!("PUT");
        all.push(("by another method", other));
    }
    if let Some(better) = scheme.yields_to {
        all.push(("beside a better one", right().header(better, "forged")));
        all.push(("beside an empty better one", right().header(better, "")));
    }
    if let Some((version, _)) = scheme.version {
        all.push(("no version", right().without(version)));
        all.push(("an older version", right().header(version, "1")));
        all.push(("a version twice", right().doubled(version)));
    }
    all.into_iter().map(|(what, attempt)| (what.to_owned(), attempt)).collect()
}

fn signs(scheme: &SignatureScheme, part: &Part) -> bool {
    scheme.signed.iter().any(|one| std::mem::discriminant(one) == std::mem::discriminant(part))
}

/// The text without its last bytes.
fn cut(text: &str, bytes: usize) -> String {
    text[..text.len().saturating_sub(bytes)].to_owned()
}
