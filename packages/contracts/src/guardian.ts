import { z } from "zod";
import { timestamp } from "./base.ts";
import { conversationId } from "./chat.ts";

/** What a grant covers, by effect and not by text. */
export const grantScope = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("run"),
    /** The program, by its name or absolute path, and its first arguments, as they are once quotes are gone. */
    words: z.array(z.string().min(1).max(4096)).min(1).max(64),
    /** Whether any further arguments may follow that are only data. */
    rest: z.boolean(),
  }),
  /** A folder and all that is in it, or one file; whoever may write may read. Absolute, without links. */
  z.object({ type: z.enum(["read", "write"]), path: z.string().startsWith("/").max(4096) }),
  /** A host by its name, to fetch from over https. */
  z.object({ type: z.literal("reach"), host: z.string().min(1).max(253) }),
  /** Pages of an origin, like `https://example.org`, in the assistant's browser; who may act may read, `script` is both. */
  z.object({
    type: z.literal("browse"),
    origin: z.string().min(1).max(300),
    may: z.enum(["read", "act", "script"]),
  }),
  /** One of OpenClaw's tools by its name: `sessions_spawn` has a sub-agent do a part of the work. */
  z.object({ type: z.literal("tool"), name: z.enum(["sessions_spawn"]) }),
  /** A copy is kept before something is lost. */
  z.object({ type: z.literal("undo") }),
]);
export type GrantScope = z.infer<typeof grantScope>;

export const grantDuration = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("session"), session: z.string().min(1).max(300) }),
  z.object({ kind: z.literal("until"), at: timestamp }),
  /** Not effective after `reviewAt` until somebody renews it. */
  z.object({ kind: z.literal("always"), reviewAt: timestamp }),
]);
export type GrantDuration = z.infer<typeof grantDuration>;

/** Why a grant counts, or does not. `void`: made before the last panic. */
export const grantStanding = z.enum(["effective", "past", "unused", "to-review", "void"]);

export const guardianGrant = z.object({
  id: z.string(),
  effect: z.enum(["allow", "deny"]),
  scope: grantScope,
  /** Null for whoever may ask at all. */
  callers: z.array(z.string()).nullable(),
  duration: grantDuration,
  createdAt: timestamp,
  uses: z.number().int().nonnegative(),
  lastUsedAt: timestamp.nullable(),
  standing: grantStanding,
  /** For people: what it would allow, and what it would not. */
  examples: z.object({ allows: z.array(z.string()), refuses: z.array(z.string()) }),
});
export type GuardianGrant = z.infer<typeof guardianGrant>;

export const newGuardianGrant = guardianGrant.pick({
  effect: true,
  scope: true,
  callers: true,
  duration: true,
});
export type NewGuardianGrant = z.infer<typeof newGuardianGrant>;

export const grantPreset = z.enum(["look", "work", "build"]);
export type GrantPreset = z.infer<typeof grantPreset>;

/** What an action would do, for a card: the verb, and on what. */
export const actionEffect = z.object({
  kind: z.enum([
    "run",
    "read",
    "write",
    "remove",
    "fetch",
    "send",
    "browse",
    "act",
    "script",
    "call",
    "unknown",
  ]),
  what: z.string(),
});
export type ActionEffect = z.infer<typeof actionEffect>;

/** An action of the assistant that waits for the owner's word. */
export const guardianRequest = z.object({
  id: z.string(),
  /** Of everything that was shown and would be done; an answer names it, so that it cannot be for another action. */
  hash: z.string(),
  at: timestamp,
  expiresAt: timestamp,
  /** For people: "The assistant, in the conversation \"Taxes\"". */
  asks: z.string(),
  conversation: conversationId.nullable(),
  tool: z.string(),
  /** The exact command, or the file operation in a line. Invisible characters are still in it. */
  text: z.string(),
  folder: z.string(),
  effects: z.array(actionEffect),
  /** Why it asks. */
  reasons: z.array(z.string()),
  /** `red` is never offered for longer than once. */
  risk: z.enum(["green", "blue", "amber", "red"]),
  /** What would be granted for this session, or null when nothing can be that covers exactly this. */
  forSession: z.array(grantScope).nullable(),
});
export type GuardianRequest = z.infer<typeof guardianRequest>;

export const sandboxState = z.discriminatedUnion("state", [
  z.object({
    state: z.literal("works"),
    by: z.string(),
    /** Why commands in it reach no server, not even a granted one, for people; null when they do. */
    networkOff: z.string().nullable(),
  }),
  z.object({ state: z.literal("missing"), message: z.string(), next: z.string() }),
]);
export type SandboxState = z.infer<typeof sandboxState>;

/** Whether there is a browser for the assistant. */
export const browserState = z.discriminatedUnion("state", [
  z.object({ state: z.literal("works") }),
  z.object({ state: z.literal("missing"), message: z.string(), next: z.string() }),
]);
export type BrowserState = z.infer<typeof browserState>;

/** For so long an offer allows what it offers. */
export const offerDays = 7;

/** What the owner allowed again and again, and could grant for some days. */
export const guardianOffer = z.object({
  /** Of exactly these scopes. */
  id: z.string(),
  /** How often it was allowed lately, and when last. */
  times: z.number().int().positive(),
  lastAt: timestamp,
  scopes: z.array(grantScope).min(1),
  /** For people: what they would allow, and what they would not. */
  examples: z.object({ allows: z.array(z.string()), refuses: z.array(z.string()) }),
});
export type GuardianOffer = z.infer<typeof guardianOffer>;

/** A conversation in which the owner said no so often that it may not ask until the owner says so. */
export const guardianPause = z.object({
  session: z.string(),
  /** Who asked, for people. */
  asks: z.string(),
  since: timestamp,
});
export type GuardianPause = z.infer<typeof guardianPause>;

export const guardianStatus = z.object({
  /** What the owner chose. */
  agenticMode: z.boolean(),
  /** Null when actions can be carried out; else why none can, for people. */
  closed: z.string().nullable(),
  /** False after a panic, until re-armed. */
  armed: z.boolean(),
  sandbox: sandboxState,
  browser: browserState,
  /** What was found to be changed in the grants or the log by somebody else than SmartClaw, for people. */
  damage: z.string().nullable(),
  waiting: z.array(guardianRequest),
  paused: z.array(guardianPause),
  /** Questions put to the owner since midnight. */
  questionsToday: z.number().int().nonnegative(),
});
export type GuardianStatus = z.infer<typeof guardianStatus>;

export const guardianAnswer = z.object({
  id: z.string(),
  hash: z.string(),
  answer: z.enum(["deny", "once", "session"]),
});
export type GuardianAnswer = z.infer<typeof guardianAnswer>;

/** What would be answered to a command now; nothing is run and nobody is asked. */
export const guardianJudgement = z.object({
  decision: z.enum(["allow", "ask", "deny"]),
  reasons: z.array(z.string()),
});
export type GuardianJudgement = z.infer<typeof guardianJudgement>;

/** What an action removed or wrote over, as it was: kept so that the action can be undone. */
export const guardianSnapshot = z.object({
  id: z.string(),
  at: timestamp,
  /** The action, as it was decided on. */
  text: z.string(),
  /** What is put back, and what was there before. */
  paths: z.array(z.object({ path: z.string(), was: z.enum(["file", "folder", "link", "nothing"]) })),
  /** What could not be kept, being neither file, folder nor link. */
  special: z.array(z.string()),
  bytes: z.number().int().nonnegative(),
  /** The snapshot whose undoing this was; null for an action of the assistant. */
  undoes: z.string().nullable(),
  /**
   * `running`: so is the action; `open`: it can be undone; `unsure`: what the action left is not known, so it is undone
   * by force only; `begun`: its undoing was cut short and goes on when it is asked for again; `done`: it was undone.
   */
  state: z.enum(["running", "open", "unsure", "begun", "done"]),
});
export type GuardianSnapshot = z.infer<typeof guardianSnapshot>;

export const guardianUndoOutcome = z.discriminatedUnion("state", [
  /** `again` undoes the undoing; null when all was as it had been. */
  z.object({ state: z.literal("done"), again: guardianSnapshot.nullable() }),
  /** Somebody else changed something since; some of it is named. Nothing was put back: that is done by force only. */
  z.object({
    state: z.literal("changed"),
    paths: z.array(z.string()),
    count: z.number().int().positive(),
  }),
]);
export type GuardianUndoOutcome = z.infer<typeof guardianUndoOutcome>;

/** A line of the record of everything that was asked, decided and done. */
export const auditLine = z.object({
  seq: z.number().int().positive(),
  at: timestamp,
  kind: z.string(),
  /** In a sentence, for people. */
  text: z.string(),
  body: z.record(z.string(), z.unknown()),
});
export type AuditLine = z.infer<typeof auditLine>;

export const auditVerdict = z.object({
  whole: z.boolean(),
  rows: z.number().int().nonnegative(),
  /** For people. */
  message: z.string(),
});
export type AuditVerdictReport = z.infer<typeof auditVerdict>;
