import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { isWhole, looksWhole, noteContents } from "./contents.ts";

const folder = mkdtempSync(join(tmpdir(), "sc-contents-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A folder like a release's, noted. */
async function newRelease() {
  const root = mkdtempSync(join(folder, "release-"));
  const openclaw = join(root, "node_modules", "openclaw");
  const dist = join(openclaw, "dist");
  mkdirSync(join(dist, "deep"), { recursive: true });
  mkdirSync(join(root, "node_modules", "helper"));
  writeFileSync(join(openclaw, "package.json"), JSON.stringify({ version: "1.0.0" }));
  for (const path of ["openclaw.mjs", "dist/deep/part.mjs", "../helper/index.js"])
    writeFileSync(join(openclaw, path), "export {};");
  for (let index = 0; index < 20; index++) writeFileSync(join(dist, `${index}.mjs`), "export {};");
  symlinkSync("part.mjs", join(dist, "deep", "link"));
  return { root, openclaw, dist, counts: await noteContents(root) };
}
type Release = Awaited<ReturnType<typeof newRelease>>;

for (const [what, happen, seen] of [
  ["nothing", () => undefined, "never"],
  ["a file more", ({ dist }) => writeFileSync(join(dist, "new.mjs"), ""), "never"],
  ["the program lost", ({ openclaw }) => rmSync(join(openclaw, "openclaw.mjs")), "at a glance"],
  [
    "another version",
    ({ openclaw }) => writeFileSync(join(openclaw, "package.json"), JSON.stringify({ version: "2.0.0" })),
    "at a glance",
  ],
  ["a file of its fullest folder lost", ({ dist }) => rmSync(join(dist, "7.mjs")), "at a glance"],
  ["that folder lost", ({ dist }) => rmSync(dist, { recursive: true }), "at a glance"],
  ["everything lost", ({ root }) => rmSync(root, { recursive: true }), "at a glance"],
  ["a file deep inside lost", ({ dist }) => rmSync(join(dist, "deep", "part.mjs")), "thoroughly"],
  ["a dependency lost", ({ root }) => rmSync(join(root, "node_modules", "helper", "index.js")), "thoroughly"],
  ["a link lost", ({ dist }) => rmSync(join(dist, "deep", "link")), "thoroughly"],
  ["a file cut", ({ dist }) => truncateSync(join(dist, "3.mjs"), 4), "thoroughly"],
  ["a file longer", ({ dist }) => appendFileSync(join(dist, "3.mjs"), " "), "thoroughly"],
  ["its list lost", ({ root }) => rmSync(join(root, "contents.json")), "thoroughly"],
  ["its list damaged", ({ root }) => truncateSync(join(root, "contents.json"), 100), "thoroughly"],
] satisfies [string, (release: Release) => void, "never" | "at a glance" | "thoroughly"][])
  test(`${what}: seen ${seen}`, async () => {
    const release = await newRelease();
    happen(release);
    assert.equal(looksWhole(release.root, "1.0.0", release.counts), seen !== "at a glance");
    if (seen !== "at a glance") assert.equal(await isWhole(release.root), seen === "never");
  });
