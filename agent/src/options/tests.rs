//! Defaults, precedence, and what a person is told about a wrong value.

use super::*;
use crate::scratch;
use crate::settings::SETTINGS;

fn run(args: &[&str], env: &[(&str, &str)]) -> Result<Options, String> {
    let env = |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
    match parse(args.iter().map(OsString::from), env)? {
        Command::Run(options) | Command::Once(options) => Ok(options),
        other => panic!("{other:?}"),
    }
}

fn listen(args: &[&str], env: &[(&str, &str)]) -> String {
    run(args, env).unwrap().listen[0].to_string()
}

#[test]
fn the_defaults() {
    let options = run(&[], &[]).unwrap();
    assert_eq!(options.listen, ["127.0.0.1:5001".parse().unwrap()]);
    assert_eq!(options.interval, Duration::from_secs(10));
    assert_eq!(options.server, None);
    assert_eq!((options.spool, options.state), (None, None));
    assert_eq!(options.spool_limits, Limits { max_bytes: 64 << 20, max_age: Duration::from_secs(604_800) });
    assert_eq!(options.credentials, Credentials::None);
    assert_eq!((options.disk_path.as_str(), options.textfiles), ("/", None));
    assert_eq!(options.log_level, Level::Info);
    assert_eq!(options.roots.proc, PathBuf::from("/proc"));
}

#[test]
fn the_predecessors_host_and_port_still_work() {
    assert_eq!(listen(&[], &[("SYSTEM_STATS_HOST", "0.0.0.0")]), "0.0.0.0:5001");
    assert_eq!(listen(&[], &[("SYSTEM_STATS_PORT", "6001")]), "127.0.0.1:6001");
    assert_eq!(listen(&[], &[("SYSTEM_STATS_HOST", "::"), ("SYSTEM_STATS_PORT", "1")]), "[::]:1");
    let old = ("SYSTEM_STATS_HOST", "0.0.0.0");
    assert_eq!(listen(&[], &[("SISKIN_AGENT_LISTEN", "127.0.0.1:0"), old]), "127.0.0.1:0");
    assert_eq!(listen(&["--listen", "127.0.0.1:1"], &[("SISKIN_AGENT_LISTEN", "127.0.0.1:0")]), "127.0.0.1:1");
}

#[test]
fn only_the_predecessors_variable_opens_the_port_without_a_word() {
    let guard = |args: &[&str], env: &[(&str, &str)]| run(args, env).unwrap().guard;
    let old = ("SYSTEM_STATS_HOST", "0.0.0.0");
    assert!(matches!(guard(&[], &[]), Guard::Local));
    assert!(matches!(guard(&["--listen", "[::1]:0"], &[]), Guard::Local));
    assert!(matches!(guard(&["--listen", "[::ffff:127.0.0.1]:0"], &[]), Guard::Local));
    assert!(matches!(guard(&[], &[old]), Guard::Predecessor));
    assert!(matches!(guard(&["--listen-open"], &[old]), Guard::Open));
    assert!(matches!(guard(&["--listen", "0.0.0.0:0"], &[("SISKIN_AGENT_LISTEN_OPEN", "true")]), Guard::Open));
    let closed = [("SISKIN_AGENT_LISTEN", "0.0.0.0:0"), ("SISKIN_AGENT_LISTEN_OPEN", "false"), old];
    assert!(run(&[], &closed).unwrap_err().starts_with("SISKIN_AGENT_LISTEN:"));
    let tokens = scratch::dir("options").join("tokens");
    std::fs::write(&tokens, "sixteen-bytes-01").unwrap();
    let tokens = ["--listen-token-file", tokens.to_str().unwrap()];
    assert!(matches!(guard(&tokens, &[old]), Guard::Token(_)));
    assert!(matches!(guard(&tokens, &[]), Guard::Token(_)));
}

#[test]
fn a_host_has_the_name_and_the_tags_that_it_was_given() {
    let host = Host { hostname: "kernel".into(), ..Host::default() };
    assert_eq!(run(&[], &[]).unwrap().named(host.clone()), host);
    let env = [("SISKIN_AGENT_TAGS", "env=test,role=db"), ("SISKIN_AGENT_HOSTNAME", "pi")];
    let named = run(&[], &env).unwrap().named(host.clone());
    assert_eq!(
        (named.hostname.as_str(), named.tags["env"].as_str(), named.tags["role"].as_str()),
        ("pi", "test", "db")
    );
    let args = ["--tag", "env=prod, rack=7", "--tag", "url=a=b"];
    let tags = run(&args, &env).unwrap().named(host).tags;
    let expected = [("env", "prod"), ("rack", "7"), ("url", "a=b")].map(|(name, value)| (name.into(), value.into()));
    assert_eq!(tags, Tags::from(expected), "flags win over the variable, all of them");
}

#[test]
fn the_predecessors_other_variables_still_work() {
    let options = run(
        &[],
        &[
            ("MONITORING_SERVER_METRICS_URL", "http://monitor:5050/metrics"),
            ("SYSTEM_STATS_FORWARD_INTERVAL", "30"),
            ("SYSTEM_STATS_LOG_LEVEL", "WARNING"),
            ("SYSTEM_STATS_DISK_PATH", "/dev/"),
        ],
    );
    let options = options.unwrap();
    assert_eq!(options.server.unwrap().authority, "monitor:5050");
    assert_eq!(options.interval, Duration::from_secs(30));
    assert_eq!(options.log_level, Level::Warn);
    assert_eq!(options.disk_path, "/dev");
}

#[test]
fn the_state_file_is_in_the_spool_unless_told_otherwise() {
    let state = |args: &[&str]| run(args, &[]).unwrap().state;
    assert_eq!(state(&["--spool", "/s"]), Some("/s/state".into()));
    assert_eq!(state(&["--spool", "/s", "--state", "/t"]), Some("/t".into()));
    assert_eq!(state(&["--state", "/t"]), Some("/t".into()));
    let limits = run(&["--spool-max-bytes", "1M", "--spool-max-age=2h"], &[]).unwrap().spool_limits;
    assert_eq!(limits, Limits { max_bytes: 1 << 20, max_age: Duration::from_secs(7_200) });
}

#[test]
fn a_token_wins_over_the_user_of_the_url() {
    let url = "--server=http://x:old@host";
    assert_eq!(run(&[url], &[]).unwrap().credentials, Credentials::Basic("x:old".into()));
    let options = run(&[url], &[("SISKIN_AGENT_TOKEN", "new")]).unwrap();
    assert_eq!(options.credentials, Credentials::Token("new".into()));
}

#[test]
fn a_wrong_value_names_its_flag_or_variable_and_what_is_expected() {
    for (args, env, words) in [
        (&["--interval", "0"][..], &[][..], ["--interval", "0.1 to 86400"]),
        (&["--interval", "NaN"], &[], ["--interval", "0.1 to 86400"]),
        (&[], &[("SISKIN_AGENT_INTERVAL", "fast")], ["SISKIN_AGENT_INTERVAL", "seconds"]),
        (&[], &[("SYSTEM_STATS_FORWARD_INTERVAL", "-1")], ["SYSTEM_STATS_FORWARD_INTERVAL", "seconds"]),
        (&["--listen", "5001"], &[], ["--listen", "127.0.0.1:5001"]),
        (&[], &[("SYSTEM_STATS_PORT", "http")], ["SYSTEM_STATS_PORT", "port"]),
        (&["--listen", "0.0.0.0:5001"], &[], ["--listen-token-file", "--listen-open"]),
        (&["--listen", "[::]:5001"], &[], ["--listen:", "reached from other hosts"]),
        (&[], &[("SISKIN_AGENT_LISTEN", "0.0.0.0:1")], ["SISKIN_AGENT_LISTEN:", "--listen-open"]),
        (&[], &[("SISKIN_AGENT_LISTEN_OPEN", "yes")], ["SISKIN_AGENT_LISTEN_OPEN", "true or false"]),
        (&["--listen-token-file", "/nonexistent"], &[], ["--listen-token-file", "/nonexistent"]),
        (&["--listen-token-file", "/x", "--listen-open"], &[], ["--listen-open", "choose one"]),
        (&["--hostname", " "], &[], ["--hostname", "empty"]),
        (&[], &[("SISKIN_AGENT_HOSTNAME", "a\u{7}")], ["SISKIN_AGENT_HOSTNAME", "control"]),
        (&["--tag", "prod"], &[], ["--tag", "NAME=VALUE"]),
        (&["--tag", "a=1", "--tag", "a=2"], &[], ["--tag", "\"a\" is given twice"]),
        (&["--tag", "a-b=1"], &[], ["--tag", "letters"]),
        (&[], &[("SISKIN_AGENT_TAGS", "env=prod,")], ["SISKIN_AGENT_TAGS", "NAME=VALUE"]),
        (&[], &[("SISKIN_AGENT_TAGS", "env=")], ["SISKIN_AGENT_TAGS", "no value"]),
        (&[], &[("MONITORING_SERVER_METRICS_URL", "host")], ["MONITORING_SERVER_METRICS_URL", "http://host:5050"]),
        (&["--token-file", "/nonexistent"], &[], ["--token-file", "/nonexistent"]),
        (&[], &[("SISKIN_AGENT_TOKEN", "two words")], ["SISKIN_AGENT_TOKEN", "visible ASCII"]),
        (&["--proc", "/nonexistent"], &[], ["--proc", "directory"]),
        (&["--root", "/dev"], &[], ["--root", "--proc"]),
        (&["--root", "/dev", "--proc", "/proc"], &[], ["--root", "--proc"]),
        (&[], &[("SISKIN_AGENT_ROOT", "/dev")], ["SISKIN_AGENT_ROOT", "--proc"]),
        (&["--id", "two words"], &[], ["--id", "visible ASCII"]),
        (&["--id", ""], &[], ["--id", "1 to 128"]),
        (&["--spool", "/dev/null"], &[], ["--spool", "directory"]),
        (&["--spool-max-bytes", "1K"], &[], ["--spool-max-bytes", "64K to 16G"]),
        (&[], &[("SISKIN_AGENT_SPOOL_MAX_BYTES", "lots")], ["SISKIN_AGENT_SPOOL_MAX_BYTES", "such as 64M"]),
        (&["--spool-max-age", "90d"], &[], ["--spool-max-age", "1m to 60d"]),
        (&["--state", "/"], &[], ["--state", "expected a file"]),
        (&["--disk-path", "data"], &[], ["--disk-path", "absolute"]),
        (&["--disk-path", "/no/such/path"], &[], ["--disk-path", "path of this host"]),
        (&["--textfile-dir", "/dev/null"], &[], ["--textfile-dir", "expected a directory"]),
        (&[], &[("SISKIN_AGENT_TEXTFILE_DIR", "/no/such")], ["SISKIN_AGENT_TEXTFILE_DIR", "a directory"]),
        (&["--log-level", "loud"], &[], ["--log-level", "error, warn, info or debug"]),
    ] {
        let error = run(args, env).unwrap_err();
        assert!(words.iter().all(|word| error.contains(word)) && !error.contains('\n'), "{error}");
    }
}

#[test]
fn another_root_goes_with_another_proc() {
    let roots = run(&["--root", "/dev", "--proc", "/proc/self"], &[]).unwrap().roots;
    assert_eq!((roots.root, roots.proc), (PathBuf::from("/dev"), PathBuf::from("/proc/self")));
    assert_eq!(run(&["--root", "/"], &[]).unwrap().roots, Roots::default());
}

#[test]
fn a_password_in_a_wrong_url_is_not_repeated() {
    let error = run(&["--server", "http://x:secret@host:port"], &[]).unwrap_err();
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn the_help_names_every_flag_and_variable() {
    for setting in &SETTINGS {
        assert!(HELP.contains(&format!("  --{} ", setting.flag)), "{}", setting.flag);
        assert!(HELP.contains(setting.variable), "{}", setting.variable);
        assert!(setting.predecessor.is_none_or(|name| HELP.contains(name)), "{:?}", setting.predecessor);
    }
    let help = help();
    for (name, about) in collect::collectors() {
        let line = help.lines().find(|line| line.split_whitespace().next() == Some(name));
        assert!(line.is_some_and(|line| line.ends_with(about)), "{name}");
    }
}
