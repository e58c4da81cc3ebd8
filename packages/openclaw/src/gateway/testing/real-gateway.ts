import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Secret, type GatewayPhase, type GatewayState, type Log } from "@smartclaw/contracts";
import { guardArguments, type GuardReport } from "../../guard/guard-reports.ts";
import { installSecretProvider } from "../../secrets/install-provider.ts";
import { createSecretsWindow } from "../../secrets/secrets-window.ts";
import type { GatewayLine } from "../../supervisor/gateway-process.ts";
import { findFreePort } from "../../supervisor/ports.ts";
import { createSupervisor, type Supervisor } from "../../supervisor/supervisor.ts";
import type { SupervisorLimits } from "../../supervisor/supervisor-state.ts";
import { systemTimer } from "../../supervisor/timers.ts";
import { createProcessTree, type ProcessTree } from "../../watchdog/process-tree.ts";
import { drainGateway } from "../drain-gateway.ts";
import { createGatewayClient, type Gateway } from "../gateway-client.ts";
import { probeGateway } from "../gateway-probe.ts";
import { startModelStandIn, type ModelStandIn } from "./model-stand-in.ts";

/** The folder of an installed `openclaw` package; without it the tests against the real gateway are skipped. */
const openclawFolder = process.env["SMARTCLAW_TEST_OPENCLAW"];
export const skipWithoutOpenclaw =
  openclawFolder === undefined ? "SMARTCLAW_TEST_OPENCLAW names no installed openclaw package" : false;

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
 * A real OpenClaw under the real supervisor, in a folder of its own: guard, secrets window and process tree as in
 * the daemon. Only the model is a stand-in.
 *
 * @param options.guard false leaves the guard out, as a control.
 * @param options.wrap a program in front of Node, such as `strace`.
 */
export async function createRealGateway(options: {
  limits?: Partial<SupervisorLimits>;
  guard?: boolean;
  wrap?: readonly string[];
  extra?: object;
  knowsToken?: () => boolean;
  repair?: () => Promise<void>;
}): Promise<RealGateway> {
  if (openclawFolder === undefined) throw new Error("no openclaw package");
  const folder = openclawFolder;
  const version = String(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version);
  const home = mkdtempSync(join(tmpdir(), "sc-gw-"));
  const state = join(home, "state");
  for (const dir of [state, join(home, "tmp"), join(home, "workspace")]) mkdirSync(dir);
  const model = await startModelStandIn();
  const token = randomBytes(24).toString("base64url");
  const socketPath = join(home, "run", "secrets.sock");
  const tree = createProcessTree({ platform: process.platform, marker: `SMARTCLAW_TREE=${home}` });
  const provider = await installSecretProvider(join(home, "bin"), {
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
    answers: (id) =>
      id === "gateway/token" && (options.knowsToken?.() ?? true) ? Secret.fromText(token) : null,
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
  const supervisor: Supervisor = createSupervisor({
    async launch(taken) {
      const port = (await findFreePort(20_000 + Math.floor(Math.random() * 30_000), taken)) ?? 0;
      const config = join(state, "openclaw.json");
      writeFileSync(
        config,
        JSON.stringify(configuration(port, home, provider.command, model.url, options.extra)),
      );
      const guard = options.guard === false ? [] : guardArguments;
      const [program, ...rest] = [...(options.wrap ?? []), process.execPath];
      if (program === undefined) throw new Error("no program");
      return {
        command: [
          program,
          ...rest,
          ...guard,
          join(folder, "openclaw.mjs"),
          "gateway",
          "run",
          "--bind",
          "loopback",
          "--port",
          String(port),
        ],
        env: environment(home, state, config),
        cwd: home,
        port,
        version,
      };
    },
    probe: (target) => probeGateway({ ...target, token: Secret.fromText(token) }),
    drain: () => drainGateway(gateway),
    repair: options.repair ?? (() => Promise.resolve()),
    secretsWindow,
    tree,
    pidFile: join(home, "run", "gateway.json"),
    clock: Date,
    setTimer: systemTimer,
    log: quietLog,
    onLine: (line) => lines.push(line),
    onRefused: (report) => refused.push(report),
    ...(options.limits ? { limits: options.limits } : {}),
  });
  supervisor.onChange(({ phase }) => {
    if (phase === "ready") gateway.connect();
    else if (phase !== "draining") gateway.close();
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
        }, 90_000);
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
export async function until(condition: () => boolean | Promise<boolean>, ms = 30_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`did not come true within ${ms} ms: ${condition.toString()}`);
    await sleep(50);
  }
}

function environment(home: string, state: string, config: string): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    TMPDIR: join(home, "tmp"),
    OPENCLAW_STATE_DIR: state,
    OPENCLAW_CONFIG_PATH: config,
    OPENCLAW_DISABLE_BONJOUR: "1",
    OPENCLAW_NO_RESPAWN: "1",
    OPENCLAW_EXEC_SHELL_SNAPSHOT: "0",
    OPENCLAW_NO_AUTO_UPDATE: "1",
    OPENCLAW_OFFLINE: "1",
    OPENCLAW_SUPERVISOR_MODE: "external",
    OPENCLAW_SERVICE_REPAIR_POLICY: "external",
  };
}

function configuration(
  port: number,
  home: string,
  command: string,
  modelUrl: string,
  extra: object = {},
): object {
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  const model = { id: "stand-in", name: "Stand-in", reasoning: false, input: ["text"], cost };
  return {
    gateway: {
      mode: "local",
      bind: "loopback",
      port,
      auth: { mode: "token", token: { source: "exec", provider: "smartclaw", id: "gateway/token" } },
      terminal: { enabled: false },
    },
    secrets: {
      providers: { smartclaw: { source: "exec", command, args: [], timeoutMs: 5000, jsonOnly: true } },
      defaults: { exec: "smartclaw" },
    },
    models: {
      mode: "replace",
      catalogRefresh: { enabled: false },
      providers: {
        local: {
          baseUrl: modelUrl,
          apiKey: "stand-in",
          api: "openai-completions",
          models: [{ ...model, contextWindow: 131_072, maxTokens: 4096 }],
        },
      },
    },
    agents: {
      defaults: {
        workspace: join(home, "workspace"),
        model: { primary: "local/stand-in" },
        heartbeat: { every: "0m" },
      },
    },
    update: { checkOnStart: false },
    telemetry: { enabled: false },
    discovery: { mdns: { mode: "off" } },
    ...extra,
  };
}
