/** What a grant covers, by effect and not by text. */
export type Scope =
  | {
      readonly type: "run";
      /** A program, by its name or its absolute path, and its first arguments, as they are after quotes are gone. */
      readonly words: readonly string[];
      /** Whether any further arguments may follow that are only data. */
      readonly rest: boolean;
    }
  /** A folder and all that is in it, or one file; whoever may write may read. Absolute, without links. */
  | { readonly type: "read" | "write"; readonly path: string }
  /** A host by its name, to fetch from over https. */
  | { readonly type: "reach"; readonly host: string }
  /** Pages of an origin in the assistant's browser. Who may act there may read, who may run scripts may do both. */
  | { readonly type: "browse"; readonly origin: string; readonly may: "read" | "act" | "script" }
  /** One of OpenClaw's tools, by its name: one that does nothing but to start what is decided on by itself. */
  | { readonly type: "tool"; readonly name: (typeof namedTools)[number] }
  /** A copy is kept before something is lost. */
  | { readonly type: "undo" };

export interface Grant {
  readonly id: string;
  /** A grant that forbids wins over all that allow. */
  readonly effect: "allow" | "deny";
  readonly scope: Scope;
  /** Who asks, like `owner`, `session:A`, `cron:job7`; null for whoever may ask at all. */
  readonly callers: readonly string[] | null;
  /** In milliseconds since 1970; null for no end. */
  readonly until: number | null;
}

/** Tools that are granted by their name. */
export const namedTools = ["sessions_spawn"] as const;

/** From the least. */
export const browsing = ["read", "act", "script"] as const satisfies readonly Extract<
  Scope,
  { type: "browse" }
>["may"][];

/** Whether somebody is the owner, or works for the owner: the others may not even raise a question. */
export function isOwn(caller: string): boolean {
  return /^(?:owner$|(?:session|cron|agent|job|subagent):)/.test(caller);
}
