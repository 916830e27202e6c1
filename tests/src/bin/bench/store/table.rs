//! The figures of both programs side by side.

use super::{Figures, pushed::Pushed, subject::Settled, victoria};
use crate::arguments::Store;

/// Columns of a row's name.
const NAME: usize = 52;

/// What the figures mean; below the table.
const NOTES: &str = "\
Siskin answers when the rows are on disk (fsync), VictoriaMetrics when they are in memory. Ratio: Siskin by VictoriaMetrics.
Values/s has what the sender needs in it, which makes its bodies meanwhile on the same processors. CPU and memory are
what the kernel tells; MB are 1000000 bytes. Settled: Siskin when nothing is left to seal; VictoriaMetrics when force_flush
and force_merge have ended. Start: until /health answers 200, with
all of the history; the load is that of other hosts, for ten seconds. Paced: an answer's time counts from the moment at which its body was due; the first interval,
in which each host is new, is left out.";

/// One figure of a program, if it is known.
type Read = fn(&Figures) -> Option<f64>;

/// Prints all of it.
pub fn print(own: &Figures, peer: Option<&Figures>, sizes: &Store) {
    let row = |what: &str, digits: usize, read: Read| {
        let (left, right) = (read(own), peer.and_then(read));
        if left.or(right).is_none() {
            return;
        }
        let text = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.digits$}"));
        let ratio =
            left.zip(right).filter(|(_, right)| *right > 0.0).map(|(left, right)| format!("{:.2}", left / right));
        let right = if peer.is_some() { text(right) } else { "NOT MEASURED".to_owned() };
        println!("{what:<NAME$}{:>16}{right:>18}{:>9}", text(left), ratio.unwrap_or_else(|| "–".into()));
    };
    let head = |what: &str| println!("\n{what:<NAME$}{:>16}{:>18}{:>9}", "Siskin", "VictoriaMetrics", "ratio");

    head(&format!("{} hosts × {} h, {} samples a body", sizes.hosts, sizes.hours, sizes.batch));
    row("values", 0, |f| history(f, Pushed::values));
    row("values/s", 0, |f| history(f, |p| p.values() / p.wall_seconds));
    row("CPU-s per million values, until the last answer", 3, |f| history(f, Pushed::cpu_per_million));
    row("CPU-s per million values, to settle", 3, |f| {
        Some(settled(f, |s| s.cpu_seconds)? / (f.history.as_ref()?.values() / 1e6))
    });
    row("peak RSS during the push, MB", 1, |f| history(f, |p| p.peak_bytes as f64 / 1e6));
    row("peak RSS until settled, MB", 1, |f| settled(f, |s| s.peak_bytes.map(|bytes| bytes as f64 / 1e6)));
    row("answer, p50 ms", 2, |f| history(f, |p| p.latency_ms(0.5)));
    row("answer, p99 ms", 2, |f| history(f, |p| p.latency_ms(0.99)));
    row("answer, longest ms", 2, |f| history(f, |p| p.latency_ms(1.0)));
    row("commit, p50 ms", 2, |f| f.history.as_ref()?.commit_ms(0.5));
    row("commit, p99 ms", 2, |f| f.history.as_ref()?.commit_ms(0.99));
    row("bytes per value, hot", 3, |f| settled(f, |s| s.hot_bytes_per_value));
    row("bytes per value, settled, full resolution", 3, |f| settled(f, |s| s.raw_bytes_per_value));
    row("bytes per value, settled, all there is", 3, |f| settled(f, |s| s.all_bytes_per_value));
    row("seconds to settle", 1, |f| settled(f, |s| s.seconds));
    row("seconds of the last sealing", 1, |f| settled(f, |s| s.last_seal_seconds));
    row("start after a clean end, s", 2, |f| f.restarts.map(|r| r.clean_seconds));
    row("start after kill -9 under full load, s", 2, |f| f.restarts.map(|r| r.killed_seconds));
    row("sender's CPU-s per million values", 3, |f| history(f, |p| p.sender_cpu_seconds / (p.values() / 1e6)));

    let crowd = format!("1 sample a body, {} hosts, {} connections", sizes.crowd_hosts, sizes.crowd_connections);
    if sizes.paced_seconds > 0 {
        head(&format!("{crowd}, paced"));
        row("requests/s", 1, |f| paced(f, |p| p.answers() as f64 / p.wall_seconds));
        row("CPU, share of a core", 4, |f| paced(f, |p| p.cpu_seconds / p.wall_seconds));
        row("CPU-s per million values", 3, |f| paced(f, Pushed::cpu_per_million));
        row("peak RSS, MB", 1, |f| paced(f, |p| p.peak_bytes as f64 / 1e6));
        row("answer, p50 ms", 2, |f| paced(f, |p| p.latency_ms(0.5)));
        row("answer, p99 ms", 2, |f| paced(f, |p| p.latency_ms(0.99)));
        row("commit, p50 ms", 2, |f| f.paced.as_ref()?.commit_ms(0.5));
        row("commit, p99 ms", 2, |f| f.paced.as_ref()?.commit_ms(0.99));
    }
    if sizes.single_seconds > 0 {
        head(&format!("{crowd}, flat out"));
        row("values/s", 0, |f| single(f, |p| p.values() / p.wall_seconds));
        row("CPU-s per million values", 3, |f| single(f, Pushed::cpu_per_million));
        row("peak RSS, MB", 1, |f| single(f, |p| p.peak_bytes as f64 / 1e6));
        row("answer, p50 ms", 2, |f| single(f, |p| p.latency_ms(0.5)));
        row("answer, p99 ms", 2, |f| single(f, |p| p.latency_ms(0.99)));
    }
    if sizes.rich_seconds > 0 {
        head(&format!("{} hosts of 151 values a sample, {} a body", sizes.hosts, sizes.batch));
        row("samples/s", 0, |f| rich(f, |p| p.samples as f64 / p.wall_seconds));
        row("CPU-s per million samples", 1, |f| rich(f, |p| p.cpu_seconds / (p.samples as f64 / 1e6)));
        row("peak RSS, MB", 1, |f| rich(f, |p| p.peak_bytes as f64 / 1e6));
        row("answer, p50 ms", 2, |f| rich(f, |p| p.latency_ms(0.5)));
        row("answer, p99 ms", 2, |f| rich(f, |p| p.latency_ms(0.99)));
        row("answer, longest ms", 2, |f| rich(f, |p| p.latency_ms(1.0)));
    }
    if sizes.idle_seconds > 0 {
        head(&format!("5 hosts at {} s, after {} s", sizes.interval, sizes.idle_seconds));
        row("RSS, MB", 1, |f| f.few.as_ref().map(|p| p.rss_bytes as f64 / 1e6));
        row("CPU, share of a core", 4, |f| f.few.as_ref().map(|p| p.cpu_seconds / p.wall_seconds));
    }
    println!("\n{NOTES}");
    if peer.is_none() {
        println!("VictoriaMetrics: NOT MEASURED: {}", victoria::MISSING);
    }
}

fn history(figures: &Figures, read: impl Fn(&Pushed) -> f64) -> Option<f64> {
    figures.history.as_ref().map(read)
}

fn settled(figures: &Figures, read: impl Fn(&Settled) -> Option<f64>) -> Option<f64> {
    figures.settled.as_ref().and_then(read)
}

fn paced(figures: &Figures, read: impl Fn(&Pushed) -> f64) -> Option<f64> {
    figures.paced.as_ref().map(read)
}

fn rich(figures: &Figures, read: impl Fn(&Pushed) -> f64) -> Option<f64> {
    figures.rich.as_ref().map(read)
}

fn single(figures: &Figures, read: impl Fn(&Pushed) -> f64) -> Option<f64> {
    figures.single.as_ref().map(read)
}
