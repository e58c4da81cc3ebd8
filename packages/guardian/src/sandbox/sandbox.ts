import { existsSync, readFileSync } from "node:fs";
import { type Log, reportOf } from "@smartclaw/contracts";
import { isWithin } from "../paths/resolve.ts";
import type { World } from "../world/world.ts";
import { bwrapArguments } from "./bwrap-arguments.ts";
import { createHeldApartFinder, type HeldApart } from "./held-apart.ts";
import { createSandboxLauncher, type SandboxJob } from "./launcher.ts";
import { mountsAreRight } from "./mount-check.ts";
import { type Mount, mountsOf } from "./mounts.ts";
import { createPlaceholders } from "./placeholders.ts";
import type { SandboxPlan } from "./plan.ts";

/** A command, and what it may see and change. */
interface SandboxedCommand {
  /** For `bash --noprofile --norc -c`. */
  readonly text: string;
  readonly plan: SandboxPlan;
  readonly environment: Readonly<Record<string, string>>;
  /** Asked at the moment of the start; does not throw. */
  readonly mayStart: () => boolean;
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
  /** @throws SmartClawError BAD_REQUEST when a granted folder is too large to be looked through */
  prepare(command: SandboxedCommand): Promise<SandboxRun>;
  /** Kills whatever runs. @returns how many commands there were */
  killAll(): number;
  close(): void;
}

/**
 * The sandbox on Linux, by bubblewrap.
 * @param deps.folder for pipes; made anew
 * @param deps.architecture as `process.arch` names it
 * @throws SmartClawError BAD_REQUEST where there is none for this kind of computer
 */
export function createSandbox(deps: {
  readonly folder: string;
  readonly architecture: string;
  readonly world: World;
  readonly log: Log;
}): Sandbox {
  const { world, log } = deps;
  const launcher = createSandboxLauncher(deps);
  const finder = createHeldApartFinder();
  const placeholders = createPlaceholders(`${deps.folder}.names`);

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

  function isRight(mounts: readonly Mount[], pid: number): boolean | null {
    try {
      const [sandbox, own] = [`/proc/${pid}/mountinfo`, "/proc/self/mountinfo"];
      return mountsAreRight(mounts, readFileSync(sandbox, "utf8"), readFileSync(own, "utf8"));
    } catch (error) {
      log.warn({ error: reportOf(error) }, "a sandbox was gone before it was looked at");
      return false;
    }
  }

  return {
    async prepare({ text, plan: wanted, environment, mayStart }) {
      const plan = {
        ...wanted,
        readable: wanted.readable.filter(existsSync),
        writable: wanted.writable.filter(existsSync),
      };
      const folders = plan.writable.filter((path) => world.entry(path)?.kind === "folder");
      const places = folders.map((path) => placeholders.take(path, { git: !plan.versionControl }));
      const giveBack = (): void => places.forEach((end) => end());
      try {
        const roots = [...plan.readable, ...plan.writable];
        const before = await heldBelow(roots);
        const forbidden = [...held(plan.hidden, roots, "hidden"), ...held(plan.kept, roots, "kept")];
        const mounts = mountsOf(plan, [...before, ...forbidden]);
        const orders = bwrapArguments(mounts, { ...world, folder: plan.folder, environment });
        const job = await launcher.prepare(text, {
          orders: () => (mayStart() ? orders : null),
          isRight: (pid) => isRight(mounts, pid),
        });
        const appeared = job.ended.then(async ({ started }) => {
          const after = started ? await heldBelow(folders).catch(() => null) : [];
          giveBack();
          if (after === null) return folders;
          const known = new Set(before.map(({ path, mark }) => `${mark} ${path}`));
          return after.flatMap(({ path, mark }) => (known.has(`${mark} ${path}`) ? [] : path));
        });
        return { ...job, appeared };
      } catch (error) {
        giveBack();
        throw error;
      }
    },
    killAll: () => launcher.killAll(),
    close: () => launcher.close(),
  };
}
