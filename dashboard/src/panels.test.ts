import { describe, expect, it } from "vitest";
import { metricsOf } from "./panel";
import { PANELS } from "./panels";
import { shape } from "./shape";
import type { Data, Series } from "./wire";

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
    const metrics = metricsOf(PANELS);
    expect(new Set(metrics).size).toBe(metrics.length);
    expect(metrics).toContain("cpu.iowait_ratio");
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
