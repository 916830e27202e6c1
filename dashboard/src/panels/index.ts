// All sections of a host's page, top to bottom. To show another reading, declare its panel in one of them.

import type { Section } from "../panel";
import { AGENT } from "./agent";
import { CPU } from "./cpu";
import { CUSTOM } from "./custom";
import { DISKS } from "./disks";
import { GRAPHICS } from "./graphics";
import { CONTAINERS, SERVICES } from "./groups";
import { KERNEL } from "./kernel";
import { MEMORY } from "./memory";
import { NETWORK } from "./network";
import { OVERVIEW } from "./overview";
import { PROCESSES } from "./processes";
import { SENSORS } from "./sensors";

export { OVERVIEW };

/** What follows the overview. */
export const DETAILS: Section[] = [
  CPU,
  MEMORY,
  DISKS,
  NETWORK,
  PROCESSES,
  CONTAINERS,
  SERVICES,
  GRAPHICS,
  SENSORS,
  CUSTOM,
  KERNEL,
  AGENT,
];
