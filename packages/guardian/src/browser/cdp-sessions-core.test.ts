import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Params, Verdict } from "./cdp-filter-core.ts";
import { type ClientId, createCdpSessions, type SessionStep } from "./cdp-sessions-core.ts";

const judge = (method: string, params: Params): Verdict =>
  method.startsWith("Bad.") ? { type: "refuse", why: "it is bad" } : { type: "pass", params };
const page = { targetId: "T", type: "page", url: "about:blank" };

/** A small Chromium, as far as sessions go: it gives each attached target a session and answers every command. */
function start() {
  const sessions = createCdpSessions(judge);
  const heard: { client: ClientId; message: Params }[] = [];
  const shut: ClientId[] = [];
  const sent: Params[] = [];
  const own: Params[] = [];
  let last = 0;

  function take(steps: readonly SessionStep[]): void {
    for (const step of steps)
      if (step.type === "deliver") heard.push(step);
      else if (step.type === "shut") shut.push(step.client);
      else if (step.type === "own") own.push(step.message);
      else sent.push(step.message);
  }
  /** Answers the command that was sent last. */
  function answer(result: Params): void {
    const { id, sessionId } = sent.at(-1) ?? {};
    take(sessions.fromBrowser({ id, result, ...(sessionId === undefined ? {} : { sessionId }) }));
  }
  function open(client: ClientId, target: string | null = null): string {
    take(sessions.open(client, target));
    last += 1;
    answer({ sessionId: `S${last}` });
    return `S${last}`;
  }
  return {
    sessions,
    heard,
    shut,
    sent,
    own,
    open,
    answer,
    say: (client: ClientId, message: unknown) => take(sessions.fromClient(client, message)),
    event: (message: Params) => take(sessions.fromBrowser(message)),
    close: (client: ClientId) => take(sessions.close(client)),
  };
}

test("each client has a session of its own, which to it looks like the connection", () => {
  const one = start();
  const first = one.open(1);
  const second = one.open(2);
  one.say(1, { id: 7, method: "Browser.getVersion" });
  assert.deepEqual(
    { ...one.sent.at(-1), id: 0 },
    { id: 0, method: "Browser.getVersion", params: {}, sessionId: first },
  );
  one.answer({ product: "x" });
  one.event({ method: "Target.targetCreated", params: { targetInfo: page }, sessionId: second });
  assert.deepEqual(one.heard, [
    { type: "deliver", client: 1, message: { id: 7, result: { product: "x" } } },
    { type: "deliver", client: 2, message: { method: "Target.targetCreated", params: { targetInfo: page } } },
  ]);
});

test("what a client attaches to is its own and nobody else's", () => {
  const one = start();
  const first = one.open(1);
  one.open(2);
  const attached = { sessionId: "CHILD", targetInfo: page, waitingForDebugger: false };
  one.event({ method: "Target.attachedToTarget", params: attached, sessionId: first });
  one.say(1, { id: 1, method: "Page.enable", sessionId: "CHILD" });
  assert.equal(one.sent.at(-1)?.["sessionId"], "CHILD");
  one.answer({});
  assert.deepEqual(one.heard.at(-1)?.message, { id: 1, result: {}, sessionId: "CHILD" });
  const before = one.sent.length;
  for (const sessionId of ["CHILD", first, "S2", "other", ""])
    one.say(2, { id: 2, method: "Page.enable", sessionId });
  for (const sessionId of ["CHILD", first, "S2"])
    one.say(2, { id: 3, method: "Target.detachFromTarget", params: { sessionId } });
  one.say(2, { id: 3, method: "Target.detachFromTarget", params: { targetId: "T" } });
  assert.equal(one.sent.length, before);
  for (const { client, message } of one.heard.slice(-9)) {
    assert.equal(client, 2);
    assert.ok("error" in message);
  }
});

test("what was refused is told, and nothing of it goes to the browser", () => {
  const one = start();
  one.open(1);
  const before = one.sent.length;
  one.say(1, { id: 4, method: "Bad.thing", params: {} });
  assert.equal(one.sent.length, before);
  assert.deepEqual(one.heard.at(-1)?.message, {
    id: 4,
    error: { code: -32_000, message: "SmartClaw's Guardian did not let this through: it is bad." },
  });
});

test("the browser's own surface is let go at once and not told of", () => {
  const one = start();
  const first = one.open(1);
  const targetInfo = { targetId: "O", type: "browser_ui", url: "chrome://omnibox-popup.top-chrome/" };
  one.event({ method: "Target.attachedToTarget", params: { sessionId: "UI", targetInfo }, sessionId: first });
  assert.equal(one.heard.length, 0);
  assert.equal(one.sent.at(-1)?.["method"], "Target.detachFromTarget");
  one.say(1, { id: 1, method: "Runtime.evaluate", sessionId: "UI" });
  assert.ok("error" in (one.heard.at(-1)?.message ?? {}));
});

test("who goes leaves nothing, and hears nothing any more", () => {
  const one = start();
  const first = one.open(1);
  one.event({
    method: "Target.attachedToTarget",
    params: { sessionId: "CHILD", targetInfo: page },
    sessionId: first,
  });
  one.say(1, { id: 1, method: "Page.enable", sessionId: "CHILD" });
  const { id } = one.sent.at(-1) ?? {};
  const heard = one.heard.length;
  one.close(1);
  assert.deepEqual(one.sent.at(-1)?.["params"], { sessionId: first });
  one.event({ id, result: {}, sessionId: "CHILD" });
  one.event({ method: "Page.loadEventFired", params: {}, sessionId: "CHILD" });
  one.say(1, { id: 2, method: "Page.enable" });
  assert.equal(one.heard.length, heard);
});

test("a client that goes before its connection stands leaves no session behind", () => {
  const one = start();
  one.sessions.open(1, "T");
  one.close(1);
  one.event({ id: 1, result: { sessionId: "LATE" } });
  assert.deepEqual(one.sent.at(-1)?.["params"], { sessionId: "LATE" });
});

test("commands that come before the connection stands wait; those of a page that is gone end it", () => {
  const one = start();
  const steps = one.sessions.open(1, "T");
  assert.equal(steps.length, 1);
  one.say(1, { id: 1, method: "Page.enable" });
  assert.deepEqual(one.sent, []);
  one.event({ id: 1, result: { sessionId: "P" } });
  assert.equal(one.sent.at(-1)?.["sessionId"], "P");
  one.event({ method: "Target.detachedFromTarget", params: { sessionId: "P", targetId: "T" } });
  assert.deepEqual(one.shut, [1]);
  one.sessions.open(2, "GONE");
  one.event({ id: 4, error: { code: -32_602, message: "No target with given id found" } });
  one.event({ id: 3, error: { code: -32_602, message: "No target with given id found" } });
  assert.ok(one.shut.includes(2));
});

test("what is no command of the protocol ends the connection", () => {
  for (const said of [
    null,
    7,
    "x",
    [],
    {},
    { id: "1", method: "Page.enable" },
    { id: 1.5, method: "Page.enable" },
    { id: 1 },
    { id: 1, method: "Page.enable", params: [] },
    { id: 1, method: "Page.enable", params: "x" },
    { id: 1, method: "Page.enable", sessionId: 7 },
    { id: 1, method: "Page.enable", more: true },
  ]) {
    const one = start();
    one.open(1);
    one.say(1, said);
    assert.deepEqual(one.shut, [1], JSON.stringify(said));
  }
});

test("whatever happens, a client hears only of its own sessions and its own numbers", () => {
  const move = fc.oneof(
    fc.record({ what: fc.constant("open" as const), client: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ what: fc.constant("close" as const), client: fc.integer({ min: 1, max: 3 }) }),
    fc.record({
      what: fc.constant("say" as const),
      client: fc.integer({ min: 1, max: 3 }),
      session: fc.option(fc.nat({ max: 8 }), { nil: null }),
    }),
    fc.record({ what: fc.constant("attach" as const), session: fc.nat({ max: 8 }) }),
    fc.record({ what: fc.constant("event" as const), session: fc.nat({ max: 8 }) }),
    fc.record({ what: fc.constant("answer" as const) }),
  );
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      const one = start();
      /** To whom each session belongs; forgotten when its client goes. */
      const owner = new Map<string, ClientId>();
      const roots = new Map<ClientId, string>();
      let children = 0;
      let said = 0;
      const numbers = new Map<ClientId, Set<number>>();
      const nth = (at: number): string => [...owner.keys()][at] ?? "none";
      for (const step of moves) {
        const before = one.heard.length;
        const sentBefore = one.sent.length;
        switch (step.what) {
          case "open": {
            if (roots.has(step.client)) break;
            const root = one.open(step.client);
            roots.set(step.client, root);
            owner.set(root, step.client);
            numbers.set(step.client, new Set());
            break;
          }
          case "close":
            one.close(step.client);
            roots.delete(step.client);
            for (const [id, client] of owner) if (client === step.client) owner.delete(id);
            break;
          case "say": {
            const session = step.session === null ? null : nth(step.session);
            said += 1;
            numbers.get(step.client)?.add(said);
            one.say(step.client, {
              id: said,
              method: "Page.enable",
              ...(session === null ? {} : { sessionId: session }),
            });
            for (const { sessionId } of one.sent.slice(sentBefore))
              assert.equal(owner.get(String(sessionId)), step.client);
            break;
          }
          case "attach": {
            const session = nth(step.session);
            const client = owner.get(session);
            if (client === undefined) break;
            children += 1;
            owner.set(`C${children}`, client);
            one.event({
              method: "Target.attachedToTarget",
              params: { sessionId: `C${children}`, targetInfo: page },
              sessionId: session,
            });
            break;
          }
          case "event": {
            const session = nth(step.session);
            one.event({ method: "Page.loadEventFired", params: {}, sessionId: session });
            for (const { client } of one.heard.slice(before)) assert.equal(client, owner.get(session));
            break;
          }
          case "answer":
            if (one.sent.length > 0) one.answer({});
            break;
        }
        for (const { client, message } of one.heard.slice(before)) {
          assert.ok(roots.has(client));
          if (typeof message["id"] === "number") assert.ok(numbers.get(client)?.has(message["id"]));
          // Who guesses a name hears that there is no such session, under that name.
          if (message["error"] === undefined) assert.notEqual(message["sessionId"], roots.get(client));
        }
      }
    }),
  );
});
