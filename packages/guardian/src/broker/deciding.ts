import { conversationId, reportOf } from "@smartclaw/contracts";
import type { Report } from "../analysis/report.ts";
import type { Decision } from "../decide.ts";
import { checkScope } from "../grants/check-scope.ts";
import { isOwn } from "../grants/grant.ts";
import type { GrantStore } from "../grants/grant-store.ts";
import { askedOf } from "../habits/asked.ts";
import { resolvePath } from "../paths/resolve.ts";
import { sendingNeeds, takenIn } from "../taint/taint-core.ts";
import type { Weighed } from "../undo/command-copies.ts";
import type { Answered, Asking, Heard } from "./asking.ts";
import { type BrowserDesk, unaskedIn } from "./browser-desk.ts";
import type { BrokerDeps } from "./broker.ts";
import { callersOf } from "./caller.ts";
import type { Children, Family } from "./children.ts";
import { effectsOf, riskOf, scopesFor } from "./describe.ts";
import type { FileWindows } from "./file-windows.ts";
import type { Judging } from "./judging.ts";
import { notedOf, type Notes } from "./notes.ts";
import { obstacleTo } from "./obstacle.ts";
import { planFor } from "./plan-for.ts";
import type { Probes } from "./probes.ts";
import type { Tickets } from "./tickets.ts";
import { absolutePath, type Action, type Doable, readAction, type ToolCall } from "./tool-call.ts";
import { whoAsks } from "./who-asks.ts";

/** What becomes of a tool's call. */
type Verdict =
  | {
      readonly action: "allow";
      /** With it a command is started, once; null where none is. */ readonly ticket: string | null;
      /** In which tab of the browser it is done, to be written into the call. */ readonly tab?:
        | string
        | null;
    }
  | { readonly action: "deny"; /** For the assistant and its owner. */ readonly reason: string };

/** Decides on a tool's call; where the owner has to be asked, waits for the word. */
export type Deciding = (call: ToolCall, signal: AbortSignal) => Promise<Verdict>;

export interface DecidingDeps extends Pick<
  BrokerDeps,
  "world" | "grants" | "sandbox" | "taints" | "copies" | "workspace" | "nameOf" | "log"
> {
  readonly judging: Judging;
  readonly notes: Notes;
  readonly asking: Asking;
  readonly children: Children;
  readonly desk: BrowserDesk;
  readonly probes: Probes;
  readonly windows: FileWindows;
  readonly tickets: Tickets;
}

/** A call that can be decided on. */
interface Matter {
  readonly call: ToolCall;
  readonly family: Family;
  /** The conversation on whose behalf it is. */
  readonly root: string;
  /** The names by which grants know who asks. */
  readonly callers: readonly string[];
  readonly action: Doable;
  /** In which it is meant; absolute, without links. */
  readonly folder: string;
  /** Of the grants, when it came. */
  readonly epoch: number;
}

export function createDeciding(deps: DecidingDeps): Deciding {
  const { world, grants, sandbox, taints, copies, log } = deps;
  const { judging, notes, asking, children, desk, probes, windows, tickets } = deps;

  const isStopped = ({ epoch }: Matter): boolean => !grants.isArmed() || grants.epoch() !== epoch;

  const deny = ({ call, action }: Pick<Matter, "call"> & { readonly action: Action }, reason: string) => {
    notes.after("refused", { ...aboutOf(call), ...notedOf(action), decision: "deny", reasons: [reason] });
    return denied(reason);
  };

  /** What is wanted, by whom, and where; or why that is not even looked at, or needs no look. */
  async function matterOf(call: ToolCall): Promise<Matter | Verdict> {
    // Before anything is waited for: what was stopped meanwhile was stopped.
    const epoch = grants.epoch();
    const { session, isOwner } = call;
    const family = (await children.familyOf(session)) ?? { root: session, isOwner };
    const callers = callersOf(family.root, family.isOwner);
    const action = desk.meant(readAction(call), session, callers);
    const no = (reason: string): Verdict => deny({ call, action }, reason);
    const answer = probes.take(call);
    if (answer !== null) return no(`SmartClaw asked to see that it is refused (${answer})`);
    if (action.type === "free") return freely;
    if (!grants.isArmed()) return no("everything was stopped by the owner, until it is armed again");
    if (action.type === "refused") return no(action.reason);
    const wanted = action.type === "command" ? (action.folder ?? ".") : ".";
    const place = resolvePath(world, "/", absolutePath(wanted, deps.workspace, world.home));
    if (place?.kind !== "folder") return no(`there is no folder ${wanted}`);
    return { call, family, root: family.root, callers, action, folder: place.path, epoch };
  }

  async function weigh(matter: Matter, report: Report): Promise<Weighed> {
    const { callers, action, folder } = matter;
    const judged = judging.judge(matter, action, report);
    const plan = () => planFor(judged, folder, grants.effective(), callers);
    return await copies.weigh(judged, action.type === "command" ? plan : null, callers);
  }

  /** Why it is refused whatever the owner would say; null when it is not. */
  function objectionTo({ action, folder, callers }: Matter, decision: Decision): string | null {
    const unasked = unaskedIn(decision);
    if (unasked !== null || action.type !== "command") return unasked;
    return obstacleTo(planFor(decision, folder, grants.effective(), callers), world, sandbox);
  }

  async function ask(matter: Matter, decision: Decision, signal: AbortSignal): Promise<Answered> {
    const { call, family, action, folder, root } = matter;
    const { session, tool } = call;
    const name = await deps.nameOf(root).catch(() => null);
    if (isStopped(matter)) return { said: "gone", isFirst: false };
    const scopes = scopesFor(decision);
    const isSound = scopes?.every((scope) => checkScope({ effect: "allow", scope }, world) === null) ?? false;
    const question = {
      asks: whoAsks(session, family, name),
      conversation: conversationId.safeParse(session).data ?? null,
      tool,
      text: action.text,
      folder,
      effects: effectsOf(decision),
      reasons: [...decision.reasons],
      risk: riskOf(decision),
      forSession: isSound ? scopes : null,
    };
    const key = JSON.stringify([session, family.isOwner, tool, action, folder, decision.report]);
    return await asking.ask(key, root, question, signal);
  }

  /**
   * Asks the owner, and looks again once there is a yes: what was shown is what is done.
   * @param report what was foreseen, before it was held against what was granted
   */
  async function hear(
    matter: Matter,
    first: Weighed,
    report: Report,
    signal: AbortSignal,
  ): Promise<Weighed | Verdict> {
    const { call, callers, action, folder, root } = matter;
    const { said, isFirst } = await ask(matter, first.decision, signal);
    if (said === "taken" || said === "paused") return deny(matter, noOf[said]);
    const text = action.type === "command" ? action.text : "";
    const asked = isFirst
      ? { asked: askedOf(first.decision, { callers, text, by: grants.effective() }) }
      : {};
    notes.before("answer", { ...aboutOf(call), said, ...asked });
    if (said !== "once" && said !== "session") return denied(noOf[said]);
    if (isStopped(matter)) return deny(matter, stoppedMeanwhile);
    if (said === "session" && isFirst) {
      const granted = forThisSession(first.decision, root);
      for (const grant of granted) notes.before("grant", { ...grant });
      grants.add(granted);
      taints.trust(root, sendingNeeds(action, first.decision.missing));
    }
    // Files and links may have changed while the owner read.
    const again = judging.foresee(action, folder);
    if (JSON.stringify(again) !== JSON.stringify(report))
      return deny(matter, "it would not do any more what was shown");
    const now = await weigh(matter, again);
    if (isStopped(matter)) return deny(matter, stoppedMeanwhile);
    if (now.decision.decision === "deny") return deny(matter, now.decision.reasons.join("; "));
    if (now.without !== null && first.without === null)
      return deny(matter, "no copy can be kept any more of what would be lost");
    if (said === "session" && now.decision.decision !== "allow")
      return deny(matter, "it needs more than was granted");
    return now;
  }

  /** Opens what an action needs that is let through, and no more. */
  async function letThrough(matter: Matter, { decision, without }: Weighed): Promise<Verdict> {
    const { call, family, root, callers, action, folder, epoch } = matter;
    const { session, toolCallId } = call;
    const { needs } = decision.report;
    if (action.type === "command") {
      const plan = planFor(decision, folder, grants.effective(), callers);
      const { text, environment } = action;
      const bound = { session, root, toolCallId, text, folder, environment };
      return {
        action: "allow",
        ticket: tickets.mint({ ...bound, plan, callers, decision, without, epoch }),
      };
    }
    // What a command brings in, it brings when it starts.
    taints.takeIn(root, takenIn(action, needs, []));
    if (action.type === "input") return freely;
    if (action.type === "browser") {
      const lacking = await desk.ready();
      if (lacking !== null) return deny(matter, lacking);
      if (isStopped(matter)) return deny(matter, stoppedMeanwhile);
    }
    grants.used(decision.grants);
    switch (action.type) {
      case "delegate":
        children.expect(session, family);
        return freely;
      case "browser":
        desk.begin(call, { action, callers, decision });
        return { ...freely, tab: action.call.does === "look" ? null : action.call.tab };
      case "files": {
        const paths = (type: "read" | "write"): string[] =>
          needs.flatMap((need) => (need.type === type ? [need.path] : []));
        windows.open(toolCallId, { session, reads: paths("read"), writes: paths("write"), without });
        return freely;
      }
    }
  }

  async function decide(call: ToolCall, signal: AbortSignal): Promise<Verdict> {
    const matter = await matterOf(call);
    if (isVerdict(matter)) return matter;
    const { callers, action, folder, root } = matter;
    if (!callers.some(isOwn)) taints.takeIn(root, { privateRead: false, untrusted: true });
    const report = judging.foresee(action, folder);
    const weighed = await weigh(matter, report);
    if (isStopped(matter)) return deny(matter, stoppedMeanwhile);
    const { decision, reasons, grants: used } = weighed.decision;
    const what = { ...aboutOf(call), ...notedOf(action), folder, callers };
    notes.before("decision", { ...what, decision, reasons, grants: used });
    if (decision === "deny") return denied(reasons.join("; "));
    const objection = objectionTo(matter, weighed.decision);
    if (objection !== null) return deny(matter, objection);
    const heard = decision === "ask" ? await hear(matter, weighed, report, signal) : weighed;
    return isVerdict(heard) ? heard : await letThrough(matter, heard);
  }

  return async (call, signal) => {
    try {
      return await decide(call, signal);
    } catch (error) {
      log.error({ error: reportOf(error) }, "Guardian could not decide");
      return {
        action: "deny",
        reason: `SmartClaw's Guardian could not decide: ${reportOf(error).message}`,
      };
    }
  };
}

const freely = { action: "allow", ticket: null } as const satisfies Verdict;
const stoppedMeanwhile = "everything was stopped meanwhile";

function isVerdict(one: Matter | Weighed | Verdict): one is Verdict {
  return "action" in one && typeof one.action === "string";
}

function aboutOf({ session, toolCallId, tool }: ToolCall): Pick<ToolCall, "session" | "toolCallId" | "tool"> {
  return { session, toolCallId, tool };
}

function denied(reason: string): Verdict {
  return { action: "deny", reason: `SmartClaw's Guardian did not allow this: ${reason}.` };
}

const noOf: Readonly<Record<Exclude<Heard, "once" | "session">, string>> = {
  deny: "the owner said no",
  gone: "the question was withdrawn",
  late: "the owner did not answer",
  taken: "the owner allowed it once, for another call of the same",
  paused: "the owner said no to so much here that nothing more is asked until the owner lets it ask again",
};

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
