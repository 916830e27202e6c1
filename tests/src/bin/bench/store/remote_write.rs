//! A batch in the words of Prometheus' remote write: protobuf in one block of snappy, a series for each reading, named and
//! labelled as node_exporter would.

use prost::encoding::{WireType, double, encode_key, encode_varint, encoded_len_varint, int64, string};
use siskin_platform::model::{Batch, Cpu, Disk, Filesystem, Load, Memory, Modes, Network, Sample, Swap};
use siskin_tests::http::Header;

/// What tells the server what a body is.
pub const HEADERS: [Header; 3] = [
    ("Content-Type", "application/x-protobuf"),
    ("Content-Encoding", "snappy"),
    ("X-Prometheus-Remote-Write-Version", "0.1.0"),
];

type Read = fn(&Sample) -> Option<f64>;

/// What a series is called, its own labels in the order of their names, and how it is read.
type Series = (&'static str, &'static [(&'static str, &'static str)], Read);

const ROOT: &[(&str, &str)] = &[("device", "/dev/vda1"), ("fstype", "ext4"), ("mountpoint", "/")];
const VDA: &[(&str, &str)] = &[("device", "vda")];
const ETH0: &[(&str, &str)] = &[("device", "eth0")];

macro_rules! mode {
    ($mode:literal, $read:expr) => {
        ("node_cpu_seconds_total", &[("cpu", "0"), ("mode", $mode)] as &[_], |s| modes(s, $read))
    };
}

/// The 40 readings of a plain machine.
const SERIES: [Series; 40] = [
    mode!("user", |m| Some(m.user_seconds_total)),
    mode!("nice", |m| Some(m.nice_seconds_total)),
    mode!("system", |m| Some(m.system_seconds_total)),
    mode!("idle", |m| Some(m.idle_seconds_total)),
    mode!("iowait", |m| m.iowait_seconds_total),
    mode!("irq", |m| m.irq_seconds_total),
    mode!("softirq", |m| m.softirq_seconds_total),
    mode!("steal", |m| m.steal_seconds_total),
    ("node_context_switches_total", &[], |s| cpu(s, |c| c.context_switches_total)),
    ("node_intr_total", &[], |s| cpu(s, |c| c.interrupts_total)),
    ("node_load1", &[], |s| load(s, |l| Some(l.one))),
    ("node_load5", &[], |s| load(s, |l| Some(l.five))),
    ("node_load15", &[], |s| load(s, |l| Some(l.fifteen))),
    ("node_procs_running", &[], |s| load(s, |l| l.tasks_running.map(|n| n as f64))),
    ("node_memory_MemTotal_bytes", &[], |s| memory(s, |m| Some(m.total_bytes))),
    ("node_memory_MemFree_bytes", &[], |s| memory(s, |m| Some(m.free_bytes))),
    ("node_memory_MemAvailable_bytes", &[], |s| memory(s, |m| Some(m.available_bytes))),
    ("node_memory_Buffers_bytes", &[], |s| memory(s, |m| m.buffers_bytes)),
    ("node_memory_Cached_bytes", &[], |s| memory(s, |m| m.cached_bytes)),
    ("node_memory_SwapTotal_bytes", &[], |s| swap(s, |w| w.total_bytes)),
    ("node_memory_SwapFree_bytes", &[], |s| swap(s, |w| w.free_bytes)),
    ("node_uptime_seconds", &[], |s| s.uptime_seconds),
    ("node_filesystem_size_bytes", ROOT, |s| filesystem(s, |f| f.total_bytes)),
    ("node_filesystem_free_bytes", ROOT, |s| filesystem(s, |f| f.free_bytes)),
    ("node_filesystem_avail_bytes", ROOT, |s| filesystem(s, |f| f.available_bytes)),
    ("node_disk_reads_completed_total", VDA, |s| disk(s, |d| Some(d.reads_total as f64))),
    ("node_disk_read_bytes_total", VDA, |s| disk(s, |d| Some(d.read_bytes_total as f64))),
    ("node_disk_read_time_seconds_total", VDA, |s| disk(s, |d| d.read_seconds_total)),
    ("node_disk_writes_completed_total", VDA, |s| disk(s, |d| Some(d.writes_total as f64))),
    ("node_disk_written_bytes_total", VDA, |s| disk(s, |d| Some(d.written_bytes_total as f64))),
    ("node_disk_write_time_seconds_total", VDA, |s| disk(s, |d| d.write_seconds_total)),
    ("node_disk_io_time_seconds_total", VDA, |s| disk(s, |d| d.busy_seconds_total)),
    ("node_network_receive_bytes_total", ETH0, |s| network(s, |n| n.rx_bytes_total)),
    ("node_network_receive_packets_total", ETH0, |s| network(s, |n| n.rx_packets_total)),
    ("node_network_receive_errs_total", ETH0, |s| network(s, |n| n.rx_errors_total)),
    ("node_network_receive_drop_total", ETH0, |s| network(s, |n| n.rx_dropped_total)),
    ("node_network_transmit_bytes_total", ETH0, |s| network(s, |n| n.tx_bytes_total)),
    ("node_network_transmit_packets_total", ETH0, |s| network(s, |n| n.tx_packets_total)),
    ("node_network_transmit_errs_total", ETH0, |s| network(s, |n| n.tx_errors_total)),
    ("node_network_transmit_drop_total", ETH0, |s| network(s, |n| n.tx_dropped_total)),
];

/// The body of a batch: a `WriteRequest`, whose field 1 is a list of `TimeSeries`.
///
/// # Panics
/// When a reading is missing: then it is no plain machine.
pub fn body(batch: &Batch) -> Vec<u8> {
    let mut request = Vec::with_capacity(SERIES.len() * (160 + 20 * batch.samples.len()));
    let instance = format!("{}:9100", batch.host.hostname);
    let mut series = Vec::new();
    for (name, labels, read) in &SERIES {
        series.clear();
        let all = [("__name__", *name)].into_iter().chain(labels.iter().copied());
        let (before, after): (Vec<_>, Vec<_>) = all.partition(|(label, _)| *label < "instance");
        let own = [("instance", instance.as_str()), ("job", "node")];
        for (label, value) in before.into_iter().chain(own).chain(after) {
            push_label(&mut series, label, value);
        }
        for sample in &batch.samples {
            let value = read(sample).unwrap_or_else(|| panic!("a plain machine has {name}"));
            push_sample(&mut series, value, sample.at.unix_ms);
        }
        encode_key(1, WireType::LengthDelimited, &mut request);
        encode_varint(series.len() as u64, &mut request);
        request.extend_from_slice(&series);
    }
    snap::raw::Encoder::new().compress_vec(&request).expect("a body fits into a block")
}

/// A `Label`, field 1 of `TimeSeries`: name and value.
fn push_label(series: &mut Vec<u8>, name: &str, value: &str) {
    let (name, value) = (name.to_owned(), value.to_owned());
    encode_key(1, WireType::LengthDelimited, series);
    encode_varint((string::encoded_len(1, &name) + string::encoded_len(2, &value)) as u64, series);
    string::encode(1, &name, series);
    string::encode(2, &value, series);
}

/// A `Sample`, field 2 of `TimeSeries`: value, and milliseconds since 1970.
fn push_sample(series: &mut Vec<u8>, value: f64, unix_ms: i64) {
    encode_key(2, WireType::LengthDelimited, series);
    encode_varint((9 + 1 + encoded_len_varint(unix_ms as u64)) as u64, series);
    double::encode(1, &value, series);
    int64::encode(2, &unix_ms, series);
}

fn cpu(sample: &Sample, read: fn(&Cpu) -> Option<u64>) -> Option<f64> {
    sample.cpu.as_ref().and_then(read).map(|n| n as f64)
}

fn modes(sample: &Sample, read: fn(&Modes) -> Option<f64>) -> Option<f64> {
    sample.cpu.as_ref().and_then(|cpu| read(&cpu.total))
}

fn load(sample: &Sample, read: fn(&Load) -> Option<f64>) -> Option<f64> {
    sample.load.as_ref().and_then(read)
}

fn memory(sample: &Sample, read: fn(&Memory) -> Option<u64>) -> Option<f64> {
    sample.memory.as_deref().and_then(read).map(|n| n as f64)
}

fn swap(sample: &Sample, read: fn(&Swap) -> u64) -> Option<f64> {
    sample.swap.as_ref().map(|swap| read(swap) as f64)
}

fn filesystem(sample: &Sample, read: fn(&Filesystem) -> u64) -> Option<f64> {
    sample.filesystems.first().map(|filesystem| read(filesystem) as f64)
}

fn disk(sample: &Sample, read: fn(&Disk) -> Option<f64>) -> Option<f64> {
    sample.disks.first().and_then(read)
}

fn network(sample: &Sample, read: fn(&Network) -> u64) -> Option<f64> {
    sample.networks.first().map(|network| read(network) as f64)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use siskin_platform::fleet::Machine;

    use super::{SERIES, body, push_label, push_sample};

    #[test]
    fn a_batch_is_forty_series_with_all_its_samples() {
        let batch = Machine::plain(1, 1).batch([1_700_000_000_000, 1_700_000_010_000]);
        let unpacked = snap::raw::Decoder::new().decompress_vec(&body(&batch)).unwrap();
        let (mut at, mut seen) = (0, 0);
        let number = |at: &mut usize| {
            let mut slice = &unpacked[*at..];
            let number = prost::encoding::decode_varint(&mut slice).unwrap();
            *at = unpacked.len() - slice.len();
            number as usize
        };
        while at < unpacked.len() {
            assert_eq!(number(&mut at), 1 << 3 | 2, "field 1, with a length");
            let length = number(&mut at);
            let series = &unpacked[at..at + length];
            let mut sample = Vec::new();
            push_sample(&mut sample, SERIES[seen].2(&batch.samples[1]).unwrap(), 1_700_000_010_000);
            assert!(series.ends_with(&sample), "{}", SERIES[seen].0);
            let mut label = Vec::new();
            push_label(&mut label, "__name__", SERIES[seen].0);
            assert!(series.starts_with(&label));
            (at, seen) = (at + length, seen + 1);
        }
        assert_eq!(seen, 40);
    }

    #[test]
    fn fields_are_as_the_protocol_says() {
        let mut bytes = Vec::new();
        push_label(&mut bytes, "a", "bc");
        push_sample(&mut bytes, 1.0, 300);
        let label = [0x0A, 7, 0x0A, 1, b'a', 0x12, 2, b'b', b'c'];
        let sample = [0x12, 12, 0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0x10, 0xAC, 0x02];
        assert_eq!(bytes, [&label[..], &sample].concat());
    }

    #[test]
    fn no_two_series_are_one() {
        let names: BTreeSet<_> = SERIES.iter().map(|(name, labels, _)| (name, labels)).collect();
        assert_eq!(names.len(), SERIES.len());
    }
}
