//! Who may ask: nothing configured lets everyone in (loopback only); a token file lets in who shows one of its tokens.

use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use subtle::ConstantTimeEq;

/// Shorter tokens can be guessed.
const TOKEN_BYTES: usize = 16;

#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    #[error("cannot read the token file {path}")]
    Read { path: String, source: std::io::Error },
    #[error("the token file {0} has no token: write one a line, for example from `openssl rand -hex 24`")]
    Empty(String),
    #[error("the token file {path} has a token of {length} bytes: at least {TOKEN_BYTES} are needed")]
    Short { path: String, length: usize },
}

/// The tokens that open the door; none means that it is open.
#[derive(Debug, Default)]
pub struct Auth {
    tokens: Option<Vec<String>>,
}

impl Auth {
    pub fn open() -> Self {
        Auth { tokens: None }
    }

    /// Whether everyone is let in.
    pub fn is_open(&self) -> bool {
        self.tokens.is_none()
    }

    /// One token a line; empty lines and lines that begin with `#` do not count.
    pub fn from_file(path: &Path) -> Result<Self, AuthError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| AuthError::Read { path: name.clone(), source })?;
        let tokens: Vec<String> =
            text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).map(str::to_owned).collect();
        if tokens.is_empty() {
            return Err(AuthError::Empty(name));
        }
        match tokens.iter().find(|token| token.len() < TOKEN_BYTES) {
            Some(short) => Err(AuthError::Short { path: name, length: short.len() }),
            None => Ok(Auth { tokens: Some(tokens) }),
        }
    }

    /// Whether the value of an `Authorization` header opens the door: `Bearer TOKEN`, or Basic with the token as password.
    pub fn allows(&self, authorization: Option<&str>) -> bool {
        let Some(tokens) = &self.tokens else {
            return true;
        };
        let Some(shown) = authorization.and_then(shown) else {
            return false;
        };
        // All are compared, so that the time does not tell which came near.
        tokens.iter().fold(false, |found, token| found | bool::from(token.as_bytes().ct_eq(shown.as_bytes())))
    }
}

fn shown(authorization: &str) -> Option<String> {
    let (scheme, rest) = authorization.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = String::from_utf8(BASE64_STANDARD.decode(rest).ok()?).ok()?;
        return pair.split_once(':').map(|(_, password)| password.to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn auth(text: &str) -> Result<Auth, AuthError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        Auth::from_file(file.path())
    }

    #[test]
    fn bearer_and_basic_open_and_nothing_else() {
        let auth = auth("# agents\nsixteen-bytes-01\n\n sixteen-bytes-02 \n").unwrap();
        let basic = |text: &str| format!("Basic {}", BASE64_STANDARD.encode(text));
        for good in ["Bearer sixteen-bytes-01", "bearer sixteen-bytes-02", &basic("x:sixteen-bytes-02")] {
            assert!(auth.allows(Some(good)), "{good}");
        }
        for bad in
            ["", "Bearer", "Bearer ", "Bearer sixteen-bytes-0", "Basic !", &basic("sixteen-bytes-01:"), "# agents"]
        {
            assert!(!auth.allows(Some(bad)), "{bad}");
        }
        assert!(!auth.allows(None));
        assert!(Auth::open().allows(None));
    }

    #[test]
    fn a_file_without_a_good_token_is_refused() {
        assert!(matches!(auth("# none\n"), Err(AuthError::Empty(_))));
        assert!(matches!(auth("short\n"), Err(AuthError::Short { length: 5, .. })));
        assert!(matches!(Auth::from_file(Path::new("/nonexistent/token")), Err(AuthError::Read { .. })));
    }
}
