// The server's present time, ticking once a second. Ages are told by it: the browser's own clock may be wrong.

import { signal } from "@preact/signals";

/** A `Date` header has whole seconds and travelled for a while: smaller differences mean nothing. */
const MEANINGFUL_OFFSET_SECONDS = 2;

let offset_seconds = 0;

/** Unix seconds, by the server's clock. */
export const now = signal(Date.now() / 1000);

/** Takes a reply's `Date` header as the server's clock. */
export function heard(date: string | null): void {
  const server = date === null ? Number.NaN : Date.parse(date) / 1000;
  if (Number.isNaN(server)) return;
  const offset = server - Date.now() / 1000;
  offset_seconds = Math.abs(offset) > MEANINGFUL_OFFSET_SECONDS ? offset : 0;
}

/** Starts the ticking. */
export function startClock(): void {
  setInterval(() => {
    if (!document.hidden) now.value = Date.now() / 1000 + offset_seconds;
  }, 1000);
}
