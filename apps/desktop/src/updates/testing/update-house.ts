/**
 * One real OpenClaw in the daemon's own rooms, which is updated again and again. Stand-ins are the model's provider, the
 * registry, and the releases that are found there.
 */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connectionId, type ConversationId, type LedgerWriter, Secret } from "@smartclaw/contracts";
import { createModelProxy } from "@smartclaw/egress";
import { startProviderStandIn } from "@smartclaw/egress/testing";
import { createReleases, createRuntimeInstaller, createRuntimes, createStates } from "@smartclaw/openclaw";
import { openUpdateStore } from "@smartclaw/updater";
import { createConnectionStore } from "../../connections/store.ts";
import { makeFolders, type Paths, pathsOf } from "../../daemon/paths.ts";
import { testVersions, useInstalledReleases } from "../../daemon/testing/real-daemon.ts";
import { createLogs } from "../../logs/logs.ts";
import { createOpenClawRoom, type OpenClawRoom } from "../../openclaw/openclaw-room.ts";
import type { FaultPlaces } from "./faulty-release.ts";
import {
  type Attempt,
  type AttemptOptions,
  type HouseParts,
  openHouseUpdater,
  patienceMs,
} from "./house-updater.ts";

export interface UpdateHouse {
  readonly paths: Paths;
  readonly places: FaultPlaces;
  readonly room: OpenClawRoom;
  /** Resolves with the whole answer to a text. */
  say(text: string): Promise<void>;
  /** The conversation, as OpenClaw has it. */
  said(): Promise<string[]>;
  /** A daemon's updater from its start to its end, with one look at the registry in between. */
  attempt(options: AttemptOptions): Promise<Attempt>;
  /** The same without a look: only what the journal holds is done. */
  resume(): Promise<Attempt>;
  /** The release and the state that the pointer names. */
  live(): string;
  /** Of every file of a state. */
  digest(state: string): string;
  /** Names of what only an update under way may have. */
  halves(): string[];
  /** The last lines of the logs. */
  log(): string;
  dispose(): Promise<void>;
}

const ledger: LedgerWriter = {
  begin: () => ({ connected() {}, count() {}, end() {}, fail() {} }),
  refuse() {},
};

/** @param disk a folder for the states and the journal; null to have them where everything else is */
export async function createUpdateHouse(disk: string | null): Promise<UpdateHouse> {
  const folder = mkdtempSync(join(tmpdir(), "sc-faults-"));
  const environment = { PATH: process.env["PATH"] ?? "", HOME: folder };
  const { platform } = process;
  const usual = pathsOf({ ...environment, SMARTCLAW_HOME: join(folder, "data") }, platform);
  const apart = disk === null ? {} : { states: join(disk, "states"), updates: join(disk, "updates.sqlite") };
  const paths: Paths = { ...usual, ...apart };
  makeFolders(paths);
  useInstalledReleases({ paths });
  const logs = createLogs(paths.logs);
  const { log } = logs;
  const releases = createReleases({ root: paths.releases, platform });
  const states = createStates({ home: paths.states, link: paths.openclawState, platform });
  releases.activate({ openclaw: testVersions.newest, node: "bundled", state: "openclaw" });
  const lists = join(folder, "lists");
  mkdirSync(lists);
  const listOf = (version: string): string => join(lists, `openclaw-${version}.json`);
  const newToken = (): Secret => Secret.fromText(randomBytes(24).toString("base64url"));
  /** Nothing is installed but by the updater. */
  const nothing = {
    environment,
    ledger,
    processName: "test",
    clock: Date,
    log,
    command: ["false"] as const,
    cache: "",
    registry: "",
  };
  const bundled = { path: process.execPath, version: process.versions.node };
  const runtimes = createRuntimes({ root: paths.releases, bundled, platform });
  const nodes = createRuntimeInstaller({ ...nothing, runtimes, source: null });
  const provider = await startProviderStandIn({ key: null });
  const connections = createConnectionStore({ file: paths.connections, secrets: { list: () => [] }, log });
  connections.save({
    id: connectionId.parse("compatible"),
    kind: "compatible",
    label: "Stand-in",
    api: "openai-completions",
    baseUrl: `${provider.url}/v1`,
    model: model.id,
    models: [model],
    addedAt: 0,
    lastCheck: null,
  });
  const proxyToken = newToken();
  const modelProxy = createModelProxy({
    token: proxyToken,
    route: (id) => connections.find(id) ?? room.trialRoute(id),
    keyFor: () => null,
    needsKey: () => false,
    onFault() {},
    ledger,
    clock: Date,
    log,
    processes: { client: () => "openclaw", self: "test" },
  });
  const room = createOpenClawRoom({
    paths,
    environment,
    releases,
    states,
    nodes,
    install: { ...nothing, lockFile: listOf },
    nodePath: process.execPath,
    gatewayToken: newToken(),
    proxyToken,
    modelProxyPort: await modelProxy.listen(),
    // Nobody listens there.
    forwardProxyPort: 1,
    connections,
    ledger,
    clock: Date,
    log,
    logs,
    guardian: () => null,
    guardianFailed() {},
    guardianProbe: () => Promise.resolve(null),
    changed() {},
  });
  const places: FaultPlaces = {
    openclaw: releases.folder(testVersions.newest),
    liveState: paths.openclawState,
    trigger: join(folder, "die"),
  };
  const { running } = room;
  const parts: HouseParts = {
    paths,
    places,
    environment,
    releases,
    states,
    nodes,
    running,
    listOf,
    ledger,
    newToken,
    logs,
    log,
  };
  let conversation: ConversationId | null = null;

  /** OpenClaw is asked sparingly: each question costs it as much as it does a slow machine. */
  const reached = (): Promise<void> =>
    until(
      async () => room.gateway().phase === "ready" && (await room.chat.list().then(Boolean, () => false)),
    );

  async function said(): Promise<string[]> {
    await reached();
    if (conversation === null) return [];
    const { messages } = await room.chat.history({ id: conversation, limit: 200 });
    return messages.map(({ role, text }) => `${role}: ${text}`);
  }

  return {
    paths,
    places,
    room,
    said,
    async say(text) {
      await reached();
      conversation ??= (await room.chat.create({ title: "Kept" })).id;
      const answered = Promise.withResolvers<void>();
      const late = setTimeout(() => answered.reject(new Error(`no answer to ${text}`)), patienceMs);
      const stop = room.chat.onRunEnded(({ end }) => {
        if (end.outcome === "final") answered.resolve();
        else answered.reject(new Error(`${text}: ${JSON.stringify(end)}`));
      });
      try {
        await room.chat.send({ conversation, text, clientId: randomUUID() });
        await answered.promise;
      } finally {
        clearTimeout(late);
        stop();
      }
    },
    async attempt(options) {
      const { release, version } = options;
      // What a stand-in lays out needs no list of packages but one that is there.
      if (typeof release === "string") writeFileSync(listOf(version), "{}");
      const session = openHouseUpdater(parts, options);
      session.updater.start();
      session.updater.change({ coolDownHours: 0 });
      await session.updater.check();
      return await session.end();
    },
    async resume() {
      const nobody = { version: "", registry: "http://127.0.0.1:1/", release: "none" } as const;
      const session = openHouseUpdater(parts, nobody);
      session.updater.start();
      return await session.end();
    },
    live() {
      const named = releases.named();
      return `${named?.openclaw} with ${named?.state}`;
    },
    digest: (state) => digestOf(states.folder(state)),
    halves() {
      const versions = join(paths.releases, "versions");
      const store = openUpdateStore({ file: paths.updates, log });
      const journal = store.journal();
      store.close();
      return [
        ...(journal === null ? [] : ["a journal"]),
        ...states.list().filter((id) => id.endsWith(".part")),
        ...namesIn(join(versions, ".staging")),
        ...namesIn(join(versions, "openclaw")).filter((version) => releases.find(version) === null),
        ...namesIn(paths.updateWork).filter((name) => name.startsWith("rehearsal")),
        ...namesIn(paths.releases).filter((name) => name.endsWith(".next")),
      ];
    },
    log: () =>
      logs
        .tail("both", 60)
        .map(({ text }) => text)
        .join("\n"),
    async dispose() {
      await room.close();
      await modelProxy.close();
      await provider.close();
      logs.close();
      for (const { version } of releases.list()) {
        const path = join(paths.releases, "versions", "openclaw", version);
        // What was laid out is locked; what was there before is a link.
        if (lstatSync(path).isDirectory()) chmodSync(path, 0o700);
      }
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function digestOf(folder: string): string {
  const hash = createHash("sha256");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  for (const path of files.map(({ parentPath, name }) => join(parentPath, name)).toSorted())
    hash.update(`${path}\0`).update(readFileSync(path)).update("\0");
  return hash.digest("hex");
}

/** Waits until it holds. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + patienceMs; !(await condition()); await sleep(100))
    if (Date.now() > end) throw new Error(`never: ${condition.toString()}`);
}

const model = {
  id: "standin-1",
  name: "Stand-in",
  contextWindow: 131_072,
  maxTokens: 4096,
  images: false,
  reasoning: false,
};
