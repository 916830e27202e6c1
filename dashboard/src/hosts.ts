// The list of hosts, as last heard. Both pages read it: the fleet shows all of it, a host's page its own state.

import { signal } from "@preact/signals";
import { fetchHosts, Refusal } from "./api";
import { poll } from "./poll";
import type { Host } from "./wire";

/** Null until the server has answered for the first time. */
export const hosts = signal<Host[] | null>(null);

/** Why the server will not list them; null when it does. */
export const hostsRefusal = signal<string | null>(null);

/** Keeps the list fresh. Returns the function that ends it. */
export function followHosts(interval_ms: number): () => void {
  return poll(async (abort) => {
    try {
      hosts.value = await fetchHosts(abort);
      hostsRefusal.value = null;
    } catch (error) {
      if (error instanceof Refusal) hostsRefusal.value = error.message;
      throw error;
    }
  }, interval_ms);
}
