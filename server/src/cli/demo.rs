//! `siskin-server demo`: a made-up fleet that pushes its history and then goes on living, through the door that agents use.

mod door;
mod guest;
mod progress;
mod stop;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use clap::Args;
use siskin_platform::fleet::Random;

use super::signals::Signals;
use door::Door;
use guest::Guest;
use progress::Progress;
use stop::Stop;

/// A server answers many senders at a time; more of them would only wait for each other's commits.
const SENDERS: usize = 4;
/// Longer histories than this are longer than the time for which a made-up machine has been running.
const HISTORY_MAX: Duration = Duration::from_secs(366 * 86_400);
const INTERVALS: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(3_600);

#[derive(Debug, Args)]
pub struct Demo {
    /// How many hosts
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1000))]
    hosts: u64,

    /// The server they push to
    #[arg(long, default_value = "http://127.0.0.1:5050", value_name = "URL")]
    server: String,

    /// File with a token that the server knows, in its first line
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,

    /// How far back they were there: 24h, 7d; 0s for no history. A host that the server knows goes on where it ended
    #[arg(long, default_value = "24h", value_name = "TIME", value_parser = history)]
    history: Duration,

    /// Time between two samples of a host
    #[arg(long, default_value = "10s", value_name = "TIME", value_parser = interval)]
    interval: Duration,

    /// End after the history instead of living on
    #[arg(long)]
    no_live: bool,

    /// The same seed makes the same hosts
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
}

impl Demo {
    /// Runs until the history is told (`--no-live`), until SIGTERM or SIGINT, or until the server refuses for good.
    pub fn run(self) -> anyhow::Result<()> {
        let stop = Stop::default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("cannot start the runtime")?;
        let mut signals = runtime.block_on(async { Signals::new() })?;
        let ended = stop.clone();
        // Lives as long as the process: there is nothing to join.
        std::thread::spawn(move || {
            runtime.block_on(signals.next());
            ended.ask();
        });
        self.push(&stop)
    }

    fn push(&self, stop: &Stop) -> anyhow::Result<()> {
        let door = Door::new(&self.server, self.token_file.as_deref())?;
        let (now_ms, known) = (now_ms(), door.last_seen()?);
        let mut guests = self.guests(now_ms, &known);
        let progress = Progress::new(guests.iter().map(|guest| guest.due(now_ms)).sum());
        progress.say(&format!("{} hosts of seed {} push to {}", guests.len(), self.seed, door.address()));
        let senders = SENDERS.min(guests.len());
        let share = guests.len().div_ceil(senders);
        std::thread::scope(|scope| {
            let threads: Vec<_> = guests
                .chunks_mut(share)
                .map(|guests| {
                    let (door, progress) = (&door, &progress);
                    scope.spawn(move || {
                        let result = self.live(guests, door, progress, stop);
                        if result.is_err() {
                            stop.ask();
                        }
                        result
                    })
                })
                .collect();
            // The first error is the reason; the others follow from it.
            let results =
                threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| bail!("a sender panicked")));
            results.fold(Ok(()), anyhow::Result::and)
        })?;
        progress.end(stop.is_asked());
        Ok(())
    }

    fn guests(&self, now_ms: i64, known: &HashMap<String, i64>) -> Vec<Guest> {
        // A stream is drawn anew at each start, as an agent draws it: what a former run pushed is not repeated under its numbers.
        let mut streams =
            Random::new(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos() as u64));
        let start_ms = now_ms - self.history.as_millis() as i64;
        let guest = |number| {
            Guest::new(self.seed, number, self.interval, streams.any()).enter(start_ms, |id| known.get(id).copied())
        };
        (0..self.hosts).map(guest).collect()
    }

    /// Pushes what is due until nothing is, and then each sample when it is.
    fn live(&self, guests: &mut [Guest], door: &Door, progress: &Progress, stop: &Stop) -> anyhow::Result<()> {
        let mut in_the_past = true;
        while !stop.is_asked() {
            let mut pushed = false;
            for guest in &mut *guests {
                let Some(batch) = guest.batch(now_ms()) else { continue };
                let count = batch.samples.len() as u64;
                if !door.push(&batch, stop)? {
                    return Ok(());
                }
                progress.add(count);
                pushed = true;
            }
            if pushed {
                continue;
            }
            if std::mem::take(&mut in_the_past) && self.no_live {
                return Ok(());
            }
            let next_ms = guests.iter().map(Guest::next_ms).min().unwrap_or(i64::MAX);
            stop.wait(Duration::from_millis(u64::try_from(next_ms - now_ms()).unwrap_or(0)));
        }
        Ok(())
    }
}

/// Milliseconds since 1970.
fn now_ms() -> i64 {
    crate::clock::now_us() / 1_000
}

fn history(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| format!("{error}: a time is such as 90m, 24h, 7d"))?;
    if time > HISTORY_MAX { Err("is more than 366 days".into()) } else { Ok(time) }
}

fn interval(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| format!("{error}: a time is such as 10s, 1m"))?;
    if INTERVALS.contains(&time) { Ok(time) } else { Err("is not between 1s and 1h".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_bounds() {
        assert_eq!(history("7d"), Ok(Duration::from_secs(7 * 86_400)));
        assert_eq!(history("0s"), Ok(Duration::ZERO));
        assert_eq!(interval("1m"), Ok(Duration::from_secs(60)));
        assert!(history("2y").is_err() && history("24").is_err());
        assert!(interval("500ms").is_err() && interval("2h").is_err());
    }
}
