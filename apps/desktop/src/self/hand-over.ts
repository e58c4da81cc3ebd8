import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { join } from "node:path";
import type { Paths } from "../daemon/paths.ts";
import { partEnvironment } from "../daemon/secret-environment.ts";

/** What the watcher is told, through a pipe. */
export interface WatcherOrder {
  /** What the new daemon says that it is, and what the pointer calls it. */
  readonly version: string;
  readonly live: string | null;
  /** Node, its flags, the installed daemon's program and its arguments. */
  readonly command: readonly string[];
  readonly secrets: Readonly<Record<string, string | undefined>>;
}

/** Starts the watcher, which waits for the end of this daemon and then starts the next one. */
export function spawnWatcher(deps: {
  readonly program: string;
  readonly paths: Paths;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly order: Omit<WatcherOrder, "secrets">;
}): void {
  const { plain, secret } = partEnvironment(deps.environment);
  const child = spawn(process.execPath, [deps.program], {
    detached: true,
    env: plain,
    stdio: ["pipe", "ignore", openSync(join(deps.paths.logs, "smartclaw-update.log"), "a", 0o600)],
  });
  child.stdin?.on("error", () => {});
  child.stdin?.end(JSON.stringify({ ...deps.order, secrets: secret } satisfies WatcherOrder));
  child.unref();
}
