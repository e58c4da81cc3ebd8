import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createClient } from "../../apps/desktop/src/cli/client.ts";
import { pathsOf } from "../../apps/desktop/src/daemon/paths.ts";
import { removeReadOnly } from "../../packages/openclaw/src/releases/read-only.ts";

const run = promisify(execFile);
const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
/** What `npx smartclaw` starts. */
export const launcher = at("node_modules/.bin/smartclaw");

/** A home folder of SmartClaw for a measure, with OpenClaw installed in it. */
export interface TestHome {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  /** OpenClaw's launcher in a release, of the same copy that SmartClaw starts. */
  entry(version: string): string;
  /** Lays a release out again that an update has removed. */
  bring(release: string): void;
  smartclaw(...args: string[]): Promise<{ stdout: string }>;
  /** What `status --json` prints, healthy or not. */
  status<T>(): Promise<T>;
  dispose(): Promise<void>;
}

/** @param releases the first is the live one; if none is named, the one that SmartClaw installs by itself */
export function makeTestHome(...releases: string[]): TestHome {
  const folder = mkdtempSync(join(tmpdir(), "smartclaw-bench-"));
  const source = [process.env["SMARTCLAW_TEST_RELEASES"] ?? "", at(".cache/openclaw")].find((place) =>
    existsSync(join(place, "live.json")),
  );
  if (source === undefined) throw new Error("OpenClaw is not installed here; run `npm test` once");
  const live = JSON.parse(readFileSync(join(source, "live.json"), "utf8")) as { openclaw: string };
  const openclaw = releases[0] ?? live.openclaw;
  const bring = (release: string): void => {
    const place = join("versions", "openclaw", release);
    if (existsSync(join(folder, place))) return;
    cpSync(join(source, place), join(folder, place), { recursive: true, verbatimSymlinks: true });
  };
  for (const release of releases.length === 0 ? [openclaw] : releases) bring(release);
  writeFileSync(join(folder, "live.json"), JSON.stringify({ ...live, openclaw }));
  const env = { ...process.env, SMARTCLAW_HOME: folder, HOME: folder, CI: "1" };
  const smartclaw = (...args: string[]) => run(launcher, args, { env });
  return {
    folder,
    env,
    version: openclaw,
    entry: (version) =>
      join(folder, "versions", "openclaw", version, "node_modules", "openclaw", "openclaw.mjs"),
    bring,
    smartclaw,
    async status<T>() {
      const { stdout } = await smartclaw("status", "--json").catch((error: { stdout: string }) => error);
      return JSON.parse(stdout) as T;
    },
    async dispose() {
      await smartclaw("stop").catch(() => {});
      await removeReadOnly(join(folder, "versions"), process.platform);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Asks in this process and seldom: what is asked takes its time from what is measured. */
export async function untilReady(home: TestHome): Promise<void> {
  const client = createClient(pathsOf(home.env, process.platform).socket);
  for (;;) {
    const status = await client.system.status().catch(() => null);
    if (status?.openclaw.gateway.phase === "ready") return;
    await pause(1_000);
  }
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
