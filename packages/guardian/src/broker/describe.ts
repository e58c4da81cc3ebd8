import type { ActionEffect, GrantScope, GuardianRequest } from "@smartclaw/contracts";
import type { Need } from "../analysis/report.ts";
import type { Decision } from "../decide.ts";

/** The effects of an action, as a card shows them. */
export function effectsOf({ report }: Pick<Decision, "report">): ActionEffect[] {
  const effects = report.needs.map(effectOf);
  if (report.unknown.length > 0) effects.push({ kind: "unknown", what: "more than can be known before" });
  return [...new Map(effects.map((effect) => [JSON.stringify(effect), effect])).values()];
}

function effectOf(need: Need): ActionEffect {
  switch (need.type) {
    case "run":
      return { kind: "run", what: need.program.replace(/^.*\//, "") };
    case "read":
    case "write":
    case "remove":
      return { kind: need.type, what: need.path };
    case "reach":
      return { kind: need.sends ? "send" : "fetch", what: need.host };
    case "browse":
      return {
        kind: ({ read: "browse", act: "act", script: "script" } as const)[need.may],
        what: need.origin,
      };
    case "tool":
      return { kind: "call", what: "a sub-agent" };
    case "undo":
      return { kind: "remove", what: need.what };
  }
}

/**
 * `red`: something is lost, sent out, or not known, or a script runs in a page; `amber`: a program does more than its
 * data arguments say, the network is reached, or somebody acts in a page; `blue`: something is written, or a page is
 * read, which learns the address that it is read by; `green`: the rest.
 */
export function riskOf({ report, missing }: Pick<Decision, "report" | "missing">): GuardianRequest["risk"] {
  const has = (test: (need: Need) => boolean): boolean => missing.some(test);
  const lost = has(({ type }) => type === "remove" || type === "undo");
  const scripts = has((need) => need.type === "browse" && need.may === "script");
  if (lost || scripts || has((need) => need.type === "reach" && need.sends)) return "red";
  const more = has(
    (need) =>
      need.type === "reach" ||
      (need.type === "run" && need.beyond !== null) ||
      (need.type === "browse" && need.may === "act"),
  );
  if (report.unknown.length > 0 || more) return "amber";
  return has(({ type }) => type === "write" || type === "browse") ? "blue" : "green";
}

/** What, granted, would let exactly this through; null when there is nothing, or when it is not to be had for longer. */
export function scopesFor(decision: Pick<Decision, "report" | "missing">): GrantScope[] | null {
  const { report, missing } = decision;
  if (report.unknown.length > 0 || missing.length === 0 || riskOf(decision) === "red") return null;
  const scopes = missing.map(scopeFor);
  return scopes.every((scope) => scope !== null) ? scopes : null;
}

function scopeFor(need: Need): GrantScope | null {
  switch (need.type) {
    case "run": {
      const words = need.argv.map((word, at) => (at === 0 ? need.program : word));
      return words.every((word) => word !== null && word !== "")
        ? { type: "run", words: words as string[], rest: false }
        : null;
    }
    case "read":
    case "write":
      return { type: need.type, path: need.path };
    case "reach":
      return need.port === 443 && !need.sends ? { type: "reach", host: need.host } : null;
    case "browse":
      return need.may === "script" ? null : { type: "browse", origin: need.origin, may: need.may };
    case "tool":
      return { type: "tool", name: need.name };
    case "remove":
    case "undo":
      return null;
  }
}
