import { objectionToAddress } from "./web-address-core.ts";

export type Params = Readonly<Record<string, unknown>>;

/** What becomes of a command for the browser. */
export type Verdict =
  | { readonly type: "pass"; readonly params: Params }
  | { readonly type: "refuse"; readonly why: string };

/** What must be known of the browser to judge a command. */
export interface FilterWorld {
  /** Whether a target is a page, or a part of one: never the browser's own surface. */
  readonly isOfPage: (targetId: string) => boolean;
  /** Why a server may not be reached, for people; null when it may. */
  readonly objection: (host: string, port: number) => string | null;
}

type Rule = (params: Params, world: FilterWorld) => Verdict;

/**
 * What the assistant's client may see and steer: pages and their parts. A list without an entry for everything leaves
 * out what it does not name, such as the browser's own surface, whose scripts are more than a page's.
 */
export const pageTargets: readonly { readonly type: string }[] = [
  "page",
  "iframe",
  "worker",
  "shared_worker",
  "service_worker",
].map((type) => ({ type }));

const pass: Rule = (params) => ({ type: "pass", params });

function refuse(why: string): Verdict {
  return { type: "refuse", why };
}

/** Passes a command whose parameters are all among `names`: a later Chromium may give the others a meaning. */
function only(names: readonly string[], rule: Rule = pass): Rule {
  return (params, world) => {
    const other = Object.keys(params).find((name) => !names.includes(name));
    return other === undefined ? rule(params, world) : refuse(`its parameter ${shown(other)} is not allowed`);
  };
}

/** Only for a page, or a part of one. */
const ofPage: Rule = (params, { isOfPage }) =>
  typeof params["targetId"] === "string" && isOfPage(params["targetId"])
    ? pass(params, { isOfPage, objection: () => null })
    : refuse("there is no such page");

/** To a page of the web. The address goes on as it was understood here, so that nobody can read it in another way. */
const toWeb: Rule = (params, { objection }) => {
  const found = objectionToAddress(params["url"], objection);
  return found.type === "may"
    ? { type: "pass", params: { ...params, url: found.address } }
    : refuse(found.why);
};

/** Sees pages only, whatever it asks to see. */
const seesPages: Rule = (params) => ({ type: "pass", params: { ...params, filter: pageTargets } });

/** In one session for everything, which is what is filtered here. */
const flat =
  (rule: Rule): Rule =>
  (params, world) =>
    params["flatten"] === true ? rule(params, world) : refuse("only flat sessions are allowed");

/** Of the request nothing but that it goes on: it may not become another one. */
const unchanged: Rule = (params) =>
  params["url"] === undefined && params["interceptResponse"] !== true
    ? pass(params, noWorld)
    : refuse("a request may not be turned into another one");

const noWorld: FilterWorld = { isOfPage: () => false, objection: () => "unknown" };

/** Methods that need no look at their parameters, by domain. */
const free: Readonly<Record<string, readonly string[]>> = {
  Accessibility: ["enable", "disable", "getFullAXTree", "getPartialAXTree", "queryAXTree"],
  Browser: ["getVersion", "cancelDownload", "getWindowForTarget", "getWindowBounds", "setWindowBounds"],
  DOM: [
    "enable",
    "disable",
    "describeNode",
    "discardSearchResults",
    "focus",
    "getBoxModel",
    "getContentQuads",
    "getDocument",
    "getFrameOwner",
    "getSearchResults",
    "performSearch",
    "pushNodesByBackendIdsToFrontend",
    "querySelector",
    "querySelectorAll",
    "requestNode",
    "resolveNode",
    "scrollIntoViewIfNeeded",
    "setAttributeValue",
  ],
  Emulation: [
    "clearDeviceMetricsOverride",
    "setDefaultBackgroundColorOverride",
    "setDeviceMetricsOverride",
    "setEmulatedMedia",
    "setFocusEmulationEnabled",
    "setGeolocationOverride",
    "setLocaleOverride",
    "setScriptExecutionDisabled",
    "setTimezoneOverride",
    "setTouchEmulationEnabled",
    "setUserAgentOverride",
  ],
  Fetch: ["disable", "failRequest"],
  Inspector: ["enable", "disable"],
  Input: ["dispatchKeyEvent", "dispatchMouseEvent", "dispatchTouchEvent", "insertText", "setInterceptDrags"],
  Log: ["enable", "disable"],
  Network: [
    "clearBrowserCache",
    "disable",
    "emulateNetworkConditions",
    "enable",
    "getResponseBody",
    "setCacheDisabled",
    "setExtraHTTPHeaders",
  ],
  Page: [
    "addScriptToEvaluateOnNewDocument",
    "bringToFront",
    "captureScreenshot",
    "close",
    "createIsolatedWorld",
    "disable",
    "enable",
    "getFrameTree",
    "getLayoutMetrics",
    "getNavigationHistory",
    "handleJavaScriptDialog",
    "navigateToHistoryEntry",
    "reload",
    "removeScriptToEvaluateOnNewDocument",
    "screencastFrameAck",
    "setFontFamilies",
    "setInterceptFileChooserDialog",
    "setLifecycleEventsEnabled",
    "startScreencast",
    "stopLoading",
    "stopScreencast",
  ],
  // Snapshots, clicks and typing need these. Whether the assistant may evaluate what it wrote is decided on its call.
  Runtime: [
    "addBinding",
    "callFunctionOn",
    "disable",
    "enable",
    "evaluate",
    "getProperties",
    "releaseObject",
    "releaseObjectGroup",
    "runIfWaitingForDebugger",
    "terminateExecution",
  ],
  Target: ["detachFromTarget", "getBrowserContexts"],
};

/** Methods whose parameters say whether they may pass. */
const judged: Readonly<Record<string, Rule>> = {
  // Nothing is downloaded, whatever is asked for; to be told of it does no harm.
  "Browser.setDownloadBehavior": ({ browserContextId, eventsEnabled }) => ({
    type: "pass",
    params: {
      behavior: "deny",
      ...(typeof browserContextId === "string" ? { browserContextId } : {}),
      eventsEnabled: eventsEnabled === true,
    },
  }),
  "Browser.resetPermissions": only(["browserContextId"]),
  "Fetch.enable": only(["patterns", "handleAuthRequests"], (params) =>
    patternsAreOfRequests(params["patterns"])
      ? pass(params, noWorld)
      : refuse("answers of servers are not shown to it"),
  ),
  "Fetch.continueRequest": unchanged,
  // OpenClaw leaves a page where it is by an empty answer; more would be a page of its own making under any name.
  "Fetch.fulfillRequest": (params) =>
    params["body"] === undefined || params["body"] === ""
      ? pass(params, noWorld)
      : refuse("it may not answer for a server"),
  "Fetch.continueWithAuth": (params) =>
    ["Default", "CancelAuth"].includes(String(recordOf(params["authChallengeResponse"])["response"]))
      ? pass(params, noWorld)
      : refuse("it may not give credentials to servers"),
  // What is dropped on a page could be files, which are read where the browser runs.
  "Input.dispatchDragEvent": (params) => {
    const { files } = recordOf(params["data"]);
    return files === undefined || (Array.isArray(files) && files.length === 0)
      ? pass(params, noWorld)
      : refuse("files may not be given to pages");
  },
  "Page.navigate": only(["url", "referrer", "transitionType", "frameId", "referrerPolicy"], toWeb),
  "Target.activateTarget": only(["targetId"], ofPage),
  // A second session of the client's own; all that is said in it is judged, too.
  "Target.attachToBrowserTarget": only([]),
  "Target.attachToTarget": only(["targetId", "flatten"], flat(ofPage)),
  "Target.closeTarget": only(["targetId"], ofPage),
  "Target.createBrowserContext": only(["disposeOnDetach"]),
  "Target.createTarget": only(
    ["url", "browserContextId", "background", "newWindow", "width", "height", "focus"],
    toWeb,
  ),
  "Target.disposeBrowserContext": only(["browserContextId"]),
  "Target.getTargetInfo": (params, world) =>
    Object.keys(params).length === 0 ? pass(params, world) : only(["targetId"], ofPage)(params, world),
  "Target.getTargets": only(["filter"], seesPages),
  "Target.setAutoAttach": only(
    ["autoAttach", "waitForDebuggerOnStart", "flatten", "filter"],
    flat(seesPages),
  ),
  "Target.setDiscoverTargets": only(["discover", "filter"], seesPages),
};

const rules: ReadonlyMap<string, Rule> = new Map([
  ...Object.entries(free).flatMap(([domain, names]) =>
    names.map((name): [string, Rule] => [`${domain}.${name}`, pass]),
  ),
  ...Object.entries(judged),
]);

/**
 * Judges a command of the assistant's client for the browser. What is not listed is refused: it may be new, and
 * Chromium's protocol reaches far beyond pages (files, cookies of every site, certificates, proxies).
 */
export function judgeCommand(method: string, params: Params, world: FilterWorld): Verdict {
  const rule = rules.get(method);
  return rule === undefined ? refuse("the assistant's browser does not offer it") : rule(params, world);
}

/** The same event without what is not the assistant's; null when it is not told at all. */
export function eventFor(method: string, params: Params): Params | null {
  switch (method) {
    case "Target.attachedToTarget":
      return isPageTarget(params["targetInfo"]) || recordOf(params["targetInfo"])["type"] === "browser"
        ? params
        : null;
    case "Target.targetCreated":
    case "Target.targetInfoChanged":
      return isPageTarget(params["targetInfo"]) ? params : null;
    case "Target.receivedMessageFromTarget":
      return null;
    // Cookies that no script of the page may read.
    case "Network.requestWillBeSentExtraInfo":
    case "Network.responseReceivedExtraInfo":
      return {
        ...params,
        headers: withoutCookies(params["headers"]),
        ...(params["headersText"] === undefined ? {} : { headersText: "" }),
        ...(params["associatedCookies"] === undefined ? {} : { associatedCookies: [] }),
        ...(params["blockedCookies"] === undefined ? {} : { blockedCookies: [] }),
      };
    default:
      return params;
  }
}

/** The same answer without what is not the assistant's. */
export function answerFor(method: string, result: unknown): unknown {
  if (method !== "Target.getTargets") return result;
  const { targetInfos } = recordOf(result);
  return { targetInfos: Array.isArray(targetInfos) ? targetInfos.filter(isPageTarget) : [] };
}

/**
 * What Chromium says of a target is of a page, and not of the browser's own surface, which has pages of its own, too.
 * Without an address is only what a page has just opened.
 */
export function isPageTarget(info: unknown): boolean {
  const { type, url, openerId, openerFrameId } = recordOf(info);
  if (!pageTargets.some((one) => one.type === type) || typeof url !== "string") return false;
  if (url === "") return type !== "page" || openerId !== undefined || openerFrameId !== undefined;
  return /^(?:https?|about|blob|data|chrome-error):/.test(url);
}

function withoutCookies(headers: unknown): Params {
  return Object.fromEntries(
    Object.entries(recordOf(headers)).filter(([name]) => !/^(?:set-)?cookie$/i.test(name)),
  );
}

function patternsAreOfRequests(patterns: unknown): boolean {
  return (
    patterns === undefined ||
    (Array.isArray(patterns) &&
      patterns.every((one) => [undefined, "Request"].includes(recordOf(one)["requestStage"] as undefined)))
  );
}

/** Nothing but a plain object has names; everything else has none. */
export function recordOf(value: unknown): Params {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Params) : {};
}

/** For the assistant, who then knows that it was nothing of the page. */
export function refusalSentence(why: string): string {
  return `SmartClaw's Guardian did not let this through: ${why.replace(/\.$/, "")}.`;
}

/** Text of a stranger, in a sentence. */
function shown(text: string): string {
  return /^[\w.]{1,60}$/.test(text) ? text : "(not a name)";
}
