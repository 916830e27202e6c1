//! What to measure, and the sizes of a run.

/// The help text.
pub const HELP: &str = "\
siskin-bench: the store or the footprint, measured on the real programs

siskin-bench store               what a history costs the server, beside VictoriaMetrics (`make bench-store`)
  --hosts N              made-up hosts whose history is pushed           (100)
  --interval SECONDS     time between two samples of a host              (10)
  --hours N              how much history, up to the last midnight UTC   (24)
  --batch N              samples a body                                  (100)
  --connections N        connections that push at a time                 (8)
  --seed N               seed of the fleet                               (1)
  --crowd-hosts N        hosts that push one sample a body               (2000)
  --crowd-connections N  their connections                               (200)
  --paced-seconds N      how long they push when they are due            (60)
  --single-seconds N     how long they push at full speed                (15)
  --rich-seconds N       how long hosts of 151 values a sample push      (30)
  --idle-seconds N       how long five hosts push before RSS is read     (60)
The last four may be 0, which leaves that part out.

siskin-bench retention           a long history, of which only so much is kept (`make bench-retention`)
  --hosts N, --interval SECONDS, --batch N, --connections N, --seed N    as above  (1000, 60, 100, 8, 1)
  --days N         how much history, up to the last midnight UTC   (2)
  --raw-days N     how old samples may be                          (30)
  --megabytes N    what all files may be                           (150)
  --seconds N      no body is begun after so long                  (600)
  --settle-seconds N   how long it may take to seal what is left   (300)

siskin-bench agent               what the agent costs its host, beside its peers (`make bench-agent`)
  --samples N        samples before memory is read         (1000)
  --seconds N        how long CPU time is taken, each row  (30)

The programs are those of SISKIN_SERVER_BIN and SISKIN_AGENT_BIN, which make sets. SISKIN_AGENT_MUSL_BIN may name a
second, static agent: it gets rows of its own. Peers are measured where they are installed: VictoriaMetrics; node_exporter,
collectd, and a service of psutil, FastAPI and uvicorn. Syscalls need strace, allocations a C compiler.";

/// What a run is asked to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Task {
    /// Say how it is used.
    Help,
    /// Measure what the server makes of a history.
    Store(Store),
    /// Measure what a long history under limits does.
    Retention(Retention),
    /// Measure the agent's footprint.
    Agent(Agent),
}

/// The sizes of a run on the store.
#[derive(Debug, PartialEq, Eq)]
pub struct Store {
    /// Made-up hosts.
    pub hosts: u64,
    /// Seconds between two samples of each.
    pub interval: u64,
    /// Hours of history.
    pub hours: u64,
    /// Samples in a body.
    pub batch: u64,
    /// Connections at a time.
    pub connections: u64,
    /// Seed of the fleet.
    pub seed: u64,
    /// Hosts that push one sample a body.
    pub crowd_hosts: u64,
    /// Connections of theirs.
    pub crowd_connections: u64,
    /// Seconds for which they push when they are due; 0 for not at all.
    pub paced_seconds: u64,
    /// Seconds for which they push at full speed; 0 for not at all.
    pub single_seconds: u64,
    /// Seconds for which hosts of which more is read push at full speed; 0 for not at all.
    pub rich_seconds: u64,
    /// Seconds for which five hosts push; 0 for not at all.
    pub idle_seconds: u64,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            hosts: 100,
            interval: 10,
            hours: 24,
            batch: 100,
            connections: 8,
            seed: 1,
            crowd_hosts: 2_000,
            crowd_connections: 200,
            paced_seconds: 60,
            single_seconds: 15,
            rich_seconds: 30,
            idle_seconds: 60,
        }
    }
}

/// The sizes of a run on what is kept.
#[derive(Debug, PartialEq, Eq)]
pub struct Retention {
    /// Made-up hosts.
    pub hosts: u64,
    /// Seconds between two samples of each.
    pub interval: u64,
    /// Days of history.
    pub days: u64,
    /// Samples in a body.
    pub batch: u64,
    /// Connections at a time.
    pub connections: u64,
    /// Seed of the fleet.
    pub seed: u64,
    /// Days for which samples are kept.
    pub raw_days: u64,
    /// What all files may be, MiB.
    pub megabytes: u64,
    /// No body is begun after so many seconds.
    pub seconds: u64,
    /// What is not sealed so many seconds later is not waited for.
    pub settle_seconds: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            hosts: 1_000,
            interval: 60,
            days: 2,
            batch: 100,
            connections: 8,
            seed: 1,
            raw_days: 30,
            megabytes: 150,
            seconds: 600,
            settle_seconds: 300,
        }
    }
}

/// What may be 0.
const MAY_BE_ZERO: [&str; 5] = ["--seed", "--paced-seconds", "--single-seconds", "--rich-seconds", "--idle-seconds"];

/// The sizes of a footprint run.
#[derive(Debug, PartialEq, Eq)]
pub struct Agent {
    /// Samples before memory is read.
    pub samples: u64,
    /// How long each program's CPU time is taken.
    pub seconds: u64,
}

impl Task {
    /// Reads the words after the program's name; an error says which of them is wrong.
    pub fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut store = Store::default();
        let mut retention = Retention::default();
        let mut agent = Agent { samples: 1000, seconds: 30 };
        let task = words.next().unwrap_or_else(|| "--help".into());
        if !["store", "retention", "agent", "--help", "-h"].contains(&task.as_str()) {
            return Err(format!("there is no task {task}: store, retention, or agent"));
        }
        while let Some(word) = words.next() {
            let place = match (task.as_str(), word.as_str()) {
                (_, "--help" | "-h") => return Ok(Self::Help),
                ("store", "--hosts") => &mut store.hosts,
                ("store", "--interval") => &mut store.interval,
                ("store", "--hours") => &mut store.hours,
                ("store", "--batch") => &mut store.batch,
                ("store", "--connections") => &mut store.connections,
                ("store", "--seed") => &mut store.seed,
                ("store", "--crowd-hosts") => &mut store.crowd_hosts,
                ("store", "--crowd-connections") => &mut store.crowd_connections,
                ("store", "--paced-seconds") => &mut store.paced_seconds,
                ("store", "--single-seconds") => &mut store.single_seconds,
                ("store", "--rich-seconds") => &mut store.rich_seconds,
                ("store", "--idle-seconds") => &mut store.idle_seconds,
                ("retention", "--hosts") => &mut retention.hosts,
                ("retention", "--interval") => &mut retention.interval,
                ("retention", "--days") => &mut retention.days,
                ("retention", "--batch") => &mut retention.batch,
                ("retention", "--connections") => &mut retention.connections,
                ("retention", "--seed") => &mut retention.seed,
                ("retention", "--raw-days") => &mut retention.raw_days,
                ("retention", "--megabytes") => &mut retention.megabytes,
                ("retention", "--seconds") => &mut retention.seconds,
                ("retention", "--settle-seconds") => &mut retention.settle_seconds,
                ("agent", "--samples") => &mut agent.samples,
                ("agent", "--seconds") => &mut agent.seconds,
                (task, other) => return Err(format!("{task} does not know the argument {other}")),
            };
            let value = words.next().ok_or_else(|| format!("{word} needs a number"))?;
            *place = value.parse().map_err(|_| format!("{word} needs a number, not {value}"))?;
            if *place == 0 && !MAY_BE_ZERO.contains(&word.as_str()) {
                return Err(format!("{word} is at least 1"));
            }
        }
        Ok(match task.as_str() {
            "store" => Self::Store(store),
            "retention" => Self::Retention(retention),
            "agent" => Self::Agent(agent),
            _ => Self::Help,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Agent, Retention, Store, Task};

    fn read(words: &str) -> Result<Task, String> {
        Task::read(words.split_whitespace().map(String::from))
    }

    #[test]
    fn reads_the_sizes_of_one_task() {
        assert_eq!(read("agent --seconds 5"), Ok(Task::Agent(Agent { samples: 1000, seconds: 5 })));
        let sizes = Store { hosts: 2, seed: 0, idle_seconds: 0, ..Store::default() };
        assert_eq!(read("store --seed 0 --hosts 2 --idle-seconds 0"), Ok(Task::Store(sizes)));
        let sizes = Retention { days: 10, megabytes: 300, ..Retention::default() };
        assert_eq!(read("retention --days 10 --megabytes 300"), Ok(Task::Retention(sizes)));
        assert_eq!(read(""), Ok(Task::Help));
        assert_eq!(read("store --help"), Ok(Task::Help));
    }

    #[test]
    fn names_what_is_wrong() {
        for (words, named) in [
            ("agnet", "agnet"),
            ("agent --hosts 3", "--hosts"),
            ("store --hosts", "--hosts"),
            ("store --hours x", "x"),
            ("agent --seconds 0", "at least 1"),
        ] {
            let error = read(words).expect_err(words);
            assert!(error.contains(named), "{words}: {error}");
        }
    }
}
