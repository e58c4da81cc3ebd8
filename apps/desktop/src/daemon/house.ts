import type {
  ChatEvent,
  ConversationId,
  DoctorCheck,
  GuardianStatus,
  LedgerEntry,
  Settings,
  SystemStatus,
} from "@smartclaw/contracts";
import type { Ledger } from "@smartclaw/egress";
import type { Chat } from "@smartclaw/openclaw";
import type { Updater } from "@smartclaw/updater";
import type { Vault } from "@smartclaw/vault";
import type { Connections } from "../connections/connections.ts";
import type { Discoveries } from "../connections/discoveries.ts";
import type { GuardianRoom } from "../guardian/guardian-room.ts";
import type { Logs } from "../logs/logs.ts";

/** Everything that the API serves. */
export interface House {
  readonly vault: Vault;
  readonly connections: Connections;
  readonly discoveries: Discoveries;
  readonly chat: Omit<Chat, "events">;
  readonly ledger: Ledger;
  readonly logs: Logs;
  readonly settings: { get(): Settings };
  readonly openclaw: {
    install(): SystemStatus;
    start(): SystemStatus;
    stop(): Promise<SystemStatus>;
    restart(): SystemStatus;
  };
  readonly guardian: Omit<GuardianRoom, "place" | "ready" | "probe" | "withhold" | "close">;
  watchGuardian(signal: AbortSignal | undefined): AsyncGenerator<GuardianStatus, void, void>;
  readonly updates: Updater;
  /** Null when nobody told SmartClaw where its own releases are. */
  readonly selfUpdates: Updater | null;
  /** Somebody writes a message that is not sent yet. */
  noteTyping(): void;
  watchChat(id: ConversationId, signal: AbortSignal): AsyncGenerator<ChatEvent, void, void>;
  status(): SystemStatus;
  watchStatus(signal: AbortSignal | undefined): AsyncGenerator<SystemStatus, void, void>;
  watchLedger(signal: AbortSignal | undefined): AsyncGenerator<LedgerEntry, void, void>;
  doctor(): DoctorCheck[];
  loginLink(): { url: string; expiresAt: number };
  changeSettings(change: Partial<Settings>): Promise<Settings>;
  /** Answers first, then stops everything. */
  requestShutdown(): void;
}
