//! The signature of a request to AWS, checked without AWS's own signer.

use aws_lambda_events::http::HeaderMap;
use data_encoding::HEXLOWER;
use ring::{digest, hmac};

/// The secret key of `function_with`.
const SECRET: &str = "test";

/// True if a request's [Signature Version
/// 4](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html) is valid and covers
/// everything that must be signed.
pub fn holds(method: &str, host: &str, path: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name: &str| if name == "host" { host } else { headers[name].to_str().unwrap().trim() };
    let hexadecimal = |text: &[u8]| HEXLOWER.encode(digest::digest(&digest::SHA256, text).as_ref());
    let authorization = header("authorization").strip_prefix("AWS4-HMAC-SHA256 Credential=").unwrap();
    let [credential, signed, signature] = authorization.split(", ").collect::<Vec<_>>()[..] else { return false };
    let (_, scope) = credential.split_once('/').unwrap();
    let signed = signed.strip_prefix("SignedHeaders=").unwrap();
    let is_signed = |name: &str| signed.split(';').any(|one| one == name);
    let must_be = |name: &&str| name.starts_with("x-amz-") || *name == "content-type";
    if !is_signed("host") || !headers.keys().map(|name| name.as_str()).filter(must_be).all(is_signed) {
        return false;
    }
    let lines: String = signed.split(';').map(|name| format!("{name}:{}\n", header(name))).collect();
    let canonical = format!("{method}\n{path}\n\n{lines}\n{signed}\n{}", hexadecimal(body));
    let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", header("x-amz-date"), hexadecimal(canonical.as_bytes()));
    let sign =
        |key: &[u8], text: &str| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec();
    let key = scope.split('/').fold(format!("AWS4{SECRET}").into_bytes(), |key, part| sign(&key, part));
    signature.strip_prefix("Signature=") == Some(&HEXLOWER.encode(&sign(&key, &text)))
}
