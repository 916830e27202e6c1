import { describe, expect, it } from "vitest";
import type { Details, Host } from "../wire";
import { factsOf, namesOf } from "./facts";

const NOW = 1_800_000_000;

function details(system: Details["details"]): Details {
  return { hostname: "heron", updated_at: NOW - 60, details: system };
}

function facts(system: Details["details"], host?: Partial<Host>): Record<string, string> {
  const list = factsOf(details(system), host as Host | undefined, NOW);
  return Object.fromEntries(list.map(({ name, value }) => [name, value]));
}

describe("facts", () => {
  it("are empty for an empty document, and for one of nulls", () => {
    expect(facts({})).toEqual({});
    expect(facts({ cpu: null, memory: null, network: null, uptime: null, system: null, host: null })).toEqual(
      {},
    );
  });

  it("prefer what Siskin's agent says to the predecessor's words", () => {
    const both = {
      system: { platform: "Linux-6.1", os: "Linux", os_release: "6.1" },
      host: { distribution: "Debian 12" },
    };
    expect(facts(both)).toEqual({ System: "Debian 12", Kernel: "Linux 6.1" });
    expect(facts({ system: both.system })).toEqual({ System: "Linux-6.1", Kernel: "Linux 6.1" });
  });

  it("tell cores from threads where they differ", () => {
    expect(facts({ cpu: { logical_cores: 16, physical_cores: 8 } }).Cores).toBe("8 (16 threads)");
    expect(facts({ cpu: { logical_cores: 4, physical_cores: 4 } }).Cores).toBe("4");
    expect(facts({ cpu: { logical_cores: 4, physical_cores: null } }).Cores).toBe("4");
  });

  it("name the address with its interface, and neither alone", () => {
    expect(facts({ network: { primary_interface: { name: "eth0", ipv4: "10.0.0.2" } } }).Address).toBe(
      "10.0.0.2 on eth0",
    );
    expect(facts({ network: { primary_interface: { name: "eth0", ipv4: null } } }).Address).toBeUndefined();
  });

  it("let the uptime of a host that is up go on, and stop with one that is down", () => {
    const boot = { host: { boot_unix_seconds: NOW - 7_200 } };
    expect(facts(boot, { state: "up", last_seen: NOW - 3_600 }).Uptime).toBe("2 h 0 min");
    expect(facts(boot, { state: "down", last_seen: NOW - 3_600 }).Uptime).toBe("1 h 0 min");
    expect(facts({ uptime: { seconds: 90, boot_time: null } }).Uptime).toBe("1 min");
  });
});

describe("names", () => {
  it("are what chips call their sensors, and graphics processors themselves, where they do", () => {
    const sensors = [
      { sensor: "coretemp.0/temp1", label: "Package id 0" },
      { sensor: "x", label: null },
    ];
    const gpus = [{ gpu: "0000:03:00.0", name: "Radeon Pro" }, { gpu: "y" }];
    expect(namesOf(details({ sample: { sensors, gpus } }))).toEqual({
      sensor: { "coretemp.0/temp1": "Package id 0" },
      gpu: { "0000:03:00.0": "Radeon Pro" },
    });
    for (const none of [null, details({}), details({ sample: null })])
      expect(namesOf(none)).toEqual({ sensor: {}, gpu: {} });
  });
});
