// The readings of a section, kept fresh while somebody is near it.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { fetchData, Refusal } from "../api";
import { metricsOf, type Section } from "../panel";
import { poll } from "../poll";
import { type Range, SPANS } from "../range";
import type { Data } from "../wire";

/** Rows asked for: about one a pixel of a wide chart, fewer where it is narrow. */
const POINTS = { wide: 600, narrow: 300 };
const NARROW = "(max-width: 600px)";
/** A host's kinds of readings seldom change: what it lacked is asked for again after this long. */
const LOOK_AGAIN_MS = 60_000;

/** Data, and the range that it was asked for. */
export interface Shown {
  range: Range;
  data: Data;
}

export interface Readings {
  /** Null before the first answer. */
  shown: Shown | null;
  /** Why the server will not answer; null when it does. */
  refusal: string | null;
}

/**
 * What the section's panels need, at the range's pace while `near`. After a change of range the old stays, named by its
 * own range, until the new is there.
 */
export function useReadings(id: string, section: Section, range: Range, near: boolean): Readings {
  const shown = useSignal<Shown | null>(null);
  const refusal = useSignal<string | null>(null);
  // Of the data that is shown: who comes back soon has nothing new to see.
  const fresh = useRef({ id, range, until_ms: 0 });
  useEffect(() => {
    if (!near) return;
    const { refresh_ms } = SPANS[range];
    const same = fresh.current.id === id && fresh.current.range === range;
    const wait_ms = same ? fresh.current.until_ms - performance.now() : 0;
    const points = window.matchMedia(NARROW).matches ? POINTS.narrow : POINTS.wide;
    const question = questionOf(metricsOf(section.panels));
    return poll(
      async (abort) => {
        try {
          const data = await fetchData(id, question.metrics(), range, points, abort);
          question.answered(data);
          shown.value = { range, data };
          refusal.value = null;
          fresh.current = { id, range, until_ms: performance.now() + refresh_ms };
        } catch (error) {
          if (error instanceof Refusal) refusal.value = error.message;
          throw error;
        }
      },
      refresh_ms,
      wait_ms,
    );
  }, [id, section, range, near]);
  return { shown: shown.value, refusal: refusal.value };
}

/** Asks for everything at first and now and then, between for what the host was found to have. */
export function questionOf(all: string[]): { metrics(): string[]; answered(data: Data): void } {
  let found: string[] = [];
  let asked = all;
  let asked_ms = 0;
  return {
    metrics() {
      const now_ms = performance.now();
      asked = found.length === 0 || now_ms - asked_ms >= LOOK_AGAIN_MS ? all : found;
      if (asked === all) asked_ms = now_ms;
      return asked;
    },
    answered(data) {
      if (asked === all) found = [...new Set(data.series.map((series) => series.metric))];
    },
  };
}
