import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Log } from "@smartclaw/contracts";
import { createReleases } from "../releases/releases.ts";
import { createInstaller } from "./installer.ts";
import type { InstallProgress } from "./messages.ts";
import { createReleaseLists, type ListRequest } from "./release-lists.ts";
import { listAt, newWorld, openclaw, type World } from "./testing/resolve-world.ts";

const silent: Log = { info() {}, warn() {}, error() {} };
const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const onHold = "Update to it by hand if you trust it.";
const forGood = "Nothing is to be done; a newer version is looked for as before.";

/** Lists of a user who runs OpenClaw 1.0.0, whose list came with SmartClaw, and is offered 2.0.0. */
async function newLists(t: TestContext, overrides: { command?: readonly [string, ...string[]] } = {}) {
  const world: World = await newWorld(t);
  const { registry, home, order } = world;
  const committed = (version: string): string => join(home, "locks", `openclaw-${version}.json`);
  const folder = join(home, "updates", "lists");
  mkdirSync(join(home, "locks"));
  renameSync(order.heldFile, committed("1.0.0"));
  const tickets: { reason: string; received: number; end: string }[] = [];
  const progress: InstallProgress[] = [];
  const deps = {
    environment: { PATH: process.env["PATH"], HOME: home },
    registry: registry.url,
    processName: "test",
    ledger: {
      begin({ reason }: { reason: string }) {
        const ticket = { reason, received: 0, end: "" };
        tickets.push(ticket);
        return {
          connected() {},
          count: ({ received = 0 }) => void (ticket.received += received),
          end: () => void (ticket.end ||= "ended"),
          fail: (why: string) => void (ticket.end ||= why),
        };
      },
      refuse() {},
    },
    log: silent,
  };
  const lists = createReleaseLists({
    ...deps,
    component: order.component,
    command: [process.execPath, program("./resolve-child.ts")],
    committed,
    folder,
    cache: join(home, "cache", "lists"),
    registrySigns: true,
    keys: order.keys,
    ...overrides,
  });
  const ensure = (change: Partial<ListRequest> = {}, signal = new AbortController().signal): Promise<void> =>
    lists.ensure(
      {
        version: "2.0.0",
        integrity: async () => order.integrity ?? "",
        insisted: false,
        earlier: "1.0.0",
        before: null,
        ...change,
      },
      (now) => progress.push(now),
      signal,
    );
  return { ...world, lists, folder, committed, ensure, deps, tickets, progress };
}

const unasked = (): Promise<string> => Promise.reject(new Error("nobody is to be asked"));

test("a list that is trusted is written, and the release can be installed by it", async (t) => {
  const { ensure, next, lists, folder, home, deps, tickets, progress, registry } = await newLists(t);
  next();
  await ensure();
  const path = lists.pathOf("2.0.0");
  assert.equal(path, join(folder, "openclaw-2.0.0.json"));
  assert.ok(listAt(path)["node_modules/openclaw"]);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.deepEqual(
    tickets.map(({ reason, end }) => [reason, end]),
    [["looking through the packages of OpenClaw 2.0.0", "ended"]],
  );
  assert.equal(tickets[0]?.received, progress.at(-1)?.bytesDone);
  assert.ok((tickets[0]?.received ?? 0) > 0);

  const asked = registry.requests().length;
  await ensure({ integrity: unasked });
  assert.equal(registry.requests().length, asked, "once is enough");

  const installer = createInstaller({
    ...deps,
    command: [process.execPath, program("./child.ts")],
    releases: createReleases({ root: home, platform: process.platform }),
    cache: join(home, "cache", "npm"),
    lockFile: lists.pathOf,
    clock: { now: () => Date.now() },
  });
  assert.equal((await installer.install("2.0.0")).state, "installed");
});

test("a list that is held is refused with the reason, and is the very one that the user then lets through", async (t) => {
  const { ensure, next, lists, folder, registry } = await newLists(t);
  next({ attested: false });
  await assert.rejects(ensure(), {
    code: "UPDATE_REFUSED",
    message: "Earlier versions had a proof of where they were built, which is missing for openclaw 2.0.0.",
    next: onHold,
  });
  assert.ok(!existsSync(lists.pathOf("2.0.0")));
  const asked = registry.requests().length;
  await ensure({ insisted: true, integrity: unasked });
  assert.equal(registry.requests().length, asked);
  assert.deepEqual(readdirSync(folder), ["openclaw-2.0.0.json"]);
});

test("many doubts are told in few words", async (t) => {
  const { ensure, next, registry } = await newLists(t);
  const names = Array.from({ length: 4 }, (_, index) => `a-package-with-a-rather-long-name-indeed-${index}`);
  for (const name of names)
    registry.publish({ name, version: "1.0.0", scripts: { install: "evil" }, files: {} });
  registry.signWith([]);
  next({ attested: false, dependencies: Object.fromEntries(names.map((name) => [name, "*"])) });
  await assert.rejects(ensure(), ({ message }: Error) => {
    assert.ok(message.length <= 300);
    assert.match(message, /^There is no signature for openclaw 2\.0\.0, .*\w…$/);
    return true;
  });
});

test("what is refused stays refused, however much the user insists", async (t) => {
  const { ensure, next, registry, folder, order } = await newLists(t);
  next({ attested: false });
  await assert.rejects(ensure(), { next: onHold });
  assert.deepEqual(readdirSync(folder), ["openclaw-2.0.0.held.json"]);
  // The registry gives another file than it announced.
  registry.publish(openclaw("2.0.0", { files: { "evil.mjs": "" } }));
  const refusal = {
    code: "UPDATE_REFUSED",
    message: "The npm registry gives another file for OpenClaw 2.0.0 than it announced.",
    next: forGood,
  };
  await assert.rejects(ensure(), refusal);
  assert.deepEqual(readdirSync(folder), [], "what was held before is not let through any more");
  await assert.rejects(ensure({ insisted: true }), refusal);
  // Signed by nobody whom SmartClaw knows.
  registry.signWith([registry.newKey()]);
  order.integrity = registry.publish(openclaw("2.0.0")).integrity;
  for (const insisted of [false, true])
    await assert.rejects(ensure({ insisted }), {
      code: "UPDATE_REFUSED",
      message: "SmartClaw does not know the key that signed openclaw 2.0.0.",
      next: forGood,
    });
});

test("one who stops it is told so, and the child is gone", async (t) => {
  const { ensure, next, registry, tickets, lists } = await newLists(t);
  next();
  const stopping = new AbortController();
  registry.intercept((path) => {
    if (path === "/openclaw") stopping.abort();
    return null;
  });
  await assert.rejects(ensure({}, stopping.signal), { code: "CANCELLED" });
  const asked = registry.requests().length;
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(registry.requests().length, asked, "nobody asks any more");
  assert.ok(!existsSync(lists.pathOf("2.0.0")));
  assert.match(tickets[0]?.end ?? "", /was stopped/);
  const later = tickets.length;
  await assert.rejects(ensure({}, stopping.signal), { code: "CANCELLED" });
  assert.equal(tickets.length, later + 1);
});

test("a committed list is used without asking anybody", async (t) => {
  const { ensure, next, lists, committed, registry, tickets, folder } = await newLists(t);
  next();
  writeFileSync(committed("2.0.0"), "{}");
  const asked = registry.requests().length;
  await ensure({ integrity: unasked });
  assert.equal(lists.pathOf("2.0.0"), committed("2.0.0"));
  assert.deepEqual([registry.requests().length, tickets.length, existsSync(folder)], [asked, 0, false]);
});

test("only the lists of versions that are kept stay, and the newest about which the user has to decide", async (t) => {
  const { lists, folder } = await newLists(t);
  lists.tidy(["1.0.0"]);
  assert.ok(!existsSync(folder));
  mkdirSync(folder, { recursive: true });
  const put = (name: string, madeAt: number): void => {
    writeFileSync(join(folder, name), "{}");
    utimesSync(join(folder, name), madeAt, madeAt);
  };
  const others = ["node-26.10.0.json", "openclaw-tools-1.0.0.json", "node-27.0.0.held.json"];
  for (const [at, name] of [
    "openclaw-1.0.0.json",
    "openclaw-1.1.0.json",
    "openclaw-1.1.0-2.json",
    "openclaw-1.2.0.json.next",
    "openclaw-1.3.0.held.json",
    "openclaw-1.2.0.held.json",
    "openclaw-1.2.0.held.json.next",
    ...others,
  ].entries())
    put(name, 1_000_000_000 + at);
  lists.tidy(["1.1.0", "1.1.0-2"]);
  assert.deepEqual(
    readdirSync(folder).toSorted(),
    ["openclaw-1.1.0.json", "openclaw-1.1.0-2.json", "openclaw-1.2.0.held.json", ...others].toSorted(),
  );
});

test("what could not be found out is told as such, and nothing stays refused", async (t) => {
  const { ensure, next, registry } = await newLists(t);
  next();
  registry.intercept((path) => (path === "/openclaw/2.0.0" ? { status: 404, body: "{}" } : null));
  await assert.rejects(ensure(), {
    code: "INSTALL_FAILED",
    message: "The npm registry does not have openclaw 2.0.0.",
  });
  registry.intercept(() => null);
  await ensure();
});

for (const [what, command] of [
  ["crashes", [process.execPath, "-e", 'process.stdout.write("{half"); process.abort()']],
  ["cannot be started", ["/nowhere/at-all"]],
] as const)
  test(`a child that ${what} is a fault in plain words`, async (t) => {
    const { ensure, next, tickets } = await newLists(t, { command });
    next();
    await assert.rejects(ensure(), {
      code: "INSTALL_FAILED",
      message: "The look through the packages of OpenClaw 2.0.0 ended before its time.",
    });
    assert.match(tickets[0]?.end ?? "", /ended before its time/);
  });
