/** Where paths and patterns lead, beside what the kernel and bash say. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { describedWorld } from "../world/described-world.ts";
import { worldOfLines } from "../check/world-of-lines.ts";
import { thisComputer } from "../world/this-computer.ts";
import { expandPattern, literalFolder, patternMatcher } from "./pattern.ts";
import { protectionOf, protectionOfPattern } from "./protected.ts";
import { resolvePath } from "./resolve.ts";

const here = thisComputer({ folders: [], controlPorts: [] });
const folder = realpathSync(mkdtempSync(join(tmpdir(), "sc-paths-")));
after(() => rmSync(folder, { recursive: true, force: true }));
for (const path of ["a/b/c", "a/.h", "d", ".git"]) mkdirSync(join(folder, path), { recursive: true });
for (const path of ["a/x", "a/b/y", "a/b/c/z", "d/x1", "d/x2", "d/.x", ".env", "-r", "sp ace"])
  writeFileSync(join(folder, path), "");
for (const [path, target] of [
  ["l1", "a"],
  ["a/l2", "../d"],
  ["a/b/l3", "/"],
  ["d/l4", "../l1/b"],
  ["loop", "loop"],
  ["gone", "nowhere/at/all"],
  ["a/b/c/up", "../../.."],
] as const)
  symlinkSync(target, join(folder, path));

const names = fc.constantFrom(..."a|b|c|d|x|y|z|l1|l2|l3|l4|up|..|.||loop|gone|new|tmp".split("|"));

test("a path leads where the kernel says", () => {
  let [there, missing] = [0, 0];
  fc.assert(
    fc.property(fc.array(names, { minLength: 1, maxLength: 8 }), (parts) => {
      const path = parts.join("/");
      const place = resolvePath(here, folder, path);
      let real: string | null = null;
      try {
        real = realpathSync.native(path.startsWith("/") ? path : `${folder}/${path}`);
      } catch {
        // Nothing is there: then it would be made in its folder, if that is there.
      }
      if (real !== null) {
        there += 1;
        assert.equal(place?.path, real, path);
      } else if (place !== null && place.kind === "missing") {
        missing += 1;
        assert.equal(realParent(place.path), dirnameOfExisting(place.path), path);
      }
    }),
    { numRuns: 3000 },
  );
  assert.ok(there > 100 && missing > 100, `${there} and ${missing}`);
});

/** The deepest part of a path that is there, without links. */
function realParent(path: string): string {
  for (let at = path; ; at = dirname(at)) {
    try {
      return realpathSync.native(at);
    } catch {
      continue;
    }
  }
}

/** The same part, as the path has it. */
function dirnameOfExisting(path: string): string {
  for (let at = path; ; at = dirname(at)) if (here.entry(at) !== null || at === "/") return at;
}

test("a pattern names all that bash finds", () => {
  const pieces = fc.constantFrom(
    "a",
    "b",
    "x",
    "d",
    "l",
    "1",
    "*",
    "?",
    "[a-d]",
    "[!x]",
    "[]x]",
    ".",
    "/",
    "-",
    "\\*",
    "e",
    "[",
    "]",
  );
  let compared = 0;
  fc.assert(
    fc.property(fc.array(pieces, { minLength: 1, maxLength: 6 }), (parts) => {
      const pattern = parts.join("");
      if (!/(?<!\\)[*?[]/.test(pattern)) return;
      const options = { cwd: folder, encoding: "utf8", env: { LC_ALL: "C" } } as const;
      const run = spawnSync(
        "/bin/bash",
        ["--noprofile", "--norc", "-c", `shopt -s nullglob; printf '%s\\0' ${pattern}`],
        options,
      );
      const found = run.stdout.split("\0").filter((name) => name !== "");
      const whole = pattern.startsWith("/") ? pattern : `${folder}/${pattern}`;
      const ours = expandPattern(here, whole);
      const matches = patternMatcher(whole);
      for (const name of found) {
        const path = (name.startsWith("/") ? name : `${folder}/${name}`)
          .replaceAll(/\/+/g, "/")
          .replace(/(?<=.)\/$/, "");
        if (/(?:^|\/)\.{1,2}(?:\/|$)/.test(path)) continue;
        // A bracket that is not closed is only a character.
        if (here.entry(path) === null) continue;
        compared += 1;
        if (ours !== null) assert.ok(ours.includes(path), `${pattern} finds ${path}`);
        assert.ok(matches(path), `${pattern} can name ${path}`);
      }
    }),
    { numRuns: 600 },
  );
  assert.ok(compared > 20, String(compared));
});

test("the folder of a pattern is what stands before the first component that is one", () => {
  assert.deepEqual(["a/b/*.ts", "*", "/x*/y", "a\\*b/c?", "/etc/*"].map(literalFolder), [
    "a/b",
    "",
    "/",
    "a*b",
    "/etc",
  ]);
});

test("what is held apart, and from whom", () => {
  const world = worldOfLines();
  const kinds = (path: string): unknown[] =>
    (["read", "write"] as const).map((access) => protectionOf(world, path, access)?.kind ?? null);
  assert.deepEqual(kinds("/home/u/proj/a.txt"), [null, null]);
  assert.deepEqual(kinds("/home/u/proj/.git/HEAD"), [null, "apart"]);
  assert.deepEqual(kinds("/home/u/proj/deep/down/.git/hooks/x"), ["never", "never"]);
  assert.deepEqual(kinds("/home/u/proj/.env.local"), ["apart", "apart"]);
  assert.deepEqual(kinds("/home/u/.ssh"), ["never", "never"]);
  assert.deepEqual(kinds("/home/u/.sshx"), [null, null]);
  assert.deepEqual(kinds("/etc/hosts"), [null, "never"]);
  assert.deepEqual(kinds("/dev/null"), [null, null]);
  assert.deepEqual(kinds("/proc/17/mem"), ["never", "never"]);
  assert.equal(protectionOfPattern(world, "/home/u/.s*/id_*", "read")?.kind, "never");
  assert.equal(protectionOfPattern(world, "/home/u/proj/*", "read"), null);
  assert.equal(protectionOfPattern(world, "/home/u/proj/.e*", "read")?.kind, "apart");
});

test("a name is held apart however it is written, for some disks make no difference", () => {
  const world = worldOfLines();
  for (const name of [".ENV", ".Env.local", ".GIT/hooks/x", "ID_RSA", ".VSCode", "deep/.Git/CONFIG"]) {
    const path = `/home/u/proj/${name}`;
    assert.notEqual(protectionOf(world, path, "write"), null, path);
  }
  assert.notEqual(protectionOfPattern(world, "/home/u/proj/.E*", "write"), null);
});

test("where the usual names lead is held apart as they are", () => {
  const world = describedWorld({
    home: "/home/u",
    user: "u",
    files: [],
    folders: ["/home/u/dotfiles/aws", "/mnt/keys/ssh", "/usr/bin", "/home/u/x"],
    links: {
      "/home/u/.aws": "dotfiles/aws",
      "/home/u/.ssh": "/mnt/keys/ssh",
      "/home/u/bin": "/usr/bin",
      "/home/u/.vim": "/home/u",
      "/home/u/.config": "dotfiles/config",
    },
    hardLinks: [],
    controlPorts: [],
  });
  const kind = (path: string): string | null => protectionOf(world, path, "read")?.kind ?? null;
  assert.equal(kind("/home/u/dotfiles/aws/credentials"), "never");
  assert.equal(kind("/mnt/keys/ssh/id"), "never");
  assert.equal(kind("/home/u/dotfiles/config/gh/hosts.yml"), "never");
  assert.equal(kind("/home/u/dotfiles/readme"), null);
  assert.equal(kind("/usr/bin/ls"), null);
  assert.equal(kind("/home/u/x"), null);
});
