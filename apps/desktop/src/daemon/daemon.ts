import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import {
  type LedgerEntry,
  type RandomBytes,
  type Secret,
  SmartClawError,
  type SystemStatus,
} from "@smartclaw/contracts";
import { createLedger } from "@smartclaw/egress";
import { createReleases, createRuntimes, createStates } from "@smartclaw/openclaw";
import { createImporter, createKeystore, createVault } from "@smartclaw/vault";
import { createRpcHandler } from "../api/router.ts";
import { setAutostart } from "../autostart/autostart.ts";
import { createConnections } from "../connections/connections.ts";
import { createDiscoveries } from "../connections/discoveries.ts";
import { createLocalServerProbe } from "../connections/discovery.ts";
import { createConnectionStore } from "../connections/store.ts";
import { runDoctor } from "../doctor/doctor.ts";
import { conversationName } from "../guardian/conversation-name.ts";
import { createGuardianRoom } from "../guardian/guardian-room.ts";
import { createLogs } from "../logs/logs.ts";
import { createNpmParts } from "../openclaw/npm-parts.ts";
import { createOpenClawRoom } from "../openclaw/openclaw-room.ts";
import { openFailureBook } from "../openclaw/provider-faults-book.ts";
import { explainFailures } from "../openclaw/provider-faults-chat.ts";
import { createBrowserDoor, createSocketDoor } from "../server/doors.ts";
import { listenOnSocket } from "../server/listen.ts";
import type { RpcHandler } from "../server/rpc.ts";
import { createSessions } from "../server/sessions.ts";
import { openSettings } from "../settings/settings.ts";
import { missingPackages } from "../status/missing-packages.ts";
import { openSelfUpdates } from "../self/self-updates.ts";
import { createUpdates, surroundings } from "../updates/updates.ts";
import { whileNobodyTypes } from "../updates/while-nobody-types.ts";
import type { Front } from "./front.ts";
import type { House } from "./house.ts";
import { createHub } from "./hub.ts";
import type { Paths } from "./paths.ts";
import { version } from "./version.ts";
import { openWaysOut } from "./ways-out.ts";

/** Programs and files that lie beside the daemon's own. */
export interface Programs {
  /** The daemon's own program as the user installed it; from there every start begins. */
  readonly installed: string;
  readonly selfWatcher: string;
  /** Where releases of SmartClaw are, when that came with it. */
  readonly updateSource: string;
  readonly keystoreChild: string;
  readonly installChild: string;
  readonly resolveChild: string;
  readonly locks: string;
}

const statusGapMs = 50;
/** Whoever asked for the end gets an answer first. */
const lastAnswerMs = 100;
const hourMs = 3_600_000;
/** What of the environment the keystore's helper needs: how to reach the session's D-Bus. */
const keystoreVariables = [
  "PATH",
  "HOME",
  "DBUS_SESSION_BUS_ADDRESS",
  "XDG_RUNTIME_DIR",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "XAUTHORITY",
  "SYSTEMROOT",
  "USERPROFILE",
  "APPDATA",
  "LOCALAPPDATA",
];

/** Builds the house behind the page's door and opens the other doors. Nothing slow is waited for. */
export async function startDaemon(deps: {
  paths: Paths;
  programs: Programs;
  environment: Readonly<Record<string, string | undefined>>;
  front: Front;
  /** A secret that nobody can guess, for what belongs to this start. */
  newToken: () => Secret;
  exit: (code: number) => void;
  /** How it was started; a rehearsal opens everything and begins nothing. */
  mode: "plain" | "service" | "rehearsal";
}): Promise<{ stop: () => Promise<void> }> {
  const { paths, programs, environment, front } = deps;
  const { port } = front;
  const clock = { now: () => Date.now() };
  const random: RandomBytes = (length) => Uint8Array.from(randomBytes(length));
  const startedAt = clock.now();
  const logs = createLogs(paths.logs);
  const { log } = logs;
  const self = `smartclaw-daemon (${process.pid})`;
  const settings = openSettings(paths.settings, log);
  const ledger = createLedger({
    file: paths.ledger,
    clock,
    retentionDays: () => settings.get().ledgerDays,
    log,
  });
  const keystore = createKeystore({
    command: [process.execPath, programs.keystoreChild],
    environment: Object.fromEntries(keystoreVariables.map((name) => [name, environment[name]])),
    platform: process.platform,
    log,
  });
  const vault = createVault({
    file: paths.vault,
    keystore,
    clock,
    random,
    platform: process.platform,
    log,
    readCredential: (name) => readCredential(environment["CREDENTIALS_DIRECTORY"], name),
  });
  const store = createConnectionStore({ file: paths.connections, secrets: vault, log });
  const proxyToken = deps.newToken();
  const waysOut = await openWaysOut({
    connections: store,
    keyOf: (id) => vault.get(id),
    proxyToken,
    allowedHosts: () => settings.get().allowedHosts,
    openclaw: () => openclaw,
    self,
    ledger,
    clock,
    log,
  });
  const { modelProxy, modelProxyPort, forwardProxy, forwardProxyPort } = waysOut;

  const changes = createHub<null>();
  let announced: NodeJS.Timeout | null = null;
  const changed = (): void => {
    announced ??= setTimeout(() => {
      announced = null;
      changes.publish(null);
    }, statusGapMs);
  };
  vault.onChange(changed);

  const releases = createReleases({ root: paths.releases, platform: process.platform });
  const { platform } = process;
  const states = createStates({ home: paths.states, link: paths.openclawState, platform });
  const bundled = { path: process.execPath, version: process.versions.node };
  const runtimes = createRuntimes({ root: paths.releases, bundled, platform });
  const parts = createNpmParts({ paths, runtimes, programs, environment, ledger, clock, log });
  const { lists, install, nodes } = parts;
  const guardian = createGuardianRoom({
    paths,
    vault,
    controlPorts: () => [port, modelProxyPort, forwardProxyPort, openclaw.gateway().port ?? port],
    nameOf: (session) => conversationName(() => openclaw.chat.list(), session),
    openExit: waysOut.openExit,
    isOpenClaw: async (connection) => (await openclaw.ownerOf(connection)) === openclaw.processName(),
    restartOpenClaw: () => openclaw.restart(),
    clock,
    random,
    newId: randomUUID,
    changed,
    log,
  });
  const openclaw = createOpenClawRoom({
    paths,
    environment,
    releases,
    states,
    install,
    nodes,
    nodePath: process.execPath,
    gatewayToken: deps.newToken(),
    proxyToken,
    modelProxyPort,
    forwardProxyPort,
    connections: store,
    guardian: () => guardian.place(),
    guardianProbe: () => guardian.probe(),
    guardianFailed: (finding) => guardian.withhold(finding),
    ledger,
    clock,
    log,
    logs,
    changed,
  });
  let typedAt = -Infinity;
  const quiet = whileNobodyTypes(openclaw.running, () => clock.now() - typedAt);
  const updates = createUpdates({
    paths,
    environment,
    releases,
    states,
    openclaw: quiet,
    install,
    lists,
    nodes,
    newToken: deps.newToken,
    ledger,
    clock,
    log,
    logs,
    surroundings,
  });
  updates.onChange(changed);
  const selfUpdates = openSelfUpdates({
    paths,
    programs,
    port,
    asService: deps.mode === "service",
    environment,
    status: () => status(),
    openclaw: quiet,
    openclawUpdates: updates,
    end,
    ledger,
    processName: self,
    clock,
    log,
  });
  selfUpdates?.onChange(changed);
  const connections = createConnections({
    store,
    secrets: vault,
    checker: modelProxy,
    clock,
    changed: () => {
      openclaw.connectionsChanged();
      changed();
    },
  });
  const home = environment["HOME"] ?? homedir();
  const discoveries = createDiscoveries({
    importer: createImporter({ home, environment, store: vault }),
    connections,
    localServers: createLocalServerProbe({ fetch: globalThis.fetch, ledger, processName: self }),
  });
  const sessions = createSessions({ file: paths.sessions, clock, random, log });

  const nodeOf = (named: ReturnType<typeof releases.named>): string | null =>
    named === null ? null : runtimes.versionOf(named.node);
  const status = (): SystemStatus => ({
    smartclaw: {
      version,
      pid: process.pid,
      port,
      startedAt,
      residentBytes: process.memoryUsage.rss(),
      nodeVersion: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      home: paths.home,
    },
    openclaw: {
      install: openclaw.installState(),
      gateway: openclaw.gateway(),
      listeners: [...openclaw.listeners()],
      nodeVersion: nodeOf(releases.named()),
    },
    updates: updates.status(),
    selfUpdates: selfUpdates?.status() ?? null,
    vault: vault.status(),
    modelProxy: { port: modelProxyPort, ...modelProxy.stats() },
    forwardProxy: { port: forwardProxyPort, ...forwardProxy.stats() },
    connections: store.list().length,
    missing: missingPackages(environment["PATH"] ?? "", process.platform),
  });

  const chat = explainFailures({
    chat: openclaw.chat,
    faults: waysOut.providerFaults,
    book: openFailureBook({ file: paths.failedTurns, log }),
  });
  const ledgerEntries = createHub<LedgerEntry>();
  ledger.watch((entry) => ledgerEntries.publish(entry));
  const house: House = {
    vault,
    connections,
    discoveries,
    ledger,
    logs,
    settings,
    chat: {
      ...chat,
      async send(message) {
        await openclaw.connectionsTold();
        if (store.list().length > 0) return await chat.send(message);
        throw new SmartClawError("KEY_REJECTED", "No model is connected yet.", "Add a key on the Keys page.");
      },
    },
    noteTyping() {
      typedAt = clock.now();
    },
    async *watchChat(id, signal) {
      yield* chat.events({ id }, signal);
    },
    status,
    openclaw: {
      install() {
        void openclaw.install(true);
        return status();
      },
      start() {
        openclaw.start();
        return status();
      },
      async stop() {
        await openclaw.stop();
        return status();
      },
      restart() {
        openclaw.restart();
        return status();
      },
    },
    guardian,
    async *watchGuardian(signal) {
      yield guardian.status();
      for await (const _ of changes.iterate(signal, 1)) yield guardian.status();
    },
    updates,
    selfUpdates,
    async *watchStatus(signal) {
      yield status();
      for await (const _ of changes.iterate(signal, 1)) yield status();
    },
    watchLedger: (signal) => ledgerEntries.iterate(signal),
    doctor: () => runDoctor(status(), paths),
    loginLink() {
      const { token, expiresAt } = sessions.link();
      return { url: `http://localhost:${port}/#login=${token}`, expiresAt };
    },
    async changeSettings(change) {
      if (change.startAtLogin !== undefined && change.startAtLogin !== settings.get().startAtLogin)
        await setAutostart(change.startAtLogin, {
          environment,
          platform: process.platform,
          daemon: programs.installed,
        });
      settings.set({ ...settings.get(), ...change });
      return settings.get();
    },
    requestShutdown() {
      try {
        writeFileSync(paths.stopped, "", { mode: 0o600 });
      } catch (error) {
        log.warn({ error: String(error) }, "that the stop was asked for could not be written down");
      }
      end(0);
    },
  };

  let rpc: RpcHandler | null = null;
  const handle: RpcHandler = (request, response) => (rpc ??= createRpcHandler(house))(request, response);
  front.handOver(createBrowserDoor({ port: () => port, sessions, rpc: handle, page: front.page }));
  const socket = await listenOnSocket(createSocketDoor({ rpc: handle }), paths.socket);
  log.info({ port, version, pid: process.pid }, "SmartClaw has started");

  ledger.prune();
  const pruning = setInterval(() => ledger.prune(), 6 * hourMs).unref();
  void vault
    .open()
    .catch((error: unknown) => log.error({ error: String(error) }, "the vault could not be opened"));
  if (deps.mode !== "rehearsal") {
    // An update that was cut off starts OpenClaw itself, with the release that is right.
    void guardian.ready().then(async () => await openclaw.install(!updates.start()));
    selfUpdates?.start();
  }

  function end(code: number): void {
    setTimeout(() => void stop().then(() => deps.exit(code)), lastAnswerMs);
  }

  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      log.info({}, "SmartClaw is stopping");
      clearInterval(pruning);
      await Promise.all([updates.close(), selfUpdates?.close()]);
      await openclaw.close();
      guardian.close();
      await Promise.all([waysOut.close(), front.close(), socket.close()]);
      vault.close();
      ledger.close();
      logs.close();
      front.unlock();
    })();
    return stopping;
  };
  return { stop };
}

/** systemd's rule: a file of that name in the folder that it names. */
function readCredential(folder: string | undefined, name: string): Uint8Array | null {
  if (folder === undefined) return null;
  try {
    return Uint8Array.from(readFileSync(join(folder, basename(name))));
  } catch {
    return null;
  }
}
