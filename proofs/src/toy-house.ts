import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LedgerWriter, UpdateRecord, UpdateStatus } from "@smartclaw/contracts";
import {
  createRegistry,
  createUpdater,
  openUpdateStore,
  type Updater,
  type UpdaterDeps,
} from "@smartclaw/updater";
import {
  type Character,
  createToyTarget,
  installToy,
  type RegistryStandIn,
  startRegistryStandIn,
} from "@smartclaw/updater/testing";
import { createHandClock, type HandClock } from "./hand-clock.ts";

/** Breaks one part of an updater on purpose, for a control. */
export type Spoil = (whole: UpdaterDeps, clock: HandClock) => Partial<UpdaterDeps>;

/**
 * The real updater with its real store and its real registry client. The registry is a stand-in on loopback, the
 * releases are toys on the disk, and time passes by hand.
 */
export interface ToyHouse {
  readonly clock: HandClock;
  readonly registry: RegistryStandIn;
  /** Moments of the steady clock at which the registry got a question. */
  readonly heard: readonly number[];
  /** Moments of the steady clock at which the ledger was told of a question. */
  readonly asked: readonly number[];
  readonly status: () => UpdateStatus;
  /** Every update that ended, the newest first. */
  readonly records: () => readonly UpdateRecord[];
  /** What the disk says that runs, and a digest of every file of the first release and its state. */
  readonly look: () => { readonly live: unknown; readonly running: string; readonly kept: string };
  /** The conversation in the state that is live. */
  readonly said: () => string;
  /** The daemon ends and starts again. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Ends of the six hours' jitter, and what lies between. */
const jitters = [0, 0.999, 0.5, 0.25, 0.8];
const everyRecord = 1000;
const quiet = { info() {}, warn() {}, error() {} };

export async function openToyHouse(character: Character, spoil: Spoil = () => ({})): Promise<ToyHouse> {
  const root = mkdtempSync(join(tmpdir(), "smartclaw-proof-"));
  installToy(root);
  writeFileSync(join(root, "running"), "1.0.0");
  const registry = await startRegistryStandIn();
  registry.publish("1.0.0");
  const [heard, asked]: [number[], number[]] = [[], []];
  let [open, counted, looks, ids] = [0, 0, 0, 0];

  const clock = createHandClock(async () => {
    do await new Promise((resolve) => setImmediate(resolve));
    while (open > 0);
    if (registry.requests.length > counted) heard.push(clock.steady());
    counted = registry.requests.length;
  });
  const ledger: LedgerWriter = {
    begin() {
      open++;
      if (asked.at(-1) !== clock.steady()) asked.push(clock.steady());
      return { connected() {}, count() {}, end: () => void open--, fail: () => void open-- };
    },
    refuse() {},
  };

  const begin = (): { updater: Updater; store: UpdaterDeps["store"] } => {
    const store = openUpdateStore({ file: join(root, "updates.sqlite"), log: quiet });
    const whole: UpdaterDeps = {
      component: "openclaw",
      store,
      target: createToyTarget(root, character),
      registry: createRegistry({
        registry: registry.url,
        fetch: globalThis.fetch,
        ledger,
        processName: "smartclaw",
      }),
      nodeVersion: process.versions.node,
      conditions: () => Promise.resolve({ metered: false, batteryLeft: null }),
      clock: { now: clock.wall },
      steady: clock.steady,
      random: () => jitters[looks++ % jitters.length] ?? 0,
      newId: () => String(ids++),
      setTimer: clock.setTimer,
      log: quiet,
    };
    const updater = createUpdater({ ...whole, ...spoil(whole, clock) });
    updater.start();
    return { updater, store };
  };
  let daemon = begin();
  const readPointer = (): { state: string } =>
    JSON.parse(readFileSync(join(root, "live.json"), "utf8")) as { state: string };

  return {
    clock,
    registry,
    heard,
    asked,
    status: () => daemon.updater.status(),
    records: () => daemon.store.history(everyRecord),
    look: () => ({
      live: readPointer(),
      running: readRunning(root),
      kept: digestOf([join(root, "versions", "1.0.0"), join(root, "states", "first")]),
    }),
    said: () => readFileSync(join(root, "states", readPointer().state, "history"), "utf8"),
    async restart() {
      await daemon.updater.close();
      daemon = begin();
    },
    async close() {
      await daemon.updater.close();
      await registry.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function readRunning(root: string): string {
  const file = join(root, "running");
  return existsSync(file) ? readFileSync(file, "utf8") : "nothing";
}

function digestOf(folders: readonly string[]): string {
  const hash = createHash("sha256");
  for (const folder of folders.filter((path) => existsSync(path)))
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      hash.update(`${path}\0`).update(readFileSync(path)).update("\0");
    }
  return hash.digest("hex");
}
