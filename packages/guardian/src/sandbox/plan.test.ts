import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Need } from "../analysis/report.ts";
import type { Grant } from "../grants/grant.ts";
import { isWithin } from "../paths/resolve.ts";
import { describedWorld } from "../world/described-world.ts";
import { planOf, type SandboxPlan, tooWide } from "./plan.ts";

let number = 0;
const grant = (type: "read" | "write", path: string): Grant => ({
  id: `g${(number += 1)}`,
  effect: "allow",
  scope: { type, path },
  callers: null,
  until: null,
});
const need = (type: "read" | "write" | "remove", path: string): Need => ({ type, path });
const git: Need = { type: "run", program: "/usr/bin/git", argv: ["git"], words: ["git"], beyond: null };

interface Given {
  readonly needs?: readonly Need[];
  readonly matched?: readonly Grant[];
  readonly whole?: readonly Grant[];
  readonly forbidding?: readonly Grant[];
  readonly said?: readonly Need[];
  readonly there?: readonly string[];
}
function plan({
  needs = [],
  matched = [],
  whole = [],
  forbidding = [],
  said = [],
  there,
}: Given): SandboxPlan {
  const exists = (path: string): boolean => there?.includes(path) ?? true;
  return planOf("/p", [...needs, ...said], { matched, whole, forbidding }, said, exists);
}
const places = ({ readable, writable }: SandboxPlan) => ({ readable, writable });

test("without a grant and without a word nothing is there", () => {
  assert.deepEqual(plan({ needs: [need("read", "/p/a"), need("write", "/p/b")] }), {
    folder: "/p",
    readable: [],
    writable: [],
    hidden: [],
    kept: [],
    versionControl: false,
    hosts: [],
  });
});

test("a folder is written when that was granted, and something in it is to be written", () => {
  const matched = [grant("write", "/p"), grant("write", "/q"), grant("read", "/r")];
  const needs = [need("write", "/p/a"), need("read", "/q/a"), need("read", "/r/a")];
  assert.deepEqual(places(plan({ matched, needs })), { readable: ["/q", "/r"], writable: ["/p"] });
  const removing = plan({ matched, needs: [need("remove", "/q/x")] });
  assert.deepEqual(removing.writable, ["/q"]);
  assert.deepEqual(
    plan({ matched, needs: [need("write", "/pp/a")] }).writable,
    [],
    "a name that begins alike",
  );
});

test("what nobody can see through has the whole of its folder's grants", () => {
  assert.deepEqual(places(plan({ whole: [grant("write", "/p"), grant("read", "/p")] })), {
    readable: [],
    writable: ["/p"],
  });
});

test("the owner's word is for the file; what is made or removed needs the folder in which it lies", () => {
  const there = ["/d/old", "/e"];
  const said = [
    need("read", "/c/x"),
    need("write", "/d/old"),
    need("write", "/d/new"),
    need("remove", "/f/x"),
  ];
  assert.deepEqual(places(plan({ said, there })), { readable: ["/c/x"], writable: ["/d", "/f"] });
  assert.deepEqual(places(plan({ said: [need("write", "/d/old")], there })).writable, ["/d/old"]);
  const emptied: Need = { type: "remove", path: "/e", contents: true };
  assert.deepEqual(plan({ said: [emptied], there }).writable, ["/e"], "who empties a folder needs no more");
});

test("a file that was granted and is not there yet needs its folder, too", () => {
  const matched = [grant("write", "/d/new"), grant("read", "/d/gone")];
  const given = { matched, needs: [need("write", "/d/new")], there: ["/d"] };
  assert.deepEqual(plan(given).writable, ["/d"]);
});

test("what a grant forbids is neither seen nor written, whatever else allows it", () => {
  const forbidding = [grant("read", "/p/secret"), grant("write", "/p/dist")];
  const all = plan({
    whole: [grant("write", "/p"), grant("read", "/p/secret/less"), grant("write", "/p/dist/x")],
    forbidding,
  });
  assert.deepEqual(all.hidden, ["/p/secret"]);
  assert.deepEqual(all.kept, ["/p/dist"]);
  assert.deepEqual(places(all), { readable: [], writable: ["/p"] });
  const only = plan({ whole: [grant("read", "/p/secret/less"), grant("write", "/p/dist/x")], forbidding });
  assert.deepEqual(places(only), { readable: ["/p/dist/x"], writable: [] });
});

test("only version control itself opens its folder", () => {
  assert.equal(plan({ needs: [git] }).versionControl, true);
  for (const program of ["/usr/bin/git-lfs", "/usr/bin/legit", "/p/git/x", "/usr/bin/gitk"])
    assert.equal(plan({ needs: [{ ...git, program }] }).versionControl, false, program);
});

test("the root is never mounted, and nothing twice", () => {
  const roots = plan({ said: [need("read", "/"), need("remove", "/x"), need("write", "/y")], there: [] });
  assert.deepEqual(places(roots), { readable: [], writable: [] });
});

test("nothing is open but what was granted or said, and nothing is written that was only to be read", () => {
  const path = fc
    .array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 3 })
    .map((parts) => `/${parts.join("/")}`);
  const grants = fc.array(fc.tuple(fc.constantFrom("read", "write"), path), { maxLength: 5 });
  const needs = fc.array(fc.tuple(fc.constantFrom("read", "write", "remove"), path), { maxLength: 5 });
  fc.assert(
    fc.property(grants, grants, needs, needs, (given, forbidden, wanted, asked) => {
      const matched = given.map(([type, at]) => grant(type, at));
      const forbidding = forbidden.map(([type, at]) => grant(type, at));
      const said = asked.map(([type, at]) => need(type, at));
      const made = plan({
        matched,
        forbidding,
        said,
        needs: wanted.map(([type, at]) => need(type, at)),
      });
      const isIn = (at: string, all: readonly string[]): boolean => all.some((one) => isWithin(at, one));
      const scopes = (wantedType: "read" | "write"): string[] =>
        given.flatMap(([type, at]) => (type === wantedType ? [at] : []));
      const may = asked.flatMap(([type, at]) =>
        type === "read" ? [] : [at, at.replace(/\/[^/]+$/, "") || "/"],
      );
      for (const at of made.writable) {
        assert.ok(isIn(at, scopes("write")) || may.includes(at), at);
        assert.ok(!isIn(at, made.kept), at);
      }
      for (const at of [...made.readable, ...made.writable]) {
        assert.ok(!isIn(at, made.hidden), at);
        assert.ok(
          isIn(at, [...scopes("read"), ...scopes("write")]) ||
            may.includes(at) ||
            said.some((one) => "path" in one && one.path === at),
          at,
        );
      }
    }),
    { numRuns: 300 },
  );
});

const world = describedWorld({
  home: "/home/u",
  user: "u",
  files: ["/home/u/p/a", "/home/u/p/.env"],
  folders: ["/home/u/p/.husky", "/home/u/p/.git", "/tmp", "/var/tmp", "/tmp/own", "/etc"],
  links: {},
  hardLinks: [],
  controlPorts: [],
});
const wide = (path: string, versionControl = false): string | null =>
  tooWide({ ...plan({}), writable: [path], versionControl }, world);

test("one file is not the whole home, what all programs share, or what other programs believe", () => {
  for (const path of ["/home/u", "/home", "/tmp", "/var/tmp", "/etc", "/home/u/p/.husky", "/home/u/p/.git"])
    assert.equal(wide(path), path);
  for (const path of ["/home/u/p", "/home/u/p/a", "/home/u/p/.env", "/tmp/own", "/home/u/none"])
    assert.equal(wide(path), null, path);
  assert.equal(wide("/home/u/p/.git", true), null, "version control's own");
});

test("hosts are those that a grant which matched names, or the owner said yes to", () => {
  const reach = (host: string): Grant => ({ ...grant("read", "/"), scope: { type: "reach", host } });
  const wants = (host: string, port = 443): Need => ({ type: "reach", host, port, sends: false });
  const matched = [reach("good.test"), grant("read", "/p")];
  const needs = [wants("good.test"), wants("evil.test")];
  assert.deepEqual(plan({ matched, needs }).hosts, ["good.test"]);
  assert.deepEqual(plan({ matched, needs, said: [wants("asked.test"), wants("odd.test", 8443)] }).hosts, [
    "good.test",
    "asked.test",
  ]);
  assert.deepEqual(plan({ needs, whole: [reach("evil.test")] }).hosts, [], "not what nobody saw it want");
  const forbidding = [reach("good.test"), reach("asked.test")];
  assert.deepEqual(plan({ matched, needs, said: [wants("asked.test")], forbidding }).hosts, []);
});
