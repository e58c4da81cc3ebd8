import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { chooseProgram, wayBack } from "./choose-core.ts";
import { installedOnly, parsePointer, pointerText, readPointer, type SelfPointer } from "./pointer.ts";

const everywhere = (): boolean => true;
const onTrial: SelfPointer = {
  live: "2.0.0",
  snapshot: "2.0.0-b",
  trial: { from: "1.0.0", fromSnapshot: "1.0.0-a", starts: 0 },
  restore: null,
};

test("what was installed is started as long as nothing else is live", () => {
  assert.deepEqual(chooseProgram(installedOnly, everywhere), {
    version: null,
    pointer: null,
    restore: null,
    take: null,
  });
});

test("a release on trial is counted before it starts, its data is kept once, and after three starts it is left", () => {
  let pointer = onTrial;
  const started = [];
  for (let starts = 0; starts < 4; starts++) {
    const choice = chooseProgram(pointer, everywhere);
    started.push([choice.version, choice.take, choice.restore]);
    pointer = choice.pointer ?? pointer;
  }
  assert.deepEqual(started, [
    ["2.0.0", "2.0.0-b", null],
    ["2.0.0", null, null],
    ["2.0.0", null, null],
    ["1.0.0", null, "2.0.0-b"],
  ]);
  assert.deepEqual(pointer, { live: "1.0.0", snapshot: "1.0.0-a", trial: null, restore: "2.0.0-b" });
});

test("data that is to come back does so at each start until it is written that it did", () => {
  const pointer = wayBack(onTrial);
  for (const _ of [1, 2]) assert.equal(chooseProgram(pointer, everywhere).restore, "2.0.0-b");
  assert.equal(chooseProgram({ ...pointer, restore: null }, everywhere).restore, null);
});

test("a release that is gone from the disk is never started", () => {
  assert.equal(chooseProgram({ ...onTrial, trial: null }, () => false).version, null);
  assert.equal(chooseProgram(onTrial, (version) => version === "1.0.0").version, "1.0.0");
});

const name = fc.constantFrom(null, "1.0.0", "2.0.0", "3.0.0-rc.1");
const pointers: fc.Arbitrary<SelfPointer> = fc.record(
  {
    live: name,
    snapshot: name,
    trial: fc.option(
      fc.record({ from: name, fromSnapshot: name, starts: fc.nat(5) }, { noNullPrototype: true }),
    ),
    restore: name,
  },
  { noNullPrototype: true },
);

test("whatever the pointer says: soon the same one is started for ever, and only one that is there", () => {
  fc.assert(
    fc.property(pointers, fc.subarray(["1.0.0", "2.0.0", "3.0.0-rc.1"]), (first, there) => {
      let pointer = first;
      const chosen = [];
      for (let starts = 0; starts < 8; starts++) {
        const choice = chooseProgram(pointer, (version) => there.includes(version));
        assert.ok(choice.version === null || there.includes(choice.version));
        pointer = choice.pointer ?? pointer;
        chosen.push(choice.version);
      }
      assert.equal(new Set(chosen.slice(4)).size, 1);
      assert.equal(pointer.trial, null);
    }),
  );
});

test("what is written is read again, and nothing else is read", () => {
  fc.assert(
    fc.property(pointers, (pointer) => {
      assert.deepEqual(parsePointer(JSON.parse(pointerText(pointer))), pointer);
    }),
  );
  fc.assert(
    fc.property(fc.anything(), (value) => {
      try {
        assert.ok(/^[\w][\w.-]*$/.test(parsePointer(value).live ?? "x"));
      } catch (error) {
        assert.ok(error instanceof Error);
      }
    }),
  );
  for (const live of ["../1", "/etc", "", "a/b", "..", 7, {}])
    assert.throws(() => parsePointer({ format: 1, live, snapshot: null, trial: null, restore: null }));
  assert.deepEqual(readPointer("/nowhere/at/all"), installedOnly);
});
