//! What to measure, and the sizes of a run.

/// The help text.
pub const HELP: &str = "\
siskin-bench: ingest or footprint, measured on the real programs

siskin-bench ingest              what ingest costs the server (`make bench`)
  --machines N       made-up machines that push            (40)
  --samples N        samples of each, 100 a body           (500)
  --single-share N   1 sample a body gets an Nth of them   (5)
  --connections N    connections that push at a time       (8)
  --seed N           seed of the fleet                     (1)

siskin-bench agent               what the agent costs its host, beside its peers (`make bench-agent`)
  --samples N        samples before memory is read         (1000)
  --seconds N        how long CPU time is taken, each row  (30)

The programs are those of SISKIN_SERVER_BIN and SISKIN_AGENT_BIN, which make sets. SISKIN_AGENT_MUSL_BIN may name a
second, static agent: it gets rows of its own. Peers are measured where they are installed: node_exporter, collectd, and
a service of psutil, FastAPI and uvicorn. Syscalls need strace, allocations a C compiler.";

/// What a run is asked to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Task {
    /// Say how it is used.
    Help,
    /// Measure the server's ingest.
    Ingest(Ingest),
    /// Measure the agent's footprint.
    Agent(Agent),
}

/// The sizes of an ingest run.
#[derive(Debug, PartialEq, Eq)]
pub struct Ingest {
    /// Made-up machines.
    pub machines: u64,
    /// Samples of each machine.
    pub samples: u64,
    /// What part of them is sent one a body.
    pub single_share: u64,
    /// Connections at a time.
    pub connections: u64,
    /// Seed of the fleet.
    pub seed: u64,
}

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
        let mut ingest = Ingest { machines: 40, samples: 500, single_share: 5, connections: 8, seed: 1 };
        let mut agent = Agent { samples: 1000, seconds: 30 };
        let task = words.next().unwrap_or_else(|| "--help".into());
        if !["ingest", "agent", "--help", "-h"].contains(&task.as_str()) {
            return Err(format!("there is no task {task}: ingest, or agent"));
        }
        while let Some(word) = words.next() {
            let place = match (task.as_str(), word.as_str()) {
                (_, "--help" | "-h") => return Ok(Self::Help),
                ("ingest", "--machines") => &mut ingest.machines,
                ("ingest", "--samples") => &mut ingest.samples,
                ("ingest", "--single-share") => &mut ingest.single_share,
                ("ingest", "--connections") => &mut ingest.connections,
                ("ingest", "--seed") => &mut ingest.seed,
                ("agent", "--samples") => &mut agent.samples,
                ("agent", "--seconds") => &mut agent.seconds,
                (task, other) => return Err(format!("{task} does not know the argument {other}")),
            };
            let value = words.next().ok_or_else(|| format!("{word} needs a number"))?;
            *place = value.parse().map_err(|_| format!("{word} needs a number, not {value}"))?;
            if *place == 0 && word != "--seed" {
                return Err(format!("{word} is at least 1"));
            }
        }
        Ok(match task.as_str() {
            "ingest" => Self::Ingest(ingest),
            "agent" => Self::Agent(agent),
            _ => Self::Help,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Agent, Task};

    fn read(words: &str) -> Result<Task, String> {
        Task::read(words.split_whitespace().map(String::from))
    }

    #[test]
    fn reads_the_sizes_of_one_task() {
        assert_eq!(read("agent --seconds 5"), Ok(Task::Agent(Agent { samples: 1000, seconds: 5 })));
        assert!(matches!(read("ingest --seed 0 --machines 2"), Ok(Task::Ingest(sizes)) if sizes.machines == 2));
        assert_eq!(read(""), Ok(Task::Help));
        assert_eq!(read("ingest --help"), Ok(Task::Help));
    }

    #[test]
    fn names_what_is_wrong() {
        for (words, named) in [
            ("agnet", "agnet"),
            ("agent --machines 3", "--machines"),
            ("ingest --samples", "--samples"),
            ("ingest --samples x", "x"),
            ("agent --seconds 0", "at least 1"),
        ] {
            let error = read(words).expect_err(words);
            assert!(error.contains(named), "{words}: {error}");
        }
    }
}
