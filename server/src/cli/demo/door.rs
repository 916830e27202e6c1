//! The server's door as a sender sees it: one push at a time, again where the server asks for it, and in words what it
//! refuses.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Deserialize;
use siskin_platform::model::Batch;

use super::super::client::{Answer, Client};
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

pub struct Door(Client);

#[derive(Deserialize)]
struct HostList {
    hosts: Vec<Known>,
}

#[derive(Deserialize)]
struct Known {
    id: String,
    last_seen: Option<i64>,
}

impl Door {
    /// The door of the server at this address.
    pub fn new(address: &str, token_file: Option<&Path>) -> anyhow::Result<Self> {
        Ok(Door(Client::new(address, token_file, TIMEOUT, ANSWER_BYTES)?))
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        self.0.address()
    }

    /// The last sample of each host that the server knows, in Unix seconds, by the host's id.
    pub fn last_seen(&self) -> anyhow::Result<HashMap<String, i64>> {
        let answer = self.0.get("/hosts")?;
        if answer.status != 200 {
            return Err(self.refusal(&answer));
        }
        let list: HostList = self.0.parsed(&answer)?;
        Ok(list.hosts.into_iter().filter_map(|host| Some((host.id, host.last_seen?))).collect())
    }

    /// Pushes until the batch is stored; its numbers keep it from being stored twice. False if asked to stop before.
    pub fn push(&self, batch: &Batch, stop: &Stop) -> anyhow::Result<bool> {
        let body = serde_json::to_vec(batch)?;
        let started = Instant::now();
        loop {
            let (why, pause) = match self.0.send("/metrics", &body) {
                Ok(answer) if answer.status == 200 => return Ok(true),
                Ok(answer) if matches!(answer.status, 408 | 429 | 500..) => (self.refusal(&answer), answer.retry_after),
                Ok(answer) => return Err(self.refusal(&answer)),
                Err(error) => (anyhow::Error::new(error).context(format!("{} does not answer", self.address())), None),
            };
            if started.elapsed() > PATIENCE {
                return Err(why.context(format!("given up after {} s", PATIENCE.as_secs())));
            }
            if stop.wait(pause.unwrap_or(PAUSE).min(PAUSE_MAX)) {
                return Ok(false);
            }
        }
    }

    /// What a status that is not 200 means for a push, and what to do.
    fn refusal(&self, answer: &Answer) -> anyhow::Error {
        let (address, said) = (self.address(), answer.text.trim());
        match answer.status {
            401 | 405 => self.0.refusal(answer),
            404 => anyhow::anyhow!("what answers at {address} is not a Siskin server (404)"),
            503 => anyhow::anyhow!("{address} cannot take samples now (503): {said}"),
            status => anyhow::anyhow!("{address} refused the samples ({status}): {said}"),
        }
    }
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
