//! A client of a running server, for commands that ask one: its address, a token, and in words what it refuses.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::http::header::AUTHORIZATION;

/// No answer is longer.
const ANSWER_BYTES: u64 = 1 << 20;

pub struct Client {
    agent: Agent,
    address: String,
    authorization: Option<String>,
}

impl Client {
    /// The server at this address, which may take so long for an answer.
    pub fn new(address: &str, token_file: Option<&Path>, timeout: Duration) -> anyhow::Result<Self> {
        if address.starts_with("https://") {
            bail!("--server {address}: TLS is not spoken here: name the server itself with http://");
        }
        if !address.starts_with("http://") {
            bail!("--server {address}: expected http://HOST:PORT, such as http://127.0.0.1:5050");
        }
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None);
        let agent = config.timeout_global(Some(timeout)).build().new_agent();
        let authorization = token_file.map(token).transpose()?.map(|token| format!("Bearer {token}"));
        Ok(Client { agent, address: address.trim_end_matches('/').to_owned(), authorization })
    }

    /// Posts nothing to a path, and reads the answer.
    pub fn post<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let mut request = self.agent.post(format!("{}{path}", self.address));
        if let Some(value) = &self.authorization {
            request = request.header(AUTHORIZATION, value);
        }
        self.read(request.send_empty())
    }

    /// Deletes what lies at a path.
    pub fn delete<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        let mut request = self.agent.delete(format!("{}{path}", self.address));
        if let Some(value) = &self.authorization {
            request = request.header(AUTHORIZATION, value);
        }
        self.read(request.call())
    }

    fn read<T: DeserializeOwned>(
        &self,
        response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> anyhow::Result<T> {
        let response = response.with_context(|| {
            format!(
                "no server answers at {}: start one with `siskin-server serve`, or name it with --server",
                self.address
            )
        })?;
        let status = response.status().as_u16();
        let mut text = String::new();
        response.into_body().into_reader().take(ANSWER_BYTES).read_to_string(&mut text)?;
        if status == 200 {
            return serde_json::from_str(&text)
                .with_context(|| format!("what answers at {} is not a Siskin server", self.address));
        }
        Err(self.refusal(status, &text))
    }

    /// What a status that is not 200 means, and what to do.
    fn refusal(&self, status: u16, text: &str) -> anyhow::Error {
        let said: Option<serde_json::Value> = serde_json::from_str(text).ok();
        let said = said.as_ref().and_then(|said| said["error"].as_str()).unwrap_or(text).trim();
        match (status, &self.authorization) {
            (401, None) => anyhow::anyhow!("{} wants a token: give --token-file FILE", self.address),
            (401, Some(_)) => anyhow::anyhow!("{} does not know the token of --token-file", self.address),
            (405, _) => anyhow::anyhow!("what answers at {} is not a Siskin server (405)", self.address),
            _ => anyhow::anyhow!("{} refused ({status}): {said}", self.address),
        }
    }
}

/// The first token of a file; the file is one that the server may read as well.
fn token(path: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read --token-file {}", path.display()))?;
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.next().map(str::to_owned).with_context(|| format!("there is no token in {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_plain_http() {
        let new = |address| Client::new(address, None, Duration::from_secs(1));
        for (address, word) in
            [("https://x", "TLS"), ("127.0.0.1:5050", "http://HOST:PORT"), ("ftp://x", "http://HOST")]
        {
            let error = new(address).err().unwrap().to_string();
            assert!(error.contains(word), "{error}");
        }
        assert_eq!(new("http://x:1/").unwrap().address, "http://x:1");
    }
}
