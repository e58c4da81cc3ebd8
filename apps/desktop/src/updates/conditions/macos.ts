import type { Machine } from "./machine.ts";

/** What is left in the battery that a Mac runs on, in percent; null on mains. As `pmset -g batt` prints it: pmset(1). */
export async function batteryOnMac({ run }: Pick<Machine, "run">): Promise<number | null> {
  const said = await run("/usr/bin/pmset", ["-g", "batt"]);
  if (!said.includes("Now drawing from 'Battery Power'")) return null;
  const left = /-InternalBattery-\d+.*?\b(\d{1,3})%; discharging/.exec(said)?.[1];
  return left === undefined ? null : Number(left);
}
