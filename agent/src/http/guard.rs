//! Who may read this host: those who show a token where there is one, else whoever comes under a name that is this
//! host's own. `/health` is for everyone.

use std::fs::{self, File};
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use base64::prelude::{BASE64_STANDARD, Engine};
use subtle::ConstantTimeEq;

use super::routes::{self, Reply, Request};
use crate::episode::Episode;
use crate::{info, warn};

/// Shorter tokens can be guessed. The server asks for as many.
const MIN_TOKEN_BYTES: usize = 16;
/// Hundreds of tokens.
const MAX_FILE_BYTES: u64 = 64 << 10;
/// Anyone on the host may read the file.
const WORLD_READABLE: u32 = 0o004;

/// What is asked of a request.
#[derive(Clone, Debug)]
pub enum Guard {
    /// A token of this file, as Bearer or as the password of Basic.
    Token(TokenFile),
    /// The port is on loopback: a page of a browser on this host, whose own name was made to lead here, is sent away.
    Local,
    /// Nothing: `--listen-open` says so.
    Open,
    /// Nothing: the predecessor's variable opened the port, and its forwarders know no token.
    Predecessor,
}

/// A file of tokens, one a line; empty lines and lines that begin with `#` do not count.
#[derive(Clone, Debug)]
pub struct TokenFile {
    path: PathBuf,
    unreadable: Arc<Mutex<Episode>>,
}

impl Guard {
    /// Asks for a token of this file. The error says what is wrong with it.
    pub fn token(path: PathBuf) -> Result<Self, String> {
        let file = TokenFile { path, unreadable: Arc::default() };
        file.tokens()?;
        Ok(Self::Token(file))
    }

    /// Tells a person what the port is open to.
    pub fn tell(&self, address: SocketAddr) {
        match self {
            Self::Token(file) if file.is_world_readable() => {
                warn!("every user of this host can read the token: chmod o-r", file = file.path.display());
            }
            Self::Open if !address.ip().to_canonical().is_loopback() => {
                warn!(
                    "anyone who reaches this address can read this host: nothing is asked for there",
                    address = address
                );
            }
            Self::Predecessor => warn!(
                "anyone who reaches this address can read this host: SYSTEM_STATS_HOST opened it, as in the predecessor; \
                 ask for a token with --listen-token-file, or say --listen-open",
                address = address
            ),
            Self::Token(_) | Self::Open | Self::Local => {}
        }
    }

    /// The reply to a request that may not be answered.
    pub fn refusal(&self, request: &Request) -> Option<Reply> {
        match self {
            _ if request.path() == "/health" => None,
            Self::Token(file) => file.refusal(request),
            Self::Local if !request.host().is_none_or(is_own) => {
                let error = "this agent answers to localhost and to addresses: any other name takes a token";
                Some(routes::refusal(403, error))
            }
            Self::Local | Self::Open | Self::Predecessor => None,
        }
    }
}

impl TokenFile {
    /// The file is read for each request, so that a token can be replaced at any time. Without it nobody is let in.
    fn refusal(&self, request: &Request) -> Option<Reply> {
        let tokens = self.tokens();
        let mut unreadable = self.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
        match tokens {
            Err(error) => {
                if unreadable.add(1) {
                    warn!("nobody is let in: no token can be read", error = error);
                }
                Some(routes::refusal(503, "the agent cannot read its tokens"))
            }
            Ok(tokens) => {
                if let Some(refused) = unreadable.end() {
                    info!("tokens can be read again", refused = refused);
                }
                let shown = request.authorization().and_then(shown);
                let is_known = shown.is_some_and(|shown| is_among(&tokens, shown.as_bytes()));
                (!is_known).then(routes::unauthorized)
            }
        }
    }

    fn tokens(&self) -> Result<Vec<String>, String> {
        let path = self.path.display();
        let text = read(&self.path).map_err(|error| format!("cannot read {path}: {error}"))?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let tokens: Vec<_> = lines.map(str::to_owned).collect();
        match tokens.iter().map(String::len).min() {
            None => Err(format!("{path} has no token: write one a line, as of `openssl rand -hex 24`")),
            Some(length) if length < MIN_TOKEN_BYTES => {
                Err(format!("{path} has a token of {length} bytes, at least {MIN_TOKEN_BYTES} are needed"))
            }
            Some(_) => Ok(tokens),
        }
    }

    fn is_world_readable(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|file| file.permissions().mode() & WORLD_READABLE != 0)
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_FILE_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// What an `Authorization` header shows: `Bearer TOKEN`, or Basic with the token as password.
fn shown(authorization: &str) -> Option<String> {
    let (scheme, rest) = authorization.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(BASE64_STANDARD.decode(rest).ok()?).ok()?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}

/// All are compared to their end, so that the time does not tell which came near.
fn is_among(tokens: &[String], shown: &[u8]) -> bool {
    tokens.iter().fold(false, |found, token| found | bool::from(token.as_bytes().ct_eq(shown)))
}

/// Whether a `Host` header names this host: by `localhost`, or by an address, which no name server can turn elsewhere.
fn is_own(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch;

    fn status(guard: &Guard, path: &str, header: &str) -> u16 {
        let head = format!("GET {path} HTTP/1.1\r\n{header}\r\n\r\n");
        let request = Request::parse(head.as_bytes()).unwrap_or_else(|_| panic!("{head}"));
        guard.refusal(&request).map_or(200, |reply| reply.status_code().0)
    }

    fn basic(pair: &str) -> String {
        format!("Authorization: Basic {}", BASE64_STANDARD.encode(pair))
    }

    #[test]
    fn on_loopback_only_names_of_this_host_are_answered() {
        let ask = |host: &str| status(&Guard::Local, "/system", &format!("Host: {host}"));
        for own in ["localhost", "LOCALHOST:5001", "127.0.0.1:5001", "[::1]:5001", "[::1]", "192.168.1.2:80"] {
            assert_eq!(ask(own), 200, "{own}");
        }
        for foreign in ["evil.example", "evil.example:5001", "localhost.evil.example", "127.0.0.1.evil.example", ""] {
            assert_eq!(ask(foreign), 403, "{foreign}");
        }
        assert_eq!(status(&Guard::Local, "/system", "Accept: */*"), 200, "HTTP/1.0 has no Host");
        assert_eq!(status(&Guard::Local, "/health", "Host: evil.example"), 200);
        assert_eq!(status(&Guard::Open, "/system", "Host: evil.example"), 200);
    }

    #[test]
    fn a_token_opens_as_bearer_and_as_password_and_nothing_else_does() {
        let path = scratch::dir("guard").join("tokens");
        fs::write(&path, "# scrapers\nsixteen-bytes-01\n\n sixteen-bytes-02 \n").unwrap();
        let guard = Guard::token(path.clone()).unwrap();
        let ask = |header: &str| status(&guard, "/system", header);
        for good in ["Authorization: Bearer sixteen-bytes-01", "authorization: bEARER  sixteen-bytes-02"] {
            assert_eq!(ask(good), 200, "{good}");
        }
        assert_eq!(ask(&basic("x:sixteen-bytes-02")), 200);
        for bad in [
            "Accept: */*",
            "Authorization: Bearer",
            "Authorization: Bearer ",
            "Authorization: Bearer sixteen-bytes-0",
            "Authorization: Bearer sixteen-bytes-011",
            "Authorization: Bearer # scrapers",
            "Authorization: sixteen-bytes-01",
            "Authorization: Basic !",
            &basic("sixteen-bytes-01:"),
            &basic("sixteen-bytes-01"),
        ] {
            assert_eq!(ask(bad), 401, "{bad}");
        }
        assert_eq!(status(&guard, "/health", "Accept: */*"), 200);
        assert_eq!(status(&guard, "/nothing", "Accept: */*"), 401, "what there is, is told to nobody");

        fs::write(&path, "a-token-of-the-next-month\n").unwrap();
        assert_eq!(ask("Authorization: Bearer sixteen-bytes-01"), 401);
        assert_eq!(ask("Authorization: Bearer a-token-of-the-next-month"), 200);
        fs::remove_file(&path).unwrap();
        assert_eq!(ask("Authorization: Bearer a-token-of-the-next-month"), 503);
    }

    #[test]
    fn a_file_without_a_good_token_is_refused() {
        let path = scratch::dir("guard").join("tokens");
        for (text, word) in [("", "no token"), ("# none\n", "no token"), ("long-enough-for-this\nshort\n", "5 bytes")] {
            fs::write(&path, text).unwrap();
            let error = Guard::token(path.clone()).unwrap_err();
            assert!(error.contains(word) && error.contains(path.to_str().unwrap()), "{error}");
        }
        assert!(Guard::token("/nonexistent/tokens".into()).unwrap_err().contains("cannot read /nonexistent/tokens"));
    }

    #[test]
    fn a_file_that_everyone_can_read_is_seen() {
        let path = scratch::dir("guard").join("tokens");
        fs::write(&path, "sixteen-bytes-01").unwrap();
        let file = TokenFile { path: path.clone(), unreadable: Arc::default() };
        for (mode, readable) in [(0o600, false), (0o640, false), (0o644, true)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(file.is_world_readable(), readable, "{mode:o}");
        }
    }
}
