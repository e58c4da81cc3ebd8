import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { chromiumArguments } from "./chromium-arguments.ts";

/** A Chromium that runs, driven by two pipes: there is no port that anybody could find. */
export interface Chromium {
  /** A message of the protocol. */
  send(message: unknown): void;
  /** With everything that it started. */
  kill(): void;
  /** When nothing of it is left; the last that it said of itself, for the log. */
  readonly ended: Promise<string>;
}

/** Between two messages. */
const separator = 0;
/** Of one message, in bytes: more is no picture of a page. */
const largestMessage = 256 * 1024 * 1024;
/** Of what it says of itself, in UTF-16 code units. */
const keptWords = 2000;

export function startChromium(deps: {
  readonly program: string;
  /** Made, mode 0700; nothing else may run in it. */
  readonly profileFolder: string;
  readonly exitSocket: string;
  readonly policyFile: string;
  readonly onMessage: (message: unknown) => void;
}): Chromium {
  const { profileFolder, onMessage } = deps;
  mkdirSync(profileFolder, { recursive: true, mode: 0o700 });
  // The lock of one that was killed; its number may be another process's in the new sandbox.
  for (const name of ["SingletonLock", "SingletonSocket", "SingletonCookie"])
    rmSync(join(profileFolder, "chromium", name), { force: true });
  const child = spawn("/usr/bin/bwrap", chromiumArguments(deps), {
    stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
    env: {},
  });
  const kill = (): void => void child.kill("SIGKILL");
  const [, , said, down, up] = child.stdio as unknown as [null, null, Readable, Writable, Readable];
  let words = "";
  said.on("data", (chunk: Buffer) => {
    words = (words + chunk.toString("utf8")).slice(-keptWords);
  });
  down.on("error", kill);
  up.on("error", kill);
  splitMessages(up, onMessage, kill);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", () => resolve(words));
  });
  return {
    send(message) {
      if (down.writable) down.write(`${JSON.stringify(message)}\0`);
    },
    kill,
    ended,
  };
}

/** @param fail when what comes is not the protocol */
function splitMessages(from: Readable, onMessage: (message: unknown) => void, fail: () => void): void {
  let parts: Buffer[] = [];
  let length = 0;
  from.on("data", (chunk: Buffer) => {
    let rest = chunk;
    for (let end = rest.indexOf(separator); end >= 0; end = rest.indexOf(separator)) {
      const text = Buffer.concat([...parts, rest.subarray(0, end)]).toString("utf8");
      parts = [];
      length = 0;
      rest = rest.subarray(end + 1);
      let message: unknown;
      try {
        message = JSON.parse(text);
      } catch {
        return fail();
      }
      onMessage(message);
    }
    parts.push(rest);
    length += rest.length;
    if (length > largestMessage) fail();
  });
}
