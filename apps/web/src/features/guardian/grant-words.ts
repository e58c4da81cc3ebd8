import { ago, type GrantScope, type GuardianGrant } from "@smartclaw/contracts";
import { counted, shortMoment } from "../../lib/format.ts";
import { writtenWords } from "./program-words.ts";
import { code, listed, type Part, plain, textOf } from "./words.ts";

type Effect = GuardianGrant["effect"];
/** The title of a conversation that is known by this key. */
export type TitleOf = (key: string) => string | null;

const nobody: TitleOf = () => null;

/** `May run git status with any data arguments.` Whoever reads it knows what it gives, or forbids. */
export function grantParts({ effect, scope }: { effect: Effect; scope: GrantScope }): readonly Part[] {
  const may = effect === "allow" ? "May" : "May never";
  switch (scope.type) {
    case "run":
      return [plain(`${may} run `), code(writtenWords(scope.words)), plain(endOfRun(effect, scope.rest))];
    case "read":
      return [plain(`${may} read in `), code(scope.path)];
    case "write":
      return [plain(`${may} write in `), code(scope.path)];
    case "reach":
      return [plain(`${may} fetch from `), code(scope.host)];
    case "browse":
      return [plain(`${may} ${browseWords[effect][scope.may]} `), code(scope.origin)];
    case "tool":
      return [plain(`${may} have sub-agents work on parts of a task`)];
    case "undo":
      return [
        plain(
          `${may} change or remove what is there${effect === "allow" ? ", as a copy is kept first" : ""}`,
        ),
      ];
  }
}

type Browsing = Extract<GrantScope, { type: "browse" }>["may"];

/** Who may do more may do less; what is forbidden is forbidden with all that is more. */
const browseWords: Readonly<Record<Effect, Readonly<Record<Browsing, string>>>> = {
  allow: {
    read: "read pages of",
    act: "read, click and type on pages of",
    script: "read, click, type and run scripts on pages of",
  },
  deny: {
    read: "open pages of",
    act: "click, type or run scripts on pages of",
    script: "run scripts on pages of",
  },
};

/** What is forbidden is forbidden with whatever follows. */
function endOfRun(effect: Effect, rest: boolean): string {
  if (!rest) return " exactly as it stands";
  return effect === "allow" ? " with any data arguments" : " with whatever follows";
}

export function grantSentence(grant: { effect: Effect; scope: GrantScope }): string {
  return textOf(grantParts(grant));
}

/** Who may use it: `You`, `A scheduled job (backup)`. */
export function callerParts(callers: readonly string[] | null, titleOf: TitleOf = nobody): readonly Part[] {
  if (callers === null) return [plain("everybody")];
  if (callers.length === 0) return [plain("nobody")];
  return listed(callers.map((caller) => oneCaller(caller, titleOf)));
}

const kinds: ReadonlyMap<string, string> = new Map(
  Object.entries({
    cron: "a scheduled job",
    job: "a job",
    agent: "the agent",
    subagent: "a helper of the assistant",
    channel: "the channel",
  }),
);

function oneCaller(caller: string, titleOf: TitleOf): readonly Part[] {
  if (caller === "owner") return [plain("you")];
  const [, kind = "", name = ""] = /^(\w+):(.*)$/s.exec(caller) ?? [];
  if (kind === "session") return conversationParts(name, titleOf);
  const words = kinds.get(kind);
  if (words === undefined || name === "") return [code(caller)];
  return [plain(`${words} `), code(name)];
}

function conversationParts(key: string, titleOf: TitleOf): readonly Part[] {
  const title = titleOf(key);
  return title === null ? [plain("the conversation "), code(key)] : [plain(`the conversation “${title}”`)];
}

/** `until 3 Dec`, `for the conversation “Taxes”`, `always, to be reviewed 1 Mar`. What forbids needs no review. */
export function durationWords(
  { effect, duration }: Pick<GuardianGrant, "effect" | "duration">,
  now: number,
  titleOf: TitleOf = nobody,
): string {
  switch (duration.kind) {
    case "session": {
      const title = titleOf(duration.session.replace(/^session:/, ""));
      return title === null ? "for one conversation" : `for the conversation “${title}”`;
    }
    case "until":
      return `until ${shortMoment(duration.at, now)}`;
    case "always":
      return effect === "deny" ? "always" : `always, to be reviewed ${shortMoment(duration.reviewAt, now)}`;
  }
}

export function useWords({ uses, lastUsedAt }: GuardianGrant, now: number): string {
  if (uses === 0) return "never used";
  const often = uses === 1 ? "used once" : `used ${uses.toLocaleString()} times`;
  return lastUsedAt === null ? often : `${often}, last ${ago(lastUsedAt, now)}`;
}

const dayMs = 24 * 3_600_000;

/** Whole days without a use, or since it was made. */
export function idleDays({ lastUsedAt, createdAt }: GuardianGrant, now: number): number {
  return Math.max(0, Math.floor((now - (lastUsedAt ?? createdAt)) / dayMs));
}

/** Why a grant does not count, or null when it does. */
export function standingWords(grant: GuardianGrant, now: number): { word: string; why: string } | null {
  switch (grant.standing) {
    case "effective":
      return null;
    case "past":
      return { word: "ended", why: "Its time is over." };
    case "unused":
      return {
        word: `unused for ${counted(idleDays(grant, now), "day")}`,
        why: "It rests, as nothing needed it for so long. Renew it if it is still wanted.",
      };
    case "to-review":
      return { word: "to be reviewed", why: "It rests until you have looked at it and renewed it." };
    case "void":
      return {
        word: "void",
        why: "Everything was stopped since, or the list of grants was damaged. Grant it anew if it is still wanted.",
      };
  }
}
