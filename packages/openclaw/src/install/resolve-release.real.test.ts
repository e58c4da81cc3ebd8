// Asks the npm registry, or the mirror that this machine has in its place.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openclawComponent } from "./component.ts";
import { type Lock, packagesOf, parseLock, tarballsFor } from "./lock.ts";
import { createProgress } from "./progress.ts";
import { createRegistryReader } from "./registry-reader.ts";
import { resolveRelease } from "./resolve-release.ts";

const registry = process.env["npm_config_registry"] ?? "https://registry.npmjs.org/";
const folder = mkdtempSync(join(tmpdir(), "sc-resolve-real-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const platform = { os: "linux", cpu: "x64", libc: "glibc" };
const order = {
  component: openclawComponent,
  version: "2026.9.5",
  integrity:
    "sha512-TCO/ImVLh5HkF4tdfo7iriIa7kT6iYkIr/jR5ZOkePGFGhUx5Oe7DE716Y1DzzG2teRAVDdCjgJDu1A24Yta7w==",
  registry,
  registrySigns: false,
  keys: [],
  before: null,
  earlierFile: null,
  folder: join(folder, "work"),
  lockFile: join(folder, "trusted.json"),
  heldFile: join(folder, "held.json"),
};
const resolve = (changes: Partial<Parameters<typeof resolveRelease>[0]>) =>
  resolveRelease(
    { ...order, ...changes },
    platform,
    createProgress(
      () => {},
      () => 0,
    ),
    { fetch, now: () => Date.now() },
  );
const committedFile = fileURLToPath(new URL("../../locks/openclaw-2026.9.6.json", import.meta.url));
const read = (path: string): Lock => parseLock(readFileSync(path, "utf8"));

const facts = await createRegistryReader({ registry, fetch, received() {} })
  .facts("openclaw", order.version)
  .catch(() => null);
const skip =
  facts === null
    ? `${registry} is not reachable from here`
    : facts.signatures.length > 0 && `${registry} signs its packages, and npm's keys are not at hand`;

test("OpenClaw 2026.9.5 from a registry that signs nothing is held", { skip }, async () => {
  const { verdict, reasons, lockFile } = await resolve({});
  assert.deepEqual([verdict, lockFile], ["hold", order.heldFile]);
  assert.match(
    reasons[0] ?? "",
    /^This registry does not sign its packages, so nothing vouches for (\S+ \S+, ){2}\S+ \S+ and \d+ more\.$/,
  );
  const list = read(order.heldFile);
  const packages = packagesOf(list);
  assert.equal(packages.length, Object.keys(list.packages).length - 1);
  for (const { path, integrity } of packages) assert.match(integrity, /^sha512-[A-Za-z0-9+/]{86}==$/, path);
  assert.equal(list.packages["node_modules/openclaw"]?.integrity, order.integrity);
  assert.ok(packages.length > 300);
  assert.deepEqual(
    tarballsFor(list, platform).filter(({ size }) => size === 0),
    [],
  );
});

test("OpenClaw 2026.9.6, as of the day of its committed list, is that list", { skip }, async () => {
  const committed = read(committedFile);
  const { integrity } = committed.packages["node_modules/openclaw"] ?? {};
  const { verdict, reasons } = await resolve({
    version: "2026.9.6",
    integrity: integrity ?? "",
    before: "2026-11-20T00:00:00.000Z",
    earlierFile: committedFile,
  });
  assert.deepEqual([verdict, reasons], ["trusted", []]);
  const bare = (list: Lock) => packagesOf(list).map(({ path, entry }) => ({ path, ...entry, size: null }));
  assert.deepEqual(bare(read(order.lockFile)), bare(committed));
});
