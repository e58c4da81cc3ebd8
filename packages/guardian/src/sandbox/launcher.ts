import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, constants, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Log, SmartClawError } from "@smartclaw/contracts";
import { z } from "zod";
import { descriptors } from "./descriptors.ts";
import { outerArguments, relayScript } from "./relay.ts";
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

/** Asked while a job starts; neither may throw. */
interface StartOrders {
  /**
   * Bubblewrap's arguments, at the moment of the start; null and nothing runs. Before those of a command that is
   * relayed goes the socket to which it is.
   */
  readonly orders: () => readonly string[] | null;
  readonly isRelayed: boolean;
  /**
   * Whether the sandbox is as it was ordered, before anything runs in it; null while it is being made.
   * @param pid its first process; of the outer sandbox when it is relayed
   */
  readonly isRight: (pid: number) => boolean | null;
}

export interface SandboxLauncher {
  /** @param text for `bash --noprofile --norc -c` */
  prepare(text: string, start: StartOrders): Promise<SandboxJob>;
  /** Kills all jobs. @returns how many there were */
  killAll(): number;
  close(): void;
}

/** A job that nobody starts in this time is void, in milliseconds. */
const startWithinMs = 30_000;
/** Who has just opened one pipe opens the other within this time, in milliseconds. */
const halfOpenMs = 250;
/** Between two looks at a sandbox that is being made, and for all of them, in milliseconds. */
const lookAgainMs = 2;
const madeWithinMs = 10_000;
/** Sets of pipes that are made at once, as each making is a program that has to be run. */
const setsAtOnce = 24;

/** Of a report, in UTF-16 code units. */
const longestLine = 4096;

/** Unlike `sh` it closes descriptors of more than one digit; without an environment it reads no file by itself. */
const shell = ["/bin/bash", "--noprofile", "--norc", "-c"];

const status = z.union([
  z.object({ "child-pid": z.number().int().positive() }),
  z.object({ "exit-code": z.number().int() }),
]);

/**
 * Closes what OpenClaw, or who started it, has left open, and what the command would have, too. Opens the pipes, and
 * says that it is there.
 */
const begin = [
  'for one in /proc/self/fd/*; do one=${one##*/}; if [ "$one" -gt 2 ]; then eval "exec $one>&-"; fi; done',
  `exec ${descriptors.orders}<"$1/down" ${descriptors.reports}>"$1/up" ${descriptors.alive}>&${descriptors.reports} ${descriptors.filter}<"$2"`,
  // For both ways, so that it stays shut when nobody is there any more to open it.
  `exec ${descriptors.gate}<>"$1/gate"`,
  `echo >&${descriptors.reports}`,
];

/**
 * Becomes bubblewrap, which reads its arguments from one of the pipes. What is sent there ends with the mount of the
 * system's programs, so that cut short it starts nothing.
 */
const script = [
  ...begin,
  `exec /usr/bin/bwrap --args ${descriptors.orders} -- /bin/bash --noprofile --norc -c "$3"`,
].join("\n");

/** The same behind a relay; Bash reads no more of a pipe than it needs. */
const relayed = [
  ...begin,
  `IFS= read -r -d "" exit <&${descriptors.orders} || exit 1`,
  `exec /usr/bin/bwrap ${outerArguments.join(" ")} --json-status-fd ${descriptors.reports} --chdir "\${exit%/*}" -- /bin/bash --noprofile --norc -c "$4" bash "\${exit##*/}" "$3"`,
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
    const places = Array.from({ length: setsAtOnce }, () => join(folder, randomUUID()));
    for (const place of places) mkdirSync(place, { mode: 0o700 });
    const pipes = places.flatMap((place) => ["down", "up", "gate"].map((name) => join(place, name)));
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
    if (spare.length < setsAtOnce / 2)
      making ??= make()
        .catch((error: unknown) => log.error({ error: String(error) }, "no pipes could be made"))
        .finally(() => (making = null));
    return place;
  }

  return {
    async prepare(text, start) {
      const place = await take();
      if (closed) throw new SmartClawError("CANCELLED", "SmartClaw is stopping.", "Start it again.");
      const words = start.isRelayed
        ? [relayed, "bash", place, filterFile, text, relayScript]
        : [script, "bash", place, filterFile, text];
      const job = openJob(place, words, start, log);
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

function openJob(place: string, words: readonly string[], start: StartOrders, log: Log): SandboxJob {
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
  const gate = openSync(join(place, "gate"), constants.O_RDWR | constants.O_NONBLOCK);
  let state: "waiting" | "started" | "killed" = "waiting";
  let met = false;
  /** Something was let in. */
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

  function letIn(first: number, until: number): void {
    if (pid !== first || state !== "started") return;
    const isRight = Date.now() < until ? start.isRight(first) : false;
    if (isRight === null) return void setTimeout(() => letIn(first, until), lookAgainMs);
    if (isRight) {
      started = true;
      writeSync(gate, "\n");
      return;
    }
    log.error({}, "a sandbox was not as it was ordered, so nothing ran in it");
    kill();
  }

  function hear(line: string): void {
    if (!met) {
      met = true;
      clearTimeout(late);
      shut();
      // A word that holds the end of a word would be two, and the second one an order.
      const words = state === "waiting" ? start.orders() : null;
      const areWhole = words?.every((word) => !word.includes("\0")) ?? false;
      state = areWhole ? "started" : "killed";
      if (words !== null && areWhole) down.write(words.map((word) => `${word}\0`).join(""));
      down.end(() => down.destroy());
      return;
    }
    if (line === "") return;
    const said = status.safeParse(parse(line)).data;
    if (said !== undefined && "exit-code" in said) exitCode = said["exit-code"];
    // The process is named once: what runs in the sandbox finds the pipe in `/proc/1/fd`, and could name anybody.
    else if (said === undefined || pid !== null) strange();
    else {
      pid = said["child-pid"];
      if (state === "killed") kill();
      else letIn(pid, Date.now() + madeWithinMs);
    }
  }

  function strange(): void {
    if (state !== "killed") log.error({}, "a sandbox reported what bubblewrap does not, and was killed");
    kill();
  }

  up.setEncoding("utf8");
  up.on("data", (chunk: string) => {
    const lines = (heard + chunk).split("\n");
    heard = lines.pop() ?? "";
    for (const line of lines) hear(line);
    if (heard.length > longestLine) {
      heard = "";
      strange();
    }
  });
  for (const end of [up, down]) end.on("error", () => undefined);
  const ended = new Promise<{ started: boolean; exitCode: number | null }>((resolve) =>
    up.once("close", () => {
      clearTimeout(late);
      resolve({ started, exitCode: state === "killed" ? null : exitCode });
      state = "killed";
      pid = null;
      down.destroy();
      closeSync(gate);
    }),
  );
  return { id: place, argv: [...shell, ...words], kill, ended };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
