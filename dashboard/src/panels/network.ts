// Interfaces, TCP, UDP, sockets and tracked connections in detail.

import { lines, type Section, things } from "../panel";

function sum(one: number, other: number): number {
  return one + other;
}

export const NETWORK: Section = {
  id: "network-details",
  title: "Network",
  panels: [
    things(
      "packets",
      "Packets",
      "interface",
      { unit: "per_second", top: { least: 1 }, hint: "a second; received above, sent below" },
      {
        received: "network.rx_packets_per_s",
        sent: { metrics: ["network.tx_packets_per_s"], place: "below" },
      },
    ),
    things(
      "network-faults",
      "Errors and drops",
      "interface",
      { unit: "per_second", top: { least: 1 }, hint: "packets a second; errors above, drops below" },
      {
        errors: { metrics: ["network.rx_errors_per_s", "network.tx_errors_per_s"], value: sum },
        drops: {
          metrics: ["network.rx_dropped_per_s", "network.tx_dropped_per_s"],
          value: sum,
          place: "below",
        },
      },
    ),
    things(
      "link",
      "Links that are up",
      "interface",
      { unit: "flag", top: 1, hint: "filled while it is so" },
      {
        up: "network.up",
        speed: { metrics: ["network.speed_bits_per_second"], unit: "bits_per_second", place: "legend" },
      },
    ),
    lines(
      "tcp",
      "TCP connections",
      { unit: "count", top: { least: 1 } },
      {
        Established: "tcp.established",
        "Time-wait": "tcp.time_wait",
        Orphaned: { metrics: ["tcp.orphaned"], color: "red" },
      },
    ),
    lines(
      "tcp-faults",
      "TCP retransmits and resets",
      { unit: "per_second", top: { least: 1 }, hint: "a second" },
      {
        Retransmitted: { metrics: ["tcp.retransmitted_segments_per_s"], color: "amber" },
        "Resets sent": { metrics: ["tcp.tx_resets_per_s"], color: "violet" },
        "Failed attempts": { metrics: ["tcp.failed_opens_per_s"], color: "red" },
        "Not accepted": { metrics: ["tcp.listen_overflows_per_s"], color: "pink" },
      },
    ),
    lines(
      "tcp-opens",
      "New TCP connections",
      { unit: "per_second", top: { least: 1 }, hint: "a second; to others above, by others below" },
      {
        "To others": "tcp.active_opens_per_s",
        "By others": { metrics: ["tcp.passive_opens_per_s"], color: "blue", place: "below" },
      },
    ),
    lines(
      "udp",
      "UDP datagrams",
      { unit: "per_second", top: { least: 1 }, hint: "a second; received above, sent below" },
      {
        Received: "udp.rx_datagrams_per_s",
        Sent: { metrics: ["udp.tx_datagrams_per_s"], color: "blue", place: "below" },
        "Buffer full": { metrics: ["udp.rx_buffer_errors_per_s"], color: "red" },
      },
    ),
    lines(
      "sockets",
      "Sockets",
      { unit: "count", top: { least: 1 } },
      { "In use": "sockets.used", UDP: { metrics: ["udp.sockets"], color: "violet" } },
    ),
    lines(
      "conntrack",
      "Tracked connections",
      { unit: "ratio", top: 1, hint: "share of the limit" },
      {
        Used: {
          metrics: ["conntrack.entries", "conntrack.limit"],
          value: (entries, limit) => (limit > 0 ? entries / limit : null),
        },
        Entries: { metrics: ["conntrack.entries"], unit: "count", place: "legend", color: null },
        Limit: { metrics: ["conntrack.limit"], unit: "count", place: "legend", color: null },
      },
    ),
  ],
};
