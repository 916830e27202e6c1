//! The server's address as people write it, and the credentials that go with it.

use std::fs;
use std::net::Ipv6Addr;
use std::path::PathBuf;

/// Where batches are posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Host name or address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Host and port as the `Host` header wants them.
    pub authority: String,
    /// Path of the request, `/metrics` at its end.
    pub path: String,
    /// `user:password` of the URL, decoded.
    pub user_info: Option<String>,
}

impl Endpoint {
    /// Reads `http://[user:password@]host[:port][/path][/metrics]`. The error says what is wrong.
    pub fn parse(url: &str) -> Result<Self, String> {
        let rest = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => {
                return Err("TLS comes with a later version, use http:// for now".to_owned());
            }
            _ => return Err("expected a URL such as http://host:5050".to_owned()),
        };
        if let Some(c) = rest.chars().find(|c| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#')) {
            return Err(format!("a server's URL has no {c:?}"));
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (user_info, authority) = match authority.rsplit_once('@') {
            Some((user_info, authority)) => (Some(decode(user_info)?), authority),
            None => (None, authority),
        };
        let (host, port) = host_and_port(authority)?;
        Ok(Self { host, port, authority: authority.to_owned(), path: metrics_path(path), user_info })
    }
}

/// The path that takes pushes: the one given when it ends so, else `/metrics` below it.
fn metrics_path(path: &str) -> String {
    let base = path.trim_end_matches('/');
    if base.ends_with("/metrics") { base.to_owned() } else { format!("{base}/metrics") }
}

fn host_and_port(authority: &str) -> Result<(String, u16), String> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or("the [ of the address has no ]")?;
        host.parse::<Ipv6Addr>().map_err(|_| format!("{host:?} is no IPv6 address"))?;
        (host, after.strip_prefix(':').or(after.is_empty().then_some("80")))
    } else {
        match authority.split_once(':') {
            Some((_, port)) if port.contains(':') => return Err("an IPv6 address stands in [ ]".to_owned()),
            Some((host, port)) => (host, Some(port)),
            None => (authority, Some("80")),
        }
    };
    if host.is_empty() {
        return Err("the URL names no host".to_owned());
    }
    match port.and_then(|port| port.parse().ok()) {
        Some(port) if port > 0 => Ok((host.to_owned(), port)),
        _ => Err("the port is a number from 1 to 65535".to_owned()),
    }
}

/// Undoes %41 in user and password, which a URL needs for `@`, `:` and `/`.
fn decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'%' {
            bytes.push(byte);
            rest = after;
            continue;
        }
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        let code = code.filter(|code| code.bytes().all(|digit| digit.is_ascii_hexdigit()));
        bytes.push(
            code.and_then(|code| u8::from_str_radix(code, 16).ok())
                .ok_or("a % of user or password lacks its two digits")?,
        );
        rest = &after[2..];
    }
    String::from_utf8(bytes).map_err(|_| "user and password are not UTF-8".to_owned())
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
            Self::Basic(user_info) => Ok(Some(format!("Basic {}", base64(user_info.as_bytes())))),
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

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let sextet = ALPHABET[(group >> (18 - 6 * i) & 63) as usize];
            text.push(if i <= chunk.len() { char::from(sextet) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> (String, u16, String, String) {
        let endpoint = Endpoint::parse(url).unwrap();
        (endpoint.host, endpoint.port, endpoint.authority, endpoint.path)
    }

    #[test]
    fn a_base_url_and_one_with_the_path_mean_the_same() {
        for url in ["http://host:5050", "http://host:5050/", "http://host:5050/metrics", "HTTP://host:5050/metrics/"] {
            assert_eq!(parts(url), ("host".into(), 5050, "host:5050".into(), "/metrics".into()), "{url}");
        }
    }

    #[test]
    fn a_path_before_it_and_a_missing_port() {
        assert_eq!(parts("http://host/siskin"), ("host".into(), 80, "host".into(), "/siskin/metrics".into()));
        assert_eq!(
            parts("http://[::1]:5050/a/metrics"),
            ("::1".into(), 5050, "[::1]:5050".into(), "/a/metrics".into())
        );
        assert_eq!(parts("http://[fe80::1]").1, 80);
    }

    #[test]
    fn user_and_password_are_decoded_and_not_sent_as_host() {
        let endpoint = Endpoint::parse("http://x:p%40ss%2Fw@host:5050/metrics").unwrap();
        assert_eq!(endpoint.user_info.as_deref(), Some("x:p@ss/w"));
        assert_eq!(endpoint.authority, "host:5050");
    }

    #[test]
    fn what_is_no_server_says_why() {
        for (url, word) in [
            ("host:5050", "such as"),
            ("ftp://host", "such as"),
            ("https://host", "TLS comes with a later version"),
            ("http://", "names no host"),
            ("http://:5050", "names no host"),
            ("http://host:", "port"),
            ("http://host:0", "port"),
            ("http://host:70000", "port"),
            ("http://::1:5050", "[ ]"),
            ("http://[::1", "no ]"),
            ("http://[nonsense]", "IPv6"),
            ("http://[::1]5050", "port"),
            ("http://host/metrics?x=1", "'?'"),
            ("http://ho st/", "' '"),
            ("http://x:%4@host", "two digits"),
            ("http://x:%+1@host", "two digits"),
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

    #[test]
    fn base64_pads() {
        // RFC 4648, section 10
        for (plain, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), text);
        }
    }
}
