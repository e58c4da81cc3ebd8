import { existsSync } from "node:fs";
import type { Log } from "@smartclaw/contracts";
import { isWithin } from "../paths/resolve.ts";
import type { World } from "../world/world.ts";
import { bwrapArguments } from "./bwrap-arguments.ts";
import { createHeldApartFinder, type HeldApart } from "./held-apart.ts";
import { createSandboxLauncher, type SandboxJob } from "./launcher.ts";
import { mountsOf } from "./mounts.ts";
import { createPlaceholders } from "./placeholders.ts";
import type { SandboxPlan } from "./plan.ts";

/** A command, and what it may see and change. */
interface SandboxedCommand {
  /** For `bash --noprofile --norc -c`. */
  readonly text: string;
  readonly plan: SandboxPlan;
  readonly environment: Readonly<Record<string, string>>;
  /** Asked at the moment of the start. */
  readonly mayStart: () => boolean;
}

export interface SandboxRun extends SandboxJob {
  /**
   * Paths that were not there before it, below what it may change, and that other programs would believe. Deep in a
   * folder nothing keeps a command from making them, so it is told afterwards.
   */
  readonly appeared: Promise<readonly string[]>;
}

/** The second wall: what was allowed by mistake still finds nothing but what was granted. */
export interface Sandbox {
  /** @throws RangeError when a granted folder is too large to be looked through */
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
  const { world } = deps;
  const launcher = createSandboxLauncher(deps);
  const finder = createHeldApartFinder();
  const placeholders = createPlaceholders();

  async function heldBelow(roots: readonly string[]): Promise<readonly HeldApart[]> {
    const found: HeldApart[] = [];
    for (const root of roots) found.push(...(await finder.below(root)));
    for (const path of world.protectedPlaces.keys()) {
      if (!roots.some((root) => isWithin(path, root))) continue;
      const entry = world.entry(path);
      if (entry !== null) found.push({ path, kind: entry.kind, how: "hidden" });
    }
    return found;
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
      const giveBack = (): void => places.forEach((place) => place.giveBack());
      try {
        const before = await heldBelow([...plan.readable, ...plan.writable]);
        const orders = bwrapArguments(mountsOf(plan, before), { ...world, folder: plan.folder, environment });
        const job = await launcher.prepare(text, () => (mayStart() ? orders : null));
        const appeared = job.ended.then(async ({ started }) => {
          const known = new Set(before.map(({ path }) => path));
          const after = started ? await heldBelow(folders).catch(() => []) : [];
          giveBack();
          return after.map(({ path }) => path).filter((path) => !known.has(path));
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
