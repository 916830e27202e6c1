// Filesystems, block devices, software RAID and the cache of ZFS in detail.

import { lines, type Section, things } from "../panel";
import { pressure } from "./pressure";

/** The mean time of one request: time spent by all of them, by their number. Without requests there is none. */
function perRequest(seconds_per_s: number, requests_per_s: number): number | null {
  return requests_per_s > 0 ? seconds_per_s / requests_per_s : null;
}

export const DISKS: Section = {
  id: "disk-details",
  title: "Disks",
  panels: [
    things(
      "disk-busy",
      "Disk utilisation",
      "device",
      { unit: "ratio", top: 1, hint: "time with a request in flight" },
      { busy: "disk.busy_seconds_per_s" },
    ),
    things(
      "disk-latency",
      "Disk latency",
      "device",
      {
        unit: "seconds",
        top: { least: 0.001 },
        hint: "mean time of a request; reads above, writes below",
        needs: ["disk.reads_per_s"],
      },
      {
        reads: { metrics: ["disk.read_seconds_per_s", "disk.reads_per_s"], value: perRequest },
        writes: {
          metrics: ["disk.write_seconds_per_s", "disk.writes_per_s"],
          value: perRequest,
          place: "below",
        },
      },
    ),
    things(
      "disk-queue",
      "Disk queue",
      "device",
      { unit: "load", top: { least: 1 }, hint: "requests in flight on average" },
      { queue: "disk.queue_seconds_per_s" },
    ),
    things(
      "disk-requests",
      "Disk requests",
      "device",
      { unit: "per_second", top: { least: 1 }, hint: "a second; reads above, writes below" },
      { reads: "disk.reads_per_s", writes: { metrics: ["disk.writes_per_s"], place: "below" } },
    ),
    pressure("io", "I/O pressure", "block devices"),
    things(
      "inodes",
      "Inodes",
      "mountpoint",
      { unit: "ratio", top: 1, hint: "used share", needs: ["filesystem.inodes"] },
      {
        used: {
          metrics: ["filesystem.inodes", "filesystem.inodes_free"],
          value: (all, free) => (all > 0 ? (all - free) / all : null),
        },
        free: { metrics: ["filesystem.inodes_free"], unit: "count", place: "legend" },
      },
    ),
    things(
      "read-only",
      "Mounted read-only",
      "mountpoint",
      { unit: "flag", top: 1, hint: "filled while it is so" },
      { "read-only": "filesystem.read_only" },
    ),
    things(
      "raid",
      "Software RAID",
      "device",
      { unit: "count", top: { least: 2 }, hint: "disks that work" },
      {
        working: "raid.disks_working",
        wanted: { metrics: ["raid.disks_wanted"], place: "legend" },
        failed: { metrics: ["raid.disks_failed"], place: "legend" },
        rebuilt: { metrics: ["raid.action_ratio"], unit: "ratio", place: "legend" },
      },
    ),
    lines(
      "zfs-cache",
      "ZFS cache",
      { unit: "bytes", top: { least: 1024 ** 2 } },
      {
        Size: "zfs_cache.size_bytes",
        Target: { metrics: ["zfs_cache.target_bytes"], color: "grey" },
        "At most": { metrics: ["zfs_cache.target_max_bytes"], place: "legend", color: null },
      },
    ),
    lines(
      "zfs-hits",
      "ZFS cache hits",
      { unit: "ratio", top: 1, hint: "share of reads" },
      {
        Hits: {
          metrics: ["zfs_cache.hits_per_s", "zfs_cache.misses_per_s"],
          value: (hits, misses) => (hits + misses > 0 ? hits / (hits + misses) : null),
        },
      },
    ),
  ],
};
