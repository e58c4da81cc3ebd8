import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Secret, type GatewayPhase, type GatewayState, type Log } from "@smartclaw/contracts";
import { gatewayArguments, gatewayEnvironment, guardEnvironment } from "../../config/gateway-process.ts";
import { type GuardianPlace, renderConfig, secretIds } from "../../config/render-config.ts";
import { guardArguments, type GuardReport } from "../../guard/guard-reports.ts";
import { installSecretProvider } from "../../secrets/install-provider.ts";
import { createSecretsWindow } from "../../secrets/secrets-window.ts";
import type { GatewayLine } from "../../supervisor/gateway-process.ts";
import { findFreePort } from "../../supervisor/ports.ts";
import { createSupervisor, type Supervisor } from "../../supervisor/supervisor.ts";
import type { SupervisorLimits } from "../../supervisor/supervisor-state.ts";
import { systemTimer } from "../../supervisor/timers.ts";
import { createProcessTree, type ProcessTree } from "../../watchdog/process-tree.ts";
import { createSocketScanner } from "../../watchdog/socket-scanner.ts";
import { drainGateway } from "../drain-gateway.ts";
import { createGatewayClient, type Gateway } from "../gateway-client.ts";
import { probeGateway } from "../gateway-probe.ts";
import { startModelStandIn, type ModelStandIn } from "./model-stand-in.ts";

/** The folder of an installed `openclaw` package; without it the tests against the real gateway are skipped. */
const openclawFolder = process.env["SMARTCLAW_TEST_OPENCLAW"];
export const skipWithoutOpenclaw =
  openclawFolder === undefined ? "SMARTCLAW_TEST_OPENCLAW names no installed openclaw package" : false;

/** One for all, so that only the first test pays for compiling OpenClaw. */
export const compiledHome = join(process.env["SMARTCLAW_TEST_CACHE"] ?? tmpdir(), "openclaw-compiled");

export const quietLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface RealGateway {
  readonly home: string;
  readonly supervisor: Supervisor;
  readonly gateway: Gateway;
  readonly model: ModelStandIn;
  readonly tree: ProcessTree;
  readonly token: string;
  readonly provider: { readonly command: string };
  readonly refused: GuardReport[];
  readonly lines: GatewayLine[];
  /** Resolves when the supervisor is in one of the phases. */
  reach(...phases: GatewayPhase[]): Promise<GatewayState>;
  dispose(): Promise<void>;
}

/**
 * A real OpenClaw under the real supervisor, in a folder of its own: configuration, guard, secrets window and process
 * tree as in the daemon. Only the model is a stand-in.
 *
 * @param options.extra replaces whole parts of the configuration.
 */
export async function createRealGateway(options: {
  limits?: Partial<SupervisorLimits>;
  extra?: object;
  guardian?: GuardianPlace;
  knowsToken?: () => boolean;
  repair?: () => Promise<void>;
  /** Between the last look at a port and OpenClaw's start on it. */
  beforeStart?: (port: number, version: string) => Promise<void>;
}): Promise<RealGateway> {
  if (openclawFolder === undefined) throw new Error("no openclaw package");
  const folder = openclawFolder;
  const version = String(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version);
  const home = mkdtempSync(join(tmpdir(), "sc-gw-"));
  const [state, temporary] = [join(home, "state"), join(home, "tmp")];
  const places = {
    state,
    config: join(state, "openclaw.json"),
    temporary,
    compiled: join(compiledHome, version),
  };
  for (const dir of [state, join(home, "workspace"), temporary]) mkdirSync(dir, { recursive: true });
  const model = await startModelStandIn();
  const token = randomBytes(24).toString("base64url");
  const socketPath = join(home, "run", "secrets.sock");
  const tree = createProcessTree({ platform: process.platform, marker: `SMARTCLAW_TREE=${home}` });
  const provider = installSecretProvider(join(home, "bin"), {
    nodePath: process.execPath,
    socketPath,
    platform: process.platform,
  });
  const refused: GuardReport[] = [];
  const lines: GatewayLine[] = [];
  const secretsWindow = createSecretsWindow({
    socketPath,
    platform: process.platform,
    log: quietLog,
    answers: (id) => {
      if (id === secretIds.proxyToken) return Secret.fromText("stand-in");
      return id === secretIds.gatewayToken && (options.knowsToken?.() ?? true)
        ? Secret.fromText(token)
        : null;
    },
    mayAsk: async (pid) => {
      const root = supervisor.state().pid;
      return root !== null && (await tree.members(root)).some((member) => member.pid === pid);
    },
  });
  const gateway = createGatewayClient({
    url: () => `ws://127.0.0.1:${supervisor.state().port}`,
    token: () => Secret.fromText(token),
    log: quietLog,
  });
  let port = 0;
  const supervisor: Supervisor = createSupervisor({
    async launch(taken) {
      port = (await findFreePort(20_000 + Math.floor(Math.random() * 30_000), taken)) ?? 0;
      writeFileSync(
        places.config,
        JSON.stringify({
          ...renderConfig({
            port,
            secretCommand: provider,
            providers: [{ id: "local", api: "openai-completions", baseUrl: model.url, models: [standIn] }],
            primary: "local/stand-in",
            forwardProxyUrl: "http://127.0.0.1:1",
            workspace: join(home, "workspace"),
            logFile: join(home, "openclaw.log"),
            guardian: options.guardian ?? null,
          }),
          ...options.extra,
        }),
      );
      return {
        command: [
          process.execPath,
          ...guardArguments,
          join(folder, "openclaw.mjs"),
          ...gatewayArguments(port),
        ],
        env: {
          ...gatewayEnvironment({ PATH: process.env["PATH"], HOME: home }, places),
          ...guardEnvironment(options.guardian ?? null),
        },
        cwd: home,
        port,
        version,
      };
    },
    probe: (target) => probeGateway({ ...target, token: Secret.fromText(token) }),
    drain: () => drainGateway(gateway),
    repair: options.repair ?? (() => Promise.resolve()),
    secretsWindow: {
      ...secretsWindow,
      async open() {
        await options.beforeStart?.(port, version);
        await secretsWindow.open();
      },
    },
    tree,
    sockets: createSocketScanner(process.platform, tree),
    pidFile: join(home, "run", "gateway.json"),
    clock: Date,
    setTimer: systemTimer,
    log: quietLog,
    onLine: (line) => lines.push(line),
    onRefused: (report) => refused.push(report),
    ...(options.limits ? { limits: options.limits } : {}),
  });
  let reached = false;
  supervisor.onChange(({ phase }) => {
    if (phase === "ready" && !reached) gateway.connect();
    else if (phase !== "ready" && phase !== "draining") gateway.close();
    reached = phase === "ready" || phase === "draining";
  });

  const real: RealGateway = {
    home,
    supervisor,
    gateway,
    model,
    tree,
    token,
    provider,
    refused,
    lines,
    reach: (...phases) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          const last = lines.slice(-8).map((line) => line.text);
          reject(new Error(`still ${supervisor.state().phase}, not ${phases.join()}\n${last.join("\n")}`));
        }, 300_000);
        const look = () => {
          if (!phases.includes(supervisor.state().phase)) return;
          clearTimeout(late);
          stop();
          resolve(supervisor.state());
        };
        const stop = supervisor.onChange(() => setImmediate(look));
        look();
      }),
    async dispose() {
      const { pid } = supervisor.state();
      await supervisor.stop();
      gateway.close();
      if (pid !== null) await tree.kill(pid);
      await model.close();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return real;
}

/** Waits until `condition` holds. */
export async function until(condition: () => boolean | Promise<boolean>, ms = 90_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`did not come true within ${ms} ms: ${condition.toString()}`);
    await sleep(50);
  }
}

const standIn = {
  id: "stand-in",
  name: "Stand-in",
  contextWindow: 131_072,
  maxTokens: 4096,
  images: false,
  reasoning: false,
};
