//! An S3 stub with path-style addresses that stores, returns, deletes and lists objects.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hyper::Method;
use md5::{Digest, Md5};
use percent_encoding::percent_decode_str;

use super::http::{Answer, Request, Response, Service, response};

/// An S3 with its buckets; clones share them.
#[derive(Clone, Debug, Default)]
pub struct S3 {
    buckets: Arc<Mutex<BTreeMap<String, BTreeMap<String, Bytes>>>>,
}

/// Page size of a listing in S3.
const PAGE: usize = 1000;

impl S3 {
    pub fn create(&self, bucket: &str) {
        self.buckets().entry(bucket.to_owned()).or_default();
    }

    /// The objects of a bucket with this key prefix, in the order of their keys.
    pub fn objects(&self, bucket: &str, prefix: &str) -> Vec<(String, Bytes)> {
        let buckets = self.buckets();
        let objects = buckets.get(bucket).into_iter().flatten();
        objects.filter(|(key, _)| key.starts_with(prefix)).map(|(key, body)| (key.clone(), body.clone())).collect()
    }

    fn buckets(&self) -> MutexGuard<'_, BTreeMap<String, BTreeMap<String, Bytes>>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An error of S3: status, code.
pub type Refusal = (u16, &'static str);

/// The response of an error.
pub fn refusal((status, code): Refusal) -> Response {
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{code}</Message></Error>"
    );
    response(status, "application/xml", xml)
}

impl Service for S3 {
    async fn answer(&self, request: Request) -> Answer {
        Answer::Response(self.act(&request).unwrap_or_else(refusal))
    }
}

impl S3 {
    fn act(&self, request: &Request) -> Result<Response, Refusal> {
        let path = percent_decode_str(request.uri().path().trim_start_matches('/')).decode_utf8_lossy();
        let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
        let mut buckets = self.buckets();
        let objects = buckets.get_mut(bucket).ok_or((404, "NoSuchBucket"))?;
        match (request.method(), key) {
            (&Method::GET, "") => Ok(response(200, "application/xml", list(objects, bucket, request))),
            (&Method::PUT, key) if !key.is_empty() => {
                // Chunked bodies with a trailing checksum are not supported.
                if request.headers().get("content-encoding").is_some_and(|encoding| encoding == "aws-chunked") {
                    return Err((501, "NotImplemented"));
                }
                let body = request.body().clone();
                let mut answer = response(200, "application/xml", "");
                if let Ok(etag) = etag(&body).parse() {
                    answer.headers_mut().insert("etag", etag);
                }
                objects.insert(key.to_owned(), body);
                Ok(answer)
            }
            (&Method::GET, key) => {
                let body = objects.get(key).cloned().ok_or((404, "NoSuchKey"))?;
                Ok(response(200, "application/octet-stream", body))
            }
            (&Method::DELETE, key) if !key.is_empty() => {
                objects.remove(key);
                Ok(response(204, "application/xml", ""))
            }
            _ => Err((501, "NotImplemented")),
        }
    }
}

/// `ListObjectsV2`; the continuation token is the last key.
fn list(objects: &BTreeMap<String, Bytes>, bucket: &str, request: &Request) -> String {
    let query: BTreeMap<_, _> = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).collect();
    let of = |name: &str| query.get(name).map(|value| &**value);
    let prefix = of("prefix").unwrap_or_default();
    let after = of("continuation-token").or(of("start-after")).unwrap_or_default();
    let page = of("max-keys").and_then(|keys| keys.parse().ok()).unwrap_or(PAGE).min(PAGE);
    let mut keys = objects.iter().filter(|(key, _)| key.starts_with(prefix) && key.as_str() > after).peekable();
    let mut contents = String::new();
    let mut last = "";
    let mut count = 0;
    for (key, body) in keys.by_ref().take(page) {
        let _ = write!(
            contents,
            "<Contents><Key>{}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>{}</ETag><Size>{}</Size>\
             <StorageClass>STANDARD</StorageClass></Contents>",
            escape(key),
            escape(&etag(body)),
            body.len()
        );
        last = key;
        count += 1;
    }
    let more = keys.peek().is_some();
    let next =
        if more { format!("<NextContinuationToken>{}</NextContinuationToken>", escape(last)) } else { String::new() };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Name>{bucket}</Name><Prefix>{}</Prefix><KeyCount>{count}</KeyCount><MaxKeys>{page}</MaxKeys>\
         <IsTruncated>{more}</IsTruncated>{next}{contents}</ListBucketResult>",
        escape(prefix)
    )
}

fn etag(body: &Bytes) -> String {
    format!("\"{}\"", data_encoding::HEXLOWER.encode(&Md5::digest(body)))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
