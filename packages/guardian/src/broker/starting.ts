import { reportOf } from "@smartclaw/contracts";
import type { Judge } from "../decide.ts";
import { resolvePath } from "../paths/resolve.ts";
import type { SandboxRun } from "../sandbox/sandbox.ts";
import { takenIn } from "../taint/taint-core.ts";
import type { CommandCopy } from "../undo/command-copies.ts";
import type { BrokerDeps } from "./broker.ts";
import type { Jobs } from "./jobs.ts";
import { commandOf, type Judging } from "./judging.ts";
import { noted, type Notes } from "./notes.ts";
import { stillReaches } from "./still-reaches.ts";
import type { Tickets } from "./tickets.ts";

/** A command that OpenClaw is about to start. */
interface Spawn {
  readonly ticket: string;
  readonly session: string;
  readonly command: string;
  /** Absolute. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** @returns the words that start it, or why nothing is started */
export type Starting = (
  spawn: Spawn,
) => Promise<{ readonly job: string; readonly argv: readonly string[] } | { readonly refused: string }>;

export interface StartingDeps extends Pick<
  BrokerDeps,
  "world" | "grants" | "sandbox" | "taints" | "copies" | "clock" | "log"
> {
  readonly judging: Judging;
  readonly judge: Judge;
  readonly notes: Notes;
  readonly jobs: Jobs;
  readonly tickets: Tickets;
}

/** Has commands started for which there is a ticket, once it is seen again that what was decided holds. */
export function createStarting(deps: StartingDeps): Starting {
  const { world, grants, sandbox, taints, copies, clock, log } = deps;
  const { judging, judge, notes, jobs, tickets } = deps;

  async function noteEnd(
    job: SandboxRun,
    about: Record<string, unknown>,
    begun: number,
    used: readonly string[],
    copy: CommandCopy,
  ): Promise<void> {
    const { started, exitCode } = await job.ended;
    const appeared = await job.appeared;
    jobs.delete(job.id);
    await copy.end(started);
    const ms = clock.now() - begun;
    notes.after("end", { ...about, started, exitCode, ms, ...(appeared.length > 0 ? { appeared } : {}) });
    if (started) grants.used(used);
  }

  return async ({ ticket, session, command, folder, environment }) => {
    const permit = tickets.redeem(ticket);
    const place = resolvePath(world, "/", folder);
    const why =
      permit === null
        ? "there is no decision for it"
        : permit.text !== command || permit.session !== session || place?.path !== permit.folder
          ? "it is another command than was decided on"
          : otherVariable(permit.environment, environment);
    if (permit === null || why !== null) {
      notes.after("refused", { session, ...noted(command), reasons: [why] });
      return { refused: `SmartClaw's Guardian started nothing: ${why}.` };
    }
    const { toolCallId, text, plan } = permit;
    const about = { session, toolCallId };
    let copy: CommandCopy;
    try {
      copy = await copies.take(permit);
    } catch (error) {
      const { message } = reportOf(error);
      notes.after("refused", { ...about, ...noted(text), reasons: [message] });
      return { refused: `SmartClaw's Guardian started nothing: ${message}` };
    }
    const mayStart = (): boolean => {
      try {
        const still = judging.stillAllowed(permit);
        if (still === null || !copy.isStill(still)) {
          const why = still === null ? "it is not allowed any more" : "what it would change has just changed";
          notes.before("refused", { ...about, ...noted(text), reasons: [why] });
          return false;
        }
        const { needs } = permit.decision.report;
        const shown = [...plan.readable, ...plan.writable];
        taints.takeIn(permit.root, takenIn(commandOf(permit), needs, shown));
        notes.before("start", {
          ...about,
          ...noted(text),
          folder: plan.folder,
          reads: plan.readable,
          writes: plan.writable,
          ...(plan.hosts.length > 0 ? { reaches: plan.hosts } : {}),
          ...copy.noted,
        });
        return true;
      } catch (error) {
        log.error({ error: reportOf(error) }, "a start could not be written down, so nothing was started");
        return false;
      }
    };
    const begun = clock.now();
    const mayReach = (host: string): boolean =>
      stillReaches(permit, host, { judge, grants, now: clock.now() });
    const orders = { text, plan, environment: permit.environment, mayStart, mayReach };
    const job = await sandbox.prepare(orders).catch(async (error: unknown) => {
      await copy.end(false);
      throw error;
    });
    jobs.add(job, permit.decision.grants);
    noteEnd(job, about, begun, permit.decision.grants, copy).catch((error: unknown) =>
      log.error({ error: reportOf(error) }, "the end of a command could not be written down"),
    );
    return { job: job.id, argv: job.argv };
  };
}

/** What OpenClaw adds by itself; none of it reaches the command. */
const addedByOpenClaw: ReadonlySet<string> = new Set([
  "PATH",
  "HOME",
  "LANG",
  "OPENCLAW_SHELL",
  "OPENCLAW_SUBAGENT_EXEC",
]);

/** Why the variables are not those that were decided on; null when they are. */
function otherVariable(
  decided: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
): string | null {
  const names = new Set([...Object.keys(decided), ...Object.keys(given)]);
  const other = [...names].find(
    (name) => decided[name] !== given[name] && !(decided[name] === undefined && addedByOpenClaw.has(name)),
  );
  return other === undefined ? null : `its variable ${other.slice(0, 100)} is another than was decided on`;
}
