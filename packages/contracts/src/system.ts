import { z } from "zod";
import { port, timestamp } from "./base.ts";
import { gatewayState, listener } from "./gateway.ts";
import { installState } from "./install.ts";
import { updateStatus } from "./update.ts";
import { vaultStatus } from "./vault.ts";

export const systemStatus = z.object({
  smartclaw: z.object({
    version: z.string(),
    pid: z.number().int(),
    port,
    startedAt: timestamp,
    residentBytes: z.number().int(),
    nodeVersion: z.string(),
    platform: z.string(),
    home: z.string(),
  }),
  openclaw: z.object({
    install: installState,
    gateway: gatewayState,
    listeners: z.array(listener),
    /** Of the Node that it runs on; null before it was installed. */
    nodeVersion: z.string().nullable(),
  }),
  updates: updateStatus,
  /** SmartClaw's own; null when nobody told it where its releases are. */
  selfUpdates: updateStatus.nullable(),
  vault: vaultStatus,
  modelProxy: z.object({ port, requests: z.number().int(), refused: z.number().int() }),
  forwardProxy: z.object({ port, requests: z.number().int(), refused: z.number().int() }),
  connections: z.number().int(),
  /** System packages that are not there, and what stays off without each. */
  missing: z.array(z.object({ name: z.string(), command: z.string(), withoutIt: z.string() })),
});
export type SystemStatus = z.infer<typeof systemStatus>;

export const doctorCheck = z.object({
  id: z.string(),
  title: z.string(),
  level: z.enum(["ok", "warn", "fail"]),
  detail: z.string(),
  next: z.string(),
});
export type DoctorCheck = z.infer<typeof doctorCheck>;

export const logLine = z.object({
  at: timestamp,
  source: z.enum(["smartclaw", "openclaw"]),
  level: z.enum(["info", "warn", "error"]),
  text: z.string(),
});
export type LogLine = z.infer<typeof logLine>;

export const settings = z.object({
  /** Hosts (exact, or `*.example.org`) that OpenClaw's own traffic may reach through the forward proxy. */
  allowedHosts: z.array(
    z
      .string()
      .max(253)
      .regex(/^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?(:\d{1,5})?$/),
  ),
  openBrowserAtStart: z.boolean(),
  /** Days that the network ledger is kept. */
  ledgerDays: z.number().int().min(1).max(3650),
  startAtLogin: z.boolean(),
});
export type Settings = z.infer<typeof settings>;

/** What a proof says: see `proofs/`. */
export const proofResult = z.object({
  id: z.string(),
  title: z.string(),
  /** Null when it could not be run here; `evidence` says why. */
  holds: z.boolean().nullable(),
  /** True when the positive control failed as it must. */
  control: z.boolean().nullable(),
  evidence: z.array(z.string()),
  limit: z.string(),
});
export type ProofResult = z.infer<typeof proofResult>;
