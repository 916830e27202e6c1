import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fetchData, fetchHosts, Refusal } from "./api";
import { outage } from "./connection";

const HOSTS = '{"hosts":[]}';

let asker = new AbortController();

beforeEach(() => {
  asker = new AbortController();
});
afterEach(async () => {
  vi.restoreAllMocks();
  // Outages end with an answer: leave none to the next test.
  asker.abort();
  await hosts(HOSTS, 200, new AbortController());
  vi.restoreAllMocks();
});

function hosts(body: BodyInit, status = 200, by = asker): Promise<unknown> {
  vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response(body, { status, statusText: "Status" }));
  return fetchHosts(by.signal).catch((error: unknown) => error);
}

describe("an answer", () => {
  it("ends the outage once it has been read", async () => {
    await hosts("", 502);
    expect(outage.value?.reason).toBe("it answers with an error (502)");
    expect(await hosts(HOSTS)).toEqual([]);
    expect(outage.value).toBeNull();
  });

  it.each(["<!doctype html><p>Log in", "", "null", "[]", '{"other":1}'])(
    "that is none of our server's is an outage: %j",
    async (body) => {
      expect(await hosts(body)).toBeInstanceOf(Error);
      expect(outage.value?.reason).toBe("its answer cannot be read");
    },
  );

  it("whose body never ends is given up at the deadline, and is an outage", async () => {
    const deadline = new AbortController();
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(deadline.signal);
    vi.spyOn(globalThis, "fetch").mockImplementation((_, init) => {
      const start = (body: ReadableStreamDefaultController) =>
        init?.signal?.addEventListener("abort", () => body.error(init.signal?.reason));
      return Promise.resolve(new Response(new ReadableStream({ start })));
    });
    const answer = fetchHosts(asker.signal);
    deadline.abort(new DOMException("", "TimeoutError"));
    await expect(answer).rejects.toThrow();
    expect(outage.value?.reason).toBe("it does not answer");
  });

  it("that nobody waits for any more is no outage", async () => {
    asker.abort();
    expect(await hosts("<!doctype html>")).toBeInstanceOf(Error);
    expect(outage.value).toBeNull();
  });
});

describe("a refusal", () => {
  it("carries the server's words, and is no outage", async () => {
    const refusal = await hosts('{"error":"not for you"}', 403);
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ status: 403, message: "not for you" });
    expect(outage.value).toBeNull();
    expect(await hosts("<p>no", 403)).toMatchObject({ message: "Status" });
  });

  it.each([408, 429, 500, 503])("that passes by itself is an outage instead: %i", async (status) => {
    expect(await hosts('{"error":"later"}', status)).not.toBeInstanceOf(Refusal);
    expect(outage.value?.reason).toBe(`it answers with an error (${status})`);
  });
});

describe("an outage", () => {
  it("of one question outlasts the answer to another, until nobody asks it any more", async () => {
    const other = new AbortController();
    vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response("", { status: 500 }));
    await expect(fetchData("id", ["load.one"], "1h", 300, other.signal)).rejects.toThrow();
    await hosts(HOSTS);
    expect(outage.value).not.toBeNull();
    other.abort();
    expect(outage.value).not.toBeNull();
    await hosts(HOSTS);
    expect(outage.value).toBeNull();
  });
});
