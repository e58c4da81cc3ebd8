/** Whatever is done in whatever order, what is in force is what a few plain rules say. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Duration, NewGrant } from "./grant-record.ts";
import type { GrantStore } from "./grant-store.ts";
import { day, grant, hour, start, testPlace } from "./testing/test-store.ts";

interface ModelGrant {
  readonly effect: NewGrant["effect"];
  duration: Duration;
  readonly createdAt: number;
  startedAt: number;
  uses: number;
  lastUsedAt: number | null;
  readonly epoch: number;
}

class Model {
  now = start;
  epoch = 1;
  armed = true;
  readonly grants = new Map<string, ModelGrant>();

  end({ effect, duration, startedAt }: ModelGrant): number {
    if (duration.kind === "session") return startedAt + day;
    if (duration.kind === "until") return duration.at;
    return effect === "deny" ? Infinity : duration.reviewAt;
  }

  isEffective(one: ModelGrant): boolean {
    if (this.now >= this.end(one)) return false;
    if (one.effect === "deny") return true;
    const alive = Math.max(one.startedAt, one.lastUsedAt ?? 0) + 30 * day;
    return this.armed && one.epoch === this.epoch && this.now >= one.startedAt - 60_000 && this.now < alive;
  }

  forget(): void {
    for (const [id, one] of this.grants) {
      if (one.effect === "deny") continue;
      const isVoid = !this.armed || one.epoch !== this.epoch;
      const isPast =
        one.duration.kind !== "always" && this.now >= this.end(one) && this.now >= one.startedAt - 60_000;
      const last = Math.max(one.startedAt, one.lastUsedAt ?? 0, isPast && !isVoid ? this.end(one) : 0);
      if ((isVoid || isPast) && this.now - last >= 30 * day) this.grants.delete(id);
    }
  }
}

const session: Duration = { kind: "session", session: "session:A" };
const durations = fc.constantFrom<(now: number) => Duration>(
  () => session,
  (now) => ({ kind: "until", at: now + hour }),
  (now) => ({ kind: "until", at: now + 200 * day }),
  (now) => ({ kind: "always", reviewAt: now + 2 * day }),
  (now) => ({ kind: "always", reviewAt: now + 90 * day }),
);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("add" as const),
      effects: fc.array(fc.constantFrom("allow" as const, "allow" as const, "deny" as const), {
        minLength: 1,
        maxLength: 3,
      }),
      duration: durations,
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("revoke" as const), which: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("renew" as const), which: fc.nat(), duration: durations }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("used" as const), which: fc.array(fc.nat()) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("wait" as const),
      time: fc.constantFrom(
        1,
        hour,
        11 * hour,
        day,
        25 * day,
        30 * day,
        40 * day,
        -1,
        -hour,
        -3 * day,
        -40 * day,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constantFrom("panic" as const, "arm" as const, "reopen" as const) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

test("what is in force is what the rules say, after whatever was done", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const place = testPlace();
      const model = new Model();
      let store = place.open();
      for (const one of steps) {
        if (one.type === "reopen") {
          store.close();
          store = place.open();
        } else if (one.type === "wait") {
          model.now += one.time;
          place.clock.time = model.now;
        } else take(one, store, model);
        compare(store, model);
      }
      store.close();
      assert.deepEqual(place.logged, []);
    }),
    { numRuns: 150 },
  );
});

function take(one: Exclude<Step, { type: "reopen" | "wait" }>, store: GrantStore, model: Model): void {
  const ids = [...model.grants.keys()].toSorted();
  const chosen = (which: number): string => ids[which % Math.max(1, ids.length)] ?? "unheard-of";
  if (one.type === "add") {
    const duration = one.duration(model.now);
    const callers = duration.kind === "session" ? [duration.session] : ["owner"];
    const wanted = one.effects.map((effect) => grant({ type: "undo" }, { effect, duration, callers }));
    if (!model.armed && one.effects.includes("allow")) return refuses("CONFLICT", () => store.add(wanted));
    const made = store.add(wanted);
    model.forget();
    for (const { id, effect } of made)
      model.grants.set(id, {
        effect,
        duration,
        createdAt: model.now,
        startedAt: model.now,
        uses: 0,
        lastUsedAt: null,
        epoch: model.epoch,
      });
    return;
  }
  if (one.type === "revoke" || one.type === "renew") {
    const id = chosen(one.which);
    const known = model.grants.get(id);
    if (one.type === "revoke") {
      if (known === undefined) return refuses("NOT_FOUND", () => store.revoke(id));
      store.revoke(id);
      return void model.grants.delete(id);
    }
    const duration = one.duration(model.now);
    if (known === undefined) return refuses("NOT_FOUND", () => store.renew(id, duration));
    const own = store.list().find((listed) => listed.id === id)?.callers?.[0] === "session:A";
    if (!own && duration.kind === "session") return refuses("BAD_REQUEST", () => store.renew(id, duration));
    if (known.effect === "allow" && (!model.armed || known.epoch !== model.epoch))
      return refuses("CONFLICT", () => store.renew(id, duration));
    store.renew(id, duration);
    [known.duration, known.startedAt] = [duration, model.now];
  } else if (one.type === "used") {
    const used = new Set(one.which.map(chosen));
    store.used([...used]);
    for (const id of used) {
      const known = model.grants.get(id);
      if (known === undefined || !model.isEffective(known)) continue;
      known.uses += 1;
      known.lastUsedAt = Math.max(known.lastUsedAt ?? 0, model.now);
    }
  } else if (one.type === "panic") {
    model.epoch += 1;
    model.armed = false;
    assert.equal(store.panic(), model.epoch);
  } else {
    model.armed = true;
    store.arm();
  }
}

function compare(store: GrantStore, model: Model): void {
  const inForce = store.effective().map(({ id, until }) => [id, until ?? Infinity] as const);
  const expected = [...model.grants].filter(([, one]) => model.isEffective(one));
  assert.deepEqual(new Map(inForce), new Map(expected.map(([id, one]) => [id, model.end(one)])));
  assert.equal(inForce.length, expected.length);
  assert.deepEqual(
    new Map(
      store
        .list()
        .map((one) => [one.id, [one.standing === "effective", one.uses, one.lastUsedAt, one.createdAt]]),
    ),
    new Map(
      [...model.grants].map(([id, one]) => [
        id,
        [model.isEffective(one), one.uses, one.lastUsedAt, one.createdAt],
      ]),
    ),
  );
  assert.deepEqual([store.isArmed(), store.epoch(), store.damage()], [model.armed, model.epoch, null]);
}

function refuses(code: string, work: () => unknown): void {
  assert.throws(work, { code });
}
