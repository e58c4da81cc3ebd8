import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { daemonNodeFlags } from "../../apps/desktop/src/daemon/node-flags.ts";
import { row, type Row } from "./row.ts";

const measured = z.object({ p50: z.number(), p99: z.number() });

/** How long a decision takes, with the daemon's Node flags. */
export function measureGuardian(): Row[] {
  const program = fileURLToPath(new URL("./decisions.ts", import.meta.url));
  const output = execFileSync(process.execPath, [...daemonNodeFlags, program], { encoding: "utf8" });
  const { p50, p99 } = measured.parse(JSON.parse(output));
  return [
    row("guardian: a decision with 1,000 grants, p50", p50, "ms", 0.5, "for information", true),
    row("guardian: a decision with 1,000 grants, p99", p99, "ms", 0.5, "<= 0.5 ms", p99 <= 0.5),
  ];
}
