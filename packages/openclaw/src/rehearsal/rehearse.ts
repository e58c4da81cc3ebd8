import { mkdirSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Log, type ModelApi, type Secret, SmartClawError } from "@smartclaw/contracts";
import { createChat } from "../chat/chat.ts";
import { gatewayArguments, gatewayEnvironment } from "../config/gateway-process.ts";
import { renderConfig, secretIds } from "../config/render-config.ts";
import { createGatewayClient, type Gateway } from "../gateway/gateway-client.ts";
import { probeGateway } from "../gateway/gateway-probe.ts";
import { guardArguments } from "../guard/guard-reports.ts";
import { installSecretProvider } from "../secrets/install-provider.ts";
import { createSecretsWindow } from "../secrets/secrets-window.ts";
import type { GatewayLine } from "../supervisor/gateway-process.ts";
import { findFreePort } from "../supervisor/ports.ts";
import { createSupervisor } from "../supervisor/supervisor.ts";
import { systemTimer } from "../supervisor/timers.ts";
import { untilReady } from "../supervisor/until-ready.ts";
import { createProcessTree } from "../watchdog/process-tree.ts";
import { rehearsalPidFile } from "./clear-rehearsal.ts";
import { type Inventory, lossBetween, takeInventory } from "./inventory.ts";
import { startRehearsalModel } from "./rehearsal-model.ts";

const firstPort = 18_860;
const model = {
  id: "rehearsal",
  name: "Rehearsal",
  contextWindow: 131_072,
  maxTokens: 4096,
  images: false,
  reasoning: false,
};
const api: ModelApi = "openai-completions";

export interface RehearsalDeps {
  readonly version: string;
  /** OpenClaw's program in the release. */
  readonly entry: string;
  readonly nodePath: string;
  /** The release's own state for the rehearsal, at which nothing else works. */
  readonly state: string;
  /** For everything else that the rehearsal makes; removed afterwards. */
  readonly folder: string;
  /** A path for a socket that is short enough, and in a folder that only the user can enter. */
  readonly socketPath: string;
  /** OpenClaw's temporary files; with compiled code that the first real start can use. */
  readonly temporary: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the running release counts; null when it does not run. */
  readonly expected: Inventory | null;
  readonly platform: NodeJS.Platform;
  /** A proxy that leads to one port of 127.0.0.1, the model's, and nowhere else. */
  readonly openWayOut: (port: number) => Promise<{ readonly url: string; close(): Promise<void> }>;
  /** Random, that nobody can guess. */
  readonly newToken: () => Secret;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly log: Log;
  /** What the release says, for the logs. */
  readonly onLine: (line: GatewayLine) => void;
  /** From its start until it has to answer, in milliseconds. */
  readonly startMs: number;
  /** From the question to the last word of the answer, in milliseconds; the model itself answers at once. */
  readonly turnMs: number;
  readonly signal: AbortSignal;
}

/**
 * Starts a release as it will be started, but on a port of its own, with a model of its own and no way out, and has it
 * show that it works: version, protocol, nothing lost, one whole turn.
 * @throws SmartClawError of what did not work, CANCELLED
 */
export async function rehearse(deps: RehearsalDeps): Promise<void> {
  const { version, folder, log, signal } = deps;
  const word = deps.newId();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const standIn = await startRehearsalModel(word);
  const wayOut = await deps.openWayOut(standIn.port);
  const token = deps.newToken();
  const answers = new Map([
    [secretIds.gatewayToken as string, token],
    [secretIds.proxyToken as string, deps.newToken()],
  ]);
  const tree = createProcessTree({ platform: deps.platform, marker: `SMARTCLAW_TREE=${deps.newId()}` });
  const secretsWindow = createSecretsWindow({
    socketPath: deps.socketPath,
    answers: (id) => answers.get(id) ?? null,
    mayAsk: async (pid) => {
      const root = supervisor.state().pid;
      return root !== null && (await tree.members(root)).some((member) => member.pid === pid);
    },
    platform: deps.platform,
    log,
  });
  const secretCommand = installSecretProvider(join(folder, "helpers"), {
    nodePath: deps.nodePath,
    socketPath: deps.socketPath,
    platform: deps.platform,
  });
  const config = join(deps.state, "openclaw.json");
  const workspace = join(folder, "workspace");
  mkdirSync(workspace, { recursive: true, mode: 0o700 });
  const supervisor = createSupervisor({
    async launch(taken) {
      const port = await findFreePort(firstPort, taken);
      if (port === null)
        throw new SmartClawError(
          "PORT_IN_USE",
          "No port is free for a rehearsal.",
          "It is tried again by itself.",
        );
      const rendered = renderConfig({
        port,
        secretCommand,
        providers: [{ id: "rehearsal", api, baseUrl: standIn.baseUrl, models: [model] }],
        primary: "rehearsal/rehearsal",
        forwardProxyUrl: wayOut.url,
        workspace,
        logFile: join(folder, "openclaw.log"),
      });
      await writeFile(config, JSON.stringify(rendered), { mode: 0o600 });
      const places = { state: deps.state, config, temporary: deps.temporary };
      return {
        command: [deps.nodePath, ...guardArguments, deps.entry, ...gatewayArguments(port)],
        env: { ...gatewayEnvironment(deps.environment, places), OPENCLAW_SKIP_CHANNELS: "1" },
        cwd: workspace,
        port,
        version,
      };
    },
    probe: (target) => probeGateway({ ...target, token }),
    drain: () => Promise.resolve(),
    // A release that needs its configuration repaired is not one to be switched to.
    repair: () =>
      Promise.reject(
        new SmartClawError(
          "UPDATE_UNHEALTHY",
          `OpenClaw ${version} does not accept its configuration.`,
          "Nothing; the version that runs goes on.",
        ),
      ),
    secretsWindow,
    tree,
    pidFile: rehearsalPidFile(folder),
    clock: deps.clock,
    setTimer: systemTimer,
    log,
    onLine: deps.onLine,
    onRefused: () => {},
    limits: { maxCrashes: 1, startMs: deps.startMs },
  });
  const gateway = createGatewayClient({
    url: () => `ws://127.0.0.1:${supervisor.state().port}`,
    token: () => token,
    log,
  });
  try {
    await untilReady(supervisor, signal);
    gateway.connect();
    await compare(gateway, deps);
    await answersWith(word, gateway, deps);
  } finally {
    gateway.close();
    await supervisor.stop();
    await Promise.all([standIn.close(), wayOut.close()]);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Jobs are left out: OpenClaw keeps them by the path of its state, which is another here. */
async function compare(gateway: Gateway, { version, expected }: RehearsalDeps): Promise<void> {
  if (expected === null) return;
  const loss = lossBetween({ ...expected, jobs: 0 }, await takeInventory(gateway));
  if (loss === null) return;
  throw new SmartClawError(
    "UPDATE_UNHEALTHY",
    `OpenClaw ${version} found only ${loss} in a copy of its state.`,
    "Nothing; the version that runs goes on.",
  );
}

async function answersWith(word: string, gateway: Gateway, deps: RehearsalDeps): Promise<void> {
  const { clock, newId, log } = deps;
  const chat = createChat({ gateway, clock, setTimer: systemTimer, newId, log });
  const { id } = await chat.create({ title: "Rehearsal" });
  const given = AbortSignal.any([deps.signal, AbortSignal.timeout(deps.turnMs)]);
  const events = chat.events({ id }, given);
  let said = "";
  let sent = false;
  for await (const event of events) {
    if (!sent && event.type === "snapshot") {
      sent = true;
      await chat.send({ conversation: id, text: "Say the word.", clientId: newId() });
    }
    if (event.type === "message" && event.message.role === "assistant") said += event.message.text;
    if (event.type === "end") break;
  }
  if (said === "") {
    const { messages } = await chat.history({ id, limit: 10 });
    said = messages
      .filter(({ role }) => role === "assistant")
      .map(({ text }) => text)
      .join("\n");
  }
  if (said.includes(word)) return;
  if (deps.signal.aborted) throw cancelled();
  throw new SmartClawError(
    "UPDATE_UNHEALTHY",
    `OpenClaw ${deps.version} started, but did not bring an answer of a model to the chat.`,
    "Nothing; the version that runs goes on.",
  );
}

function cancelled(): SmartClawError {
  return new SmartClawError("CANCELLED", "The rehearsal was ended.", "It is tried again by itself.");
}
