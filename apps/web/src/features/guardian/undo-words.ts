import type { AuditLine, GuardianSnapshot } from "@smartclaw/contracts";

/** The snapshot by which what a line tells of can be undone; null when none is kept, or it was undone. */
export function undoOf(
  { kind, body }: Pick<AuditLine, "kind" | "body">,
  snapshots: readonly GuardianSnapshot[],
): GuardianSnapshot | null {
  const id =
    kind === "start" || kind === "file"
      ? body["copy"]
      : kind === "undo" && body["done"] === true
        ? body["aside"]
        : null;
  const found = snapshots.find((one) => one.id === id);
  return found === undefined || found.state === "done" || found.state === "running" ? null : found;
}

/** What becomes of a path. */
export const becomes: Readonly<Record<GuardianSnapshot["paths"][number]["was"], string>> = {
  file: "The file comes back as it was",
  folder: "The folder comes back as it was",
  link: "The link comes back as it was",
  nothing: "Goes away, as it was not there",
};
