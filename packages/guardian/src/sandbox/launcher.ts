import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { constants, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Log, SmartClawError } from "@smartclaw/contracts";
import { z } from "zod";
import { descriptors } from "./bwrap-arguments.ts";
import { seccompFilter } from "./seccomp.ts";

const run = promisify(execFile);

/** A command that may be started once, by whoever has its words, and only by them. */
export interface SandboxJob {
  readonly id: string;
  /** What starts it: a program and its arguments, which do nothing without this process. */
  readonly argv: readonly string[];
  /** Kills everything that it started. Safe at any time; one that did not start yet cannot any more. */
  kill(): void;
  /** When nothing of it is left; null as exit status when it was killed, or never started. */
  readonly ended: Promise<{ readonly started: boolean; readonly exitCode: number | null }>;
}

export interface SandboxLauncher {
  /**
   * @param text for `bash --noprofile --norc -c`
   * @param orders asked at the moment of the start, for bubblewrap's arguments; null and nothing runs
   */
  prepare(text: string, orders: () => readonly string[] | null): Promise<SandboxJob>;
  /** Kills all jobs. @returns how many there were */
  killAll(): number;
  close(): void;
}

/** A job that nobody starts in this time is void, in milliseconds. */
const startWithinMs = 30_000;
/** Who has just opened one pipe opens the other within this time, in milliseconds. */
const halfOpenMs = 250;
/** Pairs of pipes that are made at once, as each making is a program that has to be run. */
const pairsAtOnce = 24;

const status = z.union([
  z.object({ "child-pid": z.number().int().positive() }),
  z.object({ "exit-code": z.number().int() }),
]);

/**
 * Opens the pipes, says that it is there, and becomes bubblewrap, which reads its arguments from one of them. What is
 * sent there ends with the mount of the system's programs, so that cut short it starts nothing.
 */
const script = [
  `exec ${descriptors.orders}<"$1/down" ${descriptors.reports}>"$1/up" ${descriptors.alive}>&${descriptors.reports} ${descriptors.filter}<"$2"`,
  `echo >&${descriptors.reports}`,
  `exec /usr/bin/bwrap --args ${descriptors.orders} -- /bin/bash --noprofile --norc -c "$3"`,
].join("\n");

/**
 * Starts sandboxed commands on Linux through somebody else's hands: OpenClaw can only spawn a program of this
 * computer, so it gets one that waits for its orders from here. Thus the broker sees every start, and decides at the
 * last moment; it knows the process; and the kernel tells it when nothing is left.
 *
 * @param deps.folder for the pipes; made anew, mode 0700
 * @throws SmartClawError BAD_REQUEST where there is no filter of system calls for this kind of computer
 */
export function createSandboxLauncher(deps: {
  readonly folder: string;
  readonly architecture: string;
  readonly log: Log;
}): SandboxLauncher {
  const { folder, log } = deps;
  const filter = seccompFilter(deps.architecture);
  if (filter === null)
    throw new SmartClawError(
      "BAD_REQUEST",
      `There is no sandbox for computers of the kind ${deps.architecture} yet.`,
      "Agentic Mode stays off on this computer; chats are not affected.",
    );
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const filterFile = join(folder, "filter.bpf");
  writeFileSync(filterFile, filter, { mode: 0o400 });
  const jobs = new Set<SandboxJob>();
  let spare: string[] = [];
  let making: Promise<void> | null = null;
  let closed = false;

  async function make(): Promise<void> {
    const places = Array.from({ length: pairsAtOnce }, () => join(folder, randomUUID()));
    for (const place of places) mkdirSync(place, { mode: 0o700 });
    const pipes = places.flatMap((place) => [join(place, "down"), join(place, "up")]);
    await run("/usr/bin/mkfifo", ["-m", "600", "--", ...pipes]);
    spare.push(...places);
  }

  async function take(): Promise<string> {
    while (spare.length === 0) {
      making ??= make().finally(() => (making = null));
      await making;
    }
    const [place = "", ...rest] = spare;
    spare = rest;
    if (spare.length < pairsAtOnce / 2)
      making ??= make()
        .catch((error: unknown) => log.error({ error: String(error) }, "no pipes could be made"))
        .finally(() => (making = null));
    return place;
  }

  return {
    async prepare(text, orders) {
      const place = await take();
      if (closed) throw new SmartClawError("CANCELLED", "SmartClaw is stopping.", "Start it again.");
      const job = openJob(place, [script, "sh", place, filterFile, text], orders, log);
      jobs.add(job);
      void job.ended.then(() => jobs.delete(job));
      return job;
    },
    killAll() {
      for (const job of jobs) job.kill();
      return jobs.size;
    },
    close() {
      closed = true;
      for (const job of jobs) job.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function openJob(
  place: string,
  [script = "", ...words]: readonly string[],
  orders: () => readonly string[] | null,
  log: Log,
): SandboxJob {
  // Opened for both ways a pipe does not wait for its other end, which may never come.
  const down = new Socket({
    fd: openSync(join(place, "down"), constants.O_RDWR | constants.O_NONBLOCK),
    readable: false,
    writable: true,
  });
  const up = new Socket({
    fd: openSync(join(place, "up"), constants.O_RDONLY | constants.O_NONBLOCK),
    readable: true,
    writable: false,
  });
  let state: "waiting" | "started" | "killed" = "waiting";
  let met = false;
  let started = false;
  let pid: number | null = null;
  let exitCode: number | null = null;
  let heard = "";
  const late = setTimeout(() => kill(), startWithinMs);

  /** Who comes later finds no pipes. */
  const shut = (): void => rmSync(place, { recursive: true, force: true });

  function kill(): void {
    if (state === "waiting") {
      shut();
      setTimeout(() => up.destroy(), halfOpenMs);
    }
    state = "killed";
    down.destroy();
    if (pid === null) return;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended in the meantime.
    }
  }

  function hear(line: string): void {
    if (!met) {
      met = true;
      clearTimeout(late);
      shut();
      const words = state === "waiting" ? orders() : null;
      state = words === null ? "killed" : "started";
      started = words !== null;
      if (words !== null) down.write(words.map((word) => `${word}\0`).join(""));
      down.end(() => down.destroy());
      return;
    }
    if (line === "") return;
    const said = status.safeParse(parse(line)).data;
    if (said === undefined) return log.error({}, "the sandbox reports something that is not known");
    if ("exit-code" in said) exitCode = said["exit-code"];
    else {
      pid = said["child-pid"];
      if (state === "killed") kill();
    }
  }

  up.setEncoding("utf8");
  up.on("data", (chunk: string) => {
    const lines = (heard + chunk).split("\n");
    heard = lines.pop() ?? "";
    for (const line of lines) hear(line);
  });
  for (const end of [up, down]) end.on("error", () => undefined);
  const ended = new Promise<{ started: boolean; exitCode: number | null }>((resolve) =>
    up.once("close", () => {
      clearTimeout(late);
      pid = null;
      down.destroy();
      resolve({ started, exitCode: state === "killed" ? null : exitCode });
    }),
  );
  return { id: place, argv: ["/bin/sh", "-c", script, ...words], kill, ended };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
