import type { ActionEffect, GuardianAnswer, GuardianRequest } from "@smartclaw/contracts";
import { counted } from "../../lib/format.ts";
import type { BadgeTone } from "../../ui/controls.tsx";
import { code, listed, type Part, plain } from "./words.ts";

type Kind = ActionEffect["kind"];

/** As a chip begins, and how much care it deserves. */
export const effectWords: Readonly<Record<Kind, { verb: string; tone: BadgeTone }>> = {
  run: { verb: "Runs", tone: "plain" },
  read: { verb: "Reads", tone: "plain" },
  write: { verb: "Writes", tone: "warn" },
  remove: { verb: "Removes", tone: "danger" },
  fetch: { verb: "Fetches from", tone: "plain" },
  send: { verb: "Sends to", tone: "danger" },
  browse: { verb: "Opens pages of", tone: "plain" },
  act: { verb: "Clicks and types on", tone: "warn" },
  script: { verb: "Runs a script on", tone: "danger" },
  call: { verb: "Uses", tone: "plain" },
  unknown: { verb: "Not clear:", tone: "warn" },
};

export const riskWords: Readonly<Record<GuardianRequest["risk"], { word: string; tone: BadgeTone }>> = {
  green: { word: "Low risk", tone: "good" },
  blue: { word: "Some risk", tone: "plain" },
  amber: { word: "Needs care", tone: "warn" },
  red: { word: "High risk", tone: "danger" },
};

/** What takes something away or out comes first. */
const order: readonly Kind[] = [
  "remove",
  "send",
  "script",
  "act",
  "write",
  "run",
  "call",
  "fetch",
  "browse",
  "read",
  "unknown",
];
const phrases: Readonly<Record<Exclude<Kind, "unknown">, { before: string; noun: string }>> = {
  run: { before: "run", noun: "program" },
  read: { before: "read", noun: "place" },
  write: { before: "write in", noun: "place" },
  remove: { before: "remove", noun: "thing" },
  fetch: { before: "fetch from", noun: "host" },
  send: { before: "send to", noun: "host" },
  browse: { before: "open pages of", noun: "site" },
  act: { before: "click and type on", noun: "site" },
  script: { before: "run a script on", noun: "site" },
  call: { before: "use", noun: "tool" },
};
const shortEnough = 28;

/** `wants to write in notes.txt and run 2 programs`; the whole of it stands below, in chips and in the exact text. */
export function requestParts({ effects, tool }: GuardianRequest): readonly Part[] {
  if (effects.length === 0) return [plain("wants to use "), code(tool)];
  const pieces = order
    .map((kind) => ({
      kind,
      items: [...new Set(effects.filter((one) => one.kind === kind).map(({ what }) => what))],
    }))
    .filter(({ items }) => items.length > 0)
    .map(({ kind, items }): readonly Part[] => {
      if (kind === "unknown") return [plain("do more than can be told beforehand")];
      const { before, noun } = phrases[kind];
      const [first = ""] = items;
      if (items.length === 1 && first.length <= shortEnough) return [plain(`${before} `), code(first)];
      return [plain(`${before} ${items.length === 1 ? `one ${noun}` : counted(items.length, noun)}`)];
    });
  return [plain("wants to "), ...listed(pieces)];
}

export interface Choice {
  readonly answer: GuardianAnswer["answer"];
  readonly label: string;
}

/** What can be answered, the safe one first. What is dangerous is never allowed for longer than once. */
export function choicesOf({ risk, forSession, conversation }: GuardianRequest): readonly Choice[] {
  return [
    { answer: "deny", label: "Deny" },
    { answer: "once", label: "Allow once" },
    ...(forSession === null || risk === "red"
      ? []
      : [
          {
            answer: "session" as const,
            label: conversation === null ? "Allow for this session" : "Allow for this conversation",
          },
        ]),
  ];
}

const longCharacters = 160;

/** `12 lines, 1,034 characters` of what is too long to be taken in at a glance; null of anything else. */
export function sizeWords(text: string): string | null {
  const lines = text.split("\n").length;
  const characters = Array.from(text).length;
  if (lines <= 3 && characters <= longCharacters) return null;
  const size = `${characters.toLocaleString()} characters`;
  return lines === 1 ? size : `${lines.toLocaleString()} lines, ${size}`;
}

/** The one that waits for longest first. */
export function oldestFirst(waiting: readonly GuardianRequest[]): readonly GuardianRequest[] {
  return waiting.toSorted((one, other) => one.at - other.at);
}
