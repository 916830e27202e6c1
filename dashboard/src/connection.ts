// Whether the server answers. Set by `api.ts` alone, shown by the notice at the top of the page.

import { signal } from "@preact/signals";

/** The present outage: when it began (unix seconds, this browser's clock) and what it looks like. Null: all is well. */
export interface Outage {
  since: number;
  reason: string;
}

export const outage = signal<Outage | null>(null);

/** By who asked, the oldest first: that one of them is answered says nothing about what another waits for. */
const outages = new Map<AbortSignal, Outage>();

/** The server answered sensibly. Whoever has stopped asking in the meantime waits for nothing any more. */
export function reached(asker: AbortSignal): void {
  for (const one of outages.keys()) if (one === asker || one.aborted) outages.delete(one);
  show();
}

/** The server did not answer, or not sensibly. An outage keeps the time at which it began. */
export function missed(asker: AbortSignal, reason: string): void {
  const since = outages.get(asker)?.since ?? Date.now() / 1000;
  outages.set(asker, { since, reason });
  show();
}

function show(): void {
  const [oldest = null] = outages.values();
  if (outage.value?.reason !== oldest?.reason) outage.value = oldest;
}
