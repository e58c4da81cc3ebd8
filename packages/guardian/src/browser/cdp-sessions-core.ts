import {
  answerFor,
  eventFor,
  type Params,
  recordOf,
  refusalSentence,
  type Verdict,
} from "./cdp-filter-core.ts";

/** Of a client, as long as it is there. */
export type ClientId = number;

/** What is to be done next. */
export type SessionStep =
  | { readonly type: "send"; readonly message: Params }
  | { readonly type: "deliver"; readonly client: ClientId; readonly message: Params }
  | { readonly type: "shut"; readonly client: ClientId; readonly why: string }
  /** An answer to, or an event for, the one who drives the browser itself. */
  | { readonly type: "own"; readonly message: Params };

/**
 * Lets several clients share one connection to a browser, none seeing anything of another: each gets a session of its
 * own at the browser or at a page, which to it looks like a connection of its own, and what it attaches to below.
 */
export interface CdpSessions {
  /** @param target of a page; null for the browser itself */
  open(client: ClientId, target: string | null): readonly SessionStep[];
  fromClient(client: ClientId, message: unknown): readonly SessionStep[];
  fromBrowser(message: unknown): readonly SessionStep[];
  /** Whatever the client had attached to is let go. */
  close(client: ClientId): readonly SessionStep[];
  /** A command of the one who drives the browser. @returns its number, which its answer has, too */
  ask(method: string, params: Params, session?: string): { id: number; steps: readonly SessionStep[] };
}

interface Session {
  readonly client: ClientId;
  readonly parent: string | null;
}

interface Client {
  /** The session that stands for its connection; null until there is one. */
  root: string | null;
  /** What it said before that. */
  early: unknown[];
}

type Asked =
  | { readonly by: "own" }
  | { readonly by: "attach"; readonly client: ClientId }
  | {
      readonly by: "client";
      readonly client: ClientId;
      readonly id: number;
      readonly method: string;
      /** As the client named it; null for its connection. */
      readonly session: string | null;
    };

/** Commands of a client that are not answered yet, and those before its connection stands. */
const mostOpen = 10_000;
const mostEarly = 1000;

/** Codes of the protocol, as Chromium gives them. */
const refusedCode = -32_000;
const noSessionCode = -32_001;

export function createCdpSessions(judge: (method: string, params: Params) => Verdict): CdpSessions {
  const clients = new Map<ClientId, Client>();
  const sessions = new Map<string, Session>();
  const asked = new Map<number, Asked>();
  const openOf = new Map<ClientId, number>();
  let last = 0;

  function send(by: Asked, method: string, params: Params, session?: string): SessionStep {
    last += 1;
    asked.set(last, by);
    return {
      type: "send",
      message: { id: last, method, params, ...(session ? { sessionId: session } : {}) },
    };
  }

  function shut(client: ClientId, why: string): readonly SessionStep[] {
    return [{ type: "shut", client, why }, ...close(client)];
  }

  function close(client: ClientId): readonly SessionStep[] {
    const known = clients.get(client);
    if (known === undefined) return [];
    clients.delete(client);
    openOf.delete(client);
    for (const [id, one] of sessions) if (one.client === client) sessions.delete(id);
    return known.root === null
      ? []
      : [send({ by: "own" }, "Target.detachFromTarget", { sessionId: known.root })];
  }

  function owns(client: ClientId, session: unknown): session is string {
    return typeof session === "string" && sessions.get(session)?.client === client;
  }

  function carry(client: ClientId, root: string, said: unknown): readonly SessionStep[] {
    const command = parseCommand(said);
    if (command === null) return shut(client, "That is no command of the protocol.");
    const { id, method, params, session } = command;
    const answer = (code: number, message: string): readonly SessionStep[] => [
      {
        type: "deliver",
        client,
        message: { id, error: { code, message }, ...(session === null ? {} : { sessionId: session }) },
      },
    ];
    if (session !== null && (session === root || !owns(client, session)))
      return answer(noSessionCode, "Session with given id not found.");
    if (method === "Target.detachFromTarget") {
      const wanted = params["sessionId"];
      if (Object.keys(params).length !== 1 || wanted === root || !owns(client, wanted))
        return answer(noSessionCode, "Session with given id not found.");
    }
    const verdict = judge(method, params);
    if (verdict.type === "refuse") return answer(refusedCode, refusalSentence(verdict.why));
    const open = openOf.get(client) ?? 0;
    if (open >= mostOpen) return shut(client, "Too many commands are waiting.");
    openOf.set(client, open + 1);
    return [send({ by: "client", client, id, method, session }, method, verdict.params, session ?? root)];
  }

  function answered(message: Params, by: Asked): readonly SessionStep[] {
    if (by.by === "own") return [{ type: "own", message }];
    const known = clients.get(by.client);
    if (by.by === "attach") {
      const session = recordOf(message["result"])["sessionId"];
      if (typeof session !== "string") return shut(by.client, "There is no such page.");
      // It went away in the meantime.
      if (known === undefined)
        return [send({ by: "own" }, "Target.detachFromTarget", { sessionId: session })];
      known.root = session;
      sessions.set(session, { client: by.client, parent: null });
      const { early } = known;
      known.early = [];
      return early.flatMap((said) => (clients.has(by.client) ? carry(by.client, session, said) : []));
    }
    if (known === undefined) return [];
    openOf.set(by.client, (openOf.get(by.client) ?? 1) - 1);
    const { error, result } = message;
    const rest = error === undefined ? { result: answerFor(by.method, result) } : { error };
    const named = by.session === null ? {} : { sessionId: by.session };
    return [{ type: "deliver", client: by.client, message: { id: by.id, ...rest, ...named } }];
  }

  function happened(message: Params): readonly SessionStep[] {
    const { method, sessionId } = message;
    const params = recordOf(message["params"]);
    const within = typeof sessionId === "string" ? sessions.get(sessionId) : undefined;
    const child = params["sessionId"];
    if (within === undefined) {
      // The end of a client's own page comes where its session was made.
      const ended =
        method === "Target.detachedFromTarget" && typeof child === "string" && sessions.get(child);
      return ended ? shut(ended.client, "The page is gone.") : [{ type: "own", message }];
    }
    if (typeof method !== "string" || typeof sessionId !== "string") return [];
    const told = eventFor(method, params);
    if (method === "Target.attachedToTarget" && typeof child === "string") {
      if (told === null)
        return [send({ by: "own" }, "Target.detachFromTarget", { sessionId: child }, sessionId)];
      sessions.set(child, { client: within.client, parent: sessionId });
    }
    if (method === "Target.detachedFromTarget" && typeof child === "string") {
      if (!owns(within.client, child)) return [];
      forget(child);
    }
    if (told === null) return [];
    const named = within.parent === null ? {} : { sessionId };
    return [{ type: "deliver", client: within.client, message: { method, params: told, ...named } }];
  }

  function forget(session: string): void {
    sessions.delete(session);
    for (const [id, { parent }] of sessions) if (parent === session) forget(id);
  }

  return {
    open(client, target) {
      clients.set(client, { root: null, early: [] });
      const by: Asked = { by: "attach", client };
      return [
        target === null
          ? send(by, "Target.attachToBrowserTarget", {})
          : send(by, "Target.attachToTarget", { targetId: target, flatten: true }),
      ];
    },
    fromClient(client, message) {
      const known = clients.get(client);
      if (known === undefined) return [];
      if (known.root !== null) return carry(client, known.root, message);
      if (known.early.length >= mostEarly) return shut(client, "Too many commands are waiting.");
      known.early.push(message);
      return [];
    },
    fromBrowser(said) {
      const message = recordOf(said);
      const { id } = message;
      if (id === undefined) return happened(message);
      const by = typeof id === "number" ? asked.get(id) : undefined;
      if (by === undefined) return [];
      asked.delete(id as number);
      return answered(message, by);
    },
    close,
    ask(method, params, session) {
      const step = send({ by: "own" }, method, params, session);
      return { id: last, steps: [step] };
    },
  };
}

interface Command {
  readonly id: number;
  readonly method: string;
  readonly params: Params;
  readonly session: string | null;
}

/** Exactly what the protocol has, nothing more. */
function parseCommand(said: unknown): Command | null {
  const { id, method, params = {}, sessionId = null, ...others } = recordOf(said);
  if (typeof id !== "number" || !Number.isSafeInteger(id) || typeof method !== "string") return null;
  if (typeof params !== "object" || params === null || Array.isArray(params)) return null;
  if (sessionId !== null && typeof sessionId !== "string") return null;
  if (Object.keys(others).length > 0) return null;
  return { id, method, params: params as Params, session: sessionId };
}
