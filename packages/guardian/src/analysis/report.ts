/** Something that a line would do, which must be granted. */
export type Need =
  | {
      readonly type: "run";
      /** The program's file: without links in its folder. */
      readonly program: string;
      /** As it is called; null where a word is not known before the run. */
      readonly argv: readonly (string | null)[];
      /** The same without what changes nothing, as grants of a program "with any further arguments" name it. */
      readonly words: readonly string[];
      /** Why the further arguments are more than data; null when they are no more. */
      readonly beyond: string | null;
    }
  | {
      readonly type: "read" | "write" | "remove";
      readonly path: string;
      /** Everything in the folder, and not the folder itself. */
      readonly contents?: true;
    }
  | {
      readonly type: "reach";
      readonly host: string;
      readonly port: number;
      /** Whether something is sent beyond what asks for an answer. */
      readonly sends: boolean;
    }
  /** Of pages of an origin, in the assistant's browser. */
  | { readonly type: "browse"; readonly origin: string; readonly may: "read" | "act" | "script" }
  /** A tool of OpenClaw's that is granted by its name. */
  | { readonly type: "tool"; readonly name: "sessions_spawn" }
  /** What is lost by it comes back only if a copy is kept. */
  | { readonly type: "undo"; readonly what: string };

/** What a line would do, and what about it is not understood or never done. */
export interface Report {
  readonly needs: readonly Need[];
  /** Needs that it has, or not: a program is given addresses of pages, and nobody knows what it does with them. */
  readonly perhaps?: readonly Need[];
  /** Why it cannot be known what the line does; somebody has to look. */
  readonly unknown: readonly string[];
  /** Why it is never done. */
  readonly refused: readonly string[];
}

/** Collects a report. */
export interface Findings {
  need(need: Need): void;
  perhaps(need: Need): void;
  unknown(why: string): void;
  refuse(why: string): void;
  report(): Report;
}

export function createFindings(): Findings {
  const needs = new Map<string, Need>();
  const perhaps = new Map<string, Need>();
  const unknown = new Set<string>();
  const refused = new Set<string>();
  return {
    need: (need) => void needs.set(JSON.stringify(need), need),
    perhaps: (need) => void perhaps.set(JSON.stringify(need), need),
    unknown: (why) => void unknown.add(why),
    refuse: (why) => void refused.add(why),
    report: () => ({
      needs: [...needs.values()],
      ...(perhaps.size > 0 ? { perhaps: [...perhaps.values()] } : {}),
      unknown: [...unknown],
      refused: [...refused],
    }),
  };
}
