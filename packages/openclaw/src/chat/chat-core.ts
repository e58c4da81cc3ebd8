import type { ChatEvent, ChatMessage, ChatRun, ErrorReport, ToolActivity } from "@smartclaw/contracts";
import { runOf, textOf, type TranscriptRow } from "./transcript-row.ts";
import { toMessages } from "./transcript.ts";

/** What is known of one conversation. The transcript is the gateway's; events only say what is not in it yet. */
export interface ConversationView {
  /** In transcript order; rows of one record stand together. */
  readonly rows: readonly TranscriptRow[];
  readonly hasMore: boolean;
  readonly run: LiveRun | null;
  /** Runs that are over, newest last: late events about them mean nothing. */
  readonly ended: ReadonlyMap<string, RunEnd>;
}

/** A run as the events tell it. */
interface LiveRun {
  readonly runId: string;
  readonly startedAt: number;
  /** The part that is being written and is not in the transcript yet. */
  readonly text: string;
  /** Highest sequence number accepted; 0 when it came from the history, which has none. */
  readonly seq: number;
  readonly tools: readonly ToolActivity[];
}

export interface RunEnd {
  readonly outcome: "final" | "stopped" | "error";
  readonly error: ErrorReport | null;
}

export type ChatInput =
  /** The newest rows and the run in flight, as of one moment. Replaces everything. */
  | {
      readonly type: "history";
      readonly rows: readonly TranscriptRow[];
      readonly hasMore: boolean;
      readonly run: { readonly runId: string; readonly text: string; readonly startedAt: number } | null;
    }
  /** Rows that are new or changed. */
  | { readonly type: "rows"; readonly rows: readonly TranscriptRow[] }
  | { readonly type: "started"; readonly runId: string; readonly at: number }
  /** The whole of the part that is being written. */
  | {
      readonly type: "text";
      readonly runId: string;
      readonly seq: number;
      readonly text: string;
      readonly at: number;
    }
  | { readonly type: "tool"; readonly runId: string; readonly tool: ToolActivity; readonly at: number }
  /** `wrote`: the gateway says that there is an answer, so that a row of it will come. */
  | { readonly type: "ended"; readonly runId: string; readonly end: RunEnd; readonly wrote: boolean };

export const emptyView: ConversationView = { rows: [], hasMore: false, run: null, ended: new Map() };

const rememberedEnds = 64;

/** Takes one piece of news in. Duplicate, late and out-of-order news leave the transcript as the history has it. */
export function merge(view: ConversationView, input: ChatInput): ConversationView {
  switch (input.type) {
    case "history":
      return takeHistory(view, input);
    case "rows":
      return settleText({ ...view, rows: upsert(view.rows, input.rows) }, input.rows);
    case "started":
      // A message sent into a run that is going on steers that run; only events can say that another began.
      return view.run === null ? withRun(view, input.runId, input.at, (run) => run) : view;
    case "text":
      return withRun(view, input.runId, input.at, (run) => {
        const late = input.seq < run.seq || run.text.startsWith(input.text);
        if (late || isLastText(view.rows, input.runId, input.text)) return run;
        return { ...run, seq: input.seq, text: input.text };
      });
    case "tool":
      return withRun(view, input.runId, input.at, (run) => ({
        ...run,
        tools: upsertTool(run.tools, input.tool),
      }));
    case "ended": {
      if (view.ended.has(input.runId)) return view;
      const ended = new Map([...view.ended, [input.runId, input.end] as const].slice(-rememberedEnds));
      return { ...view, ended, run: view.run?.runId === input.runId ? null : view.run };
    }
  }
}

function takeHistory(
  view: ConversationView,
  input: Extract<ChatInput, { type: "history" }>,
): ConversationView {
  const { rows, hasMore } = input;
  const inFlight = input.run !== null && !view.ended.has(input.run.runId) ? input.run : null;
  if (inFlight === null) {
    if (view.run === null) return { ...view, rows, hasMore };
    const end = endFromRows(rows, view.run.runId);
    return merge(
      { ...view, rows, hasMore },
      {
        type: "ended",
        runId: view.run.runId,
        end,
        wrote: false,
      },
    );
  }
  const known = view.run?.runId === inFlight.runId ? view.run : null;
  const text = known !== null && known.text.startsWith(inFlight.text) ? known.text : inFlight.text;
  const { runId } = inFlight;
  // What events told first stays the start: another one would replace the whole run on the page.
  const startedAt = known?.startedAt ?? inFlight.startedAt;
  const run: LiveRun = { runId, startedAt, text, seq: known?.seq ?? 0, tools: known?.tools ?? [] };
  return settleText({ ...view, rows, hasMore, run }, rows);
}

/** How a run ended that went by unseen, as far as its last row tells. */
function endFromRows(rows: readonly TranscriptRow[], runId: string): RunEnd {
  const last = rows.findLast((row) => runOf(row) === runId && row.role === "assistant");
  if (last?.openclawAbort?.aborted === true) return { outcome: "stopped", error: null };
  if (last !== undefined && last.stopReason !== "error") return { outcome: "final", error: null };
  const said = last === undefined ? "It was interrupted." : textOf(last);
  const message = `The answer did not come to its end. ${said}`;
  return { outcome: "error", error: { code: "PROVIDER_CUT_OFF", message, next: "Send the message again." } };
}

function withRun(
  view: ConversationView,
  runId: string,
  at: number,
  change: (run: LiveRun) => LiveRun,
): ConversationView {
  if (view.ended.has(runId)) return view;
  const current = view.run;
  const run = current?.runId === runId ? current : { runId, startedAt: at, text: "", seq: 0, tools: [] };
  const changed = change(run);
  return changed === current ? view : { ...view, run: changed };
}

/** Once the part that was being written stands in the transcript, it is no longer live. */
function settleText(view: ConversationView, arrived: readonly TranscriptRow[]): ConversationView {
  const { run } = view;
  if (run === null || run.text === "") return view;
  const live = run.text.trim();
  const stored = arrived.some(
    (row) => runOf(row) === run.runId && isText(row) && textOf(row).trim().startsWith(live),
  );
  return stored ? { ...view, run: { ...run, text: "" } } : view;
}

function isLastText(rows: readonly TranscriptRow[], runId: string, text: string): boolean {
  const last = rows.findLast((row) => runOf(row) === runId && isText(row));
  return last !== undefined && textOf(last).trim() === text.trim();
}

function isText(row: TranscriptRow): boolean {
  return row.role === "assistant" && row.stopReason !== "error" && textOf(row) !== "";
}

/** Replaces whole records by id and adds new ones; order is that of the transcript. */
function upsert(rows: readonly TranscriptRow[], news: readonly TranscriptRow[]): readonly TranscriptRow[] {
  const replaced = new Set(news.map((row) => row.__openclaw.id));
  const kept = rows.filter((row) => !replaced.has(row.__openclaw.id));
  return [...kept, ...news].toSorted((a, b) => (a.__openclaw.seq ?? 0) - (b.__openclaw.seq ?? 0));
}

function upsertTool(tools: readonly ToolActivity[], tool: ToolActivity): readonly ToolActivity[] {
  const at = tools.findIndex((known) => known.id === tool.id);
  if (at < 0) return [...tools, tool];
  // A late "running" does not take a result back.
  if (tools[at]?.state !== "running" && tool.state === "running") return tools;
  const summary = tool.summary === "" ? (tools[at]?.summary ?? "") : tool.summary;
  return tools.with(at, { ...tool, summary });
}

/** What a person sees: finished messages, and the run in progress as one piece. */
export interface Presentation {
  readonly messages: readonly ChatMessage[];
  readonly hasMore: boolean;
  readonly run: ChatRun | null;
}

/**
 * Rows of the run in progress are shown in the run, so nothing stands on the page twice. Why it failed is shown when it
 * has ended.
 */
export function present(view: ConversationView): Presentation {
  const { run, hasMore } = view;
  const { messages, mine } = divide(view.rows, run?.runId ?? null);
  if (run === null) return { messages, hasMore, run: null };
  const written = mine.filter(({ failed }) => failed === undefined).map((message) => message.text);
  const text = [...written, run.text].filter((part) => part !== "").join("\n\n");
  const stored = mine.flatMap((message) => message.tools);
  const tools = [...run.tools.reduce(upsertTool, stored)];
  return { messages, hasMore, run: { runId: run.runId, text, tools, startedAt: run.startedAt } };
}

interface Division {
  readonly runId: string | null;
  readonly messages: readonly ChatMessage[];
  readonly mine: readonly ChatMessage[];
}
/** Rows change seldom, the text of a run many times a second. */
const divisions = new WeakMap<readonly TranscriptRow[], Division>();

function divide(rows: readonly TranscriptRow[], runId: string | null): Division {
  const cached = divisions.get(rows);
  if (cached?.runId === runId) return cached;
  const isMine = (row: TranscriptRow) => runId !== null && runOf(row) === runId;
  const division: Division = {
    runId,
    messages: toMessages(
      rows.filter((row) => !isMine(row)),
      null,
    ),
    mine: toMessages(rows.filter(isMine), runId),
  };
  divisions.set(rows, division);
  return division;
}

/** The events that take a reader from one presentation to the next; see `apply`. */
export function difference(
  before: Presentation,
  after: Presentation,
  ended: ReadonlyMap<string, RunEnd>,
): readonly ChatEvent[] {
  const kept = before.messages.every((message, at) => after.messages[at]?.id === message.id);
  if (!kept || before.hasMore !== after.hasMore) return [...endEvents(before, after, ended), snapshot(after)];
  const messages = after.messages
    .filter((message, at) => !same(message, before.messages[at]))
    .map((message): ChatEvent => ({ type: "message", message }));
  return [...messages, ...endEvents(before, after, ended), ...runEvents(before.run, after.run)];
}

export function snapshot(shown: Presentation): ChatEvent {
  const { messages, run, hasMore } = shown;
  return { type: "snapshot", messages: [...messages], run, hasMore };
}

function endEvents(
  before: Presentation,
  after: Presentation,
  ended: ReadonlyMap<string, RunEnd>,
): readonly ChatEvent[] {
  if (before.run === null || before.run.runId === after.run?.runId) return [];
  const { runId } = before.run;
  const { outcome, error } = ended.get(runId) ?? { outcome: "final" as const, error: null };
  return [{ type: "end", runId, outcome, error }];
}

function runEvents(before: ChatRun | null, after: ChatRun | null): readonly ChatEvent[] {
  if (after === null) return [];
  const { runId } = after;
  const appended = before?.runId === runId && after.text.startsWith(before.text);
  if (!appended || before.startedAt !== after.startedAt) return [{ type: "run", run: after }];
  const known = new Map(before.tools.map((tool, at) => [tool.id, { tool, at }]));
  if (before.tools.some((tool, at) => after.tools[at]?.id !== tool.id)) return [{ type: "run", run: after }];
  const text = after.text.slice(before.text.length);
  const tools = after.tools.filter((tool) => !same(tool, known.get(tool.id)?.tool));
  return [
    ...tools.map((tool): ChatEvent => ({ type: "tool", runId, tool })),
    ...(text === "" ? [] : [{ type: "delta" as const, runId, text }]),
  ];
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
