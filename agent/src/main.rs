//! The program. All of it is in the library beside this file.

use std::process::ExitCode;

fn main() -> ExitCode {
    siskin_agent::main()
}
