import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import type { NewGrant } from "./grant-record.ts";
import {
  addOne,
  day,
  grant,
  hour,
  inForce,
  run,
  start,
  testPlace,
  until,
  wantedOf,
} from "./testing/test-store.ts";

const read = { type: "read", path: "/home/u/proj" } as const;
const always = (reviewAt: number) => ({ kind: "always", reviewAt }) as const;
const codeOf = (code: string, message = /./) => ({ name: "SmartClawError", code, message });

test("what is granted is there, in force, and there again after a restart", () => {
  const place = testPlace();
  let store = place.open();
  const given: NewGrant[] = [
    grant(run("git log")),
    grant(read, { callers: ["session:A"], duration: { kind: "session", session: "session:A" } }),
    grant({ type: "reach", host: "api.github.com" }, { duration: always(start + 90 * day) }),
    grant({ type: "write", path: "/home/u/proj/ö 漢" }, { effect: "deny", callers: null }),
    grant({ type: "undo" }, { callers: ["channel:family", "cron:job7"], source: "request" }),
  ];
  const made = store.add(given);
  assert.deepEqual(
    made.map((one) => wantedOf(one)),
    given,
  );
  assert.deepEqual(
    made.map(({ createdAt, uses, lastUsedAt, renewedAt }) => [createdAt, uses, lastUsedAt, renewedAt]),
    made.map(() => [start, 0, null, null]),
  );
  const listed = store.list();
  assert.deepEqual(
    listed,
    made.map((one) => ({ ...one, standing: "effective" })),
  );
  assert.deepEqual(
    store.effective().map(({ until }) => until),
    [start + 7 * day, start + day, start + 90 * day, start + 7 * day, start + 7 * day],
  );
  const effective = store.effective();
  store.close();
  store = place.open();
  assert.deepEqual(store.list(), listed);
  assert.deepEqual(store.effective(), effective);
  assert.deepEqual([store.isArmed(), store.epoch(), store.damage()], [true, 1, null]);
  store.close();
  assert.deepEqual(place.logged, []);
});

test("only the user may look into the file and its folder", () => {
  const place = testPlace();
  const store = place.open();
  store.add([grant(read)]);
  const modes = ["", "-wal", "-shm"].map((suffix) => statSync(place.file + suffix).mode & 0o777);
  assert.deepEqual(modes, [0o600, 0o600, 0o600]);
  assert.equal(statSync(dirname(place.file)).mode & 0o777, 0o700);
  store.close();
});

test("what makes no sense is refused with a sentence, and nothing of what was given with it is kept", () => {
  const store = testPlace().open();
  const wrong: readonly (readonly [RegExp, NewGrant])[] = [
    [/absolute/, grant({ type: "read", path: "proj" })],
    [/absolute/, grant({ type: "read", path: "/home/u/../root" })],
    [/absolute/, grant({ type: "write", path: "/home/u/proj/" })],
    [/cannot be seen/, grant({ type: "read", path: "/home/u/\0" })],
    [/cannot be seen/, grant({ type: "read", path: "/home/u/a\nb" })],
    [/cannot be seen/, grant({ type: "read", path: "/home/u/\u202eproj" })],
    [/whole computer/, grant({ type: "read", path: "/" })],
    [/host/, grant({ type: "reach", host: "*.github.com" })],
    [/host/, grant({ type: "reach", host: "API.github.com" })],
    [/host/, grant({ type: "reach", host: "github.com." })],
    [/host/, grant({ type: "reach", host: "https://github.com" })],
    [/host/, grant({ type: "reach", host: "127.1" })],
    [/host/, grant({ type: "reach", host: "a_b.com" })],
    [/host/, grant({ type: "reach", host: "::1" })],
    [/name or its absolute path/, grant(run("./build.sh", false))],
    [/name or its absolute path/, grant(run("A=b make", false))],
    [/only exact/, grant(run("bash"))],
    [/only exact/, grant(run("/usr/bin/env"))],
    [/only exact/, grant(run("python3.11"))],
    [/only exact/, grant(run("npm run"))],
    [/only exact/, grant(run("xargs -0"))],
    [/only exact/, grant(run("unheard-of"))],
    [/never run/, grant(run("sudo ls", false))],
    [/never run/, grant(run("docker"))],
    [/strangers/, grant(read, { callers: null })],
    [/nobody/, grant(read, { callers: [] })],
    [/caller/, grant(read, { callers: ["telegram:id:42"] })],
    [/caller/, grant(read, { callers: ["owner "] })],
    [/session/, grant(read, { duration: { kind: "session", session: "session:A" } })],
    [/past/, grant(read, { duration: until(start) })],
    [/366 days/, grant(read, { duration: until(start + 367 * day) })],
    [/90 days/, grant(read, { duration: always(start + 90 * day + 1) })],
    [/90 days/, grant(read, { effect: "deny", duration: always(start + 91 * day) })],
  ];
  for (const [message, one] of wrong)
    assert.throws(() => store.add([grant(read), one]), codeOf("BAD_REQUEST", message), JSON.stringify(one));
  assert.throws(() => store.add([{ ...grant(read), id: "mine" } as NewGrant]), codeOf("BAD_REQUEST"));
  assert.deepEqual(store.list(), []);
  for (const one of ["sh -c make", "python3 scripts/report.py", "find", "sed", "/usr/bin/cat"])
    store.add([grant(run(one, one !== "sh -c make" && !one.startsWith("python")))]);
  store.add([
    grant(run("docker"), { effect: "deny" }),
    grant({ type: "read", path: "/" }, { effect: "deny" }),
  ]);
  store.add([grant({ type: "reach", host: "192.168.0.1" }), grant({ type: "reach", host: "[::1]" })]);
  assert.equal(store.list().length, 9);
  assert.deepEqual(store.add([]), []);
  store.close();
});

test("who takes back or renews what is not there is told", () => {
  const store = testPlace().open();
  const [made] = store.add([grant(read)]);
  assert.deepEqual(store.revoke(made?.id ?? ""), made);
  assert.throws(() => store.revoke(made?.id ?? ""), codeOf("NOT_FOUND"));
  assert.throws(() => store.renew("never", until(start + day)), codeOf("NOT_FOUND"));
  assert.deepEqual([store.list(), store.effective()], [[], []]);
  store.close();
});

test("a grant that allows ends when its time is over, and when nobody uses it; one that forbids only at its own end", () => {
  const place = testPlace();
  const { clock } = place;
  const store = place.open();
  const long = until(start + 200 * day);
  const session = { callers: ["session:A"], duration: { kind: "session", session: "session:A" } } as const;
  const [short, unused, used, review, ofSession, denied, ending] = store
    .add([
      grant(read),
      grant(read, { duration: long }),
      grant(read, { duration: long }),
      grant(read, { duration: always(start + 20 * day) }),
      grant(read, session),
      grant(read, { effect: "deny", duration: always(start + 20 * day) }),
      grant(read, { effect: "deny", duration: long }),
    ])
    .map(({ id }) => id);
  const standings = () => store.list().map(({ standing }) => standing);
  const shown = () => {
    const effective = store.list().filter(({ standing }) => standing === "effective");
    assert.deepEqual(new Set(store.effective().map(({ id }) => id)), new Set(effective.map(({ id }) => id)));
    return standings().join(" ");
  };
  assert.ok(short && unused && review && ofSession && denied && ending);
  clock.time = start + day - 1;
  assert.equal(shown(), "effective effective effective effective effective effective effective");
  clock.time = start + day;
  assert.equal(shown(), "effective effective effective effective past effective effective");
  clock.time = start + 20 * day;
  store.used([used ?? ""]);
  assert.equal(shown(), "past effective effective to-review past effective effective");
  clock.time = start + 30 * day;
  assert.equal(shown(), "past unused effective to-review past effective effective");
  clock.time = start + 50 * day;
  assert.equal(shown(), "past unused unused to-review past effective effective");
  store.renew(unused, long);
  store.renew(review, always(clock.time + 90 * day));
  store.renew(ofSession, session.duration);
  assert.throws(() => store.renew(short, session.duration), codeOf("BAD_REQUEST", /session/));
  assert.equal(shown(), "past effective unused effective effective effective effective");
  clock.time = start + 200 * day;
  assert.equal(shown(), "past past past to-review past effective past");
  store.close();
});

test("a clock that is set back does not make a grant last longer than it was in force before", () => {
  const place = testPlace();
  const { clock } = place;
  const store = place.open();
  store.add([grant(read), grant(read, { effect: "deny" })]);
  clock.time = start - 59_000;
  assert.equal(inForce(store).allow.length, 1);
  clock.time = start - 61_000;
  assert.deepEqual(
    store.list().map(({ standing }) => standing),
    ["to-review", "effective"],
  );
  assert.equal(inForce(store).allow.length, 0);
  clock.time = start + 400 * day;
  assert.deepEqual(inForce(store), { allow: [], deny: [] });
  clock.time = start + day;
  assert.deepEqual([inForce(store).allow.length, inForce(store).deny.length], [1, 1]);
  store.close();
});

test("a panic makes everything void that was allowed, for good, and nothing new is allowed until Guardian is armed", () => {
  const place = testPlace();
  let store = place.open();
  const [allowed, denied] = store.add([grant(read), grant(read, { effect: "deny" })]);
  assert.equal(store.panic(), 2);
  const stopped = () => {
    assert.deepEqual(inForce(store), { allow: [], deny: [denied?.id] });
    assert.deepEqual(
      store.list().map(({ standing }) => standing),
      ["void", "effective"],
    );
    assert.deepEqual([store.isArmed(), store.epoch(), store.damage()], [false, 2, null]);
  };
  stopped();
  assert.throws(() => store.add([grant(read)]), codeOf("CONFLICT", /not armed/));
  store.revoke(addOne(store, grant(read, { effect: "deny" })));
  store.close();
  store = place.open();
  stopped();
  store.arm();
  assert.deepEqual([store.isArmed(), store.epoch(), inForce(store).allow], [true, 2, []]);
  assert.throws(() => store.renew(allowed?.id ?? "", until(start + day)), codeOf("CONFLICT", /stays void/));
  const [anew] = store.add([grant(read)]);
  assert.deepEqual(inForce(store).allow, [anew?.id]);
  assert.deepEqual([store.panic(), store.panic()], [3, 4]);
  store.close();
});

test("uses are counted, and written at most once an hour", () => {
  const place = testPlace();
  const { clock } = place;
  let store = place.open();
  const [first, second, denied] = store
    .add([grant(read), grant(read), grant(read, { effect: "deny" })])
    .map(({ id }) => id);
  assert.ok(first && second && denied);
  const watcher = place.stranger();
  const version = watcher.prepare("PRAGMA data_version");
  const writes = (work: () => void): boolean => {
    const before = version.get()?.["data_version"];
    work();
    return version.get()?.["data_version"] !== before;
  };
  assert.equal(
    writes(() => store.used([first, "unheard-of"])),
    true,
  );
  clock.time += hour - 1;
  assert.equal(
    writes(() => {
      for (let times = 0; times < 500; times += 1) store.used([first, first]);
    }),
    false,
  );
  clock.time += 1;
  assert.equal(
    writes(() => store.used([first, second])),
    true,
  );
  store.used([second]);
  clock.time = start + 8 * day;
  store.used([first]);
  const uses = () => store.list().map(({ uses, lastUsedAt }) => [uses, lastUsedAt]);
  const counted = [
    [502, start + hour],
    [2, start + hour],
    [0, null],
  ];
  assert.deepEqual(uses(), counted);
  store.close();
  store = place.open();
  assert.deepEqual(uses(), counted);
  assert.deepEqual([store.revoke(first).uses, store.renew(second, until(clock.time + day)).uses], [502, 2]);
  watcher.close();
  store.close();
});

test("who follows the store is told of every change, and of no other, and cannot break it", () => {
  const place = testPlace();
  const store = place.open();
  let told = 0;
  store.onChange(() => {
    throw new Error("no");
  });
  const stop = store.onChange(() => {
    told += 1;
    store.effective();
  });
  const tells = (times: number, work: () => unknown): void => {
    const before = told;
    work();
    assert.equal(told - before, times, String(work));
  };
  let id = "";
  tells(1, () => (id = addOne(store, grant(read))));
  tells(0, () => [
    store.list(),
    store.effective(),
    store.isArmed(),
    store.damage(),
    store.arm(),
    store.repair(),
  ]);
  tells(0, () => assert.throws(() => store.revoke("unheard-of")));
  tells(1, () => store.renew(id, until(start + day)));
  tells(1, () => store.revoke(id));
  tells(2, () => [store.panic(), store.arm()]);
  stop();
  stop();
  tells(0, () => store.panic());
  assert.ok(place.logged.every((line) => line === "what follows the grants failed"));
  store.close();
});

test("there are at most 2000 grants, of which those that ended a month ago are not kept", () => {
  const place = testPlace();
  const { clock } = place;
  const store = place.open();
  const many = (count: number, other: Partial<NewGrant> = {}) =>
    Array.from({ length: count }, () => grant(read, other));
  store.add([
    ...many(1500),
    ...many(100, { effect: "deny" }),
    ...many(400, { duration: until(start + 60 * day) }),
  ]);
  assert.throws(() => store.add(many(1)), codeOf("CONFLICT", /2000/));
  clock.time = start + 37 * day - 1;
  assert.throws(() => store.add(many(1, { duration: until(clock.time + day) })), codeOf("CONFLICT"));
  clock.time += 1;
  store.add(many(1500, { duration: until(clock.time + day) }));
  assert.equal(store.list().length, 2000);
  assert.equal(store.list().filter(({ effect }) => effect === "deny").length, 100);
  store.close();
});

test("asking for what is in force costs next to nothing while nobody writes", () => {
  const store = testPlace().open();
  store.add(Array.from({ length: 1000 }, (_, at) => grant({ type: "read", path: `/home/u/proj/${at}` })));
  const first = store.effective();
  const begin = performance.now();
  for (let times = 0; times < 1000; times += 1) assert.equal(store.effective(), first);
  const each = (performance.now() - begin) / 1000;
  // 1,000 seals take some milliseconds.
  assert.ok(each < 0.2, `${each} ms`);
  store.close();
});
