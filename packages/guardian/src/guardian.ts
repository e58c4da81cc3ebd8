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
  type GuardianRequest,
  type Log,
  type NewGuardianGrant,
  type SandboxState,
  SmartClawError,
} from "@smartclaw/contracts";
import { type AuditLog, openAuditLog } from "./audit/audit-log.ts";
import type { AuditHead, AuditRow } from "./audit/entry.ts";
import { type Broker, createBroker } from "./broker/broker.ts";
import { openBrokerSocket } from "./broker/broker-socket.ts";
import { createDecider } from "./decide.ts";
import { createFileOrders } from "./files/file-orders.ts";
import { checkScope } from "./grants/check-scope.ts";
import { examplesOf } from "./grants/examples.ts";
import type { GrantRecord, NewGrant } from "./grants/grant-record.ts";
import { type GrantStore, openGrantStore } from "./grants/grant-store.ts";
import { presetGrants } from "./grants/presets.ts";
import { resolvePath } from "./paths/resolve.ts";
import { createSandbox, type Sandbox } from "./sandbox/sandbox.ts";
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
  verifyLog(): AuditVerdictReport;
  exportLog(): Iterable<string>;
  /** Voids all grants and questions and kills what runs, until `arm`. @returns how many commands ran */
  panic(): number;
  arm(): void;
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
  readonly clock: Clock;
  readonly newId: () => string;
  readonly setTimer: (ms: number, run: () => void) => () => void;
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
  const close = (): void => {
    socket?.close();
    broker?.stopAll();
    sandbox?.close();
    audit?.close();
    grants.close();
  };
  try {
    const { keptHead, keepHead } = deps;
    const key = subkey(deps.key, "audit");
    audit = openAuditLog({ file: join(deps.folder, "audit.sqlite"), key, clock, keptHead, keepHead, log });
    if (deps.sandbox.state === "works") {
      const { architecture } = deps;
      sandbox = createSandbox({ folder: deps.runFolder, architecture, world, log });
      const opened = createBroker({ ...deps, world, grants, audit, sandbox });
      broker = opened;
      const note = (session: string, what: string, path: string): void =>
        opened.noteFile(session, what, path);
      const files = createFileOrders({ world, windows: opened.files, note });
      socket = await openBrokerSocket({ socketPath: deps.socketPath, broker: opened, files, world, log });
    }
  } catch (error) {
    close();
    throw error;
  }
  grants.onChange(deps.changed);
  return createHouse({ ...deps, world, grants, audit, broker, close });
}

function createHouse(
  deps: GuardianDeps & {
    readonly world: ReturnType<typeof thisComputer>;
    readonly grants: GrantStore;
    readonly audit: AuditLog;
    readonly broker: Broker | null;
    readonly close: () => void;
  },
): Guardian {
  const { world, grants, audit, broker, clock } = deps;
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

  return {
    armed: () => grants.isArmed(),
    damage: () => grants.damage(),
    waiting: () => broker?.questions.waiting() ?? [],
    askedSince: (at) => broker?.questions.askedSince(at) ?? 0,
    answer(answer) {
      if (broker === null) throw notThere("question");
      broker.answer(answer);
    },
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
    verifyLog() {
      const verdict = audit.verify();
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
