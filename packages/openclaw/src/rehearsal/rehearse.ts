import { existsSync, mkdirSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Clock, type Log, type Secret, SmartClawError } from "@smartclaw/contracts";
import { createChat } from "../chat/chat.ts";
import { gatewayArguments, gatewayEnvironment } from "../config/gateway-process.ts";
import { renderConfig, secretIds } from "../config/render-config.ts";
import { createGatewayClient, type Gateway } from "../gateway/gateway-client.ts";
import { probeGateway } from "../gateway/gateway-probe.ts";
import { guardArguments } from "../guard/guard-reports.ts";
import { installGuardianPlugin } from "../plugin/install-plugin.ts";
import { disobedienceOf } from "../plugin/obedience.ts";
import { installSecretProvider } from "../secrets/install-provider.ts";
import { createSecretsWindow } from "../secrets/secrets-window.ts";
import type { GatewayLine } from "../supervisor/gateway-process.ts";
import { findFreePort } from "../supervisor/ports.ts";
import { createSupervisor } from "../supervisor/supervisor.ts";
import { systemTimer } from "../supervisor/timers.ts";
import { untilReady } from "../supervisor/until-ready.ts";
import type { ProcessEntry } from "../watchdog/process-table.ts";
import { createProcessTree } from "../watchdog/process-tree.ts";
import { createSocketScanner } from "../watchdog/socket-scanner.ts";
import { rehearsalPidFile } from "./clear-rehearsal.ts";
import { type Inventory, lossBetween, takeInventory } from "./inventory.ts";
import { takeTurn } from "./rehearsal-turn.ts";
import { filesWith, processesWith } from "./secrets-in-clear.ts";
import { standInModel, startStandInModel } from "./stand-in-model.ts";

const firstPort = 18_860;

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
  /** Where Node keeps what it compiles of the release; it stays, so that the first real start can use it. */
  readonly compiled: string;
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
 * show that it works: version, protocol, SmartClaw's plugin loaded, nothing lost, one whole turn. In that turn the model
 * asks for a command to be run, as in Agentic Mode, which must not happen without Guardian, and no secret that the release was given may be anywhere where others can read it.
 * @throws SmartClawError of what did not work, CANCELLED
 */
export async function rehearse(deps: RehearsalDeps): Promise<void> {
  const { folder } = deps;
  const word = deps.newId();
  const probe = join(folder, "a-command-was-run");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    // Means the same to every shell that OpenClaw may start.
    const standIn = await startStandInModel({ word, command: `echo it was > "${probe}"` });
    try {
      const wayOut = await deps.openWayOut(standIn.port);
      try {
        await tryOut(deps, { word, probe, modelUrl: standIn.baseUrl, forwardProxyUrl: wayOut.url });
      } finally {
        await wayOut.close();
      }
    } finally {
      await standIn.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function tryOut(
  deps: RehearsalDeps,
  given: {
    readonly word: string;
    readonly probe: string;
    readonly modelUrl: string;
    readonly forwardProxyUrl: string;
  },
): Promise<void> {
  const { version, folder, log, signal } = deps;
  const token = deps.newToken();
  const answers = new Map([
    [secretIds.gatewayToken as string, token],
    [secretIds.proxyToken as string, deps.newToken()],
  ]);
  const tree = createProcessTree({ platform: deps.platform, marker: `SMARTCLAW_TREE=${deps.newId()}` });
  const runningNow = async (): Promise<readonly ProcessEntry[]> => {
    const root = supervisor.state().pid;
    return root === null ? [] : await tree.members(root);
  };
  const secretsWindow = createSecretsWindow({
    socketPath: deps.socketPath,
    answers: (id) => answers.get(id) ?? null,
    mayAsk: async (pid) => (await runningNow()).some((member) => member.pid === pid),
    platform: deps.platform,
    log,
  });
  const secretCommand = installSecretProvider(join(folder, "helpers"), {
    nodePath: deps.nodePath,
    socketPath: deps.socketPath,
    platform: deps.platform,
  });
  const plugin = join(folder, "plugin");
  installGuardianPlugin(plugin);
  const config = join(deps.state, "openclaw.json");
  const [workspace, temporary] = [join(folder, "workspace"), join(folder, "tmp")];
  for (const path of [workspace, temporary]) mkdirSync(path, { recursive: true, mode: 0o700 });
  let rendered: object = {};
  const supervisor = createSupervisor({
    async launch(taken) {
      const port = await findFreePort(firstPort, taken);
      if (port === null)
        throw new SmartClawError(
          "PORT_IN_USE",
          "No port is free for a rehearsal.",
          "It is tried again by itself.",
        );
      rendered = renderConfig({
        port,
        secretCommand,
        providers: [
          { id: "rehearsal", api: standInModel.api, baseUrl: given.modelUrl, models: [standInModel] },
        ],
        primary: `rehearsal/${standInModel.id}`,
        forwardProxyUrl: given.forwardProxyUrl,
        workspace,
        logFile: join(folder, "openclaw.log"),
        // Behind the socket is nobody: nothing may run.
        guardian: {
          plugin,
          socket: join(folder, "nobody.sock"),
          browserGate: null,
          browserScripts: false,
        },
      });
      await writeFile(config, JSON.stringify(rendered), { mode: 0o600 });
      const places = { state: deps.state, config, temporary, compiled: deps.compiled };
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
    sockets: createSocketScanner(deps.platform, tree),
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
  const findings: (string | null)[] = [];
  const secrets = [...answers.values()];
  try {
    await untilReady(supervisor, signal);
    gateway.connect();
    const disobedience = await disobedienceOf(gateway, { config: rendered, probe: null, agenticMode: true });
    // Without the plugin there is no conversation in which more could be seen.
    if (disobedience?.of === "plugin") throw unhealthy(version, [disobedience.finding]);
    findings.push(disobedience?.finding ?? null);
    findings.push(await lossIn(gateway, deps.expected));
    const chat = createChat({ ...deps, gateway, setTimer: systemTimer });
    const { id } = await chat.create({ title: "Rehearsal" });
    await takeTurn(given.word, id, { ...deps, chat });
    if (existsSync(given.probe)) findings.push("ran a command that the model asked for, past Guardian");
    findings.push(shown(await processesWith(secrets, await runningNow()), "the environment or arguments of"));
  } finally {
    gateway.close();
    await supervisor.stop();
  }
  findings.push(shown(await filesWith(secrets, [deps.state, folder]), "the file"));
  const faults = findings.filter((finding) => finding !== null);
  if (faults.length === 0) return;
  throw unhealthy(version, faults);
}

function unhealthy(version: string, faults: readonly string[]): SmartClawError {
  return new SmartClawError(
    "UPDATE_UNHEALTHY",
    faults.map((fault) => `OpenClaw ${version} ${fault}.`).join(" "),
    "Nothing; the version that runs goes on.",
  );
}

/** Jobs are left out: OpenClaw keeps them by the path of its state, which is another here. */
async function lossIn(gateway: Gateway, expected: Inventory | null): Promise<string | null> {
  if (expected === null) return null;
  const loss = lossBetween({ ...expected, jobs: 0 }, await takeInventory(gateway));
  return loss === null ? null : `found only ${loss} in a copy of its state`;
}

function shown(places: readonly string[], kind: string): string | null {
  const [place] = places;
  return place === undefined ? null : `put a secret in the clear into ${kind} ${basename(place)}`;
}
