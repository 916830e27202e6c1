//! Which flags and variables there are, and which of them wins: flag, then variable, then the predecessor's variable.
//! Knows names and precedence, not what a value means.

use std::ffi::OsString;

use lexopt::Arg;

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A value. Of a repeated flag the last counts.
    Value,
    /// A value each time it is given, and all of them count.
    Values,
    /// No value: the flag alone says `true`. The variable says `true` or `false`.
    Nothing,
}

/// A flag, its environment twin, and the predecessor's variable.
pub struct Setting {
    /// Without the dashes.
    pub flag: &'static str,
    /// What the flag takes.
    pub takes: Takes,
    /// Environment twin.
    pub variable: &'static str,
    /// The predecessor's variable.
    pub predecessor: Option<&'static str>,
}

const fn setting(flag: &'static str, variable: &'static str, predecessor: Option<&'static str>) -> Setting {
    Setting { flag, takes: Takes::Value, variable, predecessor }
}

/// Every setting. The predecessor's two variables for `--listen` are joined in `options`.
pub const SETTINGS: [Setting; 23] = [
    setting("listen", "SISKIN_AGENT_LISTEN", None),
    setting("listen-token-file", "SISKIN_AGENT_LISTEN_TOKEN_FILE", None),
    Setting { takes: Takes::Nothing, ..setting("listen-open", "SISKIN_AGENT_LISTEN_OPEN", None) },
    setting("server", "SISKIN_AGENT_SERVER", Some("MONITORING_SERVER_METRICS_URL")),
    setting("token-file", "SISKIN_AGENT_TOKEN_FILE", None),
    setting("tls-ca", "SISKIN_AGENT_TLS_CA", None),
    setting("interval", "SISKIN_AGENT_INTERVAL", Some("SYSTEM_STATS_FORWARD_INTERVAL")),
    setting("id", "SISKIN_AGENT_ID", None),
    setting("hostname", "SISKIN_AGENT_HOSTNAME", None),
    Setting { takes: Takes::Values, ..setting("tag", "SISKIN_AGENT_TAGS", None) },
    setting("spool", "SISKIN_AGENT_SPOOL", None),
    setting("spool-max-bytes", "SISKIN_AGENT_SPOOL_MAX_BYTES", None),
    setting("spool-max-age", "SISKIN_AGENT_SPOOL_MAX_AGE", None),
    setting("state", "SISKIN_AGENT_STATE", None),
    setting("collectors", "SISKIN_AGENT_COLLECTORS", None),
    setting("no-collectors", "SISKIN_AGENT_NO_COLLECTORS", None),
    setting("filesystems", "SISKIN_AGENT_FILESYSTEMS", None),
    setting("disk-path", "SISKIN_AGENT_DISK_PATH", Some("SYSTEM_STATS_DISK_PATH")),
    setting("textfile-dir", "SISKIN_AGENT_TEXTFILE_DIR", None),
    setting("proc", "SISKIN_AGENT_PROC", None),
    setting("sys", "SISKIN_AGENT_SYS", None),
    setting("root", "SISKIN_AGENT_ROOT", None),
    setting("log-level", "SISKIN_AGENT_LOG_LEVEL", Some("SYSTEM_STATS_LOG_LEVEL")),
];

/// A value and the name of what gave it, for messages.
pub struct Given {
    /// `--flag` or `VARIABLE`.
    pub from: String,
    /// What was given.
    pub value: String,
}

impl Given {
    /// One line that says where the value came from, what was expected, and what was found.
    pub fn wrong(&self, expected: &str) -> String {
        format!("{}: {expected}, got {:?}", self.from, self.value)
    }
}

/// What to do other than to run: no value and no variable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Switch {
    /// None of them.
    #[default]
    None,
    /// `--once`
    Once,
    /// `--help`
    Help,
    /// `--version`
    Version,
}

/// Where values come from: the command line and the environment.
pub struct Sources<E> {
    flags: [Vec<OsString>; SETTINGS.len()],
    env: E,
}

impl<E: Fn(&str) -> Option<OsString>> Sources<E> {
    /// Reads the command line (without the program's name).
    pub fn read(args: impl IntoIterator<Item = OsString>, env: E) -> Result<(Switch, Self), String> {
        let told = |error: lexopt::Error| format!("{error} (see --help)");
        let mut sources = Self { flags: Default::default(), env };
        let mut switch = Switch::None;
        let mut parser = lexopt::Parser::from_args(args);
        while let Some(arg) = parser.next().map_err(told)? {
            match arg {
                Arg::Short('h') | Arg::Long("help") => return Ok((Switch::Help, sources)),
                Arg::Short('V') | Arg::Long("version") => return Ok((Switch::Version, sources)),
                Arg::Long("once") => switch = Switch::Once,
                Arg::Long(name) => match SETTINGS.iter().position(|setting| setting.flag == name) {
                    Some(index) if SETTINGS[index].takes == Takes::Nothing => sources.flags[index].push("true".into()),
                    Some(index) => sources.flags[index].push(parser.value().map_err(told)?),
                    None => return Err(told(arg.unexpected())),
                },
                _ => return Err(told(arg.unexpected())),
            }
        }
        Ok((switch, sources))
    }

    /// The value of a flag, else of its variable, else of the predecessor's.
    pub fn find(&self, flag: &str) -> Result<Option<Given>, String> {
        Ok(self.find_all(flag)?.pop())
    }

    /// All values of a flag, in their order; else that of its variable, else that of the predecessor's.
    pub fn find_all(&self, flag: &str) -> Result<Vec<Given>, String> {
        let Some((setting, values)) = SETTINGS.iter().zip(&self.flags).find(|(setting, _)| setting.flag == flag) else {
            return Ok(Vec::new());
        };
        if !values.is_empty() {
            return values.iter().map(|value| utf8(format!("--{flag}"), value.clone())).collect();
        }
        let variables = [Some(setting.variable), setting.predecessor];
        let given = variables.into_iter().flatten().find_map(|name| self.variable(name).transpose()).transpose()?;
        Ok(given.into_iter().collect())
    }

    /// A variable of the environment. An empty one is as good as none: compose files pass those.
    pub fn variable(&self, name: &str) -> Result<Option<Given>, String> {
        (self.env)(name).filter(|value| !value.is_empty()).map(|value| utf8(name.to_owned(), value)).transpose()
    }
}

fn utf8(from: String, value: OsString) -> Result<Given, String> {
    match value.into_string() {
        Ok(value) => Ok(Given { from, value }),
        Err(_) => Err(format!("{from}: expected UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn find(args: &[&str], env: &[(&str, &str)], flag: &str) -> Option<(String, String)> {
        let env = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
        let (_, sources) = Sources::read(args.iter().map(OsString::from), env).unwrap();
        sources.find(flag).unwrap().map(|given| (given.from, given.value))
    }

    #[test]
    fn flag_wins_over_variable_over_the_predecessors() {
        for setting in &SETTINGS {
            let (flag, value) = match setting.takes {
                Takes::Nothing => (format!("--{}", setting.flag), "true"),
                Takes::Value | Takes::Values => (format!("--{}=flag", setting.flag), "flag"),
            };
            let mut env = vec![(setting.variable, "own")];
            env.extend(setting.predecessor.map(|name| (name, "old")));
            let found = |args: &[&str], env: &[(&str, &str)]| find(args, env, setting.flag).map(|(_, value)| value);
            assert_eq!(found(&[&flag], &env).as_deref(), Some(value), "{}", setting.flag);
            assert_eq!(found(&[], &env).as_deref(), Some("own"), "{}", setting.flag);
            assert_eq!(found(&[], &env[1..]).as_deref(), setting.predecessor.map(|_| "old"), "{}", setting.flag);
            assert_eq!(found(&[], &[]), None, "{}", setting.flag);
        }
    }

    #[test]
    fn of_a_repeated_flag_the_last_counts_or_all_do() {
        assert_eq!(find(&["--id", "a", "--id=b"], &[], "id"), Some(("--id".to_owned(), "b".to_owned())));
        let args = ["--tag", "a=1", "--tag=b=2"].map(OsString::from);
        let (_, sources) = Sources::read(args, |_: &str| Some("c=3".into())).unwrap();
        let values: Vec<_> = sources.find_all("tag").unwrap().into_iter().map(|given| given.value).collect();
        assert_eq!(values, ["a=1", "b=2"]);
    }

    #[test]
    fn an_empty_variable_is_as_good_as_none() {
        let env = [("SISKIN_AGENT_SERVER", ""), ("MONITORING_SERVER_METRICS_URL", "http://old/metrics")];
        let found = find(&[], &env, "server");
        assert_eq!(found, Some(("MONITORING_SERVER_METRICS_URL".to_owned(), "http://old/metrics".to_owned())));
    }

    #[test]
    fn what_is_not_utf8_is_named() {
        let env = |_: &str| Some(OsString::from_vec(vec![0xff]));
        let (_, sources) = Sources::read([], env).unwrap();
        assert_eq!(sources.find("id").err().unwrap(), "SISKIN_AGENT_ID: expected UTF-8");
    }

    #[test]
    fn unknown_arguments_are_named() {
        for args in [&["--nonsense"][..], &["positional"], &["--listen"], &["-x"], &["--once=1"], &["--listen-open=1"]]
        {
            let error = Sources::read(args.iter().map(OsString::from), |_: &str| None).err().unwrap();
            assert!(error.contains("(see --help)"), "{args:?}: {error}");
        }
    }
}
