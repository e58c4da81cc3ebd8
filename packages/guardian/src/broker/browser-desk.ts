import { type Clock, reportOf } from "@smartclaw/contracts";
import type { Need } from "../analysis/report.ts";
import type { Browser } from "../browser/browser.ts";
import type { Decision, Judge } from "../decide.ts";
import { type Grant, isOwn } from "../grants/grant.ts";
import { objectionToHost } from "../grants/origin.ts";
import { createBrowserWindows } from "./browser-windows.ts";
import type { OriginOfTab } from "./foresee.ts";
import { isFor } from "./plan-for.ts";
import type { Action } from "./tool-call.ts";

/** What the broker knows of the assistant's browser, and may do to it. */
export type BrowserHands = Pick<Browser, "originOf" | "refusedSince" | "recheck" | "start" | "stop">;

/** Decides on what is done in the browser, and on where that gets meanwhile. */
export interface BrowserDesk {
  /** The call with its tab, or why it is refused before anybody is asked. What is no call of the browser stays as it is. */
  meant(action: Action, session: string, callers: readonly string[]): Action;
  readonly originOf: OriginOfTab;
  /** Resolves when the browser runs. @returns why it does not, for people; null when it does */
  ready(): Promise<string | null>;
  /** A call was let through. What in it was for once is open as long as it lasts. */
  begin(call: { readonly session: string; readonly toolCallId: string }, begun: Begun): void;
  /** What the assistant is told of a call that is over, beside or instead of its result. @param tab that it was in */
  over(session: string, toolCallId: string, tab: string | null): Aftermath;
  close(session: string, toolCallId: string): void;
  /** Nothing is open any more, and the browser is killed. */
  stopAll(): void;
  /** Why the browser may not reach a host, for people; null when it may. @param host in small letters */
  mayReach(host: string, port: number): string | null;
  /** What has been granted, for the assistant; null when nothing has. */
  hint(callers: readonly string[]): string | null;
}

interface Begun {
  readonly action: Extract<Action, { type: "browser" }>;
  readonly callers: readonly string[];
  readonly decision: Decision;
}

export interface Aftermath {
  /** Why the result is kept back; null when it is not. */
  readonly withheld: string | null;
  /** What was refused meanwhile; null when nothing was. */
  readonly note: string | null;
}

type Browse = Extract<Need, { type: "browse" }>;

const noBrowser =
  "there is no browser for the assistant on this computer; `smartclaw guardian status` says what is missing";
const mostRemembered = 1000;
const mostNamed = 10;

export function createBrowserDesk(deps: {
  readonly browser: BrowserHands | null;
  readonly effective: () => readonly Grant[];
  readonly judge: Judge;
  readonly clock: Clock;
}): BrowserDesk {
  const { browser, effective, judge, clock } = deps;
  const windows = createBrowserWindows(() => clock.now());
  /** Calls whose result the assistant has not got yet. */
  const begun = new Map<string, { readonly at: number; readonly origins: readonly string[] } & Begun>();
  /** Of those, the ones that the owner stopped. */
  const stopped = new Set<string>();
  /** In which tab a conversation was last. OpenClaw knows one for all conversations. */
  const lastTabs = new Map<string, string>();
  const keyOf = (session: string, toolCallId: string): string => JSON.stringify([session, toolCallId]);
  // Which tab is meant where none is named, nobody knows but OpenClaw.
  const originOf: OriginOfTab = (tab) => (tab === null ? null : (browser?.originOf(tab) ?? null));

  /** What was open for the call only ends with it, also where the browser is in the middle of it. */
  function shut(session: string, toolCallId: string): void {
    windows.close(session, toolCallId);
    browser?.recheck();
  }

  function aftermath(
    call: Begun & { at: number; origins: readonly string[] },
    tab: string | null,
  ): Aftermath {
    const refused = browser?.refusedSince(call.at) ?? [];
    const more = refused.length > mostNamed ? [`and ${refused.length - mostNamed} more`] : [];
    const end = "Parts of the page may be missing by it; the owner can grant them in SmartClaw.";
    const note = refused.length === 0 ? null : [...refused.slice(-mostNamed), ...more, end].join("\n");
    const origin = originOf(tab);
    // A page may have led elsewhere since the decision; what is there is another page.
    if (origin === null || call.origins.includes(origin)) return { withheld: null, note };
    const need: Browse = { type: "browse", origin, may: "read" };
    const { decision } = judge(
      { needs: [need], unknown: [], refused: [] },
      { callers: call.callers, now: clock.now() },
    );
    const withheld = `SmartClaw's Guardian keeps the result back: the page led to ${origin}, which was not granted.`;
    return { withheld: decision === "allow" ? null : withheld, note };
  }

  return {
    meant(action, session, callers) {
      if (action.type !== "browser") return action;
      if (browser === null) return { type: "refused", reason: noBrowser };
      const { call } = action;
      if (call.does === "look")
        return callers.some(isOwn)
          ? { type: "free" }
          : { type: "refused", reason: "only the owner's assistant sees which pages are open" };
      if (call.tab !== null || (call.does === "open" && call.isNew)) return action;
      const tab = lastTabs.get(session);
      return tab === undefined
        ? { type: "refused", reason: "it is not said in which tab; its targetId names it" }
        : { ...action, call: { ...call, tab } };
    },
    originOf,
    async ready() {
      try {
        await browser?.start();
        return null;
      } catch (error) {
        return reportOf(error).message;
      }
    },
    begin({ session, toolCallId }, call) {
      const { missing, report } = call.decision;
      const key = keyOf(session, toolCallId);
      begun.set(key, { ...call, at: clock.now(), origins: originsOf(report.needs) });
      forgetFirst(begun);
      const once = originsOf(missing);
      if (once.length > 0) windows.open(session, toolCallId, once);
    },
    over(session, toolCallId, tab) {
      const key = keyOf(session, toolCallId);
      const call = begun.get(key);
      begun.delete(key);
      shut(session, toolCallId);
      if (stopped.delete(key))
        return {
          withheld: "SmartClaw's Guardian keeps the result back: everything was stopped.",
          note: null,
        };
      if (call === undefined) return { withheld: null, note: null };
      const shown = call.action.call.does === "look" ? null : (call.action.call.tab ?? tab);
      if (shown !== null) {
        lastTabs.delete(session);
        lastTabs.set(session, shown);
        forgetFirst(lastTabs);
      }
      return aftermath(call, shown);
    },
    close: shut,
    stopAll() {
      windows.closeAll();
      for (const key of begun.keys()) stopped.add(key);
      begun.clear();
      lastTabs.clear();
      browser?.stop();
    },
    mayReach(host, port) {
      if (port !== 443 && port !== 80) return `port ${port} is none of the usual ones of the web`;
      const objection = objectionToHost(host);
      if (objection !== null) return objection;
      const origin = `${port === 443 ? "https" : "http"}://${host}`;
      const about = effective().filter(({ scope }) => scope.type === "browse" && scope.origin === origin);
      // Whose page it is that wants to get there cannot be told: what is forbidden to anybody is not reached.
      if (
        about.some(
          ({ effect, scope }) => effect === "deny" && scope.type === "browse" && scope.may === "read",
        )
      )
        return `a grant forbids ${origin}`;
      const isGranted = about.some(
        ({ effect, until }) => effect === "allow" && (until === null || clock.now() < until),
      );
      return isGranted || windows.leadsTo(origin) ? null : `${origin} is not granted`;
    },
    hint(callers) {
      if (browser === null) return null;
      const granted = effective().flatMap((grant) => {
        const { effect, scope } = grant;
        if (effect === "deny" || scope.type !== "browse" || !isFor(grant, callers)) return [];
        return [`${scope.origin} (${scope.may === "read" ? "read" : "read and act"})`];
      });
      const pages = granted.length === 0 ? "no pages yet" : granted.join(", ");
      return (
        `In the browser you may use: ${pages}. For other pages the owner is asked. Name a tab by its whole targetId, ` +
        "never by a short name or a label, and leave out target, node, profile and dashboard."
      );
    },
  };
}

/** What is missing and nobody is asked about, as nobody can tell from a script what it does; null when nothing is. */
export function unaskedIn({ report, grants, missing }: Decision): string | null {
  const isScript = (need: Need): boolean => need.type === "browse" && need.may === "script";
  if (grants.length > 0 || !report.needs.some(isScript) || !missing.some(isScript)) return null;
  return "scripts run only in pages of sites for which they were granted, and nobody is asked about them";
}

function originsOf(needs: readonly Need[]): readonly string[] {
  return needs.flatMap((need) => (need.type === "browse" ? [need.origin] : []));
}

/** A map remembers the order in which things came. */
function forgetFirst<Value>(map: Map<string, Value>): void {
  if (map.size <= mostRemembered) return;
  const { value } = map.keys().next();
  if (value !== undefined) map.delete(value);
}
