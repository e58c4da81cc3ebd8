import { conversationId, reportOf } from "@smartclaw/contracts";
import type { Report } from "../analysis/report.ts";
import type { Decision } from "../decide.ts";
import { checkScope } from "../grants/check-scope.ts";
import { isOwn } from "../grants/grant.ts";
import type { GrantStore } from "../grants/grant-store.ts";
import { askedOf } from "../habits/asked.ts";
import { resolvePath } from "../paths/resolve.ts";
import { sendingNeeds, takenIn } from "../taint/taint-core.ts";
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
import { absolutePath, type Action, readAction, type ToolCall } from "./tool-call.ts";
import { whoAsks } from "./who-asks.ts";

/** What becomes of a tool's call. */
export type Verdict =
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

export function createDeciding(deps: DecidingDeps): Deciding {
  const { world, grants, sandbox, taints, copies, log } = deps;
  const { judging, notes, asking, children, desk, probes, windows, tickets } = deps;

  async function ask(
    { session, tool }: ToolCall,
    family: Family,
    action: Action,
    folder: string,
    decision: Decision,
    { signal, isStopped }: { readonly signal: AbortSignal; readonly isStopped: () => boolean },
  ): Promise<Answered> {
    const { root, isOwner } = family;
    const name = await deps.nameOf(root).catch(() => null);
    if (isStopped()) return { said: "gone", isFirst: false };
    const text = "text" in action ? action.text : "";
    const scopes = scopesFor(decision);
    const isSound = scopes?.every((scope) => checkScope({ effect: "allow", scope }, world) === null) ?? false;
    return await asking.ask(
      JSON.stringify([session, isOwner, tool, action, folder, decision.report]),
      root,
      {
        asks: whoAsks(session, family, name),
        conversation: conversationId.safeParse(session).data ?? null,
        tool,
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
    // Before anything is waited for: what was stopped meanwhile was stopped.
    const epoch = grants.epoch();
    const family = (await children.familyOf(session)) ?? { root: session, isOwner: call.isOwner };
    const callers = callersOf(family.root, family.isOwner);
    const action = desk.meant(readAction(call), session, callers);
    const about = { session, toolCallId, tool };
    const deny = (reason: string): Verdict => {
      notes.after("refused", { ...about, ...notedOf(action), decision: "deny", reasons: [reason] });
      return denied(reason);
    };
    const answer = probes.take(call);
    if (answer !== null) return deny(`SmartClaw asked to see that it is refused (${answer})`);
    if (action.type === "free") return { action: "allow", ticket: null };
    if (!grants.isArmed()) return deny("everything was stopped by the owner, until it is armed again");
    if (action.type === "refused") return deny(action.reason);
    const wanted = action.type === "command" ? (action.folder ?? ".") : ".";
    const place = resolvePath(world, "/", absolutePath(wanted, deps.workspace, world.home));
    if (place?.kind !== "folder") return deny(`there is no folder ${wanted}`);
    const folder = place.path;
    const { root } = family;
    const asker = { root, callers };
    if (!callers.some(isOwn)) taints.takeIn(root, { privateRead: false, untrusted: true });
    const report = judging.foresee(action, folder);
    const isStopped = (): boolean => !grants.isArmed() || grants.epoch() !== epoch;
    const weigh = async (one: Report) => {
      const judged = judging.judge(asker, action, one);
      const plan = () => planFor(judged, folder, grants.effective(), callers);
      return await copies.weigh(judged, action.type === "command" ? plan : null, callers);
    };
    let { decision, without } = await weigh(report);
    if (isStopped()) return deny("everything was stopped meanwhile");
    notes.before("decision", {
      ...about,
      ...notedOf(action),
      folder,
      callers,
      decision: decision.decision,
      reasons: decision.reasons,
      grants: decision.grants,
    });
    if (decision.decision === "deny") return denied(decision.reasons.join("; "));
    const unasked = unaskedIn(decision);
    if (unasked !== null) return deny(unasked);
    const obstacle =
      action.type === "command"
        ? obstacleTo(planFor(decision, folder, grants.effective(), callers), world, sandbox)
        : null;
    if (obstacle !== null) return deny(obstacle);
    if (decision.decision === "ask") {
      const { said, isFirst } = await ask(call, family, action, folder, decision, { signal, isStopped });
      if (said === "taken" || said === "paused") return deny(noOf[said]);
      const text = action.type === "command" ? action.text : "";
      const asked = isFirst ? { asked: askedOf(decision, { callers, text, by: grants.effective() }) } : {};
      notes.before("answer", { ...about, said, ...asked });
      if (said !== "once" && said !== "session") return denied(noOf[said]);
      if (isStopped()) return deny("everything was stopped meanwhile");
      if (said === "session" && isFirst) {
        const granted = forThisSession(decision, root);
        for (const grant of granted) notes.before("grant", { ...grant });
        grants.add(granted);
        taints.trust(root, sendingNeeds(action, decision.missing));
      }
      // What was shown is what is done: files and links may have changed while the owner read.
      const again = judging.foresee(action, folder);
      if (JSON.stringify(again) !== JSON.stringify(report))
        return deny("it would not do any more what was shown");
      const told = without;
      ({ decision, without } = await weigh(again));
      if (isStopped()) return deny("everything was stopped meanwhile");
      if (decision.decision === "deny") return deny(decision.reasons.join("; "));
      if (without !== null && told === null)
        return deny("no copy can be kept any more of what would be lost");
      if (said === "session" && decision.decision !== "allow") return deny("it needs more than was granted");
    }
    const { needs } = decision.report;
    // What a command brings in, it brings when it starts.
    if (action.type !== "command") taints.takeIn(root, takenIn(action, needs, []));
    if (action.type === "delegate") {
      children.expect(session, family);
      grants.used(decision.grants);
    }
    if (action.type === "input" || action.type === "delegate") return { action: "allow", ticket: null };
    if (action.type === "browser") {
      const lacking = await desk.ready();
      if (lacking !== null) return deny(lacking);
      if (isStopped()) return deny("everything was stopped meanwhile");
      desk.begin(call, { action, callers, decision });
      grants.used(decision.grants);
      return { action: "allow", ticket: null, tab: action.call.does === "look" ? null : action.call.tab };
    }
    if (action.type === "files") {
      windows.open(toolCallId, {
        session,
        reads: needs.flatMap((need) => (need.type === "read" ? [need.path] : [])),
        writes: needs.flatMap((need) => (need.type === "write" ? [need.path] : [])),
        without,
      });
      grants.used(decision.grants);
      return { action: "allow", ticket: null };
    }
    const plan = planFor(decision, folder, grants.effective(), callers);
    const { text, environment } = action;
    const permit = {
      session,
      root,
      toolCallId,
      text,
      folder,
      environment,
      plan,
      callers,
      decision,
      without,
      epoch,
    };
    return { action: "allow", ticket: tickets.mint(permit) };
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
