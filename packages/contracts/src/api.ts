import { eventIterator, oc } from "@orpc/contract";
import { z } from "zod";
import { chatEvent, chatMessage, chatSend, conversation, conversationId } from "./chat.ts";
import { timestamp } from "./base.ts";
import { errorReport } from "./error-report.ts";
import {
  auditLine,
  auditVerdict,
  grantDuration,
  grantPreset,
  guardianAnswer,
  guardianGrant,
  guardianJudgement,
  guardianOffer,
  guardianSnapshot,
  guardianStatus,
  guardianUndoOutcome,
  newGuardianGrant,
} from "./guardian.ts";
import { ledgerEntry, ledgerFilter } from "./ledger.ts";
import {
  connection,
  connectionCheck,
  connectionId,
  discovery,
  importStep,
  newConnection,
} from "./provider.ts";
import { doctorCheck, logLine, settings, systemStatus } from "./system.ts";
import { releaseVersion, updateComponent, updateRecord, updateSettings, updateStatus } from "./update.ts";
import { vaultSetup, vaultSlot, vaultStatus, vaultUnlock } from "./vault.ts";

const route = oc.errors({ FAULT: { status: 400, data: errorReport } });
const page = { limit: z.number().int().min(1).max(500).default(100) };
const onConnection = z.object({ id: connectionId });

/** The daemon's API: the web page, the command line and the phone speak this and nothing else. */
/** OpenClaw, unless another one is named. */
const ofComponent = z.object({ component: updateComponent });

export const api = {
  system: {
    status: route.output(systemStatus),
    /** The status now, then again after each change. */
    watch: route.output(eventIterator(systemStatus)),
    doctor: route.output(z.array(doctorCheck)),
    /** A new one-time login link; valid for ten minutes and one use. */
    loginLink: route.output(z.object({ url: z.string(), expiresAt: timestamp })),
    logs: route
      .input(z.object({ source: z.enum(["smartclaw", "openclaw", "both"]).default("both"), ...page }))
      .output(z.array(logLine)),
    /** New lines as they are written. */
    followLogs: route.output(eventIterator(logLine)),
    /** Stops OpenClaw and then the daemon. */
    shutdown: route.output(z.object({ stopping: z.literal(true) })),
  },
  openclaw: {
    install: route.output(systemStatus),
    start: route.output(systemStatus),
    stop: route.output(systemStatus),
    restart: route.output(systemStatus),
  },
  updates: {
    /** Looks for a newer release now. */
    check: route.input(ofComponent.prefault({})).output(updateStatus),
    /** Begins an update now: to the newest release, or to `version`. Cool-down, skips and earlier failures do not count. */
    apply: route.input(ofComponent.extend({ version: releaseVersion.optional() })).output(updateStatus),
    /** Begins the way back to the release before this one, which is then not installed by itself again. */
    goBack: route.input(ofComponent.prefault({})).output(updateStatus),
    change: route.input(ofComponent.extend(updateSettings.partial().shape)).output(updateStatus),
    /** The newest first. */
    history: route.input(ofComponent.extend(page)).output(z.array(updateRecord)),
  },
  vault: {
    status: route.output(vaultStatus),
    setup: route.input(vaultSetup).output(vaultStatus),
    unlock: route.input(vaultUnlock).output(vaultStatus),
    lock: route.output(vaultStatus),
    addPassphrase: route.input(z.object({ passphrase: z.string().min(12).max(1024) })).output(vaultSlot),
    /** The 24 words, shown once and never stored. Replaces an earlier recovery phrase. */
    addRecoveryPhrase: route.output(z.object({ phrase: z.string(), slot: vaultSlot })),
    /** The last slot cannot be removed. */
    removeSlot: route.input(z.object({ id: z.string() })).output(vaultStatus),
  },
  keys: {
    list: route.output(z.array(connection)),
    /** Checks with one real completion first; nothing is kept when it fails, unless `keepAnyway`. */
    add: route
      .input(newConnection.extend({ keepAnyway: z.boolean().default(false) }))
      .output(z.object({ connection: connection.nullable(), check: connectionCheck })),
    test: route.input(onConnection).output(connectionCheck),
    /** The new key is checked before it replaces the old one. */
    rotate: route
      .input(onConnection.extend({ key: z.string().min(1).max(8192) }))
      .output(z.object({ connection, check: connectionCheck })),
    remove: route.input(onConnection).output(z.object({ removed: z.boolean() })),
    setDefault: route
      .input(onConnection.extend({ model: z.string().max(200).optional() }))
      .output(connection),
    /** What on this computer could answer; looks only. */
    discover: route.output(z.array(discovery)),
    /** Takes a discovered one: key into the vault, one real completion, default if it is the first. */
    adopt: route.input(z.object({ discoveryId: z.string() })).output(
      z.object({
        connection: connection.nullable(),
        check: connectionCheck,
        /** What was done where the key was found, and to backups of that; empty when nothing was. */
        steps: z.array(importStep),
      }),
    ),
    /** Where keys stand in the clear on this computer. */
    scan: route.output(z.array(importStep)),
    /** Moves them into the vault and scrubs the sources and their backups. */
    importAll: route.output(z.array(importStep)),
  },
  chat: {
    list: route.output(z.array(conversation)),
    create: route.input(z.object({ title: z.string().max(200).optional() })).output(conversation),
    rename: route
      .input(z.object({ id: conversationId, title: z.string().min(1).max(200) }))
      .output(conversation),
    remove: route.input(z.object({ id: conversationId })).output(z.object({ removed: z.boolean() })),
    history: route
      .input(z.object({ id: conversationId, before: z.string().optional(), ...page }))
      .output(z.object({ messages: z.array(chatMessage), hasMore: z.boolean() })),
    /** Somebody writes a message: OpenClaw is not stopped for an update within the next minute. */
    typing: route.output(z.object({ noted: z.literal(true) })),
    send: route.input(chatSend).output(z.object({ runId: z.string() })),
    stop: route.input(z.object({ id: conversationId })).output(z.object({ stopped: z.boolean() })),
    events: route.input(z.object({ id: conversationId })).output(eventIterator(chatEvent)),
  },
  network: {
    list: route
      .input(ledgerFilter.extend({ before: z.number().int().optional(), ...page }))
      .output(z.object({ entries: z.array(ledgerEntry), total: z.number().int() })),
    watch: route.output(eventIterator(ledgerEntry)),
    export: route
      .input(ledgerFilter.extend({ format: z.enum(["csv", "json"]) }))
      .output(z.object({ name: z.string(), type: z.string(), text: z.string() })),
  },
  guardian: {
    status: route.output(guardianStatus),
    /** The status now, then again after each change. */
    watch: route.output(eventIterator(guardianStatus)),
    /** Lets the assistant act, or takes that away. */
    setAgenticMode: route.input(z.object({ on: z.boolean() })).output(guardianStatus),
    /** NOT_FOUND when it does not wait any more; CONFLICT when it is not what was shown. */
    answer: route.input(guardianAnswer).output(guardianStatus),
    judge: route
      .input(z.object({ command: z.string().max(65_536), folder: z.string().startsWith("/").max(4096) }))
      .output(guardianJudgement),
    grants: route.output(z.array(guardianGrant)),
    /** All or none. */
    addGrants: route
      .input(z.object({ grants: z.array(newGuardianGrant).min(1).max(200) }))
      .output(z.array(guardianGrant)),
    addPreset: route
      .input(z.object({ preset: grantPreset, folder: z.string().startsWith("/").max(4096) }))
      .output(z.array(guardianGrant)),
    revoke: route.input(z.object({ id: z.string() })).output(z.object({ revoked: z.literal(true) })),
    renew: route.input(z.object({ id: z.string(), duration: grantDuration })).output(guardianGrant),
    /** What was allowed again and again and could be granted, the newest first. */
    offers: route.output(z.array(guardianOffer)),
    /** Grants exactly what was offered. NOT_FOUND when it is not offered any more. */
    acceptOffer: route.input(z.object({ id: z.string() })).output(z.array(guardianGrant)),
    /** It is not offered again for a month. */
    dismissOffer: route.input(z.object({ id: z.string() })).output(z.object({ dismissed: z.literal(true) })),
    /** A paused conversation may ask again. NOT_FOUND when it was not paused. */
    resume: route.input(z.object({ session: z.string() })).output(guardianStatus),
    /** The newest first. */
    log: route.input(z.object({ before: z.number().int().optional(), ...page })).output(z.array(auditLine)),
    verifyLog: route.output(auditVerdict),
    /** The newest first. */
    snapshots: route.output(z.array(guardianSnapshot)),
    /** NOT_FOUND when no copy is kept any more; CONFLICT when something stands in the way. */
    undo: route
      .input(z.object({ id: z.string().max(100), force: z.boolean().default(false) }))
      .output(guardianUndoOutcome),
    /** JSON lines, the oldest first. */
    exportLog: route.output(eventIterator(z.string())),
    /** Voids all grants and waiting requests and ends everything that runs, until re-armed. */
    panic: route.output(guardianStatus),
    arm: route.output(guardianStatus),
  },
  settings: {
    get: route.output(settings),
    set: route.input(settings.partial()).output(settings),
  },
};
export type Api = typeof api;
