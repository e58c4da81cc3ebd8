import type { LogLine } from "@smartclaw/contracts";
import type { Command } from "../context.ts";
import { exit } from "../output.ts";

export interface LogsOptions {
  readonly follow?: boolean;
  readonly lines: string;
  readonly source: "smartclaw" | "openclaw" | "both";
}

/** The last lines of the logs, and with --follow the new ones. With --json one object a line. */
export const logs: Command<LogsOptions> = async ({ client, output }, options) => {
  const api = await client();
  const show = (line: LogLine): void => {
    const text = `${new Date(line.at).toISOString()} ${line.source.padEnd(9)} ${line.level.padEnd(5)} ${line.text}`;
    process.stdout.write(`${output.json ? JSON.stringify(line) : text}\n`);
  };
  const limit = Math.min(500, Math.max(1, Number(options.lines) || 100));
  for (const line of await api.system.logs({ source: options.source, limit })) show(line);
  if (options.follow === true)
    for await (const line of await api.system.followLogs())
      if (options.source === "both" || line.source === options.source) show(line);
  return exit.ok;
};
