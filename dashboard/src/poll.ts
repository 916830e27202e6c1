// Asks for something again and again while somebody looks: paused while the tab is hidden, at once when it is back.

import { Refusal } from "./api";

/** After a failure the next turn comes this soon, so that the page recovers soon after the server. */
const RETRY_MS = 5_000;

/** Calls `load` now and then every `interval_ms`, never two at a time. Returns the function that ends it. */
export function poll(load: (abort: AbortSignal) => Promise<void>, interval_ms: number): () => void {
  const end = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let busy = false;

  async function turn(): Promise<void> {
    if (busy || document.hidden) return;
    clearTimeout(timer);
    busy = true;
    let pause_ms = interval_ms;
    try {
      await load(end.signal);
    } catch (error) {
      // `api.ts` has told the page why. The next turn tries again.
      if (!(error instanceof Refusal)) pause_ms = Math.min(RETRY_MS, interval_ms);
    }
    busy = false;
    if (!end.signal.aborted) timer = setTimeout(turn, pause_ms);
  }

  document.addEventListener("visibilitychange", turn, { signal: end.signal });
  window.addEventListener("online", turn, { signal: end.signal });
  void turn();
  return () => {
    end.abort();
    clearTimeout(timer);
  };
}
