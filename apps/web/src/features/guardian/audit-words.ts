import type { AuditLine } from "@smartclaw/contracts";
import { dateTime } from "../../lib/format.ts";
import { sentence } from "./words.ts";

/** A map, as a damaged record may hold any word. */
const kinds: ReadonlyMap<string, string> = new Map(
  Object.entries({
    request: "Request",
    decision: "Decision",
    answer: "Your answer",
    grant: "Grant",
    revoke: "Revoked",
    start: "Started",
    end: "Ended",
    file: "File",
    refused: "Refused",
    panic: "Stopped everything",
    arm: "Re-armed",
    offer: "Offer",
    pause: "Paused",
    resume: "Resumed",
    cut: "Old lines removed",
    undo: "Undo",
  }),
);

/** A kind as people write it, also one of a later release. */
export function kindWords(kind: string): string {
  return kinds.get(kind) ?? sentence(spaced(kind));
}

function spaced(name: string): string {
  return name
    .replace(/[-_.:]+/g, " ")
    .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toLowerCase();
}

/** Why it was decided so, where the line says it. */
export function reasonOf({ body }: Pick<AuditLine, "body">): string | null {
  const { reasons, reason } = body;
  const given = (Array.isArray(reasons) ? reasons : [reason]).filter(
    (one): one is string => typeof one === "string" && one !== "",
  );
  return given.length === 0 ? null : given.join("; ");
}

/** All that the line holds, by name. */
export function detailsOf({ body, seq, kind }: AuditLine): readonly (readonly [string, string])[] {
  return [
    ["Line", String(seq)],
    ["Kind", kind],
    ...Object.entries(body).map(
      ([name, value]) => [sentence(spaced(name)), valueWords(name, value)] as const,
    ),
  ];
}

/** Any time after the year 2001 in milliseconds, which nothing else that is called so can be. */
const someTime = 1e12;

function valueWords(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") {
    return /(?:^at|At)$/.test(name) && value > someTime ? dateTime(value) : String(value);
  }
  if (Array.isArray(value) && value.length === 0) return "none";
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value.join("\n");
  return JSON.stringify(value, null, 1);
}
