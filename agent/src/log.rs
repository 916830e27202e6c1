//! Log lines on standard error: `2026-11-23T12:00:00Z WARN message key=value`. No sinks, no filters, no JSON.

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::SystemTime;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Needs a person.
    Error,
    /// Unexpected.
    Warn,
    /// Lifecycle.
    Info,
    /// Everything.
    Debug,
}

impl FromStr for Level {
    type Err = ();

    /// Also takes the names that Python and uvicorn use, as the predecessor's variable has them.
    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_lowercase().as_str() {
            "error" | "critical" => Ok(Self::Error),
            "warn" | "warning" => Ok(Self::Warn),
            "info" => Ok(Self::Info),
            "debug" | "trace" => Ok(Self::Debug),
            _ => Err(()),
        }
    }
}

static LEVEL: AtomicU8 = AtomicU8::new(Level::Info as u8);

/// Sets the least important level that is written.
pub fn set_level(level: Level) {
    LEVEL.store(level as u8, Ordering::Relaxed);
}

/// Writes one line. Use the macros.
pub fn write(level: Level, message: &str, fields: &[(&str, &dyn fmt::Display)]) {
    if level as u8 > LEVEL.load(Ordering::Relaxed) {
        return;
    }
    let line = line(SystemTime::now(), level, message, fields);
    // Nobody is left to tell when standard error is gone.
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}

fn line(now: SystemTime, level: Level, message: &str, fields: &[(&str, &dyn fmt::Display)]) -> String {
    let name = match level {
        Level::Error => "ERROR",
        Level::Warn => "WARN",
        Level::Info => "INFO",
        Level::Debug => "DEBUG",
    };
    let mut line = format!("{} {name} {message}", humantime::format_rfc3339_seconds(now));
    for (key, value) in fields {
        let _ = write!(line, " {key}=");
        push_value(&mut line, &value.to_string());
    }
    line.push('\n');
    line
}

/// Quotes what would not read as one word. Values may come from a foreign server: no control character survives.
fn push_value(line: &mut String, value: &str) {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '"' && c != '=';
    if !value.is_empty() && value.chars().all(plain) {
        line.push_str(value);
    } else {
        line.push('"');
        line.extend(value.escape_debug());
        line.push('"');
    }
}

/// Logs what needs a person.
#[macro_export]
macro_rules! error {
    ($message:expr $(, $key:ident = $value:expr)* $(,)?) => {
        $crate::log::write($crate::log::Level::Error, $message, &[$((stringify!($key), &$value as &dyn std::fmt::Display)),*])
    };
}

/// Logs what is unexpected.
#[macro_export]
macro_rules! warn {
    ($message:expr $(, $key:ident = $value:expr)* $(,)?) => {
        $crate::log::write($crate::log::Level::Warn, $message, &[$((stringify!($key), &$value as &dyn std::fmt::Display)),*])
    };
}

/// Logs the lifecycle.
#[macro_export]
macro_rules! info {
    ($message:expr $(, $key:ident = $value:expr)* $(,)?) => {
        $crate::log::write($crate::log::Level::Info, $message, &[$((stringify!($key), &$value as &dyn std::fmt::Display)),*])
    };
}

/// Logs details.
#[macro_export]
macro_rules! debug {
    ($message:expr $(, $key:ident = $value:expr)* $(,)?) => {
        $crate::log::write($crate::log::Level::Debug, $message, &[$((stringify!($key), &$value as &dyn std::fmt::Display)),*])
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_time_level_message_and_fields() {
        let text = line(SystemTime::UNIX_EPOCH, Level::Warn, "queue full", &[("dropped", &3), ("error", &"no route")]);
        assert_eq!(text, "1970-01-01T00:00:00Z WARN queue full dropped=3 error=\"no route\"\n");
    }

    #[test]
    fn a_foreign_value_cannot_forge_a_line() {
        let text = line(SystemTime::UNIX_EPOCH, Level::Error, "refused", &[("text", &"a\n1970 INFO fine\u{1b}[2J\"")]);
        assert_eq!(text.matches('\n').count(), 1);
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn levels_have_the_names_of_the_predecessor_too() {
        assert_eq!("WARNING".parse(), Ok(Level::Warn));
        assert_eq!("critical".parse(), Ok(Level::Error));
        assert_eq!("Debug".parse(), Ok(Level::Debug));
        assert_eq!("loud".parse::<Level>(), Err(()));
    }
}
