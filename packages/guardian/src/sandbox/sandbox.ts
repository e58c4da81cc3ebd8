import { existsSync, readFileSync } from "node:fs";
import { type Log, type OpenExit, reportOf, SmartClawError } from "@smartclaw/contracts";
import { isWithin } from "../paths/resolve.ts";
import type { World } from "../world/world.ts";
import { bwrapArguments } from "./bwrap-arguments.ts";
import { type CommandExit, createExits } from "./exits.ts";
import { createHeldApartFinder, type HeldApart } from "./held-apart.ts";
import { createSandboxLauncher, type SandboxJob } from "./launcher.ts";
import { mountsAreRight } from "./mount-check.ts";
import { type Mount, mountsOf } from "./mounts.ts";
import { createPlaceholders } from "./placeholders.ts";
import type { SandboxPlan } from "./plan.ts";
import { firstInside, hasRelayOnly } from "./relay-check.ts";

/** A command, and what it may see and change. */
interface SandboxedCommand {
  /** For `bash --noprofile --norc -c`. */
  readonly text: string;
  readonly plan: SandboxPlan;
  readonly environment: Readonly<Record<string, string>>;
  /** Asked at the moment of the start; does not throw. */
  readonly mayStart: () => boolean;
  /** Whether it may (still) speak to one of its plan's hosts; asked for each connection, and by `recheck`. */
  readonly mayReach: (host: string) => boolean;
}

export interface SandboxRun extends SandboxJob {
  /**
   * Paths that were not there before it, or are others than before, below what it may change, and that other programs
   * would believe. Deep in a folder nothing keeps a command from making them, so it is told afterwards. Where nobody
   * can look through the folder any more, the folder itself.
   */
  readonly appeared: Promise<readonly string[]>;
}

/** The second wall: what was allowed by mistake still finds nothing but what was granted. */
export interface Sandbox {
  /** Why commands reach no server, not even a granted one, for people; null when they do. */
  readonly networkOff: string | null;
  /**
   * @throws SmartClawError BAD_REQUEST when a granted folder is too large to be looked through, or when it is to reach a
   * server and none can be reached
   */
  prepare(command: SandboxedCommand): Promise<SandboxRun>;
  /** Ends connections of commands that run, where they may not speak to the other end any more. */
  recheck(): void;
  /** Kills whatever runs. @returns how many commands there were */
  killAll(): number;
  close(): void;
}

/**
 * The sandbox on Linux, by bubblewrap.
 * @param deps.folder for pipes; made anew, and `.exits` beside it
 * @param deps.networkOff why commands reach no server; null when they do, through exits
 * @param deps.architecture as `process.arch` names it
 * @throws SmartClawError BAD_REQUEST where there is none for this kind of computer
 */
export function createSandbox(deps: {
  readonly folder: string;
  readonly architecture: string;
  readonly world: World;
  readonly openExit: OpenExit;
  readonly networkOff: string | null;
  readonly log: Log;
}): Sandbox {
  const { world, networkOff, log } = deps;
  const launcher = createSandboxLauncher(deps);
  const finder = createHeldApartFinder();
  const placeholders = createPlaceholders(`${deps.folder}.names`);
  const exits = createExits(`${deps.folder}.exits`, deps.openExit);

  async function heldBelow(roots: readonly string[]): Promise<readonly HeldApart[]> {
    const found: HeldApart[] = [];
    for (const root of roots) found.push(...(await finder.below(root)));
    return [...found, ...held([...world.protectedPlaces.keys()], roots, "hidden")];
  }

  /** Of some paths those that are there, below the folders of a plan. */
  function held(paths: readonly string[], roots: readonly string[], how: HeldApart["how"]): HeldApart[] {
    return paths.flatMap((path) => {
      const entry = roots.some((root) => isWithin(path, root)) ? world.entry(path) : null;
      return entry === null ? [] : [{ path, kind: entry.kind, how, mark: "" }];
    });
  }

  function isRight(mounts: readonly Mount[], pid: number, relayed: boolean): boolean | null {
    try {
      const first = relayed ? firstInside(pid) : pid;
      if (first === null) return null;
      const [sandbox, own] = [`/proc/${first}/mountinfo`, "/proc/self/mountinfo"];
      const right = mountsAreRight(mounts, readFileSync(sandbox, "utf8"), readFileSync(own, "utf8"));
      return relayed && right === true ? hasRelayOnly(first) : right;
    } catch (error) {
      log.warn({ error: reportOf(error) }, "a sandbox was gone before it was looked at");
      return false;
    }
  }

  return {
    networkOff,
    async prepare({ text, plan: wanted, environment, mayStart, mayReach }) {
      const relayed = wanted.hosts.length > 0;
      if (relayed && networkOff !== null) throw withoutNetwork(networkOff);
      const plan = {
        ...wanted,
        readable: wanted.readable.filter(existsSync),
        writable: wanted.writable.filter(existsSync),
      };
      const folders = plan.writable.filter((path) => world.entry(path)?.kind === "folder");
      const places = folders.map((path) => placeholders.take(path, { git: !plan.versionControl }));
      const giveBack = (): void => places.forEach((end) => end());
      let exit: CommandExit | null = null;
      try {
        const roots = [...plan.readable, ...plan.writable];
        const before = await heldBelow(roots);
        const forbidden = [...held(plan.hidden, roots, "hidden"), ...held(plan.kept, roots, "kept")];
        const mounts = mountsOf(plan, [...before, ...forbidden]);
        const surroundings = { ...world, folder: plan.folder, environment, isRelayed: relayed };
        const inner = bwrapArguments(mounts, surroundings);
        exit = relayed ? await exits.open(plan.hosts, mayReach) : null;
        const orders = exit === null ? inner : [exit.socketPath, ...inner];
        const job = await launcher.prepare(text, {
          orders: () => (mayStart() ? orders : null),
          isRelayed: relayed,
          isRight: (pid) => isRight(mounts, pid, relayed),
        });
        void job.ended.then(() => exit?.close());
        const appeared = job.ended.then(async ({ started }) => {
          const after = started ? await heldBelow(folders).catch(() => null) : [];
          giveBack();
          if (after === null) return folders;
          const known = new Set(before.map(({ path, mark }) => `${mark} ${path}`));
          return after.flatMap(({ path, mark }) => (known.has(`${mark} ${path}`) ? [] : path));
        });
        return { ...job, appeared };
      } catch (error) {
        exit?.close();
        giveBack();
        throw error;
      }
    },
    recheck: () => exits.recheck(),
    killAll: () => launcher.killAll(),
    close() {
      launcher.close();
      exits.close();
    },
  };
}

function withoutNetwork(why: string): SmartClawError {
  return new SmartClawError("BAD_REQUEST", why, "Do it without the network.");
}
