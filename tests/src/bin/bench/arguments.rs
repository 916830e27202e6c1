//! The sizes of a run.

/// The help text.
pub const HELP: &str = "\
siskin-bench: ingest and footprint, measured on the real server and agent

  --machines N       made-up machines that push            (40)
  --samples N        samples of each, 100 a body; 0: none  (500)
  --single-share N   1 sample a body gets an Nth of them   (5)
  --connections N    connections that push at a time       (8)
  --seed N           seed of the fleet                     (1)
  --agent-seconds N  how long the agent is watched; 0: not (20)

The programs are those of SISKIN_SERVER_BIN and SISKIN_AGENT_BIN, which `make bench` sets.";

/// What a run is asked to do.
pub struct Arguments {
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
    /// How long the agent is watched, seconds.
    pub agent_seconds: u64,
}

impl Arguments {
    /// Reads them; `None` asks for help.
    pub fn read(mut words: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut arguments =
            Self { machines: 40, samples: 500, single_share: 5, connections: 8, seed: 1, agent_seconds: 20 };
        while let Some(word) = words.next() {
            let place = match word.as_str() {
                "--help" | "-h" => return Ok(None),
                "--machines" => &mut arguments.machines,
                "--samples" => &mut arguments.samples,
                "--single-share" => &mut arguments.single_share,
                "--connections" => &mut arguments.connections,
                "--seed" => &mut arguments.seed,
                "--agent-seconds" => &mut arguments.agent_seconds,
                other => return Err(format!("unknown argument {other}")),
            };
            let value = words.next().ok_or_else(|| format!("{word} needs a number"))?;
            *place = value.parse().map_err(|_| format!("{word} needs a number, not {value}"))?;
        }
        if [arguments.machines, arguments.connections, arguments.single_share].contains(&0) {
            return Err("machines, connections and single-share are at least 1".into());
        }
        Ok(Some(arguments))
    }
}
