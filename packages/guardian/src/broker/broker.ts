import type { Clock, GuardianAnswer, Log } from "@smartclaw/contracts";
import type { AuditLog } from "../audit/audit-log.ts";
import type { GrantStore } from "../grants/grant-store.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Taints } from "../taint/taints.ts";
import type { CommandCopies } from "../undo/command-copies.ts";
import type { World } from "../world/world.ts";
import { createAsking, type Asking } from "./asking.ts";
import { type Aftermath, type BrowserDesk, type BrowserHands, createBrowserDesk } from "./browser-desk.ts";
import { callersOf } from "./caller.ts";
import { createChildren } from "./children.ts";
import { createDeciding, type Deciding } from "./deciding.ts";
import { createFileWindows, type FileWindows } from "./file-windows.ts";
import { hintOf } from "./hint.ts";
import { createJobs } from "./jobs.ts";
import { createJudging, judgeOfNow } from "./judging.ts";
import { createNotes } from "./notes.ts";
import { createProbes, type Probe } from "./probes.ts";
import { createQuestions, type Questions } from "./questions.ts";
import { createStarting, type Starting } from "./starting.ts";
import { createTickets } from "./tickets.ts";

/** The authority: nothing runs and no file is touched but by a decision that was made here. */
export interface Broker {
  /**
   * Decides on a tool's call; where the owner has to be asked, waits for the word.
   * @param signal aborts when OpenClaw does not wait any more
   */
  readonly decide: Deciding;
  readonly prepare: Starting;
  /** OpenClaw says that a command is over: whatever is left of it is killed. */
  finish(job: string): void;
  /** OpenClaw says that a tool's call is over: its files are out of reach again. */
  close(session: string, toolCallId: string): void;
  /** OpenClaw says that a call of the browser is over, and asks what the assistant may know. @param tab it was in */
  over(session: string, toolCallId: string, tab: string | null): Aftermath;
  /** Whether the browser may reach a host; asked for each connection. */
  readonly mayReach: BrowserDesk["mayReach"];
  /** What the assistant is told of where it may work; no more than it would find out. */
  hint(session: string): Promise<string>;
  /** OpenClaw says that a sub-agent was started. */
  started(child: string, parent: string): void;
  readonly files: Pick<FileWindows, "covers" | "withoutCopy">;
  /** Before a file is touched. @throws SmartClawError when it cannot be written down */
  noteFile(session: string, what: string, path: string, more: object): void;
  readonly questions: Pick<Questions, "waiting" | "askedSince">;
  /** @throws SmartClawError NOT_FOUND, CONFLICT, BAD_REQUEST */
  answer(answer: GuardianAnswer): void;
  readonly pauses: Pick<Asking, "paused" | "resume">;
  /** A call that will be refused, for SmartClaw to see that OpenClaw obeys. */
  probe(): Probe;
  /** Whatever was allowed is not any more, and what runs is killed. @returns how many commands ran */
  stopAll(): number;
}

export interface BrokerDeps {
  readonly world: World;
  readonly grants: GrantStore;
  readonly audit: AuditLog;
  readonly sandbox: Sandbox;
  readonly taints: Taints;
  readonly copies: CommandCopies;
  /** Null when there is no browser for the assistant. */
  readonly browser: BrowserHands | null;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly setTimer: (ms: number, run: () => void) => () => void;
  /** The assistant's own folder, from which its paths are meant. */
  readonly workspace: string;
  /** What a conversation is called; null when that is not known. */
  readonly nameOf: (session: string) => Promise<string | null>;
  /** Something that waits has changed. */
  readonly changed: () => void;
  readonly log: Log;
}

export function createBroker(deps: BrokerDeps): Broker {
  const { world, grants, sandbox, taints, browser, clock } = deps;
  const now = (): number => clock.now();
  const questions = createQuestions(deps);
  const tickets = createTickets(clock);
  const probes = createProbes();
  const children = createChildren(deps);
  const windows = createFileWindows(now);
  const jobs = createJobs(grants);
  const notes = createNotes(deps);
  const judge = judgeOfNow(grants, world);
  const desk = createBrowserDesk({ browser, effective: () => grants.effective(), judge, clock });
  const { originOf } = desk;
  const judging = createJudging({ world, grants, taints, judge, originOf, now });
  const asking = createAsking({ questions, clock, onPause: (one) => notes.after("pause", { ...one }) });
  const parts = { judging, notes, children, desk, probes, windows, tickets };

  return {
    decide: createDeciding({ ...deps, ...parts, asking }),
    prepare: createStarting({ ...deps, ...parts, judge, jobs }),
    finish: (job) => jobs.kill(job),
    close(session, toolCallId) {
      windows.close(session, toolCallId);
      desk.close(session, toolCallId);
    },
    over: (session, toolCallId, tab) => desk.over(session, toolCallId, tab),
    mayReach: (host, port) => desk.mayReach(host, port),
    started: (child, parent) => children.started(child, parent),
    async hint(session) {
      const family = await children.familyOf(session);
      const callers = family === null ? callersOf(session, null) : callersOf(family.root, family.isOwner);
      const ofBrowser = desk.hint(callers);
      return [hintOf(grants.effective(), callers), ...(ofBrowser === null ? [] : [ofBrowser])].join(" ");
    },
    probe: () => probes.mint(),
    files: windows,
    noteFile: (session, what, path, more) => notes.before("file", { session, what, path, ...more }),
    questions,
    pauses: asking,
    answer: (answer) => void questions.answer(answer),
    stopAll() {
      tickets.voidAll();
      windows.closeAll();
      desk.stopAll();
      questions.dismissAll();
      return sandbox.killAll();
    },
  };
}
