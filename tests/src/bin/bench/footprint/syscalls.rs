//! Counts a running program's system calls with strace, all its threads'.

use std::process::Command;

use siskin_tests::{
    process::{Home, Program},
    wait::PATIENCE,
};

/// Between two looks whether it has attached.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

/// A strace that is attached.
pub struct Trace {
    strace: Program,
    home: Home,
}

impl Trace {
    /// Attaches to a process.
    ///
    /// # Errors
    /// When there is no strace, or it may not: what it said.
    pub fn attach(pid: u32) -> Result<Self, String> {
        if let Err(error) = Command::new("strace").arg("-V").output() {
            return Err(format!("no strace: {error}"));
        }
        let home = Home::new();
        let mut command = Command::new("strace");
        command.args(["-f", "-c", "-o"]).arg(home.join("counts")).args(["-p", &pid.to_string()]);
        let mut strace = Program::start(command);
        let started = std::time::Instant::now();
        while !strace.said().contains("attached") {
            if !strace.is_running() || started.elapsed() > PATIENCE {
                return Err(strace.said().trim().to_owned());
            }
            std::thread::sleep(PAUSE);
        }
        Ok(Self { strace, home })
    }

    /// Lets go, and says how many calls ended meanwhile.
    ///
    /// # Panics
    /// When strace does not end.
    pub fn detach(mut self) -> u64 {
        self.strace.signal("INT");
        self.strace.wait();
        total(&std::fs::read_to_string(self.home.join("counts")).unwrap_or_default())
    }
}

/// `calls` in the last line of `strace -c`. No table at all: no calls.
fn total(table: &str) -> u64 {
    let line = table.lines().rev().find(|line| line.trim_end().ends_with(" total"));
    line.and_then(|line| line.split_whitespace().nth(3)?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::total;

    #[test]
    fn reads_the_last_line() {
        let table = "% time     seconds  usecs/call     calls    errors syscall\n\
            ------ ----------- ----------- --------- --------- ----------------\n \
             75.00    0.000300           3       100           read\n\
            ------ ----------- ----------- --------- --------- ----------------\n\
            100.00    0.000400           3       120         4 total\n";
        assert_eq!(total(table), 120);
        assert_eq!(total(""), 0);
    }
}
