//! The server's door as a sender sees it: one push at a time, again where the server asks for it, and in words what it
//! refuses.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::Deserialize;
use siskin_platform::model::Batch;
use ureq::Agent;
use ureq::http::Response;
use ureq::http::header::{AUTHORIZATION, RETRY_AFTER};

use super::stop::Stop;

/// For one exchange.
const TIMEOUT: Duration = Duration::from_secs(60);
/// A server that is away, or cannot, is waited for so long.
const PATIENCE: Duration = Duration::from_secs(300);
/// Between two tries, where the server names no time.
const PAUSE: Duration = Duration::from_secs(2);
/// No server is heeded that asks for more.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// The list of hosts is no longer.
const ANSWER_BYTES: u64 = 64 << 20;

pub struct Door {
    agent: Agent,
    address: String,
    authorization: Option<String>,
}

#[derive(Deserialize)]
struct HostList {
    hosts: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    id: String,
    last_seen: Option<i64>,
}

/// A status, when to come again, and a body.
struct Answer {
    status: u16,
    retry_after: Option<Duration>,
    text: String,
}

impl Door {
    /// The door of the server at this address.
    pub fn new(address: &str, token_file: Option<&Path>) -> anyhow::Result<Self> {
        if address.starts_with("https://") {
            bail!("--server {address}: the demo speaks no TLS: name the server behind the proxy with http://");
        }
        if !address.starts_with("http://") {
            bail!("--server {address}: expected http://HOST:PORT, such as http://127.0.0.1:5050");
        }
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).proxy(None);
        let agent = config.timeout_global(Some(TIMEOUT)).build().new_agent();
        let authorization = token_file.map(token).transpose()?.map(|token| format!("Bearer {token}"));
        Ok(Door { agent, address: address.trim_end_matches('/').to_owned(), authorization })
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The last sample of each host that the server knows, in Unix seconds, by the host's id.
    pub fn last_seen(&self) -> anyhow::Result<HashMap<String, i64>> {
        let mut request = self.agent.get(format!("{}/hosts", self.address));
        if let Some(value) = &self.authorization {
            request = request.header(AUTHORIZATION, value);
        }
        let answer = request.call().and_then(read).with_context(|| {
            format!(
                "no server answers at {}: start one with `siskin-server serve`, or name it with --server",
                self.address
            )
        })?;
        if answer.status != 200 {
            return Err(self.refusal(&answer));
        }
        let list: HostList = serde_json::from_str(&answer.text)
            .with_context(|| format!("what answers at {} is not a Siskin server", self.address))?;
        Ok(list.hosts.into_iter().filter_map(|host| Some((host.id, host.last_seen?))).collect())
    }

    /// Pushes until the batch is stored; its numbers keep it from being stored twice. False if asked to stop before.
    pub fn push(&self, batch: &Batch, stop: &Stop) -> anyhow::Result<bool> {
        let body = serde_json::to_vec(batch)?;
        let started = Instant::now();
        loop {
            let (why, pause) = match self.post(&body) {
                Ok(answer) if answer.status == 200 => return Ok(true),
                Ok(answer) if matches!(answer.status, 408 | 429 | 500..) => (self.refusal(&answer), answer.retry_after),
                Ok(answer) => return Err(self.refusal(&answer)),
                Err(error) => (anyhow::Error::new(error).context(format!("{} does not answer", self.address)), None),
            };
            if started.elapsed() > PATIENCE {
                return Err(why.context(format!("given up after {} s", PATIENCE.as_secs())));
            }
            if stop.wait(pause.unwrap_or(PAUSE).min(PAUSE_MAX)) {
                return Ok(false);
            }
        }
    }

    fn post(&self, body: &[u8]) -> Result<Answer, ureq::Error> {
        let mut request = self.agent.post(format!("{}/metrics", self.address)).content_type("application/json");
        if let Some(value) = &self.authorization {
            request = request.header(AUTHORIZATION, value);
        }
        read(request.send(body)?)
    }

    /// What a status that is not 200 means, and what to do.
    fn refusal(&self, answer: &Answer) -> anyhow::Error {
        let said = answer.text.trim();
        match (answer.status, &self.authorization) {
            (401, None) => anyhow::anyhow!("{} wants a token: give --token-file FILE", self.address),
            (401, Some(_)) => anyhow::anyhow!("{} does not know the token of --token-file", self.address),
            (404 | 405, _) => {
                anyhow::anyhow!("what answers at {} is not a Siskin server ({})", self.address, answer.status)
            }
            (503, _) => anyhow::anyhow!("{} cannot take samples now (503): {said}", self.address),
            (status, _) => anyhow::anyhow!("{} refused the samples ({status}): {said}", self.address),
        }
    }
}

fn read(response: Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let status = response.status().as_u16();
    let seconds = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let mut text = String::new();
    response.into_body().into_reader().take(ANSWER_BYTES).read_to_string(&mut text)?;
    Ok(Answer { status, retry_after: seconds.map(Duration::from_secs), text })
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
        for (address, word) in
            [("https://x", "TLS"), ("127.0.0.1:5050", "http://HOST:PORT"), ("ftp://x", "http://HOST")]
        {
            let error = Door::new(address, None).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        assert_eq!(Door::new("http://x:1/", None).unwrap().address(), "http://x:1");
    }
}
