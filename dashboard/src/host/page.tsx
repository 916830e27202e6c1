// One host: its facts and its panels, kept fresh.

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { fetchDetails } from "../api";
import { followHosts, hosts } from "../hosts";
import { poll } from "../poll";
import type { Range } from "../range";
import type { Details } from "../wire";
import { namesOf } from "./facts";
import { Head } from "./head";
import { Panels } from "./panels";

const STATE_REFRESH_MS = 5_000;
const DETAILS_REFRESH_MS = 60_000;

export function HostPage({ id, range }: { id: string; range: Range }) {
  const host = hosts.value?.find((one) => one.id === id);
  const details = useDetails(id);
  const names = useMemo(() => namesOf(details), [details]);
  const name = host?.hostname ?? details?.hostname ?? id;

  useEffect(() => followHosts(STATE_REFRESH_MS), []);
  useEffect(() => {
    document.title = `${name} · Siskin`;
  }, [name]);

  return (
    <article>
      <Head id={id} range={range} host={host} details={details} />
      <Panels id={id} range={range} names={names} />
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
