//! A client of a running server, for commands that ask one: its address, a token, and in words what it refuses.

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::de::DeserializeOwned;
use ureq::http::Response;
use ureq::http::header::{AUTHORIZATION, RETRY_AFTER};
use ureq::{Agent, Body, RequestBuilder};

pub struct Client {
    agent: Agent,
    address: String,
    authorization: Option<String>,
    answer_bytes: u64,
}

/// A status, when to come again, and a body.
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<Duration>,
    pub text: String,
}

impl Client {
    /// The server at this address, which may take so long for an answer of so many bytes.
    pub fn new(address: &str, token_file: Option<&Path>, timeout: Duration, answer_bytes: u64) -> anyhow::Result<Self> {
        if address.starts_with("https://") {
            bail!("--server {address}: this command speaks no TLS: name the server behind the proxy with http://");
        }
        if !address.starts_with("http://") {
            bail!("--server {address}: expected http://HOST:PORT, such as http://127.0.0.1:5050");
        }
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None);
        let agent = config.timeout_global(Some(timeout)).build().new_agent();
        let authorization = token_file.map(token).transpose()?.map(|token| format!("Bearer {token}"));
        Ok(Client { agent, address: address.trim_end_matches('/').to_owned(), authorization, answer_bytes })
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Reads what lies at a path.
    pub fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.heard(self.authorized(self.agent.get(self.url(path))).call())
    }

    /// Posts nothing to a path, and reads the answer.
    pub fn post<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.understood(&self.heard(self.authorized(self.agent.post(self.url(path))).send_empty())?)
    }

    /// Deletes what lies at a path.
    pub fn delete<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.understood(&self.heard(self.authorized(self.agent.delete(self.url(path))).call())?)
    }

    /// Posts JSON to a path. Who is not there may be tried again.
    pub fn send(&self, path: &str, json: &[u8]) -> Result<Answer, ureq::Error> {
        let request = self.agent.post(self.url(path)).content_type("application/json");
        self.read(self.authorized(request).send(json)?)
    }

    /// What an answer of 200 says.
    pub fn parsed<T: DeserializeOwned>(&self, answer: &Answer) -> anyhow::Result<T> {
        serde_json::from_str(&answer.text)
            .with_context(|| format!("what answers at {} is not a Siskin server", self.address))
    }

    /// What a status that is not 200 means, and what to do.
    pub fn refusal(&self, answer: &Answer) -> anyhow::Error {
        let (address, text) = (&self.address, answer.text.trim());
        let said: Option<serde_json::Value> = serde_json::from_str(text).ok();
        let said = said.as_ref().and_then(|said| said["error"].as_str()).unwrap_or(text).trim();
        match (answer.status, &self.authorization) {
            (401, None) => anyhow::anyhow!("{address} wants a token: give --token-file FILE"),
            (401, Some(_)) => anyhow::anyhow!("{address} does not know the token of --token-file"),
            (405, _) => anyhow::anyhow!("what answers at {address} is not a Siskin server (405)"),
            (status, _) => anyhow::anyhow!("{address} refused ({status}): {said}"),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    fn authorized<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match &self.authorization {
            Some(value) => request.header(AUTHORIZATION, value),
            None => request,
        }
    }

    fn understood<T: DeserializeOwned>(&self, answer: &Answer) -> anyhow::Result<T> {
        if answer.status == 200 { self.parsed(answer) } else { Err(self.refusal(answer)) }
    }

    /// For a server that must be there.
    fn heard(&self, response: Result<Response<Body>, ureq::Error>) -> anyhow::Result<Answer> {
        response.and_then(|response| self.read(response)).with_context(|| {
            format!(
                "no server answers at {}: start one with `siskin-server serve`, or name it with --server",
                self.address
            )
        })
    }

    fn read(&self, response: Response<Body>) -> Result<Answer, ureq::Error> {
        let status = response.status().as_u16();
        let seconds = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let mut text = String::new();
        response.into_body().into_reader().take(self.answer_bytes).read_to_string(&mut text)?;
        Ok(Answer { status, retry_after: seconds.map(Duration::from_secs), text })
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
        let new = |address| Client::new(address, None, Duration::from_secs(1), 1);
        for (address, word) in
            [("https://x", "TLS"), ("127.0.0.1:5050", "http://HOST:PORT"), ("ftp://x", "http://HOST")]
        {
            let error = new(address).err().unwrap().to_string();
            assert!(error.contains(word), "{error}");
        }
        assert_eq!(new("http://x:1/").unwrap().address(), "http://x:1");
    }
}
