/** What people are shown of a grant is what the decision really says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { worldOfLines } from "../check/world-of-lines.ts";
import { createDecider } from "../decide.ts";
import { archiveProfiles } from "../programs/profiles/archive.ts";
import { buildProfiles } from "../programs/profiles/build.ts";
import { filesProfiles } from "../programs/profiles/files.ts";
import { findProfiles } from "../programs/profiles/find.ts";
import { gitProfiles } from "../programs/profiles/git.ts";
import { lookProfiles } from "../programs/profiles/look.ts";
import { netProfiles } from "../programs/profiles/net.ts";
import { searchProfiles } from "../programs/profiles/search.ts";
import { textProfiles } from "../programs/profiles/text.ts";
import { checkScope } from "./check-scope.ts";
import { examplesOf } from "./examples.ts";
import type { Grant, Scope } from "./grant.ts";
import { presetGrants } from "./presets.ts";
import { run, start } from "./testing/test-store.ts";

const world = worldOfLines();
const folder = "/home/u/proj";
const programs = Object.keys({
  ...lookProfiles,
  ...searchProfiles,
  ...textProfiles,
  ...filesProfiles,
  ...findProfiles,
  ...archiveProfiles,
  ...netProfiles,
  ...gitProfiles,
  ...buildProfiles,
});
const subcommands =
  "git add,git commit,git stash,git checkout,git switch,git reset,git mv,git rm,git grep,git tag,git fetch,cargo doc,go vet";
const folders: readonly Scope[] = [
  { type: "read", path: folder },
  { type: "write", path: folder },
];
const usual = "ls cat grep touch cp rm curl echo git".split(" ").map((name) => run(name));

/** What else the examples of a grant need: not what the grant itself is about. */
function needed(scope: Scope): readonly Scope[] {
  if (scope.type === "run") return [...folders, { type: "reach", host: "example.com" }, { type: "undo" }];
  return scope.type === "reach" || scope.type === "undo" ? [...usual, ...folders] : usual;
}

function decide(scopes: readonly Scope[], text: string): string {
  const grants = scopes.map((scope, at): Grant => ({
    id: String(at),
    effect: "allow",
    scope,
    callers: null,
    until: null,
  }));
  return createDecider(grants, world)({ text, folder, caller: "owner", now: start }).decision;
}

const scopes: readonly Scope[] = [
  ...presetGrants("build", folder, start).map(({ scope }) => scope),
  ...[...programs, ...subcommands.split(",")].map((line) => run(line)),
  run("/usr/bin/cat"),
  run("/usr/bin/tr"),
  run("cp -r"),
  run("python3 scripts/report.py", false),
  run("/home/u/proj/build.sh", false),
  { type: "run", words: ["git", "commit", "-m", "it's `done` $HOME"], rest: false },
  { type: "read", path: "/home/u" },
  { type: "read", path: "/home/u/proj/README.md" },
  { type: "write", path: "/home/u/proj/a.txt" },
  { type: "write", path: "/home/u/my 'odd' $project" },
  { type: "write", path: "/home/u/.notes" },
  { type: "reach", host: "api.github.com" },
  { type: "reach", host: "example.com" },
  { type: "reach", host: "192.168.0.1" },
  { type: "undo" },
];

test("what an example says is allowed is allowed by that grant, and what it says is refused is not", () => {
  let shown = 0;
  for (const scope of scopes) {
    if (checkScope({ effect: "allow", scope }, world) !== null) continue;
    shown += 1;
    const { allows, refuses } = examplesOf(scope);
    const what = JSON.stringify(scope);
    for (const examples of [allows, refuses]) assert.ok(examples.length > 0 && examples.length <= 3, what);
    for (const text of allows) {
      assert.equal(decide([scope, ...needed(scope)], text), "allow", `${what}: ${text}`);
      assert.notEqual(decide(needed(scope), text), "allow", `${what}: ${text}`);
    }
    for (const text of refuses)
      assert.notEqual(decide([scope, ...needed(scope)], text), "allow", `${what}: ${text}`);
  }
  assert.ok(shown > 200, `${shown}`);
});

test("whatever a program is called, there are examples", () => {
  for (const name of ["constructor", "__proto__", "toString", "-", "ö"])
    assert.ok(examplesOf(run(name)).allows.length > 0);
  assert.deepEqual(examplesOf({ type: "reach", host: "[::1]" }).allows, []);
});
