//! collectd's settings: plugins that read what the agent's core collectors do, and a socket to ask. It stores nothing.

use std::path::PathBuf;

use siskin_tests::process::Home;

/// CPU by core and mode, load, memory, swap, filesystems, disk I/O, network, uptime.
const PLUGINS: [&str; 8] = ["cpu", "load", "memory", "swap", "df", "disk", "interface", "uptime"];

/// Where it is asked.
pub fn socket(home: &Home) -> PathBuf {
    home.join("socket")
}

/// The text of its settings file, sampling each `interval` seconds.
pub fn settings(home: &Home, interval: f64) -> String {
    let mut text = format!(
        "Hostname \"bench\"\nFQDNLookup false\nInterval {interval}\nBaseDir \"{}\"\nPIDFile \"{}\"\n",
        home.join("").display(),
        home.join("pid").display()
    );
    for plugin in PLUGINS {
        text.push_str(&format!("LoadPlugin {plugin}\n"));
    }
    text.push_str("<Plugin cpu>\n  ValuesPercentage false\n</Plugin>\n");
    text.push_str(&format!(
        "LoadPlugin unixsock\n<Plugin unixsock>\n  SocketFile \"{}\"\n  DeleteSocket true\n</Plugin>\n",
        socket(home).display()
    ));
    text
}
