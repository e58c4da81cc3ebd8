import { readFileSync, statSync } from "node:fs";
import {
  type CheckResult,
  checkedLine,
  checkLine,
  thisComputer,
  type World,
  worldOfLines,
} from "@smartclaw/guardian";
import type { Command } from "../context.ts";
import { exit, table } from "../output.ts";

/** What Guardian would answer to each line of a file; nothing is run. With --json one object a line. */
export const check: Command<{ file: string }> = async ({ output, paths }, { file }) => {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    output.fail({
      code: "NOT_FOUND",
      message: `There is no file ${file}.`,
      next: "Name a file with one JSON object a line; `smartclaw guardian check --help` shows what is in it.",
    });
    return exit.usage;
  }
  const own = [paths.home, paths.cache, paths.logs];
  const here = thisComputer({ folders: own, controlPorts: [] });
  const described = worldOfLines();
  const counts = { allow: 0, ask: 0, deny: 0 };
  const rows: string[][] = [];
  let at = 0;
  // Node's own reader of lines also ends them at characters that are text here.
  for (const text of readFileSync(file, "utf8").split("\n")) {
    at += 1;
    if (text.trim() === "") continue;
    const result = judge(text, at, here, described);
    counts[result.decision] += 1;
    if (output.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else rows.push([result.id, result.decision, result.reasons[0] ?? ""]);
  }
  const summary = `${counts.allow} allowed, ${counts.ask} asked, ${counts.deny} denied; nothing was run`;
  if (!output.json) output.answer(null, `${table(rows)}\n\n${summary}`);
  return exit.ok;
};

/** A line that is not understood is asked, like everything else that is not. */
function judge(text: string, at: number, here: World, described: World): CheckResult {
  const id = `line ${at}`;
  try {
    const line: unknown = JSON.parse(text);
    const parsed = checkedLine.safeParse(line);
    if (parsed.success) return checkLine(parsed.data, here, described);
    const given = (line as { id?: unknown } | null)?.id;
    return {
      id: typeof given === "string" ? given : id,
      decision: "ask",
      reasons: ["the line is not understood"],
    };
  } catch {
    return { id, decision: "ask", reasons: ["the line is not understood"] };
  }
}
