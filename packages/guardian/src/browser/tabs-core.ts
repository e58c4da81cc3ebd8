import { isPageTarget, type Params, recordOf } from "./cdp-filter-core.ts";

/** A page that is open in the assistant's browser. */
export interface BrowserTab {
  readonly id: string;
  readonly url: string;
  readonly title: string;
}

/** What is open in a browser, from what it tells. */
export interface Tabs {
  /**
   * Takes in an event of the session that discovers targets.
   * @returns the id of a page that was not known, to be watched
   */
  heard(method: string, params: Params): string | null;
  /** The document that a page shows now: a `Page.Frame` of the protocol; frames within it are not looked at. */
  shows(id: string, frame: unknown): void;
  list(): readonly BrowserTab[];
  /** A page, or a part of one such as a frame or a worker. */
  isOfPage(id: string): boolean;
  isTab(id: string): boolean;
  /**
   * @param tab its id or, as OpenClaw takes it, a beginning that only one has. Null stands for the one that OpenClaw
   *   used last, which only OpenClaw knows: it is answered only where every tab that is not empty has the same origin
   * @returns null when that cannot be said, or is no origin of the web
   */
  originOf(tab: string | null): string | null;
}

interface Known {
  info: Params;
  origin: string | null;
  /** Of the document, where it is known; what is told of a target may be where it is on its way to. */
  url: string | null;
}

export function createTabs(): Tabs {
  const known = new Map<string, Known>();
  const isTab = (id: string): boolean => {
    const one = known.get(id);
    return one !== undefined && one.info["type"] === "page" && isPageTarget(one.info);
  };
  const ids = (): readonly string[] => [...known.keys()].filter(isTab);

  function idOf(name: string): string | null {
    if (isTab(name)) return name;
    const found = ids().filter((id) => id.toLowerCase().startsWith(name.toLowerCase()));
    return name !== "" && found.length === 1 ? (found[0] ?? null) : null;
  }

  return {
    heard(method, params) {
      const info = recordOf(params["targetInfo"]);
      const id = info["targetId"] ?? params["targetId"];
      if (typeof id !== "string") return null;
      if (method === "Target.targetDestroyed") known.delete(id);
      if (method !== "Target.targetCreated" && method !== "Target.targetInfoChanged") return null;
      const before = known.get(id);
      known.set(id, { origin: null, url: null, ...before, info });
      return before === undefined && info["type"] === "page" ? id : null;
    },
    shows(id, frame) {
      const one = known.get(id);
      const { parentId, securityOrigin, url } = recordOf(frame);
      if (one === undefined || parentId !== undefined) return;
      one.url = typeof url === "string" ? url : null;
      one.origin =
        typeof securityOrigin === "string" && /^https?:\/\//.test(securityOrigin) ? securityOrigin : null;
    },
    list: () =>
      ids().map((id) => {
        const one = known.get(id);
        const { url, title } = one?.info ?? {};
        return {
          id,
          url: one?.url ?? (typeof url === "string" ? url : ""),
          title: typeof title === "string" ? title : "",
        };
      }),
    isOfPage: (id) => isPageTarget(known.get(id)?.info),
    isTab,
    originOf(tab) {
      if (tab !== null) {
        const id = idOf(tab);
        return id === null ? null : (known.get(id)?.origin ?? null);
      }
      const origins = new Set(
        ids().flatMap((id) => {
          const { origin = null, url = null } = known.get(id) ?? {};
          return origin === null && url === "about:blank" ? [] : [origin];
        }),
      );
      const [only = null] = origins;
      return origins.size === 1 ? only : null;
    },
  };
}
