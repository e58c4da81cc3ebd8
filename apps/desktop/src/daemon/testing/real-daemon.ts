import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { SystemStatus } from "@smartclaw/contracts";
import { type Client, createClient } from "../../cli/client.ts";
import { pathsOf, type Paths } from "../paths.ts";

const dist = (file: string): string => fileURLToPath(new URL(`../../../dist/${file}`, import.meta.url));

/** Where the tests' OpenClaw is installed; without it the tests against the real gateway are skipped. */
const installedReleases = process.env["SMARTCLAW_TEST_RELEASES"];
export const skipWithoutRelease =
  installedReleases === undefined ? "SMARTCLAW_TEST_RELEASES names no installed OpenClaw" : false;

/** A folder for a daemon of its own: nothing of the user's, no keystore, no registry. */
export interface DaemonHome {
  readonly paths: Paths;
  readonly environment: Readonly<Record<string, string>>;
  /** A command of `smartclaw`; its answer as JSON where it gave one. */
  cli(...args: string[]): Promise<{ code: number; stdout: string; json: unknown }>;
  /** Starts the built daemon and waits until it answers. */
  start(): Promise<RunningDaemon>;
  dispose(): void;
}

export interface RunningDaemon {
  readonly api: Client;
  alive(): boolean;
  exitCode(): number | null;
  /** What it wrote to stderr: nothing, while all is well. */
  errors(): string;
  /** Asks again until `condition` holds, for at most `ms` milliseconds: three minutes, if not said. */
  until(condition: (status: SystemStatus) => boolean, what: string, ms?: number): Promise<SystemStatus>;
  /** SIGKILL. */
  kill(): void;
  stop(): Promise<void>;
}

/** @param folder made anew when it is not given */
export function createDaemonHome(folder = mkdtempSync(join(tmpdir(), "sc-real-"))): DaemonHome {
  const home = join(folder, "data");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const environment = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    SMARTCLAW_HOME: home,
    CI: "1",
    npm_config_registry: "http://127.0.0.1:1/",
  };
  const paths = pathsOf(environment, process.platform);
  return {
    paths,
    environment,
    cli: (...args) =>
      new Promise((resolve) => {
        execFile(process.execPath, [dist("cli.js"), ...args], { env: environment }, (error, stdout) => {
          const code = error === null ? 0 : Number((error as { code?: unknown }).code ?? 1);
          resolve({ code, stdout, json: parse(stdout) });
        });
      }),
    start: () => start(paths, environment),
    dispose: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** The releases that the tests may use; the newest is the one that SmartClaw installs by itself. */
export const testVersions = { newest: "2026.9.6", before: "2026.9.5" } as const;

/** Puts installed releases into this home, without copying them. The first is the one that is live. */
export function useInstalledReleases(
  { paths }: Pick<DaemonHome, "paths">,
  versions: readonly string[] = [testVersions.newest],
): void {
  if (installedReleases === undefined) throw new Error("no installed OpenClaw");
  mkdirSync(join(paths.releases, "versions", "openclaw"), { recursive: true, mode: 0o700 });
  mkdirSync(paths.compiled, { recursive: true, mode: 0o700 });
  for (const version of versions) {
    const place = join("versions", "openclaw", version);
    symlinkSync(join(installedReleases, place), join(paths.releases, place));
    // Shared with every such home, so that only the first one pays for compiling OpenClaw.
    const compiled = join(installedReleases, "..", "openclaw-compiled", version);
    mkdirSync(compiled, { recursive: true, mode: 0o700 });
    symlinkSync(compiled, join(paths.compiled, version));
  }
  const [live] = versions;
  // The newest becomes the live one by the daemon's own hand when it finds it.
  if (live !== testVersions.newest)
    writeFileSync(
      join(paths.releases, "live.json"),
      JSON.stringify({ format: 1, openclaw: live, node: "bundled", state: "openclaw" }),
    );
}

async function start(paths: Paths, environment: Readonly<Record<string, string>>): Promise<RunningDaemon> {
  const child = spawn(process.execPath, [dist("daemon.js")], {
    env: { ...environment },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const alive = (): boolean => child.exitCode === null && child.signalCode === null;
  const api = createClient(paths.socket);
  const wait = async <T>(look: () => Promise<T | null>, what: () => string, ms = 180_000): Promise<T> => {
    for (const end = Date.now() + ms; Date.now() < end; await sleep(100)) {
      if (!alive()) throw new Error(`the daemon ended: ${errors}`);
      const seen = await look();
      if (seen !== null) return seen;
    }
    throw new Error(`never: ${what()}`);
  };
  await wait(
    () => api.system.status().catch(() => null),
    () => `${basename(paths.socket)} answers`,
  );
  let last: SystemStatus | null = null;
  return {
    api,
    alive,
    exitCode: () => child.exitCode,
    errors: () => errors,
    until: (condition, what, ms) =>
      wait(
        async () => {
          last = await api.system.status();
          return condition(last) ? last : null;
        },
        () => `${what}; last ${JSON.stringify(last)}`,
        ms,
      ),
    kill: () => void child.kill("SIGKILL"),
    async stop() {
      const kill = (): boolean => child.kill("SIGKILL");
      const late = setTimeout(kill, 60_000);
      if (alive()) api.system.shutdown().catch(kill);
      await exited;
      clearTimeout(late);
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
