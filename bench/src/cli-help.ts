import { spawnSync } from "node:child_process";
import { quantile, type Row } from "./measure.ts";

/** Milliseconds of a command that asks neither the daemon nor the gateway; median of the runs. */
export function measureCliHelp(cli: string, runs: number): Row {
  const samples = Array.from({ length: runs }, () => {
    const begun = performance.now();
    const { status } = spawnSync(process.execPath, [cli, "keys", "--help"], { stdio: "ignore" });
    if (status !== 0) throw new Error(`smartclaw keys --help ended with ${status}.`);
    return performance.now() - begun;
  });
  const value = Math.round(quantile(samples, 0.5));
  const row = { name: "cli-help", value, unit: "ms", beside: null, ratio: null };
  return { ...row, goal: "< 200 ms", met: value < 200 };
}
