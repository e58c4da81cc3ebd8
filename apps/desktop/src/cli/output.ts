import type { ErrorReport } from "@smartclaw/contracts";

/** Exit codes of the command line. */
export const exit = { ok: 0, failed: 1, usage: 2, notRunning: 3, unhealthy: 4 } as const;

/** Where a command says things: answers on stdout, progress and faults on stderr. */
export interface Output {
  readonly json: boolean;
  readonly terminal: boolean;
  /** The answer: `value` with --json, else `text`. */
  answer(value: unknown, text: string): void;
  note(text: string): void;
  fail(report: ErrorReport): void;
  /** Replaces the last progress line on a terminal; elsewhere writes a line. */
  progress(text: string): void;
  bold(text: string): string;
  dim(text: string): string;
}

export function createOutput(options: { json: boolean; noColour: boolean }): Output {
  const terminal = process.stderr.isTTY;
  const style = (code: number, text: string): string =>
    terminal && !options.noColour && !options.json ? `\u001b[${code}m${text}\u001b[0m` : text;
  let inProgress = false;
  const endProgress = (): void => {
    if (inProgress && terminal) process.stderr.write("\n");
    inProgress = false;
  };
  return {
    json: options.json,
    terminal,
    answer(value, text) {
      endProgress();
      process.stdout.write(options.json ? `${JSON.stringify(value, null, 2)}\n` : `${text}\n`);
    },
    note(text) {
      endProgress();
      process.stderr.write(`${text}\n`);
    },
    fail(report) {
      endProgress();
      if (options.json) process.stdout.write(`${JSON.stringify({ error: report }, null, 2)}\n`);
      else process.stderr.write(`${report.message}\n${report.next}\n`);
    },
    progress(text) {
      if (options.json) return;
      process.stderr.write(terminal ? `\r\u001b[2K${text}` : `${text}\n`);
      inProgress = true;
    },
    bold: (text) => style(1, text),
    dim: (text) => style(2, text),
  };
}

/** `12.3 MB`, in powers of ten. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB"];
  const step = count < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3));
  return `${(count / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`;
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
