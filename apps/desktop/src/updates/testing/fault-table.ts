/** What one fault came to. */
export interface FaultRow {
  readonly fault: string;
  /** The step in which it was noticed. */
  readonly noticed: string;
  readonly outcome: string;
  /** Whether the release is not tried again by itself. */
  readonly quarantined: boolean;
  /** Whether the release that was to be live afterwards runs and gave an answer. */
  readonly answers: boolean;
  readonly sameHistory: boolean;
  /** The state of the release before, from its end until it comes back; null when that was never stopped. */
  readonly sameState: boolean | null;
  /** Names of what only an update under way may have. */
  readonly halves: readonly string[];
}

const heads = [
  "fault",
  "noticed",
  "outcome",
  "quarantined",
  "answers",
  "history",
  "state before",
  "left half",
];

/** The table, line by line. @param notes faults that have no row, and why */
export function faultTable(rows: readonly FaultRow[], notes: readonly string[]): string[] {
  const cells = rows.map((row) => [
    row.fault,
    row.noticed,
    row.outcome,
    row.quarantined ? "yes" : "no",
    row.answers ? "yes" : "NO",
    row.sameHistory ? "same" : "LOST",
    row.sameState === null ? "in use" : row.sameState ? "identical" : "CHANGED",
    row.halves.length === 0 ? "nothing" : row.halves.join(" "),
  ]);
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...cells.map((cell) => cell[column]?.length ?? 0)),
  );
  const line = (cell: readonly string[]): string =>
    cell
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [line(heads), ...cells.map(line), ...notes];
}
