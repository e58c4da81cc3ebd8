import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { reduce } from "./supervisor-reducer.ts";
import {
  defaultLimits,
  initialState,
  type SupervisorEffect,
  type SupervisorEvent,
  type SupervisorState,
  type TimerName,
} from "./supervisor-state.ts";

const report = (message: string) => ({ code: "GATEWAY_EXPOSED" as const, message, next: "x" });

/** A world round the reducer: it does what the effects ask for, in whatever order the test picks. */
function createWorld() {
  let state: SupervisorState = initialState;
  let at = 0;
  const timers = new Map<TimerName, number>();
  const launches: number[] = [];
  const alive = new Map<number, { attempt: number; dying: boolean }>();
  const probed = new Set<number>();
  const pending: { type: "drained" | "repaired"; attempt: number }[] = [];
  let nextPid = 100;
  let secretsOpen = false;

  type Untimed<E> = E extends unknown ? Omit<E, "at"> : never;
  function send(event: Untimed<SupervisorEvent>): void {
    at += 1;
    const next = reduce(state, { ...event, at }, defaultLimits);
    state = next.state;
    for (const effect of next.effects) apply(effect);
    check();
  }
  function apply(effect: SupervisorEffect): void {
    switch (effect.type) {
      case "launch":
        assert.equal(launches.length, 0, "two launches at once");
        assert.equal(alive.size, 0, "launch while a process lives");
        launches.push(effect.attempt);
        secretsOpen = true;
        return;
      case "probe":
        probed.add(effect.attempt);
        return;
      case "drain":
        pending.push({ type: "drained", attempt: effect.attempt });
        return;
      case "repair":
        pending.push({ type: "repaired", attempt: effect.attempt });
        return;
      case "terminate":
      case "kill-tree":
        for (const process of alive.values()) process.dying = true;
        return;
      case "set-timer":
        timers.set(effect.name, effect.ms);
        return;
      case "clear-timers":
        timers.clear();
        return;
      case "close-secrets":
        secretsOpen = false;
        return;
      case "cancel-repair":
        return;
    }
  }
  function check(): void {
    assert.ok(alive.size <= 1, "more than one process");
    assert.ok(timers.size <= 1, `more than one timer: ${[...timers.keys()].join()}`);
    const [pid] = alive.keys();
    if (state.phase === "ready") {
      assert.equal(state.pid, pid);
      assert.ok(probed.has(state.attempt), "ready without a probe of this launch");
      assert.equal(secretsOpen, false, "secrets open while ready");
    }
    if (["stopped", "failed", "backing-off", "repairing"].includes(state.phase)) {
      assert.equal(alive.size, 0, `a process lives in ${state.phase}`);
      assert.equal(launches.length, 0, `a launch is under way in ${state.phase}`);
      assert.equal(state.pid, null);
      assert.equal(secretsOpen, false, `secrets open in ${state.phase}`);
    }
    if (state.phase === "backing-off") assert.ok(timers.has("back-off"));
    if (state.phase === "starting") assert.ok(timers.has("start"));
    if (state.phase === "failed") assert.ok(state.error);
  }
  /** Things that may happen now; an index picks one. */
  function happen(pick: number): void {
    const options: (() => void)[] = [];
    const [launch] = launches;
    if (launch !== undefined) {
      options.push(
        () => {
          launches.length = 0;
          nextPid += 1;
          alive.set(nextPid, { attempt: launch, dying: false });
          send({ type: "launched", attempt: launch, pid: nextPid, port: 1000, version: "1" });
        },
        () => {
          launches.length = 0;
          send({ type: "launch-failed", attempt: launch, error: report("no program") });
        },
        () => {
          launches.length = 0;
          send({ type: "port-taken", attempt: launch, port: 1000 });
        },
      );
    }
    for (const [pid, { attempt }] of alive) {
      for (const code of [0, 1, 78]) {
        options.push(() => {
          alive.delete(pid);
          const secrets = code === 1 ? "refused" : "answered";
          send({ type: "exited", attempt, code, signal: null, secrets, portHeld: pick % 3 === 0 });
        });
      }
    }
    for (const attempt of probed) {
      options.push(
        () => send({ type: "probe-ok", attempt }),
        () => send({ type: "probe-failed", attempt, error: report("other version") }),
        () => send({ type: "probe-failed", attempt, error: { ...report("taken"), code: "PORT_IN_USE" } }),
      );
    }
    for (const [index, { type, attempt }] of pending.entries()) {
      options.push(() => {
        pending.splice(index, 1);
        if (type === "drained") send({ type, attempt });
        else send({ type, attempt, error: pick % 2 === 0 ? null : report("repair failed") });
      });
    }
    for (const name of timers.keys()) {
      options.push(() => {
        timers.delete(name);
        send({ type: "timer", name });
      });
    }
    options[pick % options.length]?.();
  }
  /** Lets everything that is asked for happen, and nothing else. */
  function settle(): void {
    for (let round = 0; round < 50; round += 1) {
      const [launch] = launches;
      const [process] = alive;
      if (launch !== undefined) {
        launches.length = 0;
        nextPid += 1;
        alive.set(nextPid, { attempt: launch, dying: false });
        send({ type: "launched", attempt: launch, pid: nextPid, port: 1000, version: "1" });
      } else if (process?.[1].dying) {
        alive.delete(process[0]);
        send({
          type: "exited",
          attempt: process[1].attempt,
          code: null,
          signal: "SIGTERM",
          secrets: "answered",
          portHeld: false,
        });
      } else {
        const work = pending.shift();
        if (work === undefined) return;
        if (work.type === "drained") send({ ...work, type: "drained" });
        else send({ ...work, type: "repaired", error: null });
      }
    }
  }
  return { send, happen, settle, state: () => state, alive };
}

const step = fc.oneof(
  fc.constantFrom("start", "stop", "restart", "exposed"),
  fc.nat(1000),
  fc.nat(1000),
  fc.nat(1000),
);

test("any order of events keeps the invariants, and a stop always ends in stopped", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: "max" }), (steps) => {
      const world = createWorld();
      for (const next of steps) {
        if (typeof next === "number") world.happen(next);
        else if (next === "exposed") world.send({ type: "exposed", error: report("0.0.0.0") });
        else world.send({ type: next as "start" });
      }
      world.send({ type: "stop" });
      world.settle();
      assert.equal(world.state().phase, "stopped");
      assert.equal(world.alive.size, 0);
    }),
    { numRuns: 3000 },
  );
});

test("from any state a start leads to a process that can become ready", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      const world = createWorld();
      for (const next of steps) {
        if (typeof next === "number") world.happen(next);
        else if (next !== "exposed") world.send({ type: next as "start" });
      }
      world.send({ type: "stop" });
      world.settle();
      world.send({ type: "start" });
      world.settle();
      assert.equal(world.state().phase, "starting");
      world.send({ type: "probe-ok", attempt: world.state().attempt });
      assert.equal(world.state().phase, "ready");
    }),
    { numRuns: 1000 },
  );
});

/** Runs events one after the other. */
function play(events: readonly Omit<SupervisorEvent, "at">[], from: SupervisorState = initialState) {
  let state = from;
  let effects: readonly SupervisorEffect[] = [];
  for (const [index, event] of events.entries()) {
    ({ state, effects } = reduce(state, { ...event, at: index * 1000 } as SupervisorEvent, defaultLimits));
  }
  return { state, effects };
}
const started = [
  { type: "start" },
  { type: "launched", attempt: 1, pid: 7, port: 1000, version: "1" },
] as const;
const exit = (attempt: number, code: number, secrets = "answered") =>
  ({ type: "exited", attempt, code, signal: null, secrets, portHeld: false }) as Omit<SupervisorEvent, "at">;

test("exit 78 is repaired once; the second time it fails with the reason", () => {
  const first = play([...started, exit(1, 78)]);
  assert.equal(first.state.phase, "repairing");
  assert.deepEqual(first.effects.at(-1), { type: "repair", attempt: 1 });
  const second = play(
    [
      { type: "repaired", attempt: 1, error: null } as never,
      { type: "launched", attempt: 2, pid: 8, port: 1000, version: "1" } as never,
      exit(2, 78),
    ],
    first.state,
  );
  assert.equal(second.state.phase, "failed");
  assert.equal(second.state.error?.code, "GATEWAY_CONFIG");
});

test("a start without its secrets fails at once and says so", () => {
  const { state } = play([...started, exit(1, 1, "refused")]);
  assert.equal(state.phase, "failed");
  assert.match(state.error?.next ?? "", /vault/);
});

test("crashes are retried ever more slowly, then given up", () => {
  let state = play([...started]).state;
  const waits: number[] = [];
  while (state.phase !== "failed") {
    const crashed = play([exit(state.attempt, 2)], state);
    state = crashed.state;
    const timer = crashed.effects.find((effect) => effect.type === "set-timer");
    if (timer) waits.push(timer.ms);
    if (state.phase !== "backing-off") break;
    assert.equal(state.retryAt, timer?.ms);
    state = play([{ type: "timer", name: "back-off" } as never], state).state;
    state = play(
      [{ type: "launched", attempt: state.attempt, pid: 9, port: 1000, version: "1" } as never],
      state,
    ).state;
  }
  assert.deepEqual(waits, [1000, 2000, 4000, 8000]);
  assert.equal(state.error?.code, "GATEWAY_CRASHED");
  assert.match(state.error?.message ?? "", /5 times/);
});

test("a stable time forgives earlier crashes", () => {
  const { state } = play([
    ...started,
    exit(1, 2),
    { type: "timer", name: "back-off" } as never,
    { type: "launched", attempt: 2, pid: 8, port: 1000, version: "1" } as never,
    { type: "probe-ok", attempt: 2 } as never,
    { type: "timer", name: "stable" } as never,
  ]);
  assert.equal(state.phase, "ready");
  assert.equal(state.crashes, 0);
});

test("a taken port leads to another launch that avoids it", () => {
  const { state, effects } = play([
    { type: "start" },
    { type: "port-taken", attempt: 1, port: 1000 } as never,
  ]);
  assert.equal(state.phase, "starting");
  assert.deepEqual(effects.at(-1), { type: "launch", attempt: 2, takenPorts: [1000] });
});

test("a port that is taken during the start leads to another launch that avoids it, three times at most", () => {
  let { state } = play([...started]);
  for (const [at, port] of [1001, 1002].entries()) {
    const error = { ...report("taken"), code: "PORT_IN_USE" } as const;
    const seen = play([{ type: "probe-failed", attempt: state.attempt, error } as never], state);
    assert.ok(seen.effects.some((effect) => effect.type === "kill-tree"));
    const next = play([exit(state.attempt, 137)], seen.state);
    assert.deepEqual(next.effects.at(-1), {
      type: "launch",
      attempt: at + 2,
      takenPorts: [1000, 1001].slice(0, at + 1),
    });
    const launched = { type: "launched", attempt: at + 2, pid: 8, port, version: "1" } as never;
    ({ state } = play([launched], next.state));
    assert.equal(state.crashes, 0);
  }
  const held = { ...exit(3, 1), portHeld: true } as never;
  ({ state } = play([held], state));
  assert.deepEqual([state.phase, state.error?.code], ["failed", "PORT_IN_USE"]);
});

test("an exposure kills at once and is not started again by itself", () => {
  const ready = play([...started, { type: "probe-ok", attempt: 1 } as never]).state;
  const seen = play([{ type: "exposed", error: report("0.0.0.0 port 9") } as never], ready);
  assert.ok(seen.effects.some((effect) => effect.type === "kill-tree"));
  const { state } = play([exit(1, 137)], seen.state);
  assert.equal(state.phase, "failed");
  assert.match(state.error?.message ?? "", /0\.0\.0\.0/);
});
