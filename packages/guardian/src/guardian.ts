import { hkdfSync } from "node:crypto";
import { join } from "node:path";
import {
  type AuditVerdictReport,
  type Clock,
  type GrantDuration,
  type GrantPreset,
  type GuardianAnswer,
  type GuardianGrant,
  type GuardianJudgement,
  type GuardianPause,
  type GuardianRequest,
  type Log,
  type NewGuardianGrant,
  type OpenExit,
  type SandboxState,
  SmartClawError,
} from "@smartclaw/contracts";
import { type AuditLog, openAuditLog } from "./audit/audit-log.ts";
import type { AuditHead, AuditRow } from "./audit/entry.ts";
import { keepShort } from "./audit/keep-short.ts";
import { type Broker, createBroker } from "./broker/broker.ts";
import type { Probe } from "./broker/probes.ts";
import { openBrokerSocket } from "./broker/broker-socket.ts";
import type { BrowserHands } from "./broker/browser-desk.ts";
import { createDecider } from "./decide.ts";
import { createFileOrders } from "./files/file-orders.ts";
import { checkScope } from "./grants/check-scope.ts";
import { examplesOf } from "./grants/examples.ts";
import type { GrantRecord, NewGrant } from "./grants/grant-record.ts";
import { type GrantStore, openGrantStore } from "./grants/grant-store.ts";
import { presetGrants } from "./grants/presets.ts";
import { createHabits } from "./habits/habits.ts";
import { createOffers, type Offers } from "./habits/offers.ts";
import { resolvePath } from "./paths/resolve.ts";
import { createSandbox, type Sandbox } from "./sandbox/sandbox.ts";
import { openTaints, type Taints } from "./taint/taints.ts";
import { createCommandCopies } from "./undo/command-copies.ts";
import { withFileCopies } from "./undo/file-copies.ts";
import type { Snapshot } from "./undo/snapshot.ts";
import { openSnapshotStore, type SnapshotStore } from "./undo/snapshot-store.ts";
import { createUndo, type Undo } from "./undo/undo.ts";
import { thisComputer } from "./world/this-computer.ts";

/** The one gate in front of everything that the assistant does on this computer. */
export interface Guardian {
  readonly armed: () => boolean;
  /** What somebody else than SmartClaw changed in the grants, for people; null when nothing was. */
  readonly damage: () => string | null;
  readonly waiting: () => readonly GuardianRequest[];
  /** Questions put to the owner since a time in milliseconds. */
  readonly askedSince: (at: number) => number;
  /** @throws SmartClawError NOT_FOUND, CONFLICT, BAD_REQUEST */
  answer(answer: GuardianAnswer): void;
  /** Conversations that may not ask, as the owner said no so often. */
  readonly paused: () => readonly GuardianPause[];
  /** @throws SmartClawError NOT_FOUND */
  resume(session: string): void;
  /** What would be answered to the owner's assistant now. @param folder absolute */
  judge(command: string, folder: string): GuardianJudgement;
  grants(): GuardianGrant[];
  /** All or none. @throws SmartClawError BAD_REQUEST, CONFLICT, DISK_FULL, STORAGE_CORRUPT */
  addGrants(grants: readonly NewGuardianGrant[], source: NewGrant["source"]): GuardianGrant[];
  addPreset(preset: GrantPreset, folder: string): GuardianGrant[];
  /** @throws SmartClawError NOT_FOUND, DISK_FULL, STORAGE_CORRUPT */
  revoke(id: string): void;
  renew(id: string, duration: GrantDuration): GuardianGrant;
  /** The newest first. */
  log(where: { readonly before: number | null; readonly limit: number }): readonly AuditRow[];
  readonly offers: Offers;
  verifyLog(): Promise<AuditVerdictReport>;
  exportLog(): Iterable<string>;
  /** Voids all grants and questions and kills what runs, until `arm`. @returns how many commands ran */
  panic(): number;
  arm(): void;
  /** Why the assistant's browser may not reach a host, for people; null when it may. */
  mayReach(host: string, port: number): string | null;
  /** Whether scripts in pages are granted anywhere. */
  browserScripts(): boolean;
  /** What can be undone, or was; the newest first. */
  snapshots(): readonly Snapshot[];
  readonly undo: Undo;
  /** A call that will be refused; null while there is no door for OpenClaw. */
  probe(): Probe | null;
  close(): void;
}

export interface GuardianDeps {
  /** For grants and the log. */
  readonly folder: string;
  /** For the pipes of commands that run. */
  readonly runFolder: string;
  readonly socketPath: string;
  /** 32 bytes that only the vault keeps. */
  readonly key: Uint8Array;
  /** The head of the log, kept elsewhere. */
  readonly keptHead: () => AuditHead | null;
  readonly keepHead: (head: AuditHead) => void;
  /** What is SmartClaw's own: never the assistant's. */
  readonly own: { readonly folders: readonly string[]; readonly controlPorts: readonly number[] };
  /** The assistant's own folder. */
  readonly workspace: string;
  readonly architecture: string;
  /** Without a sandbox nothing is carried out; grants and the log are there all the same. */
  readonly sandbox: SandboxState;
  /** The ways out of commands that reach what was granted. */
  readonly openExit: OpenExit;
  /** The assistant's; null where there is none. It asks `mayReach` for each connection. */
  readonly browser: BrowserHands | null;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly setTimer: (ms: number, run: () => void) => () => void;
  /** What a conversation is called, by OpenClaw's key of it; null when that is not known. */
  readonly nameOf: (session: string) => Promise<string | null>;
  readonly changed: () => void;
  readonly log: Log;
}

/** A line of the log has room for them, whatever they say. */
const grantsInLine = 50;

/** Opens everything that Guardian has, and its door for OpenClaw when there is a sandbox. */
export async function openGuardian(deps: GuardianDeps): Promise<Guardian> {
  const { clock, log, newId } = deps;
  const world = thisComputer(deps.own);
  const grants = openGrantStore({
    file: join(deps.folder, "grants.sqlite"),
    key: subkey(deps.key, "grants"),
    clock,
    newId,
    log,
  });
  let audit: AuditLog | null = null;
  let sandbox: Sandbox | null = null;
  let broker: Broker | null = null;
  let socket: { close(): void } | null = null;
  let taints: Taints | null = null;
  let snapshots: SnapshotStore;
  let stopKeepingShort: (() => void) | null = null;
  const close = (): void => {
    stopKeepingShort?.();
    socket?.close();
    broker?.stopAll();
    sandbox?.close();
    taints?.close();
    audit?.close();
    grants.close();
  };
  try {
    const { keptHead, keepHead } = deps;
    const key = subkey(deps.key, "audit");
    audit = openAuditLog({ file: join(deps.folder, "audit.sqlite"), key, clock, keptHead, keepHead, log });
    stopKeepingShort = keepShort(audit, deps);
    const undoKey = subkey(deps.key, "undo");
    snapshots = openSnapshotStore({ folder: join(deps.folder, "undo"), key: undoKey, clock, newId, log });
    if (deps.sandbox.state === "works") {
      const { architecture } = deps;
      taints = openTaints(join(deps.folder, "conversations.sqlite"));
      const { networkOff } = deps.sandbox;
      sandbox = createSandbox({ ...deps, folder: deps.runFolder, architecture, world, networkOff });
      const copies = createCommandCopies(snapshots, world);
      const opened = createBroker({ ...deps, world, grants, audit, taints, sandbox, copies });
      broker = opened;
      const note = (session: string, what: string, path: string, more: object): void =>
        opened.noteFile(session, what, path, more);
      const windows = opened.files;
      const orders = createFileOrders({ world, windows, note });
      const files = withFileCopies(orders, { store: snapshots, windows, world });
      socket = await openBrokerSocket({ socketPath: deps.socketPath, broker: opened, files, world, log });
    }
  } catch (error) {
    close();
    throw error;
  }
  grants.onChange(() => {
    sandbox?.recheck();
    deps.browser?.recheck();
    deps.changed();
  });
  return createHouse({ ...deps, world, grants, audit, snapshots, broker, close });
}

function createHouse(
  deps: GuardianDeps & {
    readonly world: ReturnType<typeof thisComputer>;
    readonly grants: GrantStore;
    readonly audit: AuditLog;
    readonly snapshots: SnapshotStore;
    readonly broker: Broker | null;
    readonly close: () => void;
  },
): Guardian {
  const { world, grants, audit, snapshots, broker, clock } = deps;
  const undo = createUndo({
    store: snapshots,
    note: (body) => void audit.append({ kind: "undo", body }),
    log: deps.log,
  });
  const shown = (wanted: readonly GrantRecord[]): GuardianGrant[] => {
    const ids = new Set(wanted.map(({ id }) => id));
    return grants
      .list()
      .filter(({ id }) => ids.has(id))
      .map(toShown);
  };

  function add(wanted: readonly NewGrant[]): GuardianGrant[] {
    for (const grant of wanted) {
      const objection = checkScope(grant, world);
      if (objection !== null)
        throw new SmartClawError(
          "BAD_REQUEST",
          `This was not granted: ${objection}.`,
          "Grant less, or another thing.",
        );
    }
    for (let from = 0; from < wanted.length; from += grantsInLine)
      audit.append({ kind: "grant", body: { grants: wanted.slice(from, from + grantsInLine) } });
    return shown(grants.add(wanted));
  }

  const habits = createHabits({ audit, grants, world, clock, log: deps.log });

  return {
    armed: () => grants.isArmed(),
    damage: () => grants.damage(),
    waiting: () => broker?.questions.waiting() ?? [],
    askedSince: (at) => broker?.questions.askedSince(at) ?? 0,
    answer(answer) {
      if (broker === null) throw notThere("question");
      broker.answer(answer);
    },
    paused: () => broker?.pauses.paused() ?? [],
    resume(session) {
      if (broker?.pauses.resume(session) !== true) throw notThere("conversation that is paused");
      deps.changed();
      audit.append({ kind: "resume", body: { session } });
    },
    offers: createOffers({ habits, audit, add, clock }),
    judge(text, folder) {
      const decide = createDecider(grants.effective(), world);
      const { decision, reasons } = decide({ text, folder, caller: "owner", now: clock.now() });
      return { decision, reasons: [...reasons] };
    },
    grants: () => grants.list().map(toShown),
    addGrants: (wanted, source) =>
      add(wanted.map((grant) => ({ ...(grant as Omit<NewGrant, "source">), source }))),
    addPreset(preset, folder) {
      const place = resolvePath(world, "/", folder);
      if (place?.kind !== "folder")
        throw new SmartClawError("NOT_FOUND", `There is no folder ${folder}.`, "Choose one that is there.");
      return add(presetGrants(preset, place.path, clock.now()));
    },
    revoke(id) {
      // What takes back is done even where it cannot be written down.
      grants.revoke(id);
      audit.append({ kind: "revoke", body: { id } });
    },
    renew(id, duration) {
      audit.append({ kind: "grant", body: { renewed: id, duration } });
      const [grant] = shown([grants.renew(id, duration)]);
      if (grant === undefined) throw notThere("grant");
      return grant;
    },
    log: (where) => audit.page(where),
    async verifyLog() {
      const verdict = await audit.verify();
      return verdict.state === "whole"
        ? { whole: true, rows: verdict.rows, message: `All ${verdict.rows} lines are as they were written.` }
        : { whole: false, rows: 0, message: verdict.message };
    },
    exportLog: () => audit.exportLines(),
    panic() {
      let ran = 0;
      try {
        grants.panic();
      } finally {
        ran = broker?.stopAll() ?? 0;
        deps.changed();
      }
      audit.append({ kind: "panic", body: { epoch: grants.epoch() } });
      return ran;
    },
    arm() {
      audit.append({ kind: "arm", body: {} });
      grants.arm();
      deps.changed();
    },
    mayReach: (host, port) => (broker === null ? "Agentic Mode is off" : broker.mayReach(host, port)),
    browserScripts: () =>
      grants
        .effective()
        .some(({ effect, scope }) => effect === "allow" && scope.type === "browse" && scope.may === "script"),
    snapshots: () => snapshots.list(),
    undo: async (id, force) => {
      try {
        return await undo(id, force);
      } finally {
        deps.changed();
      }
    },
    probe: () => broker?.probe() ?? null,
    close: deps.close,
  };
}

function toShown(grant: ReturnType<GrantStore["list"]>[number]): GuardianGrant {
  const { id, effect, scope, callers, duration, createdAt, uses, lastUsedAt, standing } = grant;
  const { allows, refuses } = examplesOf(scope);
  return {
    id,
    effect,
    scope: scope.type === "run" ? { ...scope, words: [...scope.words] } : scope,
    callers: callers === null ? null : [...callers],
    duration,
    createdAt,
    uses,
    lastUsedAt,
    standing,
    examples: { allows: [...allows], refuses: [...refuses] },
  };
}

function notThere(what: string): SmartClawError {
  return new SmartClawError("NOT_FOUND", `There is no such ${what}.`, "Reload the page and look again.");
}

/** HKDF (RFC 5869) with SHA-256: a key for each purpose. */
function subkey(key: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", key, new Uint8Array(), `smartclaw/guardian/${purpose}`, 32));
}
