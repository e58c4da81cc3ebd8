import {
  type AuditLine,
  type AuditVerdictReport,
  type Clock,
  type GrantDuration,
  type GrantPreset,
  type GuardianAnswer,
  type GuardianGrant,
  type GuardianJudgement,
  type GuardianOffer,
  type GuardianSnapshot,
  type GuardianStatus,
  type GuardianUndoOutcome,
  type Log,
  type NewGuardianGrant,
  type OpenExit,
  type RandomBytes,
  reportOf,
  type SandboxState,
  Secret,
  SmartClawError,
} from "@smartclaw/contracts";
import type { AuditHead, Guardian, Probe, Snapshot } from "@smartclaw/guardian";
import { type GuardianPlace, installGuardianPlugin } from "@smartclaw/openclaw";
import type { Vault } from "@smartclaw/vault";
import { z } from "zod";
import { openJsonFile } from "../daemon/json-file.ts";
import type { Paths } from "../daemon/paths.ts";
import { auditSentence } from "./audit-sentence.ts";
import { type BrowserRoomDeps, createBrowserRoom } from "./browser-room.ts";

/** Guardian in the daemon: Agentic Mode, and everything that the owner sees and says of it. */
export interface GuardianRoom {
  status(): GuardianStatus;
  /** Where OpenClaw finds Guardian; null while Agentic Mode is off, or OpenClaw does not load the plugin. */
  place(): GuardianPlace | null;
  /** Resolves when it can be said where everything is that OpenClaw has to find. */
  ready(): Promise<void>;
  /** A call that will be refused, for whoever wants to see that OpenClaw obeys. */
  probe(): Promise<Probe | null>;
  /**
   * OpenClaw does not let Guardian decide: until somebody switches Agentic Mode again, it goes on as if that was off.
   * @param finding what it does, after its name
   */
  withhold(finding: string): void;
  /** @throws SmartClawError where there is no sandbox, VAULT_LOCKED */
  setAgenticMode(on: boolean): Promise<GuardianStatus>;
  answer(answer: GuardianAnswer): Promise<GuardianStatus>;
  /** @throws SmartClawError NOT_FOUND */
  resume(session: string): Promise<GuardianStatus>;
  offers(): Promise<GuardianOffer[]>;
  acceptOffer(id: string): Promise<GuardianGrant[]>;
  dismissOffer(id: string): Promise<void>;
  judge(command: string, folder: string): Promise<GuardianJudgement>;
  grants(): Promise<GuardianGrant[]>;
  addGrants(grants: readonly NewGuardianGrant[]): Promise<GuardianGrant[]>;
  addPreset(preset: GrantPreset, folder: string): Promise<GuardianGrant[]>;
  revoke(id: string): Promise<void>;
  renew(id: string, duration: GrantDuration): Promise<GuardianGrant>;
  log(where: { readonly before: number | null; readonly limit: number }): Promise<AuditLine[]>;
  verifyLog(): Promise<AuditVerdictReport>;
  exportLog(): AsyncGenerator<string, void, void>;
  snapshots(): Promise<GuardianSnapshot[]>;
  /** @throws SmartClawError NOT_FOUND, CONFLICT, STORAGE_CORRUPT, DISK_FULL */
  undo(id: string, force: boolean): Promise<GuardianUndoOutcome>;
  panic(): Promise<GuardianStatus>;
  arm(): Promise<GuardianStatus>;
  close(): void;
}

export interface GuardianRoomDeps {
  readonly paths: Paths;
  readonly vault: Pick<Vault, "status" | "get" | "put" | "onChange">;
  readonly controlPorts: () => readonly number[];
  /** What a conversation is called, by OpenClaw's key of it; null when that is not known. */
  readonly nameOf: (session: string) => Promise<string | null>;
  /** The ways out of the assistant's commands and browser. */
  readonly openExit: OpenExit;
  /** Whether a connection to a port of ours comes from OpenClaw itself, as the kernel knows it. */
  readonly isOpenClaw: BrowserRoomDeps["isOpenClaw"];
  /** OpenClaw has to read its configuration anew. */
  readonly restartOpenClaw: () => void;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly newId: () => string;
  readonly changed: () => void;
  readonly log: Log;
}

const kept = z.object({ agenticMode: z.boolean() });
const keyId = "guardian/key";
const headId = "guardian/head";
const head = z.object({ seq: z.number().int().nonnegative(), mac: z.string() });

/**
 * Its parts are loaded when they are first needed: when Agentic Mode is on, or when somebody looks. Its keys are in the
 * vault, so it is closed whenever that is.
 */
export function createGuardianRoom(deps: GuardianRoomDeps): GuardianRoom {
  const { paths, vault, clock, log, changed } = deps;
  const mode = openJsonFile(paths.guardianMode, kept, { agenticMode: false }, log);
  const plugin = paths.guardianPlugin;
  let sandbox: SandboxState | null = null;
  let open: Guardian | null = null;
  let opening: Promise<Guardian> | null = null;
  let fault: string | null = null;
  let withheld: string | null = null;
  /** What OpenClaw was told when it was started; null while it was told nothing. */
  let told: { readonly scripts: boolean } | null = null;
  const browserRoom = createBrowserRoom({
    paths,
    openExit: deps.openExit,
    isOpenClaw: deps.isOpenClaw,
    mayReach: (host, port) => (open === null ? "Guardian is not open" : open.mayReach(host, port)),
    clock,
    log,
  });

  if (mode.get().agenticMode) installGuardianPlugin(plugin);
  const stopListening = vault.onChange(({ state }) => {
    if (state === "ready") {
      if (mode.get().agenticMode) void guardian().catch(() => undefined);
    } else shut();
  });

  function shut(): void {
    open?.close();
    open = null;
  }

  function secretOf(id: string, make: () => Uint8Array): Uint8Array {
    const found = vault.get(id);
    if (found !== null) return found.reveal();
    const made = make();
    vault.put(id, Secret.fromBytes(made));
    return made;
  }

  function keptHead(): AuditHead | null {
    const found = vault.get(headId);
    return found === null ? null : head.parse(JSON.parse(found.revealText()));
  }

  async function openNow(): Promise<Guardian> {
    const { openGuardian, probeSandbox } = await import("@smartclaw/guardian");
    sandbox = await probeSandbox(process.platform, process.arch);
    const opened = await openGuardian({
      folder: paths.guardian,
      runFolder: paths.guardianRun,
      socketPath: paths.guardianSocket,
      key: secretOf(keyId, () => deps.random(32)),
      keptHead,
      keepHead: (last) => void vault.put(headId, Secret.fromText(JSON.stringify(last))),
      own: {
        folders: [paths.home, paths.cache, paths.logs, paths.openclawState],
        controlPorts: deps.controlPorts(),
      },
      workspace: paths.workspace,
      architecture: process.arch,
      openExit: deps.openExit,
      browser: mode.get().agenticMode ? await browserRoom.open() : null,
      // While it is off there is no door for OpenClaw; grants and the log can be looked at.
      sandbox: mode.get().agenticMode ? sandbox : { state: "missing", message: "It is off.", next: "" },
      clock,
      newId: deps.newId,
      nameOf: deps.nameOf,
      setTimer(ms, run) {
        const timer = setTimeout(run, ms).unref();
        return () => clearTimeout(timer);
      },
      changed,
      log,
    });
    if (vault.status().state !== "ready") {
      opened.close();
      throw vaultClosed();
    }
    return opened;
  }

  async function guardian(): Promise<Guardian> {
    if (open !== null) return open;
    if (vault.status().state !== "ready") throw vaultClosed();
    opening ??= openNow().finally(() => (opening = null));
    try {
      open = await opening;
      fault = null;
      return open;
    } catch (error) {
      fault = reportOf(error).message;
      log.error({ error: reportOf(error) }, "Guardian could not be opened");
      throw error;
    } finally {
      changed();
    }
  }

  function closedBecause(): string | null {
    if (!mode.get().agenticMode) return "Agentic Mode is off.";
    if (withheld !== null)
      return `OpenClaw ${withheld}, without which nothing runs. Switch Agentic Mode off and on again.`;
    if (open === null)
      return vault.status().state === "ready"
        ? (fault ?? "Guardian is being opened.")
        : vaultClosed().message;
    if (sandbox?.state === "missing") return sandbox.message;
    if (!open.armed()) return "Everything was stopped, until you arm Guardian again.";
    return open.damage();
  }

  function place(): GuardianPlace | null {
    if (!mode.get().agenticMode || withheld !== null) return null;
    told = { scripts: open?.browserScripts() ?? false };
    const browserGate = browserRoom.browser()?.gatePort ?? null;
    return { plugin, socket: paths.guardianSocket, browserGate, browserScripts: told.scripts };
  }

  /** Where scripts in pages are granted for the first time, OpenClaw has to offer them. */
  function tellOpenClaw(): void {
    if (told === null || told.scripts || place()?.browserScripts !== true) return;
    deps.restartOpenClaw();
  }

  const status = (): GuardianStatus => ({
    agenticMode: mode.get().agenticMode,
    closed: closedBecause(),
    armed: open?.armed() ?? true,
    sandbox: sandbox ?? {
      state: "missing",
      message: "The sandbox has not been tried yet.",
      next: "Switch Agentic Mode on.",
    },
    browser: browserRoom.state(),
    damage: open?.damage() ?? null,
    waiting: [...(open?.waiting() ?? [])],
    paused: [...(open?.paused() ?? [])],
    questionsToday: open?.askedSince(new Date(clock.now()).setHours(0, 0, 0, 0)) ?? 0,
  });

  return {
    status,
    place,
    async ready() {
      if (mode.get().agenticMode) await browserRoom.open();
    },
    probe: async () => (await guardian().catch(() => null))?.probe() ?? null,
    withhold(finding) {
      log.error({ finding }, "Guardian does not decide in OpenClaw, so Agentic Mode is withheld");
      withheld = finding;
      deps.restartOpenClaw();
      changed();
    },
    async setAgenticMode(on) {
      if (on === mode.get().agenticMode && withheld === null) return status();
      if (on) {
        await guardian();
        if (sandbox?.state !== "works")
          throw new SmartClawError(
            "BAD_REQUEST",
            sandbox?.message ?? "There is no sandbox for commands here.",
            sandbox?.next ?? "Agentic Mode stays off.",
          );
        installGuardianPlugin(plugin);
      }
      withheld = null;
      mode.set({ agenticMode: on });
      shut();
      if (on) await guardian();
      else await browserRoom.close();
      deps.restartOpenClaw();
      changed();
      return status();
    },
    async answer(answer) {
      (await guardian()).answer(answer);
      return status();
    },
    async resume(session) {
      (await guardian()).resume(session);
      return status();
    },
    offers: async () => await (await guardian()).offers.list(),
    acceptOffer: async (id) => await (await guardian()).offers.accept(id),
    dismissOffer: async (id) => await (await guardian()).offers.dismiss(id),
    judge: async (command, folder) => (await guardian()).judge(command, folder),
    grants: async () => (await guardian()).grants(),
    async addGrants(grants) {
      const added = (await guardian()).addGrants(grants, "tab");
      tellOpenClaw();
      return added;
    },
    addPreset: async (preset, folder) => (await guardian()).addPreset(preset, folder),
    revoke: async (id) => (await guardian()).revoke(id),
    renew: async (id, duration) => (await guardian()).renew(id, duration),
    log: async (where) =>
      (await guardian()).log(where).map(({ seq, at, kind, body }) => ({
        seq,
        at,
        kind,
        text: auditSentence({ kind, body }),
        body: { ...body },
      })),
    verifyLog: async () => (await guardian()).verifyLog(),
    async *exportLog() {
      yield* (await guardian()).exportLog();
    },
    snapshots: async () => (await guardian()).snapshots().map(toShown),
    async undo(id, force) {
      const outcome = await (await guardian()).undo(id, force);
      if (outcome.state === "changed") return { ...outcome, paths: [...outcome.paths] };
      return { state: "done", again: outcome.again === null ? null : toShown(outcome.again) };
    },
    async panic() {
      (await guardian()).panic();
      return status();
    },
    async arm() {
      (await guardian()).arm();
      return status();
    },
    close() {
      stopListening();
      shut();
      void browserRoom.close();
    },
  };
}

function toShown({ id, at, text, paths, special, bytes, undoes, state }: Snapshot): GuardianSnapshot {
  return { id, at, text, paths, special, bytes, undoes, state };
}

function vaultClosed(): SmartClawError {
  return new SmartClawError(
    "VAULT_LOCKED",
    "Guardian's keys are in the vault, which is not open.",
    "Unlock the vault on the Keys page.",
  );
}
