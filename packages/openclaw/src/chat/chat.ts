import {
  conversationId,
  reportOf,
  SmartClawError,
  type ChatEvent,
  type ChatMessage,
  type ChatSend,
  type Clock,
  type Conversation,
  type ConversationId,
  type Log,
  type Unsubscribe,
} from "@smartclaw/contracts";
import { z } from "zod";
import type { Gateway } from "../gateway/gateway-client.ts";
import type { SetTimer } from "../supervisor/timers.ts";
import type { RunEnd } from "./chat-core.ts";
import { createConversationRoom, type ConversationRoom } from "./conversation-room.ts";
import { readChatEvent } from "./gateway-chat-events.ts";
import { readPage } from "./history.ts";
import { isConversation, sessionRow, titleFrom, toConversation } from "./sessions.ts";
import { clientIdOf, type TranscriptRow } from "./transcript-row.ts";
import { toMessages } from "./transcript.ts";

export interface ChatDeps {
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly setTimer: SetTimer;
  /** A new random UUID. */
  readonly newId: () => string;
  readonly log: Log;
}

/** An answer that is over, in a conversation that somebody looks at or not. */
export interface EndedRun {
  readonly conversation: ConversationId;
  readonly runId: string;
  readonly end: RunEnd;
}

/** Conversations with OpenClaw. Every method throws SmartClawError GATEWAY_NOT_READY while it cannot be reached. */
export interface Chat {
  /** Newest first. */
  list(): Promise<Conversation[]>;
  create(input: { title?: string | undefined }): Promise<Conversation>;
  /** The gateway keeps names unique: a number is added when another conversation has the name. */
  rename(input: { id: ConversationId; title: string }): Promise<Conversation>;
  remove(input: { id: ConversationId }): Promise<{ removed: boolean }>;
  /** A page of messages, oldest first; with `before` those that come before the message of that id. */
  history(input: {
    id: ConversationId;
    before?: string | undefined;
    limit: number;
  }): Promise<{ messages: ChatMessage[]; hasMore: boolean }>;
  /** Sending the same `clientId` again is the same message, also after OpenClaw or SmartClaw was restarted. */
  send(input: ChatSend): Promise<{ runId: string }>;
  /** Ends the answer that is being written; what is there of it stays. */
  stop(input: { id: ConversationId }): Promise<{ stopped: boolean }>;
  /** A snapshot, then what follows it; `interrupted` and a new snapshot when OpenClaw went away and came back. */
  events(input: { id: ConversationId }, signal: AbortSignal): AsyncIterable<ChatEvent>;
  /** Told once of each answer that ends, before `events` has it. Those that end unseen, in a crash, are not told. */
  onRunEnded(listener: (ended: EndedRun) => void): Unsubscribe;
}

const listed = z.object({ sessions: z.array(sessionRow) });
const described = z.object({ session: sessionRow.nullable() });
const started = z.object({ runId: z.string() });
const aborted = z.object({ aborted: z.boolean() });
const deleted = z.object({ deleted: z.boolean() });
const anything = z.unknown();

const listLimit = 500;
const pageRows = 200;
const maxPages = 100;
const rememberedSends = 500;
const rememberedEnds = 500;

export function createChat(deps: ChatDeps): Chat {
  const { gateway, clock } = deps;
  const rooms = new Map<string, ConversationRoom>();
  /** Conversations that get their name from the first message. */
  const unnamed = new Set<ConversationId>();
  const sends = new Map<string, Promise<{ runId: string }>>();
  const endListeners = new Set<(ended: EndedRun) => void>();
  const ended = new Set<string>();

  gateway.onConnection((connected) => {
    for (const room of rooms.values()) room.connectionChanged(connected);
  });
  gateway.onEvent((event) => {
    const news = readChatEvent(event, clock.now());
    if (news === null) return;
    if (news.input?.type === "ended") tellEnd(news.sessionKey, news.input);
    rooms.get(news.sessionKey)?.take(news);
  });

  /** The gateway says of a failed run twice that it is over, and more the first time. */
  function tellEnd(sessionKey: string, { runId, end }: { runId: string; end: RunEnd }): void {
    if (ended.has(runId)) return;
    ended.add(runId);
    const [oldest] = ended;
    if (ended.size > rememberedEnds && oldest !== undefined) ended.delete(oldest);
    const { data: conversation } = conversationId.safeParse(sessionKey);
    if (conversation === undefined) return;
    for (const listener of endListeners) listener({ conversation, runId, end });
  }

  function roomOf(sessionKey: string): ConversationRoom {
    const known = rooms.get(sessionKey);
    if (known) return known;
    const room = createConversationRoom({
      ...deps,
      sessionKey,
      onEmpty() {
        rooms.delete(sessionKey);
        const leave = gateway.request("sessions.messages.unsubscribe", { key: sessionKey }, anything);
        leave.catch(() => undefined);
      },
    });
    rooms.set(sessionKey, room);
    return room;
  }

  async function describe(id: ConversationId): Promise<Conversation> {
    const { session } = await gateway.request("sessions.describe", { key: id }, described);
    if (session !== null) return toConversation(session);
    throw new SmartClawError(
      "NOT_FOUND",
      "This conversation does not exist any more.",
      "Choose another one.",
    );
  }

  /** Whether the gateway has the message from an earlier attempt, whose answer was lost. */
  async function arrivedEarlier({ conversation, clientId }: ChatSend): Promise<boolean> {
    const held = rooms.get(conversation)?.holds(clientId) ?? null;
    if (held !== null) return held;
    const { rows } = await readPage(gateway, conversation, 0, pageRows);
    return rows.some((row) => clientIdOf(row) === clientId);
  }

  async function sendOnce(input: ChatSend): Promise<{ runId: string }> {
    const { conversation, text, clientId } = input;
    if (await arrivedEarlier(input)) return { runId: clientId };
    const { runId } = await gateway.request(
      "chat.send",
      {
        sessionKey: conversation,
        message: text,
        idempotencyKey: clientId,
        suppressCommandInterpretation: true,
      },
      started,
    );
    const news = { type: "started", runId, at: clock.now() } as const;
    rooms.get(conversation)?.take({ input: news, stale: false });
    if (unnamed.delete(conversation)) {
      rename(conversation, titleFrom(text)).catch((error: unknown) =>
        deps.log.warn(
          { error: reportOf(error) },
          "a conversation could not be named after its first message",
        ),
      );
    }
    return { runId };
  }

  async function rename(id: ConversationId, title: string): Promise<Conversation> {
    await describe(id);
    for (let copy = 1; ; copy += 1) {
      const label = copy === 1 ? title : `${title} (${copy})`;
      try {
        await gateway.request("sessions.patch", { key: id, label }, anything);
        return await describe(id);
      } catch (error) {
        if (!(error instanceof SmartClawError) || error.code !== "CONFLICT" || copy === 20) throw error;
      }
    }
  }

  return {
    async list() {
      const params = { limit: listLimit, includeDerivedTitles: true };
      const { sessions } = await gateway.request("sessions.list", params, listed);
      return sessions
        .filter(isConversation)
        .map(toConversation)
        .toSorted((a, b) => b.updatedAt - a.updatedAt);
    },

    async create({ title }) {
      const id = conversationId.parse(`agent:main:${deps.newId()}`);
      await gateway.request(
        "sessions.create",
        { key: id, ...(title ? { displayName: title } : {}) },
        anything,
      );
      if (!title) unnamed.add(id);
      return await describe(id);
    },

    rename: async ({ id, title }) => {
      unnamed.delete(id);
      return await rename(id, title);
    },

    async remove({ id }) {
      unnamed.delete(id);
      const params = { key: id, deleteTranscript: true };
      return { removed: (await gateway.request("sessions.delete", params, deleted)).deleted };
    },

    async history({ id, before, limit }) {
      let rows: readonly TranscriptRow[] = [];
      let offset: number | null = 0;
      for (let pages = 0; offset !== null && pages < maxPages; pages += 1) {
        const page: Awaited<ReturnType<typeof readPage>> = await readPage(gateway, id, offset, pageRows);
        rows = [...page.rows, ...rows];
        offset = page.nextOffset;
        const found = messagesBefore(rows, before);
        // One more than asked for, so that the oldest cannot be half of a record.
        if (found !== null && found.length > limit) {
          return { messages: found.slice(-limit), hasMore: true };
        }
      }
      const messages = messagesBefore(rows, before) ?? [];
      return { messages: messages.slice(-limit), hasMore: messages.length > limit || offset !== null };
    },

    send(input) {
      const earlier = sends.get(input.clientId);
      if (earlier) return earlier;
      const sending = sendOnce(input);
      sends.set(input.clientId, sending);
      // A failed attempt may be repeated; of the others only so many are remembered.
      sending.catch(() => sends.delete(input.clientId));
      const [oldest] = sends.keys();
      if (sends.size > rememberedSends && oldest !== undefined) sends.delete(oldest);
      return sending;
    },

    async stop({ id }) {
      return { stopped: (await gateway.request("chat.abort", { sessionKey: id }, aborted)).aborted };
    },

    events: ({ id }, signal) => roomOf(id).read(signal),

    onRunEnded(listener) {
      endListeners.add(listener);
      return () => void endListeners.delete(listener);
    },
  };
}

/** Null while the message `before` has not been found. */
function messagesBefore(rows: readonly TranscriptRow[], before: string | undefined): ChatMessage[] | null {
  const messages = [...toMessages(rows, null)];
  if (before === undefined) return messages;
  const at = messages.findIndex((message) => message.id === before);
  return at < 0 ? null : messages.slice(0, at);
}
