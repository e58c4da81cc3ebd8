import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Log, SmartClawError, type SystemStatus } from "@smartclaw/contracts";
import { createClient } from "../cli/client.ts";
import { asRehearsal } from "../daemon/arguments.ts";
import { daemonNodeFlags } from "../daemon/node-flags.ts";
import { pathsOf, type Paths } from "../daemon/paths.ts";
import { partEnvironment } from "../daemon/secret-environment.ts";
import { copyOpenData } from "./own-data.ts";

const patienceMs = 120_000;
const askAgainMs = 250;

/**
 * Starts a release of SmartClaw on a copy of the user's own data, on a port of its own: it has to say the right
 * version, to find as many connections and ways to open the vault as there are, and to give its page.
 * @throws SmartClawError UPDATE_UNHEALTHY
 */
export async function rehearseSelf(deps: {
  readonly version: string;
  readonly program: string;
  readonly paths: Paths;
  readonly expected: Pick<SystemStatus, "connections" | "vault">;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Log;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { version, signal, expected } = deps;
  const home = join(deps.paths.selfWork, "rehearsal");
  await rm(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const environment = { ...partEnvironment(deps.environment).plain, SMARTCLAW_HOME: home };
  const paths = pathsOf(environment, process.platform);
  await copyOpenData(deps.paths, home);
  // Told that it was chosen, by the same means as at a real start.
  const child = spawn(
    process.execPath,
    [
      ...daemonNodeFlags,
      "--input-type=module",
      "--eval",
      `await import(${JSON.stringify(deps.program)})`,
      "--",
      asRehearsal,
    ],
    { env: environment, stdio: ["ignore", "ignore", "pipe"] },
  );
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-4_000)));
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  let ended = false;
  void exited.then(() => (ended = true));
  try {
    const api = createClient(paths.socket);
    const patience = performance.now() + patienceMs;
    let status: SystemStatus | null = null;
    // The vault is opened when the daemon answers already; a keystore takes its time.
    while (status === null || status.vault.state !== expected.vault.state) {
      if (ended) throw unhealthy(version, "ended at once when it was tried out", errors);
      if (performance.now() > patience)
        throw unhealthy(
          version,
          status === null
            ? "did not answer when it was tried out"
            : `finds the vault ${status.vault.state}, where it is ${expected.vault.state}`,
          errors,
        );
      await deps.pause(askAgainMs, signal);
      signal.throwIfAborted();
      status = await api.system.status().catch(() => null);
    }
    if (status.smartclaw.version !== version)
      throw unhealthy(version, `says that it is ${status.smartclaw.version}`, errors);
    if (status.connections !== expected.connections)
      throw unhealthy(version, `finds ${status.connections} of ${expected.connections} connections`, errors);
    if (status.vault.slots.length !== expected.vault.slots.length)
      throw unhealthy(version, "does not find every way to open the vault", errors);
    const page = await fetch(`http://127.0.0.1:${status.smartclaw.port}/`, { signal });
    if (!page.ok || !(await page.text()).includes("<html")) throw unhealthy(version, "gives no page", errors);
  } finally {
    child.kill("SIGKILL");
    await exited;
    await rm(home, { recursive: true, force: true });
    if (errors !== "")
      deps.log.warn({ version, errors }, "a release of SmartClaw complained while it was tried out");
  }
}

function unhealthy(version: string, what: string, errors: string): SmartClawError {
  const last = errors.trim().split("\n").at(-1) ?? "";
  return new SmartClawError(
    "UPDATE_UNHEALTHY",
    `SmartClaw ${version} ${what}${last === "" ? "" : ` (${last.slice(0, 200)})`}.`,
    "Nothing; the earlier version goes on.",
  );
}
