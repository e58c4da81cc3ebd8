import assert from "node:assert/strict";
import { test } from "node:test";
import { worldOfLines } from "../check/world-of-lines.ts";
import { createDecider } from "../decide.ts";
import { checkScope } from "./check-scope.ts";
import type { Scope } from "./grant.ts";
import { run } from "./testing/test-store.ts";

const world = worldOfLines();
const check = (scope: Scope, effect: "allow" | "deny" = "allow") => checkScope({ effect, scope }, world);
const [read, write] = (["read", "write"] as const).map((type) => (path: string): Scope => ({ type, path }));

test("what is sound is granted", () => {
  assert.ok(read && write);
  for (const scope of [
    read("/home/u"),
    read("/home/u/proj"),
    read("/etc/hosts"),
    read("/home/u/not-yet/there"),
    write("/home/u/proj"),
    write("/tmp/work"),
    run("git status"),
    run("/usr/bin/git status"),
    run("/home/u/proj/bin/git", false),
    run("bash scripts/build.sh", false),
    { type: "reach", host: "api.github.com" },
    { type: "undo" },
  ] satisfies Scope[])
    assert.equal(check(scope), null, JSON.stringify(scope));
});

test("what would do nothing, or more than anybody means, is not", () => {
  assert.ok(read && write);
  for (const [scope, why] of [
    [read("/"), /whole computer/],
    [write("/"), /whole computer/],
    [write("/home/u"), /whole home/],
    [write("/home"), /everybody's home/],
    [read("/home"), /everybody's home/],
    [read("/home/u/.ssh"), /keys and passwords/],
    [read("/home/u/.ssh/config"), /keys and passwords/],
    [write("/home/u/.config/autostart"), /when a shell or a session starts/],
    [write("/home/u/.smartclaw"), /own files/],
    [write("/etc"), /the system's own files/],
    [write("/home/u/proj/.git/hooks"), /version control/],
    [read("/home/u/proj/.env"), /secrets/],
    [read("/home/u/proj/link-out"), /the place itself is \/home\/u\/other/],
    [write("/bin"), /the place itself is \/usr\/bin/],
    [run("sh -c", true), /only exact arguments/],
    [run("ssh"), /only exact arguments/],
    [run("watch"), /only exact arguments/],
    [run("eval"), /only exact arguments/],
    [run("/home/u/proj/build.sh"), /not known here/],
    [run("/home/u/proj/bin/git"), /only exact arguments/],
    [run("sudo", false), /never run/],
  ] as const)
    assert.match(check(scope) ?? "", why, JSON.stringify(scope));
});

test("more can be forbidden than granted, but not by a link, which no decision asks for", () => {
  assert.ok(read && write);
  for (const scope of [read("/"), write("/home/u"), read("/home/u/.ssh"), run("sudo"), run("python3")])
    assert.equal(check(scope, "deny"), null, JSON.stringify(scope));
  assert.match(check(read("/home/u/proj/link-out"), "deny") ?? "", /link/);
  const forbidding = (path: string) =>
    createDecider(
      [{ id: "1", effect: "deny", scope: { type: "read", path }, callers: null, until: null }],
      world,
    )({ text: "ls link-out", folder: "/home/u/proj", caller: "owner", now: 0 }).decision;
  assert.deepEqual(["/home/u/proj/link-out", "/home/u/other"].map(forbidding), ["ask", "deny"]);
});
