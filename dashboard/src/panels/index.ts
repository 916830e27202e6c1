// All sections of a host's page, top to bottom. To show another reading, declare its panel in one of them.

import type { Section } from "../panel";
import { CPU } from "./cpu";
import { DISKS } from "./disks";
import { KERNEL } from "./kernel";
import { MEMORY } from "./memory";
import { NETWORK } from "./network";
import { OVERVIEW } from "./overview";
import { SENSORS } from "./sensors";

export { OVERVIEW };

/** What follows the overview. */
export const DETAILS: Section[] = [CPU, MEMORY, DISKS, NETWORK, SENSORS, KERNEL];
