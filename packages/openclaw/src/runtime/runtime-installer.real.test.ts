// Asks the npm registry, or the mirror that this machine has in its place.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { removeReadOnly } from "../releases/read-only.ts";
import { bringOtherNode, openOtherNodes, otherVersion } from "./testing/other-node.ts";

const root = mkdtempSync(join(tmpdir(), "sc-node-real-"));
after(() => removeReadOnly(root, process.platform));
const nodes = await openOtherNodes(root);

test("a real Node of another line is fetched, tried and published", async (t) => {
  if (typeof nodes === "string") return t.skip(nodes);
  const path = await bringOtherNode(nodes);
  assert.equal(execFileSync(path, ["--version"], { encoding: "utf8", env: {} }).trim(), `v${otherVersion}`);
  const [info] = nodes.runtimes.list();
  assert.equal(info?.version, otherVersion);
  assert.match(info.integrity, /^sha512-[A-Za-z0-9+/]{86}==$/);
  const place = join(root, "versions", "node-runtime", otherVersion);
  assert.deepEqual(JSON.parse(readFileSync(join(place, "release.json"), "utf8")), info);
  t.diagnostic(`${info.name} ${info.version}, ${info.size} bytes`);
});
