//! The figures as tables of at most 120 columns.

use super::{
    Figures,
    counts::Counts,
    subject::{Kind, Subject},
};
use crate::arguments::Agent;

/// Columns of a row's name.
const NAME: usize = 32;

/// What the figures mean; below the tables.
const NOTES: &str = "\
Binary: the program's file; collectd's plugins too, Python's packages not. kB are 1000 bytes.
A GET: GET /system, GET /metrics; of collectd, which has no such thing without more libraries, LISTVAL and a GETVAL for
each value on its socket, in one piece. node_exporter and the psutil service read when they are asked and not alone.
Metrics: numbers in the agent's `sample` and in the psutil service's JSON, lines with a value in node_exporter's text
(its own runtime's included), values of collectd.
System calls: strace -c of all threads, mean; with a GET, all that serving it takes is in. Allocations: malloc, calloc,
realloc and their kin, median and mean over the seconds; node_exporter's as Go itself counts them, the GET that tells so
included; Python with PYTHONMALLOC=malloc. Those of a static program are not counted; its source is the other's. A mean
holds what the agent reads with every tenth sample only.";

/// Prints all of it.
pub fn print(subjects: &[Subject], figures: &[Figures], sizes: &Agent) {
    let rows = || subjects.iter().zip(figures);
    println!(
        "at rest after {} samples, and at one sample and one GET a second over {} s",
        sizes.samples, sizes.seconds
    );
    println!("{}", line("", ["binary, kB", "RSS, kB", "PSS, kB", "threads", "CPU, µs/s", "metrics"]));
    for (subject, f) in rows() {
        let memory = [f.binary_bytes, f.rss_bytes, f.pss_bytes].map(|bytes| (bytes / 1000).to_string());
        let [binary, rss, pss] = memory;
        let cpu = format!("{:.0}", f.cpu_microseconds);
        println!("{}", line(subject.name, [binary, rss, pss, f.threads.to_string(), cpu, f.metrics.to_string()]));
    }

    println!("\n{:NAME$}{:>42}{:>42}", "one sample", "while nobody asks", "with a GET");
    let heads = ["syscalls", "allocs median", "allocs mean", "syscalls", "allocs median", "allocs mean"];
    println!("{}", line("", heads));
    for (subject, f) in rows() {
        let [alone, asked] = [f.alone.as_ref(), Some(&f.asked)].map(|counts| {
            let text = |read: fn(&Counts) -> Option<f64>| counts.and_then(read).map_or("–".into(), number);
            [text(|c| c.syscalls), text(Counts::allocations_median), text(Counts::allocations_mean)]
        });
        let [a, b, c] = alone;
        let [d, e, f] = asked;
        println!("{}", line(subject.name, [a, b, c, d, e, f]));
    }

    println!("\ntimes the agent's row of the same set; syscalls and allocations with a GET, mean");
    println!("{}", line("", ["binary", "RSS", "PSS", "CPU", "syscalls", "allocs"]));
    for (own, own_figures) in rows().filter(|(subject, _)| is_own(subject)) {
        println!("{}", own.name);
        for (peer, peer_figures) in rows().filter(|(peer, _)| !is_own(peer) && peer.set == own.set) {
            println!("{}", line(&format!("  {}", peer.name), ratios(peer_figures, own_figures)));
        }
    }
    println!("\n{NOTES}");
}

fn ratios(peer: &Figures, own: &Figures) -> [String; 6] {
    let reads: [fn(&Figures) -> Option<f64>; 6] = [
        |f| Some(f.binary_bytes as f64),
        |f| Some(f.rss_bytes as f64),
        |f| Some(f.pss_bytes as f64),
        |f| Some(f.cpu_microseconds),
        |f| f.asked.syscalls,
        |f| f.asked.allocations_mean(),
    ];
    reads.map(|read| match (read(peer), read(own)) {
        (Some(peer), Some(own)) if own > 0.0 => format!("{:.1}", peer / own),
        _ => "–".into(),
    })
}

fn is_own(subject: &Subject) -> bool {
    matches!(subject.kind, Kind::Siskin(_))
}

/// Whole where that is exact enough.
fn number(value: f64) -> String {
    if value >= 100.0 || value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

fn line(name: &str, cells: [impl AsRef<str>; 6]) -> String {
    let cells: String = cells.iter().map(|cell| format!("{:>14}", cell.as_ref())).collect();
    format!("{name:<NAME$}{cells}")
}
