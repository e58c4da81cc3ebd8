import assert from "node:assert/strict";
import { test } from "node:test";
import { worldOfLines } from "../check/world-of-lines.ts";
import { createDecider } from "../decide.ts";
import { profileOf } from "../programs/profiles.ts";
import { checkScope } from "./check-scope.ts";
import { type Preset, presetGrants, presetTexts } from "./presets.ts";
import { day, start, testPlace } from "./testing/test-store.ts";

const world = worldOfLines();
const folder = "/home/u/proj";

test("every grant of a preset is sound, and of every program with further arguments it is known what they do", () => {
  for (const preset of ["look", "work", "build"] as const) {
    const store = testPlace().open();
    const grants = presetGrants(preset, folder, start);
    assert.equal(store.add(grants).length, grants.length);
    assert.equal(store.effective().length, grants.length);
    store.close();
    for (const grant of grants) {
      assert.equal(checkScope(grant, world), null, JSON.stringify(grant.scope));
      assert.deepEqual([grant.effect, grant.callers, grant.source], ["allow", ["owner"], "preset"]);
      if (grant.scope.type === "run" && grant.scope.rest)
        assert.ok(profileOf(grant.scope.words[0] ?? ""), JSON.stringify(grant.scope));
    }
    assert.ok(presetTexts[preset].length > 20);
  }
  assert.match(presetTexts.build, /runs the project's own code/);
});

test("each holds what the one before it holds; the bolder, the sooner it ends", () => {
  const [look, work, build] = (["look", "work", "build"] as const).map((one) =>
    presetGrants(one, folder, start),
  );
  assert.ok(look && work && build);
  assert.deepEqual(work.slice(0, look.length), look);
  assert.deepEqual(build.slice(0, work.length), work);
  assert.ok(
    look.every(({ duration }) => duration.kind === "always" && duration.reviewAt === start + 90 * day),
  );
  const ends = (grants: typeof look) =>
    new Set(grants.map(({ duration }) => (duration.kind === "until" ? (duration.at - start) / day : null)));
  assert.deepEqual(
    [ends(work.slice(look.length)), ends(build.slice(work.length))],
    [new Set([30]), new Set([7])],
  );
  assert.ok(build.slice(work.length).every(({ scope }) => scope.type === "run" && !scope.rest));
});

test("what each allows, and what it asks about", () => {
  const decide = (preset: Preset, text: string): string =>
    createDecider(
      presetGrants(preset, folder, start).map(({ effect, scope, callers }, at) => ({
        id: String(at),
        effect,
        scope,
        callers,
        until: null,
      })),
      world,
    )({ text, folder, caller: "owner", now: start }).decision;
  const least: readonly (readonly [string, Preset | null])[] = [
    ["git log --oneline -5 && rg TODO src | sort | uniq -c", "look"],
    ["find src -name '*.ts' | head", "look"],
    ["git diff --stat", "look"],
    ["find src -name '*.ts' -delete", null],
    ["cat ~/other/o.txt", null],
    ["git push", null],
    ["mkdir -p build/x && cp README.md build/x", "work"],
    ["sed -i s/a/b/ notes.md", "work"],
    ["echo done > notes.md", "work"],
    ["rm -r build", "work"],
    ["rm -r .", null],
    ["mv notes.md ~/", null],
    ["npm test", "build"],
    ["make && cargo build && go test ./... && python3 -m pytest", "build"],
    ["npm test -- --watch", null],
    ["npm install left-pad", null],
    ["make CC=evil", null],
    ["python3 scripts/report.py", null],
    ["curl https://example.com/", null],
    ["bash build.sh", null],
  ];
  for (const [text, from] of least)
    for (const [at, preset] of (["look", "work", "build"] as const).entries()) {
      const isAllowed = from !== null && at >= ["look", "work", "build"].indexOf(from);
      assert.equal(decide(preset, text) === "allow", isAllowed, `${preset}: ${text}`);
    }
});
