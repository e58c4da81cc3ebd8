import { reportOf, type ChatEvent, type Clock, type Log, type Unsubscribe } from "@smartclaw/contracts";
import { z } from "zod";
import type { Gateway } from "../gateway/gateway-client.ts";
import { unavailable } from "../gateway/gateway-faults.ts";
import type { SetTimer } from "../supervisor/timers.ts";
import {
  difference,
  emptyView,
  merge,
  present,
  snapshot,
  type ChatInput,
  type ConversationView,
} from "./chat-core.ts";
import { createEventQueue, type EventQueue } from "./event-queue.ts";
import type { ChatNews } from "./gateway-chat-events.ts";
import { readChanges, readHistory } from "./history.ts";
import { clientIdOf, runOf } from "./transcript-row.ts";

/** Rows that a reader gets at once; older ones are paged. */
const shownRows = 200;
/** The gateway says that a run is over before or after it stores the last row of it: when to look again. */
const lastRowDelaysMs = [100, 200, 400, 800, 1_600, 3_200, 6_400];
/** The same for a run that wrote nothing, which may have no row at all. */
const silentRunDelaysMs = [100, 400];
const retryMs = 2_000;
/**
 * While OpenClaw prepares an answer, reading the transcript for the user's own message would hold up the first word
 * (by 16 ms of 180). So a row by itself is read when that word has come, or after this time.
 */
const rowPatienceMs = 1_000;

/** One conversation that somebody looks at: its view, kept up to date, and its readers. */
export interface ConversationRoom {
  /** First a snapshot, then what follows it, until `signal` ends it. */
  read(signal: AbortSignal): AsyncIterable<ChatEvent>;
  take(news: Pick<ChatNews, "input" | "stale">): void;
  connectionChanged(connected: boolean): void;
  /** Whether the transcript holds the message; null when it is not loaded. */
  holds(clientId: string): boolean | null;
}

export function createConversationRoom(deps: {
  readonly sessionKey: string;
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly setTimer: SetTimer;
  readonly log: Log;
  /** The last reader has gone. */
  readonly onEmpty: () => void;
}): ConversationRoom {
  const { sessionKey, gateway, clock } = deps;
  const readers = new Set<EventQueue>();
  let view: ConversationView = emptyView;
  let loaded = false;
  let cursor: string | null = null;
  /** Work on the gateway, one after the other, so that an older answer never overtakes a newer one. */
  let work: Promise<void> = Promise.resolve();
  let refreshWaiting = false;
  let refreshPostponed = false;
  let cancelPostponed: Unsubscribe = () => undefined;
  /** News that came while the history was being read. */
  let early: ChatInput[] = [];
  let ending: Extract<ChatInput, { type: "ended" }> | null = null;
  let cancelEnding: Unsubscribe = () => undefined;
  let cancelRetry: Unsubscribe = () => undefined;

  function update(input: ChatInput): void {
    const before = view;
    view = merge(view, input);
    if (view === before || !loaded) return;
    for (const event of difference(present(before), present(view), view.ended)) push(event);
  }

  function push(event: ChatEvent): void {
    for (const reader of readers) reader.push(event);
  }

  function queue(task: () => Promise<void>): void {
    work = work.then(task).catch((error: unknown) => {
      deps.log.warn({ sessionKey, error: reportOf(error) }, "a conversation could not be read from OpenClaw");
      loaded = false;
      if (!gateway.connected()) return;
      push({ type: "interrupted", error: reportOf(error) });
      cancelRetry();
      cancelRetry = deps.setTimer(retryMs, () => queue(load));
    });
  }

  async function load(): Promise<void> {
    if (!gateway.connected()) return;
    await gateway.request("sessions.messages.subscribe", { key: sessionKey }, z.unknown());
    await reload();
  }

  async function reload(): Promise<void> {
    const history = await readHistory(gateway, sessionKey, shownRows, clock.now());
    cursor = history.cursor;
    if (loaded) return update(ending === null ? history.input : { ...history.input, run: view.run });
    view = [history.input, ...early].reduce(merge, view);
    early = [];
    loaded = true;
    push(snapshot(present(view)));
  }

  /** Reads what is new in the transcript; requests that come meanwhile are one more reading. */
  function refresh(): void {
    if (refreshWaiting) return;
    refreshWaiting = true;
    queue(async () => {
      refreshWaiting = false;
      if (!loaded || !gateway.connected()) return;
      const news = cursor === null ? null : await readChanges(gateway, sessionKey, cursor);
      if (news === null) await reload();
      else {
        cursor = news.cursor;
        if (news.rows.length > 0) update({ type: "rows", rows: news.rows });
      }
      if (ending !== null && hasLastRow(ending)) finish();
    });
  }

  function refreshNow(): void {
    cancelPostponed();
    refreshPostponed = false;
    refresh();
  }

  function postponeRefresh(): void {
    if (refreshPostponed) return;
    refreshPostponed = true;
    cancelPostponed = deps.setTimer(rowPatienceMs, refreshNow);
  }

  /** Holds the end of a run back until its last row is there, so that the text never leaves the page in between. */
  function end(input: Extract<ChatInput, { type: "ended" }>): void {
    if (!loaded) {
      early.push(input);
      return;
    }
    if (view.run?.runId !== input.runId) {
      update(input);
      return;
    }
    if (ending?.runId === input.runId) return;
    finish();
    ending = input;
    const wrote = input.end.outcome !== "error" && (input.wrote || view.run.text !== "");
    awaitLastRow(wrote ? lastRowDelaysMs : silentRunDelaysMs);
  }

  function awaitLastRow([delayMs, ...later]: readonly number[]): void {
    if (delayMs === undefined) return finish();
    cancelEnding = deps.setTimer(delayMs, () => {
      refresh();
      awaitLastRow(later);
    });
  }

  function finish(): void {
    cancelEnding();
    const over = ending;
    ending = null;
    if (over !== null) update(over);
  }

  function hasLastRow({ runId, end }: Extract<ChatInput, { type: "ended" }>): boolean {
    const last = view.rows.findLast((row) => runOf(row) === runId);
    if (last === undefined || last.role !== "assistant") return false;
    if (end.outcome === "stopped") return last.openclawAbort?.aborted === true;
    return end.outcome === "error" ? last.stopReason === "error" : last.stopReason !== "toolUse";
  }

  return {
    async *read(signal) {
      const reader = createEventQueue(signal, () => snapshot(present(view)));
      readers.add(reader);
      if (loaded) reader.push(snapshot(present(view)));
      else if (readers.size === 1) queue(load);
      if (!gateway.connected()) reader.push({ type: "interrupted", error: unavailable().report() });
      try {
        yield* reader.events();
      } finally {
        readers.delete(reader);
        if (readers.size === 0) {
          cancelEnding();
          cancelRetry();
          cancelPostponed();
          deps.onEmpty();
        }
      }
    },
    take({ input, stale }) {
      if (input?.type === "ended") end(input);
      else if (input !== null && loaded) update(input);
      else if (input !== null) early.push(input);
      if (stale && input === null) postponeRefresh();
      else if (stale || (refreshPostponed && input !== null && input.type !== "started")) refreshNow();
    },
    connectionChanged(connected) {
      if (connected) return queue(load);
      loaded = false;
      early = [];
      finish();
      push({ type: "interrupted", error: unavailable().report() });
    },
    holds: (clientId) => (loaded ? view.rows.some((row) => clientIdOf(row) === clientId) : null),
  };
}
