import {
  type AuditLine,
  type AuditVerdictReport,
  type Clock,
  type GrantDuration,
  type GrantPreset,
  type GuardianAnswer,
  type GuardianGrant,
  type GuardianJudgement,
  type GuardianStatus,
  type Log,
  type NewGuardianGrant,
  type RandomBytes,
  reportOf,
  type SandboxState,
  Secret,
  SmartClawError,
} from "@smartclaw/contracts";
import type { AuditHead, Guardian } from "@smartclaw/guardian";
import { type GuardianPlace, installGuardianPlugin } from "@smartclaw/openclaw";
import type { Vault } from "@smartclaw/vault";
import { z } from "zod";
import { openJsonFile } from "../daemon/json-file.ts";
import type { Paths } from "../daemon/paths.ts";
import { auditSentence } from "./audit-sentence.ts";

/** Guardian in the daemon: Agentic Mode, and everything that the owner sees and says of it. */
export interface GuardianRoom {
  status(): GuardianStatus;
  /** Where OpenClaw finds Guardian; null while Agentic Mode is off, or OpenClaw does not load the plugin. */
  place(): GuardianPlace | null;
  /** OpenClaw has not loaded the plugin: until somebody switches Agentic Mode again, it goes on as if that was off. */
  pluginMissing(): void;
  /** @throws SmartClawError where there is no sandbox, VAULT_LOCKED */
  setAgenticMode(on: boolean): Promise<GuardianStatus>;
  answer(answer: GuardianAnswer): Promise<GuardianStatus>;
  judge(command: string, folder: string): Promise<GuardianJudgement>;
  grants(): Promise<GuardianGrant[]>;
  addGrants(grants: readonly NewGuardianGrant[]): Promise<GuardianGrant[]>;
  addPreset(preset: GrantPreset, folder: string): Promise<GuardianGrant[]>;
  revoke(id: string): Promise<void>;
  renew(id: string, duration: GrantDuration): Promise<GuardianGrant>;
  log(where: { readonly before: number | null; readonly limit: number }): Promise<AuditLine[]>;
  verifyLog(): Promise<AuditVerdictReport>;
  exportLog(): AsyncGenerator<string, void, void>;
  panic(): Promise<GuardianStatus>;
  arm(): Promise<GuardianStatus>;
  close(): void;
}

export interface GuardianRoomDeps {
  readonly paths: Paths;
  readonly vault: Pick<Vault, "status" | "get" | "put" | "onChange">;
  readonly controlPorts: () => readonly number[];
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
  const place = { plugin: paths.guardianPlugin, socket: paths.guardianSocket };
  let sandbox: SandboxState | null = null;
  let open: Guardian | null = null;
  let opening: Promise<Guardian> | null = null;
  let fault: string | null = null;
  let withheld = false;

  if (mode.get().agenticMode) installGuardianPlugin(place.plugin);
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
      // While it is off there is no door for OpenClaw; grants and the log can be looked at.
      sandbox: mode.get().agenticMode ? sandbox : { state: "missing", message: "It is off.", next: "" },
      clock,
      newId: deps.newId,
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
    if (withheld)
      return "OpenClaw did not load SmartClaw's plugin, without which nothing runs. Switch Agentic Mode off and on again.";
    if (open === null)
      return vault.status().state === "ready"
        ? (fault ?? "Guardian is being opened.")
        : vaultClosed().message;
    if (sandbox?.state === "missing") return sandbox.message;
    if (!open.armed()) return "Everything was stopped, until you arm Guardian again.";
    return open.damage();
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
    damage: open?.damage() ?? null,
    waiting: [...(open?.waiting() ?? [])],
    questionsToday: open?.askedSince(new Date(clock.now()).setHours(0, 0, 0, 0)) ?? 0,
  });

  return {
    status,
    place: () => (mode.get().agenticMode && !withheld ? place : null),
    pluginMissing() {
      log.error({}, "OpenClaw has not loaded SmartClaw's plugin, so Agentic Mode is withheld");
      withheld = true;
      deps.restartOpenClaw();
      changed();
    },
    async setAgenticMode(on) {
      if (on === mode.get().agenticMode && !withheld) return status();
      if (on) {
        await guardian();
        if (sandbox?.state !== "works")
          throw new SmartClawError(
            "BAD_REQUEST",
            sandbox?.message ?? "There is no sandbox for commands here.",
            sandbox?.next ?? "Agentic Mode stays off.",
          );
        installGuardianPlugin(place.plugin);
      }
      withheld = false;
      mode.set({ agenticMode: on });
      shut();
      if (on) await guardian();
      deps.restartOpenClaw();
      changed();
      return status();
    },
    async answer(answer) {
      (await guardian()).answer(answer);
      return status();
    },
    judge: async (command, folder) => (await guardian()).judge(command, folder),
    grants: async () => (await guardian()).grants(),
    addGrants: async (grants) => (await guardian()).addGrants(grants, "tab"),
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
    },
  };
}

function vaultClosed(): SmartClawError {
  return new SmartClawError(
    "VAULT_LOCKED",
    "Guardian's keys are in the vault, which is not open.",
    "Unlock the vault on the Keys page.",
  );
}
