// Asks for something again and again while somebody looks: paused while the tab is hidden, at once when it is back.

import { Refusal } from "./api";

/** After a failure the next turn comes this soon, so that the page recovers soon after the server. */
const RETRY_MS = 5_000;

/**
 * Calls `load` now and then every `interval_ms`, never two at a time. All that have one interval take their later turns
 * together, so that what a page asks for in several questions is of one moment. The first is taken after `wait_ms`.
 * Returns the function that ends it.
 */
export function poll(
  load: (abort: AbortSignal) => Promise<void>,
  interval_ms: number,
  wait_ms = 0,
): () => void {
  const end = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let busy = false;

  async function turn(): Promise<void> {
    if (busy || document.hidden) return;
    clearTimeout(timer);
    busy = true;
    let failed = false;
    try {
      await load(end.signal);
    } catch (error) {
      // `api.ts` has told the page why. The next turn tries again.
      failed = !(error instanceof Refusal);
    }
    busy = false;
    const pause_ms = failed ? Math.min(RETRY_MS, interval_ms) : untilNext(interval_ms);
    if (!end.signal.aborted) timer = setTimeout(turn, pause_ms);
  }

  document.addEventListener("visibilitychange", turn, { signal: end.signal });
  window.addEventListener("online", turn, { signal: end.signal });
  if (wait_ms > 0) timer = setTimeout(turn, wait_ms);
  else void turn();
  return () => {
    end.abort();
    clearTimeout(timer);
  };
}

/** To the next whole interval since the page began; to the one after it, where that is less than half of one away. */
function untilNext(interval_ms: number): number {
  const left_ms = interval_ms - (performance.now() % interval_ms);
  return left_ms < interval_ms / 2 ? left_ms + interval_ms : left_ms;
}
