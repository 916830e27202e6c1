// The only file that fetches. One function per endpoint; failures are told to `connection.ts` and thrown.

import { heard } from "./clock";
import { missed, reached } from "./connection";
import type { Range } from "./range";
import type { Data, Details, Host } from "./wire";

/** A silent server is an unreachable one: give up, so that the next try can start. */
const TIMEOUT_MS = 15_000;

/** The server understood and refused: status and its own words. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "Refusal";
    this.status = status;
  }
}

/** All hosts, sorted by name. */
export async function fetchHosts(abort: AbortSignal): Promise<Host[]> {
  const { hosts } = await get<{ hosts: Host[] }>("/hosts", {}, abort);
  return hosts;
}

/** What a host is. */
export function fetchDetails(id: string, abort: AbortSignal): Promise<Details> {
  return get<Details>("/details", { id }, abort);
}

/** Metrics of a host over a range, thinned to about `points` rows. */
export function fetchData(
  id: string,
  metrics: string[],
  range: Range,
  points: number,
  abort: AbortSignal,
): Promise<Data> {
  const query = { id, metrics: metrics.join(","), timeframe: range, points: String(points) };
  return get<Data>("/data", query, abort);
}

async function get<T>(path: string, query: Record<string, string>, abort: AbortSignal): Promise<T> {
  const search = new URLSearchParams(query).toString();
  const address = search ? `${path}?${search}` : path;
  let response: Response;
  try {
    const signal = AbortSignal.any([abort, AbortSignal.timeout(TIMEOUT_MS)]);
    response = await fetch(address, { signal, cache: "no-store", headers: { accept: "application/json" } });
  } catch (error) {
    if (!abort.aborted) missed("it does not answer");
    throw error;
  }
  heard(response.headers.get("date"));
  if (response.status >= 500) {
    missed(`it answers with an error (${response.status})`);
    throw new Refusal(response.status, await reason(response));
  }
  reached();
  if (!response.ok) throw new Refusal(response.status, await reason(response));
  return (await response.json()) as T;
}

async function reason(response: Response): Promise<string> {
  try {
    const body = (await response.json()) as { error?: unknown };
    if (typeof body.error === "string") return body.error;
  } catch {
    // The body is no JSON: the status line has to do.
  }
  return response.statusText || `status ${response.status}`;
}
