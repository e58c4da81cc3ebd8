import { createHash } from "node:crypto";
import { type Clock, conversationId, type GuardianAnswer, type Log, reportOf } from "@smartclaw/contracts";
import type { AuditLog } from "../audit/audit-log.ts";
import type { AuditEntry } from "../audit/entry.ts";
import { createJudge, type Decision, type Judge } from "../decide.ts";
import { checkScope } from "../grants/check-scope.ts";
import type { Grant } from "../grants/grant.ts";
import type { GrantStore } from "../grants/grant-store.ts";
import { resolvePath } from "../paths/resolve.ts";
import { tooWide } from "../sandbox/plan.ts";
import type { Sandbox, SandboxRun } from "../sandbox/sandbox.ts";
import type { World } from "../world/world.ts";
import { callersOf } from "./caller.ts";
import { effectsOf, riskOf, scopesFor } from "./describe.ts";
import { foresee } from "./foresee.ts";
import { createFileWindows, type FileWindows } from "./file-windows.ts";
import { isFor, planFor } from "./plan-for.ts";
import { createQuestions, type Questions, type Said } from "./questions.ts";
import { createTickets, type Permit } from "./tickets.ts";
import { absolutePath, type Action, readAction, type ToolCall } from "./tool-call.ts";

/** What becomes of a tool's call. */
type Verdict =
  | {
      readonly action: "allow";
      /** With it a command is started, once; null where none is. */ readonly ticket: string | null;
    }
  | { readonly action: "deny"; /** For the assistant and its owner. */ readonly reason: string };

/** A command that OpenClaw is about to start. */
interface Spawn {
  readonly ticket: string;
  readonly session: string;
  readonly command: string;
  /** Absolute. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The authority: nothing runs and no file is touched but by a decision that was made here. */
export interface Broker {
  /**
   * Decides on a tool's call; where the owner has to be asked, waits for the word.
   * @param signal aborts when OpenClaw does not wait any more
   */
  decide(call: ToolCall, signal: AbortSignal): Promise<Verdict>;
  /** @returns the words that start it, or why nothing is started */
  prepare(spawn: Spawn): Promise<{ job: string; argv: readonly string[] } | { refused: string }>;
  /** OpenClaw says that a command is over: whatever is left of it is killed. */
  finish(job: string): void;
  /** OpenClaw says that a tool's call is over: its files are out of reach again. */
  close(session: string, toolCallId: string): void;
  /** What the assistant is told of where it may work; no more than it would find out. */
  hint(session: string): string;
  readonly files: Pick<FileWindows, "covers">;
  /** Before a file is touched. @throws SmartClawError when it cannot be written down */
  noteFile(session: string, what: string, path: string): void;
  readonly questions: Pick<Questions, "waiting" | "askedSince">;
  /** @throws SmartClawError NOT_FOUND, CONFLICT, BAD_REQUEST */
  answer(answer: GuardianAnswer): void;
  /** Whatever was allowed is not any more, and what runs is killed. @returns how many commands ran */
  stopAll(): number;
}

export interface BrokerDeps {
  readonly world: World;
  readonly grants: GrantStore;
  readonly audit: AuditLog;
  readonly sandbox: Sandbox;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly setTimer: (ms: number, run: () => void) => () => void;
  /** The assistant's own folder, from which its paths are meant. */
  readonly workspace: string;
  /** Something that waits has changed. */
  readonly changed: () => void;
  readonly log: Log;
}

/** In UTF-16 code units; the rest of a long text is named by its digest. */
const longestNoted = 16_384;

export function createBroker(deps: BrokerDeps): Broker {
  const { world, grants, audit, sandbox, clock, log } = deps;
  const questions = createQuestions(deps);
  const tickets = createTickets(clock);
  const windows = createFileWindows(() => clock.now());
  const jobs = new Map<string, SandboxRun>();
  let judged: { readonly by: readonly Grant[]; readonly judge: Judge } | null = null;

  const judge: Judge = (report, asker) => {
    const by = grants.effective();
    if (judged?.by !== by) judged = { by, judge: createJudge(by, world) };
    return judged.judge(report, asker);
  };

  /** Nothing is done that is not written down before. */
  const note = (kind: AuditEntry["kind"], body: Record<string, unknown>): void =>
    void audit.append({ kind, body });

  /** Where it cannot be written down any more, what was done is not undone by it. */
  const noteAfter = (kind: AuditEntry["kind"], body: Record<string, unknown>): void => {
    try {
      note(kind, body);
    } catch (error) {
      log.error({ error: reportOf(error) }, "what was done could not be written down");
    }
  };

  async function ask(
    call: ToolCall,
    action: Action,
    folder: string,
    decision: Decision,
    signal: AbortSignal,
  ): Promise<Said> {
    const text = "text" in action ? action.text : "";
    const scopes = scopesFor(decision);
    const isSound = scopes?.every((scope) => checkScope({ effect: "allow", scope }, world) === null) ?? false;
    return await questions.ask(
      {
        asks: "The assistant",
        conversation: conversationId.safeParse(call.session).data ?? null,
        tool: call.tool,
        text,
        folder,
        effects: effectsOf(decision),
        reasons: [...decision.reasons],
        risk: riskOf(decision),
        forSession: isSound ? scopes : null,
      },
      signal,
    );
  }

  async function decide(call: ToolCall, signal: AbortSignal): Promise<Verdict> {
    const { session, toolCallId, tool } = call;
    const action = readAction(call);
    const about = { session, toolCallId, tool };
    const deny = (reason: string): Verdict => {
      noteAfter("refused", { ...about, ...textOf(action), decision: "deny", reasons: [reason] });
      return denied(reason);
    };
    if (action.type === "free") return { action: "allow", ticket: null };
    if (!grants.isArmed()) return deny("everything was stopped by the owner, until it is armed again");
    if (action.type === "refused") return deny(action.reason);
    const wanted = action.type === "command" ? (action.folder ?? ".") : ".";
    const place = resolvePath(world, "/", absolutePath(wanted, deps.workspace, world.home));
    if (place?.kind !== "folder") return deny(`there is no folder ${wanted}`);
    const folder = place.path;
    const epoch = grants.epoch();
    const asker = { callers: callersOf(session, call.isOwner), now: clock.now() };
    const report = foresee(action, folder, world);
    let decision = judge(report, asker);
    note("decision", {
      ...about,
      ...textOf(action),
      folder,
      callers: asker.callers,
      decision: decision.decision,
      reasons: decision.reasons,
      grants: decision.grants,
    });
    if (decision.decision === "deny") return denied(decision.reasons.join("; "));
    const wide =
      action.type === "command"
        ? tooWide(planFor(decision, folder, grants.effective(), asker.callers), world)
        : null;
    if (wide !== null)
      return deny(`the whole of ${wide} would be open to the command; it can be done in a folder below it`);
    if (decision.decision === "ask") {
      const said = await ask(call, action, folder, decision, signal);
      note("answer", { ...about, said });
      if (said !== "once" && said !== "session") return denied(noOf[said]);
      if (!grants.isArmed() || grants.epoch() !== epoch) return deny("everything was stopped meanwhile");
      if (said === "session") {
        const granted = forThisSession(decision, session);
        for (const grant of granted) note("grant", { ...grant });
        grants.add(granted);
      }
      // What was shown is what is done: files and links may have changed while the owner read.
      const again = foresee(action, folder, world);
      if (JSON.stringify(again) !== JSON.stringify(report))
        return deny("it would not do any more what was shown");
      decision = judge(again, { ...asker, now: clock.now() });
      if (decision.decision === "deny") return deny(decision.reasons.join("; "));
      if (said === "session" && decision.decision !== "allow") return deny("it needs more than was granted");
    }
    const { needs } = decision.report;
    if (action.type === "input") return { action: "allow", ticket: null };
    if (action.type === "files") {
      windows.open(toolCallId, {
        session,
        reads: needs.flatMap((need) => (need.type === "read" ? [need.path] : [])),
        writes: needs.flatMap((need) => (need.type === "write" ? [need.path] : [])),
      });
      grants.used(decision.grants);
      return { action: "allow", ticket: null };
    }
    const plan = planFor(decision, folder, grants.effective(), asker.callers);
    const { text, environment } = action;
    const { callers } = asker;
    const permit = { session, toolCallId, text, folder, environment, plan, callers, decision, epoch };
    return { action: "allow", ticket: tickets.mint(permit) };
  }

  /**
   * Whether what was decided still holds: nothing was stopped, no grant was taken back, and no file or link has been
   * put so that the command would do more.
   */
  function isStillAllowed({ epoch, text, folder, environment, callers, decision }: Permit): boolean {
    if (!grants.isArmed() || grants.epoch() !== epoch) return false;
    if (resolvePath(world, "/", folder)?.path !== folder) return false;
    const report = foresee({ type: "command", text, folder, environment }, folder, world);
    const again = judge(report, { callers, now: clock.now() });
    const open = ({ missing, report: { unknown } }: Decision): string[] =>
      [...missing, ...unknown].map((one) => JSON.stringify(one));
    const known = new Set(open(decision));
    return again.decision !== "deny" && open(again).every((one) => known.has(one));
  }

  async function noteEnd(
    job: SandboxRun,
    about: Record<string, unknown>,
    begun: number,
    used: readonly string[],
  ): Promise<void> {
    const { started, exitCode } = await job.ended;
    const appeared = await job.appeared;
    jobs.delete(job.id);
    const ms = clock.now() - begun;
    noteAfter("end", { ...about, started, exitCode, ms, ...(appeared.length > 0 ? { appeared } : {}) });
    if (started) grants.used(used);
  }

  return {
    async decide(call, signal) {
      try {
        return await decide(call, signal);
      } catch (error) {
        log.error({ error: reportOf(error) }, "Guardian could not decide");
        return {
          action: "deny",
          reason: `SmartClaw's Guardian could not decide: ${reportOf(error).message}`,
        };
      }
    },

    async prepare({ ticket, session, command, folder, environment }) {
      const permit = tickets.redeem(ticket);
      const place = resolvePath(world, "/", folder);
      const why =
        permit === null
          ? "there is no decision for it"
          : permit.text !== command || permit.session !== session || place?.path !== permit.folder
            ? "it is another command than was decided on"
            : !sameVariables(permit.environment, environment)
              ? "its variables are others than were decided on"
              : null;
      if (permit === null || why !== null) {
        noteAfter("refused", { session, ...noted(command), reasons: [why] });
        return { refused: `SmartClaw's Guardian started nothing: ${why}.` };
      }
      const { toolCallId, text, plan } = permit;
      const about = { session, toolCallId };
      const mayStart = (): boolean => {
        try {
          if (!isStillAllowed(permit)) {
            note("refused", { ...about, ...noted(text), reasons: ["it is not allowed any more"] });
            return false;
          }
          note("start", {
            ...about,
            ...noted(text),
            folder: plan.folder,
            reads: plan.readable,
            writes: plan.writable,
          });
          return true;
        } catch (error) {
          log.error({ error: reportOf(error) }, "a start could not be written down, so nothing was started");
          return false;
        }
      };
      const begun = clock.now();
      const job = await sandbox.prepare({ text, plan, environment: permit.environment, mayStart });
      jobs.set(job.id, job);
      void noteEnd(job, about, begun, permit.decision.grants);
      return { job: job.id, argv: job.argv };
    },

    finish: (job) => jobs.get(job)?.kill(),
    close: (session, toolCallId) => windows.close(session, toolCallId),
    hint(session) {
      const callers = callersOf(session, null);
      const paths = grants.effective().flatMap((grant) => {
        const { effect, scope } = grant;
        if (effect === "deny" || !isFor(grant, callers) || (scope.type !== "read" && scope.type !== "write"))
          return [];
        return [`${scope.path} (${scope.type === "write" ? "read and write" : "read only"})`];
      });
      return paths.length === 0
        ? "Nothing on this computer has been granted to you. Say so when a task needs files or commands."
        : `You may work in: ${paths.join(", ")}. Give commands such a folder as \`workdir\`, and tools absolute paths. ` +
            "Commands run one by one in a sandbox without network. For anything else the owner is asked.";
    },
    files: windows,
    noteFile: (session, what, path) => note("file", { session, what, path }),
    questions,
    answer: (answer) => void questions.answer(answer),
    stopAll() {
      tickets.voidAll();
      windows.closeAll();
      questions.dismissAll();
      return sandbox.killAll();
    },
  };
}

function denied(reason: string): Verdict {
  return { action: "deny", reason: `SmartClaw's Guardian did not allow this: ${reason}.` };
}

const noOf: Readonly<Record<Exclude<Said, "once" | "session">, string>> = {
  deny: "the owner said no",
  gone: "the question was withdrawn",
  late: "the owner did not answer",
};

function textOf(action: Action): Record<string, unknown> {
  return "text" in action ? noted(action.text) : {};
}

function noted(text: string): Record<string, unknown> {
  if (text.length <= longestNoted) return { text };
  return { text: text.slice(0, longestNoted), sha256: createHash("sha256").update(text).digest("hex") };
}

function forThisSession(decision: Decision, session: string): Parameters<GrantStore["add"]>[0] {
  const caller = `session:${session}`;
  return (scopesFor(decision) ?? []).map((scope) => ({
    effect: "allow",
    scope,
    callers: [caller],
    duration: { kind: "session", session: caller },
    source: "request",
  }));
}

/** What OpenClaw adds by itself; none of it reaches the command. */
const addedByOpenClaw: ReadonlySet<string> = new Set(["PATH", "HOME", "LANG", "OPENCLAW_SHELL"]);

function sameVariables(
  decided: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
): boolean {
  const names = new Set([...Object.keys(decided), ...Object.keys(given)]);
  return [...names].every(
    (name) => decided[name] === given[name] || (decided[name] === undefined && addedByOpenClaw.has(name)),
  );
}
