//! Counts the heap allocations of a program that is linked with glibc, from outside and while it runs.

use std::{path::PathBuf, process::Command};

use siskin_tests::process::Home;

/// What is loaded into the program.
const SOURCE: &str = include_str!("allocations.c");

/// The compiled counter.
pub struct Library {
    home: Home,
}

/// The count of one program.
pub struct Counter {
    library: PathBuf,
    file: PathBuf,
}

impl Library {
    /// Compiles it.
    ///
    /// # Errors
    /// When there is no compiler, or it refuses: what it said.
    pub fn compile() -> Result<Self, String> {
        let home = Home::new();
        std::fs::write(home.join("allocations.c"), SOURCE).map_err(|error| format!("cannot write: {error}"))?;
        let mut compiler = Command::new("cc");
        compiler.args(["-O2", "-shared", "-fPIC", "-o", "allocations.so", "allocations.c"]).current_dir(home.join("."));
        let output = compiler.output().map_err(|error| format!("no C compiler (cc): {error}"))?;
        if output.status.success() { Ok(Self { home }) } else { Err(String::from_utf8_lossy(&output.stderr).into()) }
    }

    /// A counter at zero, for the program of this number.
    pub fn counter(&self, number: usize) -> Counter {
        let file = self.home.join(&format!("count-{number}"));
        std::fs::write(&file, 0_u64.to_ne_bytes()).expect("a file in a directory of ours");
        Counter { library: self.home.join("allocations.so"), file }
    }
}

impl Counter {
    /// Has a command counted once it is started. Python then takes each object from the heap, not from a pool.
    pub fn count(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("ALLOCATIONS_FILE", &self.file).env("PYTHONMALLOC", "malloc");
    }

    /// Allocations since its start: calls of malloc, calloc, realloc and their kin. `None` for a static program.
    pub fn read(&self) -> Option<u64> {
        let bytes = std::fs::read(&self.file).ok()?;
        Some(u64::from_ne_bytes(bytes.try_into().ok()?)).filter(|count| *count > 0)
    }
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use std::process::Command;

    use super::Library;

    #[test]
    fn sees_the_allocations_of_a_program() {
        let library = Library::compile().expect("a C compiler");
        let (idle, busy) = (library.counter(0), library.counter(1));
        let mut command = Command::new("ls");
        command.arg("/");
        busy.count(&mut command);
        assert!(command.output().expect("ls").status.success());
        assert!(busy.read().expect("a count") > 10, "{:?}", busy.read());
        assert_eq!(idle.read(), None);
    }
}
