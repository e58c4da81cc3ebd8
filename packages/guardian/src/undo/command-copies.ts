import { SmartClawError } from "@smartclaw/contracts";
import { type Decision, lostForGood } from "../decide.ts";
import { isOwn } from "../grants/grant.ts";
import type { SandboxPlan } from "../sandbox/plan.ts";
import type { World } from "../world/world.ts";
import { guessedLimits, knownLimits, type Limits } from "./limits.ts";
import { look } from "./look.ts";
import { type Losses, lossesOf, outermost } from "./losses.ts";
import { NotWhole } from "./not-whole.ts";
import type { SnapshotStore } from "./snapshot-store.ts";
import { gently } from "./steps.ts";

/** A decision, when it counts whether a copy can be kept. */
export interface Weighed {
  readonly decision: Decision;
  /** Why none can be kept of what is known to be lost; null when one can, or nothing is lost. */
  readonly without: string | null;
}

/** A command that was let through. */
interface Allowed {
  readonly session: string;
  readonly text: string;
  readonly decision: Decision;
  readonly plan: SandboxPlan;
  /** What the owner was told, and said yes to. */
  readonly without: string | null;
}

/** A copy for one command, or none where nothing is lost. */
export interface CommandCopy {
  /** For the log. */
  readonly noted: { readonly copy?: string; readonly noCopy?: string };
  /** At the moment of the start: whether it has all that would be lost. Does not throw. */
  isStill(decision: Decision): boolean;
  /** Safe to call whatever happened. */
  end(started: boolean): Promise<void>;
}

export interface CommandCopies {
  /**
   * What would be lost for good is not lost silently: where no copy can be kept, the owner is asked.
   * @param plan what a command may write; null for what is no command
   * @param callers the names by which grants know who asks
   */
  weigh(decision: Decision, plan: (() => SandboxPlan) | null, callers: readonly string[]): Promise<Weighed>;
  /** On the disk when it returns. @throws SmartClawError CONFLICT, DISK_FULL */
  take(allowed: Allowed): Promise<CommandCopy>;
}

export function createCommandCopies(store: SnapshotStore, world: World): CommandCopies {
  return {
    async weigh(decision, plan, callers) {
      if (decision.decision === "deny") return { decision, without: null };
      const { known, guessed } = lossesOf(decision, () => plan?.().writable ?? [], world);
      if (known.length + guessed.length === 0) return { decision, without: null };
      const without = known.length === 0 ? null : await objection(known, knownLimits);
      const unguessed = guessed.length === 0 ? null : await objection(guessed, guessedLimits);
      if (without === null) return { decision: withCopy(decision, unguessed), without };
      return { decision: withoutCopy(decision, known, without, callers), without };
    },
    async take({ session, text, decision, plan, without }) {
      const losses = lossesOf(decision, () => plan.writable, world);
      const isSame = (again: Decision): boolean =>
        isSameLoss(
          losses,
          lossesOf(again, () => plan.writable, world),
        );
      const none = (noted: CommandCopy["noted"]): CommandCopy => ({
        noted,
        isStill: isSame,
        end: async () => {},
      });
      if (losses.known.length + losses.guessed.length === 0) return none({});
      if (without !== null) return none({ noCopy: without });
      const unguessed = losses.guessed.length === 0 ? null : await objection(losses.guessed, guessedLimits);
      const paths = outermost([...losses.known, ...(unguessed === null ? losses.guessed : [])]);
      const note = unguessed === null ? {} : { noCopy: unguessed };
      if (paths.length === 0) return none(note);
      const { id, isStill } = await takeWhole(store, { session, text }, paths, both);
      return {
        noted: { copy: id, ...note },
        isStill: (again) => isSame(again) && isStill(),
        end: async (started) => (started ? await store.ended(id) : store.drop(id)),
      };
    },
  };
}

const both: Limits = {
  entries: knownLimits.entries + guessedLimits.entries,
  bytes: knownLimits.bytes + guessedLimits.bytes,
};

/** @throws SmartClawError CONFLICT, DISK_FULL */
export async function takeWhole(
  store: SnapshotStore,
  about: { readonly session: string; readonly text: string },
  paths: readonly string[],
  limits: Limits,
): Promise<Awaited<ReturnType<SnapshotStore["take"]>>> {
  try {
    return await store.take({ ...about, undoes: null }, paths, limits);
  } catch (error) {
    if (!(error instanceof NotWhole)) throw error;
    throw new SmartClawError(
      "CONFLICT",
      `No copy can be kept of what would be lost: ${error.message}.`,
      "Ask again: the owner can say yes to it without a copy.",
      { cause: error },
    );
  }
}

/** Why no copy of it would be whole; null when one would. */
async function objection(paths: readonly string[], limits: Limits): Promise<string | null> {
  try {
    await gently(look(paths, limits));
    return null;
  } catch (error) {
    if (error instanceof NotWhole) return error.message;
    throw error;
  }
}

function isSameLoss(one: Losses, other: Losses): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function withCopy(decision: Decision, unguessed: string | null): Decision {
  if (decision.decision !== "ask") return decision;
  const lost = new Map(
    decision.missing.flatMap((need) =>
      need.type === "undo" ? [[lostForGood(need.what), `${need.what} would be lost; a copy is kept`]] : [],
    ),
  );
  const reasons = decision.reasons.map((reason) => lost.get(reason) ?? reason);
  if (unguessed !== null) reasons.push(`no copy is kept of what it may change, because ${unguessed}`);
  return { ...decision, reasons };
}

function withoutCopy(
  decision: Decision,
  paths: readonly string[],
  why: string,
  callers: readonly string[],
): Decision {
  const what =
    paths.length === 1 ? (paths[0] ?? "") : `what is at ${paths.length} places, as at ${paths[0]},`;
  const missing = [...decision.missing, { type: "undo", what } as const];
  if (!callers.some(isOwn))
    return {
      ...decision,
      decision: "deny",
      reasons: ["only the owner can be asked, and somebody else wants it"],
      missing,
    };
  return {
    ...decision,
    decision: "ask",
    reasons: [...decision.reasons, `${lostForGood(what)}: ${why}`],
    missing,
  };
}
