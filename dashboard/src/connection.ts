// Whether the server answers. Set by `api.ts` alone, shown by the notice at the top of the page.

import { signal } from "@preact/signals";

/** The present outage: when it began (unix seconds, this browser's clock) and what it looks like. Null: all is well. */
export interface Outage {
  since: number;
  reason: string;
}

export const outage = signal<Outage | null>(null);

/** The server answered. */
export function reached(): void {
  if (outage.value) outage.value = null;
}

/** The server did not answer, or not sensibly. An outage keeps the time at which it began. */
export function missed(reason: string): void {
  const since = outage.value?.since ?? Date.now() / 1000;
  if (outage.value?.reason !== reason) outage.value = { since, reason };
}
