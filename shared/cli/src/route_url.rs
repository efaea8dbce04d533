//! The URL of a route: `https://.../webhooks/{vendor}` or `https://.../webhooks/{vendor}/{account}`.

use anyhow::{Context, ensure};
use crm_normalize::DEFAULT_ACCOUNT;
use percent_encoding::percent_decode_str;
use ureq::http::Uri;

pub(crate) const EXPECTED: &str =
    "--url: expected https://.../webhooks/<vendor> or https://.../webhooks/<vendor>/<account>";

/// The parts of a route's URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RouteUrl {
    pub(crate) uri: Uri,
    pub(crate) vendor: String,
    /// The account; `default` without one.
    pub(crate) account: String,
}

impl RouteUrl {
    /// # Errors
    /// If the URL has another form.
    pub(crate) fn parse(url: &str) -> anyhow::Result<Self> {
        let uri: Uri = url.parse().context(EXPECTED)?;
        ensure!(uri.host().is_some(), "{EXPECTED}");
        ensure!(!url.contains(['?', '#']), "{EXPECTED}, without a query");
        let (_, route) = uri.path().trim_end_matches('/').rsplit_once("/webhooks/").context(EXPECTED)?;
        let (vendor, account) = route.split_once('/').unwrap_or((route, DEFAULT_ACCOUNT));
        ensure!(!account.contains('/'), "{EXPECTED}");
        let account =
            percent_decode_str(account).decode_utf8().context("--url: the account is not UTF-8")?.into_owned();
        Ok(Self { vendor: vendor.to_owned(), account, uri })
    }
}

#[cfg(test)]
mod tests {
    use super::RouteUrl;

    #[test]
    fn a_url_names_vendor_and_account() {
        for (url, vendor, account) in [
            ("https://a.example/webhooks/heffl", "heffl", "default"),
            ("https://a.example/webhooks/heffl/", "heffl", "default"),
            ("https://a.example/webhooks/heffl/acme%20two", "heffl", "acme two"),
            ("https://a.example/webhooks/webhooks/heffl/acme", "heffl", "acme"),
            ("https://a.example/webhooks/hefflx", "hefflx", "default"),
        ] {
            let parsed = RouteUrl::parse(url).unwrap();
            assert_eq!((&*parsed.vendor, &*parsed.account), (vendor, account), "{url}");
        }
        for url in [
            "",
            "/webhooks/heffl",
            "https://a.example/webhook/heffl",
            "https://a.example/webhooks/",
            "https://a.example/webhooks/heffl/acme/two",
            "https://a.example/webhooks/heffl?token=x",
            "https://a.example/webhooks/heffl#x",
        ] {
            assert!(RouteUrl::parse(url).is_err(), "{url}");
        }
    }
}
