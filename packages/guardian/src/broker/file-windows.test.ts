import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createFileWindows, type FileWindows } from "./file-windows.ts";

type Access = Parameters<FileWindows["covers"]>[1];

test("a window is for exactly its files, and for what has to be looked at on the way", () => {
  const windows = createFileWindows(() => 0);
  windows.open("c", { session: "s", reads: ["/p/a"], writes: ["/p/deep/b"], without: null });
  const covered = (access: Access, path: string): boolean => windows.covers("s", access, path);
  const yes: readonly [Access, string][] = [
    ["read", "/p/a"],
    ["read", "/p/deep/b"],
    ["write", "/p/deep/b"],
    ["make", "/p/deep"],
    ["make", "/p"],
    ["look", "/p/a"],
    ["look", "/p/deep"],
    ["look", "/"],
  ];
  const no: readonly [Access, string][] = [
    ["write", "/p/a"],
    ["read", "/p"],
    ["read", "/p/a/"],
    ["read", "/p/A"],
    ["read", "/p/a2"],
    ["read", "/p/deep/b/c"],
    ["write", "/p/deep"],
    ["make", "/p/deep/b"],
    ["make", "/p/a"],
    ["make", "/p/dee"],
    ["make", "/q"],
    ["look", "/p/b"],
    ["look", "/p/a/x"],
  ];
  for (const [access, path] of yes) assert.ok(covered(access, path), `${access} ${path}`);
  for (const [access, path] of no) assert.ok(!covered(access, path), `${access} ${path}`);
});

test("it is for one conversation, also where two call a call the same", () => {
  const windows = createFileWindows(() => 0);
  windows.open("call_0", { session: "one", reads: ["/p/a"], writes: [], without: null });
  windows.open("call_0", { session: "other", reads: ["/p/b"], writes: [], without: null });
  assert.ok(windows.covers("one", "read", "/p/a"), "the other one did not close it");
  assert.ok(!windows.covers("one", "read", "/p/b"));
  assert.ok(!windows.covers("other", "read", "/p/a"));
  windows.close("other", "call_0");
  assert.ok(windows.covers("one", "read", "/p/a"));
  windows.close("one", "call_0");
  assert.ok(!windows.covers("one", "read", "/p/a"));
});

test("whatever is opened, closed and waited for, only what is open is covered", () => {
  const name = fc.constantFrom("a", "b");
  const step = fc.oneof(
    fc.record({ kind: fc.constant("open" as const), session: name, call: name, file: name }),
    fc.record({ kind: fc.constant("close" as const), session: name, call: name }),
    fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(50_000) }),
    fc.record({ kind: fc.constant("stop" as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let now = 0;
      const windows = createFileWindows(() => now);
      const model = new Map<string, { session: string; file: string; until: number }>();
      for (const one of steps) {
        if (one.kind === "open") {
          const { session, call, file } = one;
          windows.open(call, { session, reads: [], writes: [`/${file}`], without: null });
          model.set(session + call, { session, file, until: now + 60_000 });
        } else if (one.kind === "close") {
          windows.close(one.session, one.call);
          model.delete(one.session + one.call);
        } else if (one.kind === "wait") now += one.ms;
        else {
          windows.closeAll();
          model.clear();
        }
        for (const session of ["a", "b"])
          for (const file of ["a", "b"])
            assert.equal(
              windows.covers(session, "write", `/${file}`),
              [...model.values()].some(
                (open) => open.session === session && open.file === file && now < open.until,
              ),
            );
      }
    }),
    { numRuns: 200 },
  );
});
