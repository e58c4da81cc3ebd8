import { z } from "zod";
import type { Need } from "../analysis/report.ts";
import { riskOf, scopesFor } from "../broker/describe.ts";
import type { Decision } from "../decide.ts";
import type { Grant } from "../grants/grant.ts";
import { isInterpreter, isRunner, wrappers } from "../programs/wrappers.ts";

/** A need as an answer keeps it, for what repeats to be seen. */
const askedNeed = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("run"),
    program: z.string(),
    /** Up to the first word that was not known. */
    argv: z.array(z.string()),
    words: z.array(z.string()),
    /** Whether all further arguments were only data. */
    data: z.boolean(),
  }),
  z.object({ type: z.enum(["read", "write"]), path: z.string() }),
  z.object({ type: z.literal("reach"), host: z.string() }),
]);
export type AskedNeed = z.infer<typeof askedNeed>;

/** What the owner was asked for; it stands in the log beside the answer. */
export const asked = z.object({
  /** Whether it may become a habit at all. */
  mayRepeat: z.boolean(),
  /** The granted folders and files that it touched. */
  trees: z.array(z.string()),
  /** What was not granted. */
  needs: z.array(askedNeed),
});
export type Asked = z.infer<typeof asked>;

/** In bytes of JSON; nobody repeats by hand what is longer. */
const longest = 8192;

/**
 * What an answer is about. May repeat what is the owner's, is understood as a whole, loses and sends nothing, and names
 * no shell, interpreter or wrapper anywhere, not even as data.
 * @param by the grants that are effective @param text the command; empty for a file tool
 */
export function askedOf(
  decision: Decision,
  { callers, text, by }: { callers: readonly string[]; text: string; by: readonly Grant[] },
): Asked {
  const { report, missing } = decision;
  // Also what is granted already: a program that removes is none to be had by habit.
  const isRed = riskOf({ report, missing: report.needs }) === "red";
  const mayRepeat = callers[0] === "owner" && scopesFor(decision) !== null && !isRed && !namesRunner(text);
  const trees = by.flatMap(({ id, scope }) =>
    decision.grants.includes(id) && (scope.type === "read" || scope.type === "write") ? [scope.path] : [],
  );
  const needs = missing.flatMap(toAsked);
  const complete = needs.length === missing.length;
  const whole: Asked = { mayRepeat: mayRepeat && complete, trees: [...new Set(trees)].toSorted(), needs };
  return Buffer.byteLength(JSON.stringify(whole)) <= longest ? whole : inShort(needs);
}

function toAsked(need: Need): AskedNeed[] {
  switch (need.type) {
    case "run": {
      const known = need.argv.indexOf(null);
      const argv = (known < 0 ? need.argv : need.argv.slice(0, known)) as readonly string[];
      const { type, program } = need;
      return [{ type, program, argv: [...argv], words: [...need.words], data: need.beyond === null }];
    }
    case "read":
    case "write":
      return [{ type: need.type, path: need.path }];
    case "reach":
      return [{ type: "reach", host: need.host }];
    default:
      return [];
  }
}

/** Only the programs: a no to more than can be kept is a no to all that they do. */
function inShort(needs: readonly AskedNeed[]): Asked {
  const programs = new Set(needs.flatMap((need) => (need.type === "run" ? [need.program] : [])));
  const runs = [...programs].slice(0, 50).map((program): AskedNeed => ({
    type: "run",
    program: program.slice(0, 100),
    argv: [],
    words: [],
    data: false,
  }));
  return { mayRepeat: false, trees: [], needs: runs };
}

/** Whether a word in a command could be a program that runs others; too often is no harm. */
function namesRunner(text: string): boolean {
  return text.split(/[^A-Za-z0-9_.+-]+/).some((word) => word !== "." && runsOthers(word));
}

/** Whether a program runs whatever its arguments, its input or a file say. */
export function runsOthers(name: string): boolean {
  return isInterpreter(name) || isRunner(name) || Object.hasOwn(wrappers, name) || more.has(name);
}

const more: ReadonlySet<string> = new Set(
  "xargs ssh scp rsync awk gawk mawk nawk sudo su docker podman".split(" "),
);
