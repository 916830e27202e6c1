//! A build without TLS says so.

use crate::agent::command;

#[test]
fn https_is_refused_in_words() {
    for args in [&["--server", "https://host:5050"][..], &["--tls-ca", "/dev/null"]] {
        let output = command().args(args).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains("this build of the agent has no TLS") && text.contains(args[0]), "{text}");
    }
}
