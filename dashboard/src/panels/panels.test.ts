import { describe, expect, it } from "vitest";
import { metricsOf, panelsOf } from "../panel";
import { shape } from "../shape";
import type { Data, Series } from "../wire";
import { DETAILS, OVERVIEW } from ".";
import { CUSTOM } from "./custom";

const SECTIONS = [OVERVIEW, ...DETAILS];
const PANELS = SECTIONS.flatMap((section) => section.panels);

/** The tables with a row for each thing: far fewer of them are asked for at once. */
const TABLES = [
  "core",
  "filesystem",
  "disk",
  "network",
  "sensor",
  "power_supply",
  "raid",
  "memory_controller",
  "process",
  "container",
  "unit",
  "gpu",
  "custom",
  "textfile",
  "collector",
];

function panel(id: string) {
  const found = PANELS.find((one) => one.id === id);
  if (!found) throw new Error(`no panel ${id}`);
  return found;
}

function data(values: Record<string, (number | null)[]>, labels: Record<string, string> = {}): Data {
  const series: Series[] = Object.entries(values).map(([metric, readings]) => {
    return { metric, labels, unit: "", values: readings };
  });
  const rows = series[0]?.values.length ?? 0;
  return { from: 0, to: rows, step_seconds: 1, ts: Array.from({ length: rows }, (_, row) => row), series };
}

function drawn(id: string, from: Data): Record<string, (number | null)[]> {
  const lines = shape(panel(id), from)?.lines ?? [];
  return Object.fromEntries(
    lines.filter((line) => line.place !== "legend").map((line) => [line.column || line.label, line.values]),
  );
}

describe("panels", () => {
  it("have names of their own and ask for each metric once", () => {
    const ids = PANELS.map((one) => one.id);
    expect(new Set(ids).size).toBe(ids.length);
    const sections = SECTIONS.map((section) => section.id);
    expect(new Set([...sections, ...ids]).size).toBe(sections.length + ids.length);
    for (const section of SECTIONS) {
      const metrics = metricsOf(section.panels);
      expect(new Set(metrics).size).toBe(metrics.length);
    }
    expect(metricsOf(PANELS)).toContain("cpu.iowait_ratio");
  });

  it("ask for so little at once that the server answers for a week of samples a second apart", () => {
    // It reads 12 million values of a table at most: instants, two that tell how the host was sampled, and these.
    const most = Math.floor(12e6 / (7 * 86_400 + 900)) - 3;
    for (const section of SECTIONS) {
      const metrics = metricsOf(section.panels);
      expect(metrics.length, section.id).toBeLessThanOrEqual(64);
      // The table of hosts has its metrics under the names of their nouns, not under its own. Two are made of others.
      const made = ["cpu.busy_ratio", "memory.used_ratio"];
      const ofHost = (metric: string) => !TABLES.some((table) => metric.startsWith(`${table}.`));
      const columns = metrics.filter((metric) => ofHost(metric) && !made.includes(metric));
      expect(columns.length, section.id).toBeLessThanOrEqual(most);
    }
  });

  it("never ask for what they would not show", () => {
    for (const view of PANELS.flatMap((one) => one.views)) {
      const read = view.lines.flatMap((line) => line.metrics);
      expect(view.needs.filter((metric) => !read.includes(metric))).toEqual([]);
    }
  });

  it("are all absent for a host with no readings", () => {
    expect(PANELS.map((one) => shape(one, data({})))).toEqual(PANELS.map(() => null));
  });
});

describe("CPU", () => {
  it("is stacked by mode, without the modes that an old kernel lacks", () => {
    const modes = data({ "cpu.user_ratio": [0.25], "cpu.system_ratio": [0.25], "cpu.idle_ratio": [0.5] });
    expect(shape(panel("cpu"), modes)?.stacked).toBe(true);
    expect(Object.keys(drawn("cpu", modes))).toEqual(["User", "System", "Idle"]);
  });

  it("is one line for a host that sends only how busy it is", () => {
    const flat = data({ "cpu.busy_ratio": [0.3] });
    expect(shape(panel("cpu"), flat)?.stacked).toBe(false);
    expect(drawn("cpu", flat)).toEqual({ Busy: [0.3] });
  });
});

describe("memory", () => {
  it("is three layers that add up to the total", () => {
    const layers = drawn(
      "memory",
      data({
        "memory.total_bytes": [1000, 1000],
        "memory.available_bytes": [600, null],
        "memory.free_bytes": [200, 200],
      }),
    );
    expect(layers).toEqual({ Used: [400, null], Cache: [400, null], Free: [200, null] });
  });

  it("adds up also where less is available than free", () => {
    const layers = drawn(
      "memory",
      data({ "memory.total_bytes": [1000], "memory.available_bytes": [600], "memory.free_bytes": [650] }),
    );
    expect(layers).toEqual({ Used: [400], Cache: [0], Free: [600] });
  });

  it("is never used below nothing, where the kernel counts more as available than there is", () => {
    const layers = drawn(
      "memory",
      data({ "memory.total_bytes": [1000], "memory.available_bytes": [1010], "memory.free_bytes": [900] }),
    );
    expect(layers.Used).toEqual([0]);
  });

  it("is the used share for a flat host", () => {
    expect(drawn("memory", data({ "memory.used_ratio": [0.4] }))).toEqual({ Used: [0.4] });
  });
});

describe("swap", () => {
  it("is hidden where there is none", () => {
    expect(shape(panel("swap"), data({ "swap.total_bytes": [0], "swap.free_bytes": [0] }))).toBeNull();
    expect(drawn("swap", data({ "swap.total_bytes": [100], "swap.free_bytes": [70] }))).toEqual({
      Used: [30],
      Free: [70],
    });
  });

  it("is never used below nothing", () => {
    expect(drawn("swap", data({ "swap.total_bytes": [100], "swap.free_bytes": [101] })).Used).toEqual([0]);
  });
});

describe("network", () => {
  it("counts bits", () => {
    const rates = { "network.rx_bytes_per_s": [100, null], "network.tx_bytes_per_s": [1, 2] };
    expect(drawn("network", data(rates, { interface: "eth0" }))).toEqual({
      received: [800, null],
      sent: [8, 16],
    });
  });
});

describe("cores", () => {
  it("are named, and sorted as numbers", () => {
    const many = ["10", "2"].map((core) => data({ "core.busy_ratio": [0.5] }, { core }).series);
    const lines = shape(panel("cores"), { ...data({}), series: many.flat() })?.lines;
    expect(lines?.map((line) => line.label)).toEqual(["Core 2", "Core 10"]);
  });
});

describe("disk latency", () => {
  it("is the mean time of a request, and a gap without any", () => {
    const rates = {
      "disk.reads_per_s": [100, 0, null],
      "disk.read_seconds_per_s": [0.25, 0, null],
      "disk.writes_per_s": [0, 10, 10],
      "disk.write_seconds_per_s": [0, 0.5, null],
    };
    expect(drawn("disk-latency", data(rates, { device: "sda" }))).toEqual({
      reads: [0.0025, null, null],
      writes: [null, 0.05, null],
    });
  });
});

describe("flags", () => {
  it("are drawn as they come, by host and by thing", () => {
    const host = data({ "throttling.throttled": [0, 1, null], "throttling.under_voltage": [0, 0.5, null] });
    expect(drawn("throttling", host)).toEqual({ "Supply too weak": [0, 0.5, null], Throttled: [0, 1, null] });
    expect(shape(panel("throttling"), host)?.unit).toBe("flag");
    const mounted = data({ "filesystem.read_only": [0, 1] }, { mountpoint: "/srv" });
    expect(drawn("read-only", mounted)).toEqual({ "read-only": [0, 1] });
  });
});

describe("usage", () => {
  it("of inodes and connections is the share of what there may be", () => {
    const inodes = { "filesystem.inodes": [100, 0], "filesystem.inodes_free": [75, 0] };
    expect(drawn("inodes", data(inodes, { mountpoint: "/" }))).toEqual({ used: [0.25, null] });
    const conntrack = { "conntrack.entries": [50, 5], "conntrack.limit": [200, null] };
    expect(drawn("conntrack", data(conntrack))).toEqual({ Used: [0.25, null] });
    expect(shape(panel("conntrack"), data({ "conntrack.entries": [50] }))).toBeNull();
  });
});

describe("graphics", () => {
  it("are busy as they say, or as long as they were not idle", () => {
    const one = (metric: string, values: number[], gpu: string) => data({ [metric]: values }, { gpu }).series;
    const series = [
      ...one("gpu.utilization_ratio", [0.4, 0.5], "amd"),
      ...one("gpu.idle_seconds_per_s", [0.75, 1.001], "intel"),
    ];
    const lines = shape(panel("gpu-busy"), { ...data({}), series })?.lines;
    expect(lines?.map(({ label, values }) => [label, values])).toEqual([
      ["amd", [0.4, 0.5]],
      ["intel", [0.25, 0]],
    ]);
  });
});

describe("containers", () => {
  it("are held back in a share of those periods that had a limit", () => {
    const name = (label: string, throttled: number, all: number) =>
      data(
        { "container.cpu_throttled_periods_per_s": [throttled], "container.cpu_periods_per_s": [all] },
        { name: label },
      );
    const series = [
      ...name("web", 2, 10).series,
      ...name("free", 0, 0).series,
      ...name("calm", 0, 10).series,
    ];
    const lines = shape(panel("container-throttled"), { ...data({}), series })?.lines;
    expect(lines?.map(({ label, values }) => [label, values])).toEqual([["web", [0.2]]]);
  });
});

describe("collectors", () => {
  it("are named when they fail, and only then", () => {
    const of = (collector: string, values: number[]) =>
      data({ "collector.success": values }, { collector }).series;
    const failing = { ...data({}), series: [...of("cpu", [1, 1]), ...of("disk", [1, 0])] };
    const lines = shape(panel("collector-failed"), failing)?.lines;
    expect(lines?.map(({ label, values }) => [label, values])).toEqual([["disk", [0, 1]]]);
    expect(shape(panel("collector-failed"), { ...data({}), series: of("cpu", [1]) })).toBeNull();
  });
});

describe("people's own metrics", () => {
  it("have a panel for each name, with its unit, and a line for each set of labels", () => {
    const of = (metric: string, series: string) => data({ [metric]: [3] }, { series }).series;
    const all: Data = {
      ...data({}),
      series: [
        ...of("custom.value", 'backup_age_seconds{job="db"}'),
        ...of("custom.value", 'backup_age_seconds{job="web"}'),
        ...of("custom.value", "queue"),
        ...of("custom.value_per_s", 'sent_bytes_total{to="a"}'),
      ],
    };
    const drawings = panelsOf(CUSTOM, all).flatMap((one) => {
      const drawing = shape(one, all);
      return drawing ? [[one.title, drawing.unit, drawing.lines.map((line) => line.label)]] : [];
    });
    expect(drawings).toEqual([
      ["backup_age_seconds", "seconds", ['job="db"', 'job="web"']],
      ["queue", "count", ["queue"]],
      ["sent_bytes_total", "bytes_per_second", ['to="a"']],
    ]);
    expect(panelsOf(CUSTOM, data({})).map((one) => shape(one, data({})))).toEqual([null]);
  });
});
