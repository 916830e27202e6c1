// The real server and the real agent, started for a test on ports that the system chooses.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";

const START_TIMEOUT_MS = 20_000;
/** What of a program's output is kept for the message of a failed test. */
const KEPT_CHARACTERS = 4_000;

export class Program {
  readonly #child: ChildProcess;
  readonly #name: string;
  #output = "";

  constructor(path: string, args: string[], cwd: string) {
    this.#name = path;
    this.#child = spawn(path, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    this.#child.on("error", (error) => {
      this.#output += String(error);
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      const decoder = new StringDecoder("utf8");
      stream?.on("data", (bytes: Buffer) => {
        this.#output = (this.#output + decoder.write(bytes)).slice(-KEPT_CHARACTERS);
      });
    }
  }

  /** Waits until the program says where it listens. */
  async address(): Promise<string> {
    const end = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < end && this.#child.exitCode === null) {
      const port = /listening[\s\S]*?127\.0\.0\.1:(\d+)|127\.0\.0\.1:(\d+)[^\n]*listening/.exec(this.#output);
      if (port) return `http://127.0.0.1:${port[1] ?? port[2]}`;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${this.#name} did not say where it listens:\n${this.#output}`);
  }

  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill(signal);
    await gone;
  }
}

/** A folder that `remove` takes away again. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "siskin-browser-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The path of a program that must have been built before. */
export function built(variable: string): string {
  const path = process.env[variable];
  if (!path) throw new Error(`${variable} is not set: name the built program, or run \`make test\``);
  return path;
}
