// The agent's own health: how its collectors fare.

import { type Section, things } from "../panel";

export const AGENT: Section = {
  id: "agent",
  title: "Agent",
  panels: [
    things(
      "collector-duration",
      "Time to read",
      "collector",
      { unit: "seconds", top: { least: 0.001 }, hint: "of each collector" },
      { duration: "collector.duration_seconds" },
    ),
    things(
      "collector-failed",
      "Collectors that could not read all",
      "collector",
      { unit: "flag", top: 1, hint: "filled while it is so", idle: "hidden" },
      { failed: { metrics: ["collector.success"], value: (success) => 1 - success } },
    ),
  ],
};
