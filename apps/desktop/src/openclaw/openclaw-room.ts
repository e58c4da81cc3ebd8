import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Clock,
  type GatewayState,
  type InstallState,
  type LedgerWriter,
  type Listener,
  type Log,
  type Secret,
  SmartClawError,
} from "@smartclaw/contracts";
import { doorPath, type ModelRoute } from "@smartclaw/egress";
import {
  type Chat,
  type InstallerDeps,
  createChat,
  createGatewayClient,
  createProcessTree,
  createSocketScanner,
  type GuardianPlace,
  createSecretsWindow,
  createSupervisor,
  drainGateway,
  findFreePort,
  gatewayArguments,
  gatewayEnvironment,
  guardEnvironment,
  guardArguments,
  installSecretProvider,
  ownerOf,
  probeGateway,
  readActivity,
  type Releases,
  renderConfig,
  type RuntimeInstaller,
  type ObedienceQuestion,
  type OpenClawProgram,
  runBackup,
  runRepair,
  secretIds,
  startWatchdog,
  type States,
  systemTimer,
  takeInventory,
} from "@smartclaw/openclaw";
import { replaceFile } from "@smartclaw/vault";
import { randomUUID } from "node:crypto";
import type { ConnectionStore } from "../connections/store.ts";
import type { Paths } from "../daemon/paths.ts";
import type { Logs } from "../logs/logs.ts";
import type { RunningOpenClaw } from "../updates/openclaw-target.ts";
import { emptyFolder } from "./empty-folder.ts";
import { createInstallation } from "./installation.ts";
import { createObedienceCheck } from "./obedience-check.ts";
import { createConnectionTeller } from "./tell-connections.ts";
import { createTrialTurn } from "./trial-turn.ts";

/** The gateway's port, unless it is taken; away from 18789, where another OpenClaw of the user may listen. */
const preferredPort = 18_810;

export interface OpenClawRoom {
  /** Makes sure that the release that is live is there, or the first one; starts it when `start`. */
  install(start: boolean): Promise<InstallState>;
  installState(): InstallState;
  start(): void;
  stop(): Promise<void>;
  restart(): void;
  gateway(): GatewayState;
  listeners(): readonly Listener[];
  /** The gateway's process, as the ledger names it. */
  processName(): string;
  /** The process of OpenClaw's that opened a connection to this computer; null when another program did. */
  ownerOf(connection: { clientPort: number; serverPort: number }): Promise<string | null>;
  /** Tells OpenClaw which models there are now. */
  connectionsChanged(): void;
  /** Resolves when OpenClaw works with the connections of now, or does not seem to take them. */
  connectionsTold(): Promise<void>;
  /** The way to the model of a trial, by the name that it has in OpenClaw; null when there is no such trial now. */
  trialRoute(id: string): ModelRoute | null;
  readonly chat: Chat;
  /** For the updater. */
  readonly running: RunningOpenClaw;
  /** Stops everything and lets go of every file. */
  close(): Promise<void>;
}

export interface OpenClawRoomDeps {
  readonly paths: Paths;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly releases: Releases;
  readonly states: States;
  readonly install: Omit<InstallerDeps, "releases">;
  /** The Nodes that releases run on; SmartClaw's own, by its path, runs the helpers that OpenClaw starts. */
  readonly nodes: RuntimeInstaller;
  readonly nodePath: string;
  /** OpenClaw asks everybody for the one, and shows the model proxy the other. */
  readonly gatewayToken: Secret;
  readonly proxyToken: Secret;
  readonly modelProxyPort: number;
  readonly forwardProxyPort: number;
  readonly connections: ConnectionStore;
  readonly ledger: LedgerWriter;
  readonly clock: Clock;
  /** Where OpenClaw finds Guardian; null while Agentic Mode is off. */
  readonly guardian: () => GuardianPlace | null;
  /** A call that Guardian will refuse. */
  readonly guardianProbe: () => Promise<ObedienceQuestion["probe"]>;
  /** It was to let Guardian decide, and does not. @param finding what it does, after its name */
  readonly guardianFailed: (finding: string) => void;
  readonly log: Log;
  readonly logs: Logs;
  readonly changed: () => void;
}

/** Installs, configures and supervises OpenClaw, and talks with it. */
export function createOpenClawRoom(deps: OpenClawRoomDeps): OpenClawRoom {
  const { paths, log, ledger, environment, gatewayToken } = deps;
  const platform = process.platform;
  for (const secret of [gatewayToken, deps.proxyToken]) deps.logs.hide(secret);
  const { releases, states } = deps;
  const { runtimes } = deps.nodes;
  const installation = createInstallation(deps);
  const secretProvider = installSecretProvider(paths.helpers, {
    nodePath: deps.nodePath,
    socketPath: paths.secretsSocket,
    platform,
  });
  const tree = createProcessTree({ platform, marker: `SMARTCLAW_TREE=${randomUUID()}` });
  const answers = new Map<string, Secret>([
    [secretIds.gatewayToken, gatewayToken],
    [secretIds.proxyToken, deps.proxyToken],
  ]);
  const secretsWindow = createSecretsWindow({
    socketPath: paths.secretsSocket,
    answers: (id) => answers.get(id) ?? null,
    mayAsk: async (pid) => {
      const root = supervisor.state().pid;
      return root !== null && (await tree.members(root)).some((member) => member.pid === pid);
    },
    platform,
    log,
  });

  let listeners: readonly Listener[] = [];
  let port = preferredPort;

  const primaryModel = (): string | null => {
    const first = deps.connections.list().find((one) => one.isDefault);
    return first === undefined ? null : `${first.id}/${first.model}`;
  };
  /** The user's, and that of a trial. */
  const models = () => [...deps.connections.list(), ...[trial.route()].filter((one) => one !== null)];
  let config: object = {};
  const writeConfig = (): void => {
    config = renderConfig({
      port,
      secretCommand: secretProvider,
      providers: models().map((one) => ({
        id: one.id,
        api: one.api,
        baseUrl: `http://127.0.0.1:${deps.modelProxyPort}${doorPath(one)}`,
        models: one.models,
      })),
      primary: primaryModel(),
      forwardProxyUrl: `http://127.0.0.1:${deps.forwardProxyPort}`,
      workspace: paths.workspace,
      logFile: `${paths.logs}/openclaw-gateway.log`,
      guardian: deps.guardian(),
    });
    const text = `${JSON.stringify(config, null, 2)}\n`;
    if (existsSync(paths.openclawConfig) && readFileSync(paths.openclawConfig, "utf8") === text) return;
    replaceFile(paths.openclawConfig, text, { mode: 0o600 });
  };

  const live = (): NonNullable<ReturnType<Releases["live"]>> => {
    const live = releases.live();
    if (live !== null) return live;
    throw new SmartClawError(
      "INSTALL_FAILED",
      "OpenClaw is not installed yet.",
      "Install it from the Status page.",
    );
  };
  const gatewayEnv = (version: string): Record<string, string> => ({
    ...gatewayEnvironment(environment, {
      state: paths.openclawState,
      config: paths.openclawConfig,
      temporary: paths.temporary,
      compiled: join(paths.compiled, version),
    }),
    ...guardEnvironment(deps.guardian()),
  });

  const programOf = ({ openclaw, node }: ReturnType<typeof live>): OpenClawProgram => ({
    command: [runtimes.path(node), ...guardArguments, releases.entry(openclaw)],
    env: gatewayEnv(openclaw),
    cwd: paths.workspace,
  });

  const supervisor = createSupervisor({
    launch: async (takenPorts) => {
      const named = live();
      states.use(named.state);
      const free = await findFreePort(preferredPort, takenPorts);
      if (free === null)
        throw new SmartClawError(
          "PORT_IN_USE",
          "No port near 18810 is free for OpenClaw.",
          "Stop another program and start OpenClaw again.",
        );
      port = free;
      emptyFolder(paths.temporary);
      writeConfig();
      const { command, ...program } = programOf(named);
      return {
        ...program,
        command: [...command, ...gatewayArguments(port)],
        port,
        version: named.openclaw,
      };
    },
    probe: (gateway) => probeGateway({ ...gateway, token: gatewayToken }),
    drain: () => drainGateway(gateway),
    repair: (signal) => {
      return runRepair(programOf(live()), signal);
    },
    secretsWindow,
    tree,
    sockets: createSocketScanner(platform, tree),
    pidFile: paths.gatewayPid,
    clock: deps.clock,
    setTimer: systemTimer,
    log,
    onLine: ({ stream, text }) => deps.logs.openclaw(stream, text),
    onRefused: ({ host, port: wanted, via }) =>
      ledger.refuse({
        door: "openclaw-guard",
        process: processName(),
        host,
        port: wanted === 0 ? 53 : wanted,
        reason: via === "dns" ? "looking up a name past the proxies" : "connecting past the proxies",
      }),
  });
  const processName = (): string => `openclaw-gateway (${supervisor.state().pid ?? "ended"})`;

  const gateway = createGatewayClient({
    url: () => `ws://127.0.0.1:${port}`,
    token: () => gatewayToken,
    log,
  });
  const chat = createChat({ gateway, clock: deps.clock, setTimer: systemTimer, newId: randomUUID, log });
  const teller = createConnectionTeller({
    secretsWindow,
    writeConfig,
    gateway,
    isReady: () => supervisor.state().phase === "ready",
    models: () => ({ primary: primaryModel(), providers: models().map(({ id }) => id) }),
    log,
  });
  const trial = createTrialTurn({
    gateway,
    chat,
    tell: () => {
      teller.changed();
      return teller.told();
    },
    log,
  });
  const obedience = createObedienceCheck({
    gateway,
    async question() {
      const agenticMode = deps.guardian() !== null;
      return { config, agenticMode, probe: agenticMode ? await deps.guardianProbe() : null };
    },
    ready: () => (supervisor.state().phase === "ready" ? supervisor.state().pid : null),
    disobeys({ of, finding }) {
      log.error({ finding }, "OpenClaw does not do what it was told");
      // Without the plugin nothing can run; and no conversation could go on either.
      if (of === "plugin") deps.guardianFailed(finding);
      else supervisor.reportDisobedience(finding);
    },
    sleep: (ms) => sleep(ms, undefined, { ref: false }),
    log,
  });
  let connected = false;
  supervisor.onChange(({ phase }) => {
    const isNew = phase === "ready" && !connected;
    if (isNew) {
      connected = true;
      gateway.connect();
    }
    if (phase === "ready") teller.ready();
    if (phase === "ready" && isNew) void obedience.check();
    if (connected && phase !== "ready" && phase !== "draining") {
      connected = false;
      gateway.close();
    }
    deps.changed();
  });
  const stopWatchdog = startWatchdog({
    pid: () => supervisor.state().pid,
    tree,
    platform,
    log,
    onViolation: (violations) => supervisor.reportExposure(violations),
    onListeners: (now) => {
      listeners = now;
      deps.changed();
    },
    onOutbound: ({ process: name, pid, address, port: wanted }) =>
      ledger.refuse({
        door: "watchdog",
        process: `${name} (${pid})`,
        host: address,
        port: wanted,
        reason: "a connection that went past the proxies",
      }),
  });

  return {
    chat,
    async install(start) {
      // An update that starts OpenClaw itself has a journal, which says what belongs together.
      const state = await installation.ensure(start);
      const idle = ["stopped", "failed"].includes(supervisor.state().phase);
      if (start && state.state === "installed" && idle) supervisor.start();
      return state;
    },
    installState: () => installation.state(),
    start: () => supervisor.start(),
    stop: () => supervisor.stop(),
    restart: () => supervisor.restart(),
    gateway: () => supervisor.state(),
    listeners: () => listeners,
    processName,
    async ownerOf(connection) {
      const root = supervisor.state().pid;
      if (root === null) return null;
      const owner = await ownerOf(connection, { tree, root, platform });
      if (owner === null) return null;
      return owner.pid === root ? processName() : `${owner.name} (${owner.pid})`;
    },
    connectionsChanged() {
      teller.changed();
      void teller.told().then(() => obedience.check());
    },
    connectionsTold: () => teller.told(),
    trialRoute(id) {
      const route = trial.route();
      return route?.id === id ? route : null;
    },
    running: {
      state: () => supervisor.state(),
      onChange: (listener) => supervisor.onChange(listener),
      start: () => supervisor.start(),
      stop: () => supervisor.stop(),
      async isBusy() {
        const { running, approvals } = await readActivity(gateway);
        return running.length > 0 || approvals.length > 0;
      },
      takeInventory: () => takeInventory(gateway),
      takeTurn: (version, turnMs, signal) => trial.take(version, turnMs, signal),
      backUp: (file, signal) => runBackup(programOf(live()), file, signal),
    },
    async close() {
      installation.close();
      await supervisor.stop();
      stopWatchdog();
      gateway.close();
    },
  };
}
