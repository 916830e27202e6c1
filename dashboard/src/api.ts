// The only file that fetches. One function per endpoint; failures are told to `connection.ts` and thrown.

import { heard } from "./clock";
import { missed, reached } from "./connection";
import type { Range } from "./range";
import type { Data, Details, Host } from "./wire";

/** A silent server is an unreachable one: give up, so that the next try can start. */
const TIMEOUT_MS = 15_000;

/** Refusals that pass by themselves, as an overloaded server or the proxy before it gives them. */
const PASSING = [408, 429];
const UNREADABLE = "its answer cannot be read";

/** There is no answer, or none that can be used. Asking again may help. */
class Failure extends Error {}

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
  const { hosts } = await get<{ hosts: Host[] }>("/hosts", {}, "hosts", abort);
  return hosts;
}

/** What a host is. */
export function fetchDetails(id: string, abort: AbortSignal): Promise<Details> {
  return get<Details>("/details", { id }, "details", abort);
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
  return get<Data>("/data", query, "series", abort);
}

/** Asks and reads the answer to its end, all within the deadline. An answer without `key` is none of our server's. */
async function get<T extends object>(
  path: string,
  query: Record<string, string>,
  key: keyof T,
  asker: AbortSignal,
): Promise<T> {
  const search = new URLSearchParams(query).toString();
  const address = search ? `${path}?${search}` : path;
  try {
    const signal = AbortSignal.any([asker, AbortSignal.timeout(TIMEOUT_MS)]);
    const response = await fetch(address, {
      signal,
      cache: "no-store",
      headers: { accept: "application/json" },
    });
    heard(response.headers.get("date"));
    if (response.status >= 500 || PASSING.includes(response.status))
      throw new Failure(`it answers with an error (${response.status})`);
    if (!response.ok) throw new Refusal(response.status, await reason(response));
    const body = (await response.json()) as T | null;
    if (typeof body !== "object" || body === null || !(key in body)) throw new Failure(UNREADABLE);
    reached(asker);
    return body;
  } catch (error) {
    if (asker.aborted) throw new Failure("nobody waits for it any more");
    if (error instanceof Refusal) reached(asker);
    else missed(asker, wordsFor(error));
    throw error;
  }
}

function wordsFor(error: unknown): string {
  if (error instanceof Failure) return error.message;
  return error instanceof SyntaxError ? UNREADABLE : "it does not answer";
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
