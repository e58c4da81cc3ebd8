import { z } from "zod";
import { readPageAddress } from "./page-address.ts";

/** What a call of OpenClaw's browser tool does to SmartClaw's browser. */
export type BrowserCall =
  /** Shows which tabs there are, brings one forward or closes one: nothing of a page but its title and address. */
  | { readonly does: "look" }
  | {
      readonly does: "open";
      /** As `URL` writes it. */ readonly address: string;
      readonly origin: string;
      /** In a new tab. */
      readonly isNew: boolean;
      readonly tab: string | null;
    }
  /** In the page that is in a tab: sees it, uses it as a person would, or runs a script in it. */
  | {
      readonly does: "read" | "act" | "script";
      /** Null for the one that was used last. */
      readonly tab: string | null;
    };

export type ReadBrowserCall =
  | { readonly call: BrowserCall; /** Exactly what is asked for, for people. */ readonly text: string }
  | { readonly refused: string };

/** What OpenClaw calls the one profile that there is. */
const browserProfile = "smartclaw";

/** As Chromium names tabs. OpenClaw's own short names and labels are known to OpenClaw only. */
const tab = /^[0-9A-F]{32}$/;
const word = z.string().max(1024);
const text = z.string().max(16_384);
const amount = z.number().nonnegative().max(1e9);
const flag = z.boolean();
const named = z.object({ targetId: word });

const place = { ref: word, selector: word };
const field = z.strictObject({ ref: word, type: word, value: z.union([text, z.number(), flag]) }).partial();

/** Everything else that an action takes, by its name; what is not here is not understood. */
const acts: Readonly<Record<string, { readonly does: "read" | "act"; readonly takes: z.ZodRawShape }>> = {
  click: {
    does: "act",
    takes: { ...place, doubleClick: flag, button: word, modifiers: z.array(word).max(8), delayMs: amount },
  },
  clickCoords: {
    does: "act",
    takes: { x: amount, y: amount, doubleClick: flag, button: word, delayMs: amount },
  },
  type: { does: "act", takes: { ...place, text, submit: flag, slowly: flag } },
  press: { does: "act", takes: { key: word, delayMs: amount } },
  hover: { does: "act", takes: place },
  scrollIntoView: { does: "act", takes: place },
  drag: { does: "act", takes: { startRef: word, endRef: word } },
  select: { does: "act", takes: { ...place, values: z.array(text).max(100) } },
  fill: { does: "act", takes: { fields: z.array(field).max(100) } },
  resize: { does: "act", takes: { width: amount, height: amount } },
  wait: {
    does: "read",
    takes: { timeMs: amount, text, textGone: text, selector: word, url: word, loadState: word },
  },
};
const script = { fn: text, ref: word };
const mostActs = 100;
/** In UTF-16 code units. */
const longest = 65_536;

const looks: Readonly<Record<string, z.ZodRawShape>> = {
  status: {},
  start: {},
  stop: {},
  tabs: {},
  focus: {},
  close: {},
};
const reads: Readonly<Record<string, z.ZodRawShape>> = {
  snapshot: {
    limit: amount,
    maxChars: amount,
    mode: word,
    snapshotFormat: word,
    refs: word,
    interactive: flag,
    compact: flag,
    depth: amount,
    frame: word,
    selector: word,
    labels: flag,
    urls: flag,
    query: word,
  },
  screenshot: { fullPage: flag, ref: word, element: word, type: word, labels: flag },
  console: { level: word, limit: amount },
  requests: { filter: word, limit: amount, clear: flag },
  errors: { limit: amount, clear: flag },
  text: { selector: word, maxChars: amount },
  pdf: {},
};
const changes: Readonly<Record<string, z.ZodRawShape>> = {
  emulate: { device: word, colorScheme: word, timezoneId: word, locale: word },
  dialog: { dialogId: word, accept: flag, promptText: text },
};
const refusals: Readonly<Record<string, string>> = {
  profiles: `there is one profile, ${browserProfile}`,
  importprofile: "no other browser's cookies are taken over",
  doctor: "there is nothing for the assistant to mend in this browser",
  upload: "no file is given to a page",
  download: "no file is taken from a page",
  waitfordownload: "no file is taken from a page",
};

/** Of each call: which browser, where there is only one, which tab, and for how long. */
const common = {
  action: word,
  targetId: word,
  target: z.literal("host"),
  profile: z.literal(browserProfile),
  timeoutMs: amount,
};

/** Whether nothing else is said than what is known, and that of the right kind. */
function holds(shape: z.ZodRawShape, given: object): boolean {
  return z.strictObject(shape).partial().safeParse(given).success;
}

/**
 * Reads a call of the browser tool as OpenClaw 2026.9.6 carries it out. What is not understood is refused, also where
 * OpenClaw would pass over it: another release may not.
 */
export function readBrowserCall(params: Readonly<Record<string, unknown>>): ReadBrowserCall {
  const { action } = params;
  const no = (refused: string): ReadBrowserCall => ({ refused });
  if (typeof action !== "string") return no("a call of the browser that is not understood");
  if ((params["target"] ?? "host") !== "host" || params["node"] !== undefined)
    return no("there is no other browser for the assistant than SmartClaw's own");
  if ((params["profile"] ?? browserProfile) !== browserProfile)
    return no(`SmartClaw's browser has one profile, ${browserProfile}; nobody else's browser is used`);
  if (params["label"] !== undefined || params["dashboard"] !== undefined)
    return no("tabs are called by their targetId only, and get no other names");
  if (Object.hasOwn(refusals, action)) return no(refusals[action] ?? "");
  const ofTab = named.partial().safeParse(params).data;
  const targetId = ofTab?.targetId;
  if (ofTab === undefined || (targetId !== undefined && !tab.test(targetId)))
    return no("a tab is named by its whole targetId, which the call of tabs shows, and not by another name");
  const misunderstood = `a call of the browser's ${action.slice(0, 40)} that is not understood`;
  const found = { tab: targetId ?? null };
  const said = JSON.stringify({ ...params, target: undefined, profile: undefined, timeoutMs: undefined });
  if (said.length > longest) return no("more for a page than anybody reads");

  if (Object.hasOwn(looks, action))
    return holds({ ...common, ...looks[action] }, params)
      ? { call: { does: "look" }, text: said }
      : no(misunderstood);
  if (Object.hasOwn(reads, action))
    return holds({ ...common, ...reads[action] }, params)
      ? { call: { does: "read", ...found }, text: said }
      : no(misunderstood);
  if (Object.hasOwn(changes, action))
    return holds({ ...common, ...changes[action] }, params)
      ? { call: { does: "act", ...found }, text: said }
      : no(misunderstood);
  if (action === "open" || action === "navigate") {
    const shape = { ...common, targetUrl: text, url: text };
    const { targetUrl, url } = params;
    const address = targetUrl ?? url;
    if (!holds(shape, params) || typeof address !== "string" || (url ?? address) !== address)
      return no(misunderstood);
    const read = readPageAddress(address);
    if ("objection" in read) return no(read.objection);
    return {
      call: {
        does: "open",
        address: read.href,
        origin: read.origin,
        isNew: action === "open",
        tab: action === "open" ? null : found.tab,
      },
      text: `Open ${read.href}`,
    };
  }
  if (action !== "act") return no(misunderstood);
  return readAct(params, found.tab, said) ?? no(misunderstood);
}

/** OpenClaw takes an act's parts from `request`, and what is not there from the call itself; here it is one of both. */
function readAct(
  params: Readonly<Record<string, unknown>>,
  tabOfCall: string | null,
  said: string,
): ReadBrowserCall | null {
  const { request, ...others } = params;
  const isWrapped = request !== undefined;
  if (isWrapped && (typeof request !== "object" || request === null || Array.isArray(request))) return null;
  if (isWrapped && Object.keys(others).some((name) => !Object.hasOwn(common, name))) return null;
  if (
    !holds(
      common,
      pick(others, (name) => Object.hasOwn(common, name)),
    )
  )
    return null;
  const inner = isWrapped
    ? (request as Record<string, unknown>)
    : pick(others, (name) => !Object.hasOwn(common, name) || name === "timeoutMs" || name === "targetId");
  const own = inner["targetId"];
  if (own !== undefined && (typeof own !== "string" || !tab.test(own))) return null;
  if (own !== undefined && tabOfCall !== null && own !== tabOfCall) return null;
  const count = { acts: 0 };
  const does = doneBy(inner, own, count);
  if (does === null) return null;
  // To close a tab is to look at one less.
  if (does === "close") return { call: { does: "look" }, text: said };
  return { call: { does, tab: own ?? tabOfCall }, text: said };
}

type Deed = "close" | "read" | "act" | "script";
const deeds: readonly Deed[] = ["close", "read", "act", "script"];

/** What an act does at most; null when it is not understood. @param tabOfCall the parts of a batch are in the same tab */
function doneBy(
  act: Readonly<Record<string, unknown>>,
  tabOfCall: string | undefined,
  count: { acts: number },
): Deed | null {
  const { kind, targetId, ...rest } = act;
  count.acts += 1;
  if (typeof kind !== "string" || targetId !== tabOfCall || count.acts > mostActs) return null;
  const takes = { timeoutMs: amount };
  if (kind === "batch") {
    const { actions, ...others } = rest;
    if (!holds({ stopOnError: flag, ...takes }, others) || !Array.isArray(actions) || actions.length === 0)
      return null;
    let most = 0;
    for (const one of actions as unknown[]) {
      if (typeof one !== "object" || one === null || Array.isArray(one)) return null;
      const part = one as Readonly<Record<string, unknown>>;
      const deed = doneBy({ targetId: tabOfCall, ...part }, tabOfCall, count);
      if (deed === null) return null;
      most = Math.max(most, deeds.indexOf(deed));
    }
    return deeds[most] ?? null;
  }
  if (kind === "close") return holds(takes, rest) ? "close" : null;
  if (kind === "evaluate") return holds({ ...script, ...takes }, rest) ? "script" : null;
  // A wait for a function to be true runs that function, again and again.
  if (kind === "wait" && "fn" in rest)
    return holds({ ...acts["wait"]?.takes, ...script, ...takes }, rest) ? "script" : null;
  if (!Object.hasOwn(acts, kind)) return null;
  const known = acts[kind];
  return known !== undefined && holds({ ...known.takes, ...takes }, rest) ? known.does : null;
}

function pick(
  from: Readonly<Record<string, unknown>>,
  test: (name: string) => boolean,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => test(name)));
}
