// One host: its facts and its panels, kept fresh.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { fetchData, fetchDetails, Refusal } from "../api";
import { followHosts, hosts } from "../hosts";
import { metricsOf } from "../panel";
import { PANELS } from "../panels";
import { poll } from "../poll";
import { type Range, SPANS } from "../range";
import { Refused } from "../refused";
import type { Details } from "../wire";
import { Head } from "./head";
import { Panels, type Shown } from "./panels";

const STATE_REFRESH_MS = 5_000;
const DETAILS_REFRESH_MS = 60_000;
/** Rows asked for: about one a pixel of a wide chart, fewer where it is narrow. */
const POINTS = { wide: 600, narrow: 300 };
const NARROW = "(max-width: 600px)";
const METRICS = metricsOf(PANELS);

export function HostPage({ id, range }: { id: string; range: Range }) {
  const host = hosts.value?.find((one) => one.id === id);
  const details = useDetails(id);
  const { shown, refusal } = useData(id, range);
  const name = host?.hostname ?? details?.hostname ?? id;

  useEffect(() => followHosts(STATE_REFRESH_MS), []);
  useEffect(() => {
    document.title = `${name} · Siskin`;
  }, [name]);

  return (
    <article>
      <Head id={id} range={range} host={host} details={details} />
      {refusal ? <Refused reason={refusal} /> : <Panels id={id} shown={shown} range={range} />}
    </article>
  );
}

function useDetails(id: string): Details | null {
  const details = useSignal<Details | null>(null);
  useEffect(() => {
    return poll(async (abort) => {
      details.value = await fetchDetails(id, abort);
    }, DETAILS_REFRESH_MS);
  }, [id]);
  return details.value;
}

/**
 * The panels' data, refreshed at the range's pace. After a change of range the old stays, named by its own range, until
 * the new is there.
 */
function useData(id: string, range: Range): { shown: Shown | null; refusal: string | null } {
  const shown = useSignal<Shown | null>(null);
  const refusal = useSignal<string | null>(null);
  useEffect(() => {
    const points = window.matchMedia(NARROW).matches ? POINTS.narrow : POINTS.wide;
    return poll(async (abort) => {
      try {
        shown.value = { range, data: await fetchData(id, METRICS, range, points, abort) };
        refusal.value = null;
      } catch (error) {
        if (error instanceof Refusal) refusal.value = error.message;
        throw error;
      }
    }, SPANS[range].refresh_ms);
  }, [id, range]);
  return { shown: shown.value, refusal: refusal.value };
}
