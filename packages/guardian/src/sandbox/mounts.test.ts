import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isWithin } from "../paths/resolve.ts";
import type { HeldApart } from "./held-apart.ts";
import { type Mount, mountsOf } from "./mounts.ts";
import type { SandboxPlan } from "./plan.ts";

const plan = (change: Partial<SandboxPlan> = {}): SandboxPlan => ({
  folder: "/p",
  readable: [],
  writable: ["/p"],
  hidden: [],
  kept: [],
  versionControl: false,
  hosts: [],
  ...change,
});
const held = (path: string, how: HeldApart["how"], kind: HeldApart["kind"] = "file"): HeldApart => ({
  path,
  kind,
  how,
  mark: "1 1",
});
const shown = (mounts: readonly Mount[]): string[] => mounts.map(({ type, path }) => `${type} ${path}`);

test("what is held apart lies over what was granted, whatever the order", () => {
  const apart = [
    held("/p/a/b/.vscode", "kept", "folder"),
    held("/p/.env", "hidden"),
    held("/p/a/own", "hidden", "folder"),
    held("/p/a/fifo/.env", "hidden", "special"),
  ];
  const expected = [
    "write /p",
    "hide-file /p/.env",
    "hide-folder /p/a/own",
    "read /p/a/b/.vscode",
    "hide-file /p/a/fifo/.env",
  ];
  assert.deepEqual(shown(mountsOf(plan(), apart)), expected);
  assert.deepEqual(shown(mountsOf(plan(), apart.toReversed())), expected);
});

test("grants in grants: the inner one is made later", () => {
  const nested = plan({ readable: ["/p", "/p/out/x"], writable: ["/p/out"] });
  assert.deepEqual(shown(mountsOf(nested, [])), ["read /p", "write /p/out", "read /p/out/x"]);
});

test("what lies elsewhere, links, and what was granted by its own name is left alone", () => {
  const apart = [
    held("/q/.env", "hidden"),
    held("/p2/.env", "hidden"),
    held("/p/.env", "hidden", "link"),
    held("/p/.env.local", "hidden"),
    held("/p/sub/.idea", "kept", "folder"),
  ];
  const named = plan({ readable: ["/p/.env.local", "/p/sub/.idea/x.xml"], writable: ["/p"] });
  assert.deepEqual(shown(mountsOf(named, apart)), [
    "write /p",
    "read /p/.env.local",
    "read /p/sub/.idea/x.xml",
  ]);
});

test("in a hidden folder nothing is mounted, as it could not be", () => {
  const apart = [
    held("/p/own", "hidden", "folder"),
    held("/p/own/inner", "hidden", "folder"),
    held("/p/own/.git/config", "kept"),
    held("/p/owner/.env", "hidden"),
  ];
  assert.deepEqual(shown(mountsOf(plan(), apart)), [
    "write /p",
    "hide-folder /p/own",
    "hide-file /p/owner/.env",
  ]);
});

test("the stricter one is seen where both are", () => {
  const apart = [held("/p/x", "hidden", "folder"), held("/p/x", "kept", "folder")];
  for (const order of [apart, apart.toReversed()])
    assert.equal(shown(mountsOf(plan(), order)).at(-1), "hide-folder /p/x");
});

test("version control writes into its folder, which nobody replaces, and not into what it runs", () => {
  const apart = [
    held("/p/.git", "kept", "folder"),
    held("/p/.git/config", "kept"),
    held("/p/sub/.git", "kept", "file"),
  ];
  assert.deepEqual(shown(mountsOf(plan(), apart)), [
    "write /p",
    "read /p/.git",
    "read /p/.git/config",
    "read /p/sub/.git",
  ]);
  const open = ["write /p", "write /p/.git", "read /p/.git/config", "read /p/sub/.git"];
  assert.deepEqual(shown(mountsOf(plan({ versionControl: true }), apart)), open);
  const reading = plan({ versionControl: true, readable: ["/p"], writable: [] });
  assert.equal(shown(mountsOf(reading, apart))[1], "read /p/.git", "where only reading was granted");
  const forbidden = plan({ versionControl: true, kept: ["/p/.git"] });
  assert.equal(shown(mountsOf(forbidden, apart))[1], "read /p/.git", "where a grant forbids it");
});

test("whatever is granted and held apart, nothing is mounted but by the plan, and every secret is hidden", () => {
  const path = fc
    .array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 4 })
    .map((parts) => `/${parts.join("/")}`);
  const apart = fc.record({
    path,
    kind: fc.constant("folder"),
    how: fc.constantFrom("hidden", "kept"),
    mark: fc.constant(""),
  });
  fc.assert(
    fc.property(fc.array(path), fc.array(path), fc.array(apart), (readable, writable, all) => {
      const mounts = mountsOf(plan({ readable, writable }), all);
      const granted = [...readable, ...writable];
      for (const one of mounts) {
        assert.ok(granted.some((grant) => isWithin(one.path, grant)));
        if (one.type === "write") assert.ok(writable.includes(one.path));
      }
      for (const { path: one, how } of all) {
        if (granted.some((grant) => isWithin(grant, one)) || !granted.some((grant) => isWithin(one, grant)))
          continue;
        const seen = mounts.findLast((mount) => isWithin(one, mount.path));
        assert.match(seen?.type ?? "", how === "hidden" ? /^hide/ : /^hide|^read/, one);
      }
    }),
  );
});
