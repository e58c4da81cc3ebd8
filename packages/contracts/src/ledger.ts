import { z } from "zod";
import { port, timestamp } from "./base.ts";

/** Which part of the house opened the connection. */
export const ledgerDoor = z.enum([
  /** A model request, through the model proxy. */
  "model-proxy",
  /** OpenClaw's own traffic, through the forward proxy. */
  "forward-proxy",
  /** OpenClaw tried to go around both and was stopped in its own process. */
  "openclaw-guard",
  /** The assistant's commands and browser, through an exit that leads to what was granted. */
  "guardian",
  /** Seen by the socket watchdog. */
  "watchdog",
  /** SmartClaw itself: fetching OpenClaw from the npm registry, looking for a local model server. */
  "smartclaw",
]);
export type LedgerDoor = z.infer<typeof ledgerDoor>;

export const ledgerEntry = z.object({
  id: z.number().int().positive(),
  startedAt: timestamp,
  endedAt: timestamp.nullable(),
  door: ledgerDoor,
  /** The program: "openclaw-gateway (4711)", "smartclaw-daemon (4700)". */
  process: z.string(),
  host: z.string(),
  port,
  /** The address that was really connected to; null when refused before connecting. */
  address: z.string().nullable(),
  /** SHA-256 of the peer's certificate, lower-case hex; null without TLS of our own. */
  peerFingerprint: z.string().nullable(),
  bytesSent: z.number().int().nonnegative(),
  bytesReceived: z.number().int().nonnegative(),
  /** Why it was opened or refused, for people: "chat with OpenAI (gpt-5)", "not on your list". */
  reason: z.string(),
  verdict: z.enum(["allowed", "refused", "failed"]),
});
export type LedgerEntry = z.infer<typeof ledgerEntry>;

export const ledgerFilter = z.object({
  /** Part of the host, process or reason. */
  text: z.string().max(200).optional(),
  verdict: z.enum(["allowed", "refused", "failed"]).optional(),
  door: ledgerDoor.optional(),
  since: timestamp.optional(),
  until: timestamp.optional(),
});
export type LedgerFilter = z.infer<typeof ledgerFilter>;

/** Writes the ledger. `begin` is on disk before the connection is opened. */
export interface LedgerWriter {
  begin(entry: Pick<LedgerEntry, "door" | "process" | "host" | "port" | "reason">): LedgerTicket;
  refuse(entry: Pick<LedgerEntry, "door" | "process" | "host" | "port" | "reason">): void;
}

/** One open connection of the ledger. `end` and `fail` are final; the first one counts. */
export interface LedgerTicket {
  connected(peer: { address: string | null; fingerprint: string | null }): void;
  count(bytes: { sent?: number; received?: number }): void;
  end(): void;
  fail(reason: string): void;
}
