import type { GrantScope, GuardianGrant } from "@smartclaw/contracts";
import { readWords, writtenWords } from "./program-words.ts";

/** A grant as it is being written in the form. */
export interface GrantDraft {
  readonly effect: GuardianGrant["effect"];
  readonly type: "run" | "read" | "write" | "reach" | "browse";
  /** The program's words, the path, the host or the site. */
  readonly text: string;
  readonly rest: boolean;
  /** On the pages of a site. */
  readonly may: "read" | "act" | "script";
  /** `owner`, `everybody`, `job`, or `same` for those of the grant that is edited. */
  readonly who: "owner" | "everybody" | "job" | "same";
  readonly job: string;
}

export const emptyDraft: GrantDraft = {
  effect: "allow",
  type: "run",
  text: "",
  rest: true,
  may: "read",
  who: "owner",
  job: "",
};

/** Null for a grant that has nothing to be edited but its time. */
export function draftOf({ effect, scope }: Pick<GuardianGrant, "effect" | "scope">): GrantDraft | null {
  const common = { effect, who: "same", job: "", may: "read" } as const;
  switch (scope.type) {
    case "run":
      return { ...common, type: "run", text: writtenWords(scope.words), rest: scope.rest };
    case "read":
    case "write":
      return { ...common, type: scope.type, text: scope.path, rest: true };
    case "reach":
      return { ...common, type: "reach", text: scope.host, rest: true };
    case "browse":
      return { ...common, type: "browse", text: scope.origin, rest: true, may: scope.may };
    case "tool":
    case "undo":
      return null;
  }
}

export type Scoped = { readonly scope: GrantScope } | { readonly fault: string };

/** What the draft grants, or what is still wrong with it. */
export function scopeOf({ type, text, rest, may }: GrantDraft): Scoped {
  if (type === "run") {
    const words = readWords(text);
    if (words === null) return { fault: "A quotation mark is left open." };
    return words.length === 0
      ? { fault: "Write the program, like git status." }
      : { scope: { type, words: [...words], rest } };
  }
  const given = text.trim();
  if (type === "reach") {
    const host = given.toLowerCase();
    return /^[a-z0-9.:[\]-]+$/.test(host) && !host.includes("//")
      ? { scope: { type, host } }
      : { fault: "Write the host alone, like example.org." };
  }
  if (type === "browse") {
    const origin = originOf(given);
    return origin === null
      ? { fault: "Write the site alone, like https://example.org." }
      : { scope: { type, origin, may } };
  }
  const path = folderOf(given);
  return path === null
    ? { fault: "Write the whole path, beginning with a slash." }
    : { scope: { type, path } };
}

/** The origin of a site's pages; without a scheme it is https. */
function originOf(given: string): string | null {
  if (given === "" || /[\s\\@?#]/.test(given)) return null;
  const url = URL.parse(given.includes("://") ? given : `https://${given}`);
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== "/") return null;
  return url.origin;
}

/** The whole path of a folder, as it is kept: without a slash at its end. */
export function folderOf(text: string): string | null {
  const given = text.trim();
  if (!given.startsWith("/")) return null;
  return given.replace(/(?<=.)\/+$/, "");
}

export function callersOf(
  { who, job }: Pick<GrantDraft, "who" | "job">,
  edited: readonly string[] | null,
): readonly string[] | null {
  if (who === "same") return edited;
  if (who === "everybody") return null;
  return [who === "owner" ? "owner" : `cron:${job.trim()}`];
}
