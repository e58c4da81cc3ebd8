import type { Scope } from "../grants/grant.ts";
import { isWithin } from "../paths/resolve.ts";
import { type Asked, type AskedNeed, runsOthers } from "./asked.ts";

/**
 * What repeats is what was allowed three times in 14 days: what comes every day shows after three, what comes twice a
 * week in the second week, and what comes rarer is no burden to be asked about.
 */
const timesToRepeat = 3;
const day = 86_400_000;
const within = 14 * day;
/** So long nothing is said of what the owner did not want, in an answer or as an offer. */
const silentFor = 30 * day;
/** Clocks are set right by so much all the time. */
const clockSlack = 60_000;
const mostKept = 2000;

/** Something the owner said, in the order of the log. All times in milliseconds since 1970. */
export type HabitEvent =
  | { readonly type: "yes" | "no"; readonly at: number; readonly asked: Asked }
  | { readonly type: "accepted" | "dismissed"; readonly at: number; readonly shape: string }
  /** Everything was: what was allowed before says nothing any more. */
  | { readonly type: "stopped" };

export interface HabitState {
  readonly approvals: readonly { readonly at: number; readonly shape: string; readonly asked: Asked }[];
  readonly denials: readonly { readonly at: number; readonly needs: readonly AskedNeed[] }[];
  readonly dismissed: ReadonlyMap<string, number>;
}

/** What could be granted, as it was allowed again and again. */
export interface Habit {
  readonly shape: string;
  readonly times: number;
  readonly lastAt: number;
  readonly scopes: readonly Scope[];
}

export const noHabits: HabitState = { approvals: [], denials: [], dismissed: new Map() };

export function withEvent(state: HabitState, event: HabitEvent): HabitState {
  switch (event.type) {
    case "yes": {
      const { at, asked } = event;
      if (!asked.mayRepeat) return state;
      const approvals = [...state.approvals.slice(1 - mostKept), { at, asked, shape: shapeOf(asked) }];
      return { ...state, approvals };
    }
    case "no": {
      const denials = [...state.denials.slice(1 - mostKept), { at: event.at, needs: event.asked.needs }];
      return { ...state, denials };
    }
    case "accepted":
      return { ...state, approvals: state.approvals.filter(({ shape }) => shape !== event.shape) };
    case "dismissed":
      return { ...state, dismissed: new Map(state.dismissed).set(event.shape, event.at) };
    case "stopped":
      return { ...state, approvals: [] };
  }
}

/**
 * What to offer now, the newest first. An offer allows what was allowed each time, to the word; where the times differ,
 * and only in arguments that were data each time, it allows what begins as all of them did, with further data.
 */
export function offersOf(state: HabitState, now: number): readonly Habit[] {
  const isRecent = ({ at }: { readonly at: number }): boolean => now - at < within && at <= now + clockSlack;
  const groups = Map.groupBy(state.approvals.filter(isRecent), ({ shape }) => shape);
  const denied = state.denials.filter(({ at }) => now - at < silentFor).flatMap(({ needs }) => needs);
  const offers: Habit[] = [];
  for (const [shape, approvals] of groups) {
    if (now - (state.dismissed.get(shape) ?? -Infinity) < silentFor) continue;
    // Together, or else those that were the same to the word.
    const same = Map.groupBy(approvals, ({ asked }) => JSON.stringify(asked.needs)).values();
    for (const group of [approvals, ...same]) {
      if (group.length < timesToRepeat) continue;
      const scopes = scopesOf(group.map(({ asked }) => asked));
      if (scopes === null || scopes.some((scope) => denied.some((need) => touches(scope, need)))) continue;
      const lastAt = Math.max(...group.map(({ at }) => at));
      offers.push({ shape, times: group.length, lastAt, scopes });
      break;
    }
  }
  return offers.toSorted((one, other) => other.lastAt - one.lastAt);
}

/** Two that have the same shape run the same programs with the same flags and touch the same places. */
function shapeOf({ trees, needs }: Asked): string {
  return JSON.stringify([
    trees,
    needs.map((need) => {
      if (need.type !== "run") return need;
      const { program, argv, words, data } = need;
      if (!data) return [program, argv];
      const [, first = ""] = words;
      const flags = words.filter((word, at) => at > 0 && word.startsWith("-"));
      return [program, first.startsWith("-") ? "" : first, [...new Set(flags)].toSorted()];
    }),
  ]);
}

/** The least that covers all of them; null when that is nothing to offer. */
function scopesOf(all: readonly Asked[]): readonly Scope[] | null {
  const scopes = (all[0]?.needs ?? []).map((_, at) => scopeOf(all.flatMap(({ needs }) => needs[at] ?? [])));
  if (scopes.length === 0 || !scopes.every((scope) => scope !== null)) return null;
  return [...new Map(scopes.map((scope) => [JSON.stringify(scope), scope])).values()];
}

function scopeOf(needs: readonly AskedNeed[]): Scope | null {
  const [first] = needs;
  if (first === undefined) return null;
  if (first.type !== "run") {
    if (!needs.every((need) => JSON.stringify(need) === JSON.stringify(first))) return null;
    return first.type === "reach"
      ? { type: "reach", host: first.host }
      : { type: first.type, path: first.path };
  }
  const runs = needs.flatMap((need) => (need.type === "run" && need.program === first.program ? [need] : []));
  if (runs.length < needs.length || !isOfferable(first)) return null;
  if (runs.every(({ argv }) => isSame(argv, first.argv)))
    return run(first.program, first.argv.slice(1), false);
  if (!runs.every(({ data }) => data)) return null;
  const differ = runs.map(({ words }) => first.words.findIndex((word, at) => word !== words[at]));
  const shared = Math.min(...differ.map((at) => (at < 0 ? first.words.length : at)));
  return run(first.program, first.words.slice(1, shared), true);
}

/** A program alone is never offered: it would be all that it does. */
function run(program: string, args: readonly string[], rest: boolean): Scope | null {
  if (args.length === 0 || args.includes("")) return null;
  return { type: "run", words: [program, ...args], rest };
}

/** What runs others is never offered, but for the tasks of a project, to the word. */
function isOfferable({ program, argv, data }: Extract<AskedNeed, { type: "run" }>): boolean {
  const name = program.replace(/^.*\//, "");
  if (!program.startsWith("/") || runsOthers(name)) return false;
  return data || projectTask.test([name, ...argv.slice(1)].join(" "));
}

const projectTask = /^(?:(?:npm|pnpm|yarn) (?:test|run [\w:.-]+)|(?:mvn|gradle|dotnet) (?:test|build))$/;

/** Whether an offer would allow what was refused, or a part of it. */
function touches(scope: Scope, need: AskedNeed): boolean {
  if (scope.type === "run")
    return (
      need.type === "run" &&
      need.program === scope.words[0] &&
      [need.argv, need.words].some((words) => beginsAlike(words.slice(1), scope.words.slice(1)))
    );
  if (scope.type === "reach") return need.type === "reach" && need.host === scope.host;
  if (scope.type !== "read" && scope.type !== "write") return false;
  if (need.type !== "read" && need.type !== "write") return false;
  return isWithin(need.path, scope.path) || isWithin(scope.path, need.path);
}

function beginsAlike(one: readonly string[], other: readonly string[]): boolean {
  return one.slice(0, other.length).every((word, at) => word === other[at]);
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && beginsAlike(one, other);
}
