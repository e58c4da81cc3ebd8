import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { removeReadOnly } from "../../releases/read-only.ts";
import { openclawComponent } from "../component.ts";
import { type Lock, parseLock } from "../lock.ts";
import { createProgress } from "../progress.ts";
import type { ResolveOrder } from "../resolve-messages.ts";
import { resolveRelease } from "../resolve-release.ts";
import {
  type NpmRegistryStandIn,
  type PackageToPublish,
  startNpmRegistryStandIn,
} from "./npm-registry-stand-in.ts";

export const postinstall = { postinstall: "node scripts/postinstall-bundled-plugins.mjs" };
export const ownFiles = { "scripts/postinstall-bundled-plugins.mjs": "", "openclaw.mjs": "" };

/** An OpenClaw as small as can be. */
export const openclaw = (version: string, more: Partial<PackageToPublish> = {}): PackageToPublish => ({
  name: "openclaw",
  version,
  engines: { node: ">=24" },
  dependencies: { helper: "^1.0.0", "@scope/part": "1.x" },
  optionalDependencies: { "native-linux": "1.0.0", "native-win32": "1.0.0" },
  scripts: postinstall,
  attested: true,
  files: ownFiles,
  ...more,
});

/** A stand-in of the registry that signs, and an installation that trusts OpenClaw 1.0.0. */
export interface World {
  readonly registry: NpmRegistryStandIn;
  readonly home: string;
  /** For the version published last. */
  readonly order: ResolveOrder;
  /** Publishes OpenClaw 2.0.0 as the next version. */
  readonly next: (more?: Partial<PackageToPublish>) => void;
}

export async function newWorld(t: TestContext): Promise<World> {
  const registry = await startNpmRegistryStandIn();
  const home = mkdtempSync(join(tmpdir(), "sc-resolve-"));
  t.after(async () => {
    await registry.close();
    await removeReadOnly(home, process.platform);
  });
  const key = registry.newKey();
  registry.publish({ name: "helper", version: "1.0.0", dependencies: { deep: "*" }, attested: true });
  registry.publish({ name: "deep", version: "1.0.0" });
  registry.publish({ name: "@scope/part", version: "1.0.0" });
  registry.publish({ name: "native-linux", version: "1.0.0", os: ["linux"], cpu: ["x64"] });
  registry.publish({ name: "native-win32", version: "1.0.0", os: ["win32"] });
  const order: ResolveOrder = {
    component: openclawComponent,
    version: "1.0.0",
    integrity: registry.publish(openclaw("1.0.0")).integrity,
    registry: registry.url,
    registrySigns: true,
    keys: [key],
    before: null,
    earlierFile: null,
    folder: join(home, "work"),
    lockFile: join(home, "openclaw-1.0.0.json"),
    heldFile: join(home, "openclaw-1.0.0.held.json"),
  };
  // Nobody knew its install script, and it is let through.
  assert.match(await outcome(order), /^hold/);
  order.earlierFile = order.heldFile;
  return {
    registry,
    home,
    order,
    next(more) {
      order.version = "2.0.0";
      order.integrity = registry.publish(openclaw("2.0.0", more)).integrity;
      order.lockFile = join(home, "openclaw-2.0.0.json");
      order.heldFile = join(home, "openclaw-2.0.0.held.json");
    },
  };
}

/** What comes of an order, in one line. Checks that only what may be there was written. */
export async function outcome(order: ResolveOrder): Promise<string> {
  const platform = { os: "linux", cpu: "x64", libc: "glibc" };
  const progress = createProgress(
    () => {},
    () => 0,
  );
  let said: string;
  try {
    const result = await resolveRelease(order, platform, progress, { fetch, now: () => Date.now() });
    const expected = { trusted: order.lockFile, hold: order.heldFile, refused: null }[result.verdict];
    assert.equal(result.lockFile, expected);
    said = [result.verdict, ...result.reasons].join(" ");
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    said = `${code} ${message}`;
  }
  assert.equal(existsSync(order.lockFile), said.startsWith("trusted"));
  assert.equal(existsSync(order.heldFile), said.startsWith("hold"));
  return said;
}

export const listAt = (path: string): Lock["packages"] => parseLock(readFileSync(path, "utf8")).packages;
