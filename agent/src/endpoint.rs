//! The server's address as people write it, and the credentials that go with it.

use std::borrow::Cow;
use std::fs;
use std::path::PathBuf;

use base64::prelude::{BASE64_STANDARD, Engine};
use percent_encoding::percent_decode_str;
use ureq::http::Uri;
use ureq::http::uri::Authority;

/// Where batches are posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Host and port.
    pub authority: String,
    /// Whether the connection is to be TLS: `https`.
    pub tls: bool,
    /// Path of the request, `/metrics` at its end.
    pub path: String,
    /// `user:password` of the URL, decoded.
    pub user_info: Option<String>,
}

impl Endpoint {
    /// Reads `http[s]://[user:password@]host[:port][/path][/metrics]`. The error says what is wrong.
    pub fn parse(url: &str) -> Result<Self, String> {
        if url.contains(['?', '#']) {
            return Err("a server's URL has no ? and no #".to_owned());
        }
        let uri: Uri = url.parse().map_err(|error| format!("expected a URL such as http://host:5050: {error}"))?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err("expected a URL such as http://host:5050".to_owned()),
        };
        let authority = uri.authority().map_or("", Authority::as_str);
        let (user_info, authority) = match authority.rsplit_once('@') {
            Some((user_info, authority)) => (Some(decode(user_info)?), authority),
            None => (None, authority),
        };
        match uri.host() {
            None | Some("") => return Err("the URL names no host".to_owned()),
            Some(host) if host != authority && !matches!(uri.port_u16(), Some(1..)) => {
                return Err("the port is a number from 1 to 65535".to_owned());
            }
            Some(_) => {}
        }
        Ok(Self { authority: authority.to_owned(), tls, path: metrics_path(uri.path()), user_info })
    }

    /// The URL of a push. Has no secret in it.
    pub fn url(&self) -> String {
        format!("{}://{}{}", if self.tls { "https" } else { "http" }, self.authority, self.path)
    }
}

/// The path that takes pushes: the one given when it ends so, else `/metrics` below it.
fn metrics_path(path: &str) -> String {
    let base = path.trim_end_matches('/');
    if base.ends_with("/metrics") { base.to_owned() } else { format!("{base}/metrics") }
}

/// Undoes %41 in user and password, which a URL needs for `@`, `:` and `/`.
fn decode(text: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Cow::into_owned).map_err(|_| "user and password are not UTF-8".to_owned())
}

/// What proves to the server that it may store what this agent says.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Nothing: a server on the same host, or an open one.
    None,
    /// `user:password` of the URL.
    Basic(String),
    /// A token from the environment.
    Token(String),
    /// A file whose content is the token. Read again for each push, so that it can be replaced at any time.
    TokenFile(PathBuf),
}

/// Shows the kind, never the secret.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Basic(_) => "Basic",
            Self::Token(_) => "Token",
            Self::TokenFile(_) => "TokenFile",
        })
    }
}

impl Credentials {
    /// The value of the `Authorization` header, if there is to be one.
    pub fn authorization(&self) -> Result<Option<String>, String> {
        match self {
            Self::None => Ok(None),
            Self::Basic(user_info) => Ok(Some(format!("Basic {}", BASE64_STANDARD.encode(user_info)))),
            Self::Token(token) => bearer(token).map(Some),
            Self::TokenFile(path) => {
                let token =
                    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
                bearer(&token).map_err(|error| format!("{}: {error}", path.display())).map(Some)
            }
        }
    }
}

fn bearer(token: &str) -> Result<String, String> {
    let token = token.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("expected one token of visible ASCII characters".to_owned());
    }
    Ok(format!("Bearer {token}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_and_one_with_the_path_mean_the_same() {
        for (url, posted) in [
            ("http://host:5050", "http://host:5050/metrics"),
            ("http://host:5050/", "http://host:5050/metrics"),
            ("http://host:5050/metrics", "http://host:5050/metrics"),
            ("HTTP://host:5050/metrics/", "http://host:5050/metrics"),
            ("http://host/siskin", "http://host/siskin/metrics"),
            ("https://host", "https://host/metrics"),
            ("http://[::1]:5050/a/metrics", "http://[::1]:5050/a/metrics"),
            ("http://[fe80::1]", "http://[fe80::1]/metrics"),
        ] {
            assert_eq!(Endpoint::parse(url).unwrap().url(), posted);
        }
    }

    #[test]
    fn user_and_password_are_decoded_and_not_sent_as_host() {
        let endpoint = Endpoint::parse("http://x:p%40ss%2Fw@host:5050/metrics").unwrap();
        assert_eq!(endpoint.user_info.as_deref(), Some("x:p@ss/w"));
        assert_eq!(endpoint.url(), "http://host:5050/metrics");
    }

    #[test]
    fn what_is_no_server_says_why() {
        for (url, word) in [
            ("host:5050", "such as"),
            ("ftp://host", "such as"),
            ("http://", "such as"),
            ("http://:5050", "names no host"),
            ("http://host:", "port"),
            ("http://host:0", "port"),
            ("http://host:70000", "port"),
            ("http://::1:5050", "authority"),
            ("http://[::1", "authority"),
            ("http://[::1]5050", "port"),
            ("http://host/metrics?x=1", "no ?"),
            ("http://ho st/", "character"),
            ("http://x:%ff@host", "UTF-8"),
        ] {
            let error = Endpoint::parse(url).unwrap_err();
            assert!(error.contains(word), "{url}: {error}");
        }
    }

    #[test]
    fn credentials_become_a_header() {
        let header = |credentials: Credentials| credentials.authorization().unwrap();
        assert_eq!(header(Credentials::None), None);
        assert_eq!(header(Credentials::Basic("x:token".into())).as_deref(), Some("Basic eDp0b2tlbg=="));
        assert_eq!(header(Credentials::Token("abc\n".into())).as_deref(), Some("Bearer abc"));
        assert!(Credentials::Token("a\r\nX-Forged: 1".into()).authorization().is_err());
        assert!(
            Credentials::TokenFile("/nonexistent/token".into()).authorization().unwrap_err().contains("/nonexistent")
        );
        assert_eq!(format!("{:?}", Credentials::Token("secret".into())), "Token");
    }
}
