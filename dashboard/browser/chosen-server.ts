// A stand-in for the server whose data the test chooses: outages, predecessors, lost connections. It serves the built
// page under the strictest policy that the page must bear, and answers in the server's shapes.

import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { RANGES, SPANS } from "../src/range";
import type { Data, Host, Series, System } from "../src/wire";

const DIST = join(import.meta.dirname, "../dist");
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
/** Samples behind each row of a range that is too long for all of them. */
const SAMPLES_A_STEP = 8;
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'";

/** A host as the test wants it. */
export interface ChosenHost {
  host: Host;
  details: System;
  /** Every series that it has; null is a reading that never came. */
  readings: Reading[];
  /** When it reported: rows outside are gaps. Unix seconds. */
  reported(ts: number): boolean;
}

export interface Reading {
  metric: string;
  labels: Record<string, string>;
  unit: string;
  value(ts: number): number | null;
}

export class ChosenServer {
  hosts: ChosenHost[] = [];
  /** Answers nothing: every connection is cut. */
  silent = false;
  /** What it answers instead of the truth, by path, as a proxy before it may. */
  instead: Record<string, { status: number; body: string }> = {};
  /** A metric that it will not tell: questions with it get 400. */
  refused = "";
  /** Seconds between two rows of the shortest range. */
  step_seconds = 5;
  readonly asked: string[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? "/", "http://chosen");
      this.asked.push(url.pathname + url.search);
      if (this.silent) request.socket.destroy();
      else if (url.pathname.startsWith("/dashboard")) file(response, url.pathname);
      else this.#answer(response, url);
    });
  }

  async start(): Promise<string> {
    if (!existsSync(join(DIST, "index.html"))) throw new Error("dist/ is missing: run `npm run build` first");
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(response: ServerResponse, url: URL): void {
    const instead = this.instead[url.pathname];
    if (instead) {
      response.writeHead(instead.status, { "content-type": "text/html" }).end(instead.body);
      return;
    }
    const chosen = this.hosts.find(({ host }) => host.id === url.searchParams.get("id"));
    if (url.pathname === "/hosts") {
      json(response, 200, { hosts: this.hosts.map(({ host }) => host) });
    } else if (!chosen) {
      json(response, 404, { error: "hostname not found" });
    } else if (url.pathname === "/details") {
      const { hostname, last_seen } = chosen.host;
      json(response, 200, { hostname, details: chosen.details, updated_at: last_seen ?? 0 });
    } else if (this.refused && url.searchParams.get("metrics")?.split(",").includes(this.refused)) {
      json(response, 400, { error: `not ${this.refused}` });
    } else {
      json(response, 200, this.#data(chosen, url.searchParams));
    }
  }

  #data(chosen: ChosenHost, query: URLSearchParams): Data {
    const range = RANGES.find((one) => one === query.get("timeframe")) ?? "1h";
    const seconds = SPANS[range].seconds;
    const step = Math.max(this.step_seconds, Math.ceil(seconds / Number(query.get("points"))));
    const to = Math.floor(Date.now() / 1000);
    const wanted = new Set(query.get("metrics")?.split(","));
    const ts = rows(to - seconds, to, step, chosen);
    const series: Series[] = chosen.readings
      .filter((reading) => wanted.has(reading.metric))
      .map(({ metric, labels, unit, value }) => {
        const samples = step > this.step_seconds ? SAMPLES_A_STEP : 1;
        const steps = ts.map((at) => (chosen.reported(at) ? stepOf(value, at, step, samples) : null));
        const values = steps.map((one) => one?.mean ?? null);
        if (samples === 1) return { metric, labels, unit, values };
        const [min, max] = [steps.map((one) => one?.min ?? null), steps.map((one) => one?.max ?? null)];
        return { metric, labels, unit, values, min, max };
      });
    const some = ts.some((at) => chosen.reported(at));
    return { from: to - seconds, to, step_seconds: step, ts, series: some ? series : [] };
  }
}

/** What the samples of a step come to; null without any. */
function stepOf(value: Reading["value"], from: number, step: number, samples: number) {
  const all = Array.from({ length: samples }, (_, index) => value(from + (step * index) / samples));
  const read = all.filter((one) => one !== null);
  if (read.length === 0) return null;
  const mean = read.reduce((sum, one) => sum + one, 0) / read.length;
  return { mean, min: Math.min(...read), max: Math.max(...read) };
}

/** The rows of a range; of those that make up a gap only the first, as the server sends it. */
function rows(from: number, to: number, step: number, chosen: ChosenHost): number[] {
  const all: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) all.push(at);
  return all.filter((at) => chosen.reported(at) || chosen.reported(at - step));
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function file(response: ServerResponse, pathname: string): void {
  const path = join(DIST, pathname.slice("/dashboard".length));
  const found = path.startsWith(DIST) && existsSync(path) && statSync(path).isFile();
  const served = found ? path : join(DIST, "index.html");
  response.writeHead(200, {
    "content-type": TYPES[extname(served)] ?? "application/octet-stream",
    "content-security-policy": POLICY,
  });
  createReadStream(served).pipe(response);
}
