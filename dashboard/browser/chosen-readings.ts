// What an agent reads beyond the overview, made up for a board with two disks. Units as the server has them.

import type { Reading } from "./chosen-server";
import { burst, wave } from "./waves";

const MIB = 2 ** 20;

type Value = (ts: number) => number | null;

export function furtherReadings(seed = 0): Reading[] {
  return [
    ...processors(seed),
    ...memory(),
    ...disks(),
    ...network(),
    ...sensors(),
    ...throttling(),
    ...kernel(),
  ];
}

function reading(metric: string, unit: string, value: Value, labels: Record<string, string> = {}): Reading {
  return { metric, labels, unit, value };
}

function processors(seed: number): Reading[] {
  const cores = [0, 1, 2, 3].flatMap((core) => {
    const labels = { core: String(core) };
    return [
      reading(
        "core.busy_ratio",
        "ratio",
        (ts) => wave(0.2, 0.15, 500 + core * 90)(ts + seed) + burst(ts, 3100, 0.4),
        labels,
      ),
      reading(
        "core.frequency_hertz",
        "hertz",
        (ts) => (burst(ts + core * 40, 700, 1) > 0.1 ? 2.4e9 : 1.5e9),
        labels,
      ),
    ];
  });
  return [
    ...cores,
    ...pressure("cpu", 0.06),
    ...pressure("memory", 0.002),
    ...pressure("io", 0.03),
    reading("load.tasks_running", "count", (ts) => Math.round(wave(2, 2, 60)(ts))),
    reading("cpu.tasks_blocked", "count", (ts) => (burst(ts, 1700, 1) > 0.5 ? 2 : 0)),
    reading("load.tasks", "count", wave(412, 8, 3000)),
    reading("cpu.context_switches_per_s", "per_second", wave(4200, 1800, 800)),
    reading("cpu.interrupts_per_s", "per_second", wave(2600, 700, 800)),
    reading("cpu.softirqs_per_s", "per_second", wave(1500, 600, 500)),
    reading("cpu.forks_per_s", "per_second", wave(3, 2, 300)),
  ];
}

function pressure(resource: string, height: number): Reading[] {
  return [
    reading(
      `pressure.${resource}_some_seconds_per_s`,
      "ratio",
      (ts) => height * 0.2 + burst(ts, 2300, height * 3),
    ),
    reading(`pressure.${resource}_full_seconds_per_s`, "ratio", (ts) => burst(ts, 2300, height)),
  ];
}

function memory(): Reading[] {
  const bytes = (name: string, mib: number, swing = 0.1) =>
    reading(`memory.${name}_bytes`, "bytes", (ts) => wave(mib, mib * swing, 2500)(ts) * MIB);
  return [
    bytes("anonymous", 2600),
    bytes("cached", 3300),
    bytes("shared", 180, 0.02),
    bytes("buffers", 120),
    bytes("slab", 240),
    bytes("page_tables", 36),
    bytes("kernel_stack", 9),
    bytes("dirty", 4, 0.9),
    bytes("writeback", 0.2, 0.9),
    reading("memory.major_page_faults_per_s", "per_second", (ts) => burst(ts, 1700, 9)),
    reading("memory.out_of_memory_kills_per_s", "per_second", () => 0),
    reading("swap.in_bytes_per_s", "bytes_per_second", () => 0),
    reading("swap.out_bytes_per_s", "bytes_per_second", () => 0),
  ];
}

function disks(): Reading[] {
  const devices = ["mmcblk0", "sda"].flatMap((device, index) => {
    const one = (name: string, unit: string, value: Value) =>
      reading(`disk.${name}`, unit, value, { device });
    const reads: Value = (ts) => 3 + burst(ts, 1700 + index * 900, 180);
    const writes: Value = (ts) => wave(14, 9, 500)(ts);
    return [
      one("reads_per_s", "per_second", reads),
      one("writes_per_s", "per_second", writes),
      one("read_seconds_per_s", "ratio", (ts) => (reads(ts) ?? 0) * (index ? 0.008 : 0.0011)),
      one("write_seconds_per_s", "ratio", (ts) => (writes(ts) ?? 0) * wave(0.004, 0.003, 700)(ts)),
      one("busy_seconds_per_s", "ratio", (ts) => 0.03 + burst(ts, 1700 + index * 900, 0.7)),
      one("queue_seconds_per_s", "ratio", (ts) => 0.05 + burst(ts, 1700 + index * 900, 2.4)),
    ];
  });
  const filesystems = ["/", "/boot/firmware", "/srv/media"].flatMap((mountpoint, index) => [
    reading("filesystem.read_only", "ratio", () => (index === 1 ? 1 : 0), { mountpoint }),
    ...(index === 1
      ? []
      : [
          reading("filesystem.inodes", "count", () => 7e6, { mountpoint }),
          reading("filesystem.inodes_free", "count", () => 7e6 - 9e5 * (index + 1), { mountpoint }),
        ]),
  ]);
  const raid = { device: "md0" };
  return [
    ...devices,
    ...filesystems,
    reading("raid.disks_working", "count", (ts) => (burst(ts, 5000, 1) > 0 ? 1 : 2), raid),
    reading("raid.disks_wanted", "count", () => 2, raid),
    reading("raid.disks_failed", "count", (ts) => (burst(ts, 5000, 1) > 0 ? 1 : 0), raid),
  ];
}

function network(): Reading[] {
  const interfaces = ["eth0", "wlan0", "lo"].flatMap((label, index) => {
    const one = (name: string, unit: string, value: Value) => {
      return reading(`network.${name}`, unit, value, { interface: label });
    };
    return [
      one("rx_packets_per_s", "per_second", (ts) => wave(900, 400, 800)(ts) / 9 ** index),
      one("tx_packets_per_s", "per_second", (ts) => wave(500, 200, 640)(ts) / 9 ** index),
      one("rx_errors_per_s", "per_second", (ts) => (index === 1 ? burst(ts, 2600, 1.4) : 0)),
      one("tx_errors_per_s", "per_second", () => 0),
      one("rx_dropped_per_s", "per_second", (ts) => (index === 0 ? burst(ts, 1900, 3) : 0)),
      one("tx_dropped_per_s", "per_second", () => 0),
      one("up", "ratio", (ts) => (index === 1 && burst(ts, 2600, 1) > 0 ? 0 : 1)),
      ...(index === 0 ? [one("speed_bits_per_second", "bits_per_second", () => 1e9)] : []),
    ];
  });
  return [
    ...interfaces,
    reading("tcp.established", "count", wave(64, 20, 1500)),
    reading("tcp.time_wait", "count", wave(12, 10, 300)),
    reading("tcp.orphaned", "count", () => 0),
    reading("tcp.retransmitted_segments_per_s", "per_second", (ts) => 0.02 + burst(ts, 1900, 4)),
    reading("tcp.tx_resets_per_s", "per_second", wave(0.3, 0.3, 400)),
    reading("tcp.failed_opens_per_s", "per_second", () => 0),
    reading("tcp.listen_overflows_per_s", "per_second", () => 0),
    reading("tcp.active_opens_per_s", "per_second", wave(2, 1, 500)),
    reading("tcp.passive_opens_per_s", "per_second", wave(5, 3, 900)),
    reading("udp.rx_datagrams_per_s", "per_second", wave(12, 6, 700)),
    reading("udp.tx_datagrams_per_s", "per_second", wave(9, 4, 700)),
    reading("udp.rx_buffer_errors_per_s", "per_second", () => 0),
    reading("sockets.used", "count", wave(310, 30, 2000)),
    reading("udp.sockets", "count", () => 9),
    reading("conntrack.entries", "count", wave(9_000, 4_000, 1800)),
    reading("conntrack.limit", "count", () => 65_536),
  ];
}

function sensors(): Reading[] {
  const heat = (sensor: string, celsius: number, critical?: number) => [
    reading("sensor.temperature_celsius", "celsius", wave(celsius, 6, 1400), { sensor }),
    ...(critical
      ? [reading("sensor.temperature_critical_celsius", "celsius", () => critical, { sensor })]
      : []),
  ];
  const volts = (sensor: string, value: number) =>
    reading("sensor.voltage_volts", "volts", wave(value, value * 0.02, 90), { sensor });
  const supply = { supply: "max17040" };
  return [
    ...heat("cpu_thermal/temp1", 52, 110),
    ...heat("nvme0/temp1", 41, 84),
    ...heat("rp1_adc/temp1", 47),
    reading("sensor.fan_revolutions_per_minute", "revolutions_per_minute", wave(2900, 500, 900), {
      sensor: "pwmfan/fan1",
    }),
    volts("rpi_volt/in0", 5.1),
    volts("rp1_adc/in1", 1.48),
    reading("sensor.power_watts", "watts", wave(6.4, 2, 900), { sensor: "ina226/power1" }),
    reading("sensor.energy_joules_per_s", "watts", wave(11, 5, 900), { sensor: "intel-rapl:0" }),
    reading("power_supply.capacity_ratio", "ratio", (ts) => 0.9 - ((ts % 5000) / 5000) * 0.4, supply),
    reading("power_supply.voltage_volts", "volts", wave(3.9, 0.1, 5000), supply),
    reading("power_supply.power_watts", "watts", wave(-5, 1, 700), supply),
    reading("power_supply.online", "ratio", () => 1, { supply: "AC" }),
  ];
}

function throttling(): Reading[] {
  const flag = (name: string, value: Value) => reading(`throttling.${name}`, "ratio", value);
  return [
    flag("under_voltage", (ts) => (burst(ts, 2500, 1) > 0.5 ? 1 : 0)),
    flag("frequency_capped", (ts) => (burst(ts + 60, 2500, 1) > 0.3 ? 1 : 0)),
    flag("throttled", () => 0),
    flag("temperature_limited", () => 0),
    flag("under_voltage_since_boot", () => 1),
    flag("throttled_since_boot", () => 0),
  ];
}

function kernel(): Reading[] {
  return [
    reading("kernel.open_files", "count", wave(3_100, 300, 2000)),
    reading("kernel.open_files_limit", "count", () => 790_000),
    reading("kernel.entropy_available_bits", "bits", () => 256),
    reading("kernel.entropy_limit_bits", "bits", () => 256),
    reading("time.offset_seconds", "seconds", wave(0, 0.0006, 1100)),
    reading("time.estimated_error_seconds", "seconds", wave(0.0003, 0.0001, 2000)),
    reading("time.maximum_error_seconds", "seconds", wave(0.02, 0.01, 64)),
    reading("time.synchronized", "ratio", () => 1),
    reading("time.is_estimated", "ratio", () => 0),
  ];
}
