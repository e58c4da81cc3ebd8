import { mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SystemStatus } from "@smartclaw/contracts";
import type { Client } from "../client.ts";
import type { Command, Context } from "../context.ts";
import { describeGateway, describeInstall, isHealthy } from "../describe.ts";
import { spawnDaemon } from "../../daemon/spawn-daemon.ts";
import { readPointer } from "../../self/pointer.ts";
import { openInBrowser } from "../open-in-browser.ts";
import { exit } from "../output.ts";
import { reach } from "../reach.ts";

const patienceMs = 15_000;
const pollMs = 10;
export interface StartOptions {
  readonly port?: string;
  /** Stay until OpenClaw is ready or has failed, with its progress. */
  readonly follow?: boolean;
  readonly open?: boolean;
}

/** Starts the daemon in the background, says the login link and opens it. Starting twice is no fault. */
export const start: Command<StartOptions> = async (context, options) => {
  const { output, paths } = context;
  const already = await answers(paths.socket);
  if (!already) {
    const fault = await launch(context, options);
    if (fault !== null) {
      output.fail({ code: "INTERNAL", message: fault, next: `Look at ${join(paths.logs, "daemon.err")}.` });
      return exit.failed;
    }
  }
  const client = await context.client();
  const { url } = await client.system.loginLink();
  const settings = await client.settings.get();
  if (options.open !== false && settings.openBrowserAtStart) await openInBrowser(url, context.environment);
  const status = await client.system.status();
  if (options.follow !== true) {
    output.answer(
      { url, alreadyRunning: already, port: status.smartclaw.port },
      `SmartClaw runs. Open ${output.bold(url)}`,
    );
    return exit.ok;
  }
  output.note(
    `SmartClaw runs in the background. Open it here (the link works once):\n\n  ${output.bold(url)}\n`,
  );
  const last = await followUntilSettled(context, client);
  output.answer(
    { url, port: last.smartclaw.port, install: last.openclaw.install, gateway: last.openclaw.gateway },
    `${describeGateway(last.openclaw.gateway)} ${isHealthy(last) ? "" : last.vault.message}`.trim(),
  );
  return last.openclaw.gateway.phase === "ready" ? exit.ok : exit.unhealthy;
};

async function followUntilSettled({ output }: Context, client: Client): Promise<SystemStatus> {
  let last = await client.system.status();
  let shown = "";
  for await (const status of await client.system.watch()) {
    last = status;
    const { install, gateway } = status.openclaw;
    const line = install.state === "installed" ? describeGateway(gateway) : describeInstall(install);
    // Without a terminal every line stays, so only stages are said there.
    const key = output.terminal || install.state !== "installing" ? line : install.stage;
    if (key !== shown) output.progress(line);
    shown = key;
    if (install.state === "failed" || gateway.phase === "ready" || gateway.phase === "failed") break;
  }
  return last;
}

/** Null when the daemon answers, else what it said when it died. */
async function launch(context: Context, options: StartOptions): Promise<string | null> {
  for (;;) {
    const { trial } = readPointer(context.paths.selfPointer);
    const fault = await launchOnce(context, options);
    // A new release of SmartClaw that dies is started as often as it may be, and then the one before.
    if (fault === null || trial === null) return fault;
  }
}

async function launchOnce(context: Context, options: StartOptions): Promise<string | null> {
  const { paths } = context;
  mkdirSync(paths.logs, { recursive: true, mode: 0o700 });
  const errors = join(paths.logs, "daemon.err");
  const descriptor = openSync(errors, "w", 0o600);
  const port = options.port === undefined ? [] : ["--port", options.port];
  const child = spawnDaemon({
    command: [...context.daemon, ...port],
    environment: context.environment,
    errors: descriptor,
  });
  let ended = false;
  child.once("exit", () => (ended = true));
  child.once("error", () => (ended = true));
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    if (await answers(paths.socket)) return null;
    if (ended) return readFileSync(errors, "utf8").trim() || "The daemon ended at once.";
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return "The daemon did not answer in time.";
}

/** Whether a daemon listens on the socket. */
export function answers(socket: string): Promise<boolean> {
  return reach(socket).then(
    () => true,
    () => false,
  );
}
