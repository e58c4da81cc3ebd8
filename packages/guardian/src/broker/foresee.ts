import { analyse } from "../analysis/analyse.ts";
import { touch } from "../analysis/path-effects.ts";
import { createFindings, type Report } from "../analysis/report.ts";
import { known } from "../shell/argument.ts";
import { isHarmlessVariable } from "../shell/harmless-variables.ts";
import type { World } from "../world/world.ts";
import { absolutePath, type Action } from "./tool-call.ts";

/**
 * What an action would do, as far as that can be known before it is done.
 * @param folder in which it is meant; absolute, without links
 */
export function foresee(
  action: Extract<Action, { type: "command" | "files" | "input" }>,
  folder: string,
  world: World,
): Report {
  if (action.type === "command") {
    const report = analyse(action.text, folder, world);
    const strange = Object.keys(action.environment).filter((name) => !isHarmlessVariable(name));
    const unknown = strange.map(
      (name) => `the variable ${name} is set, which can change what a program does`,
    );
    return { ...report, unknown: [...report.unknown, ...unknown] };
  }
  const findings = createFindings();
  if (action.type === "input") findings.unknown("words would be given to a program that runs");
  else {
    const path = (one: string) => known(absolutePath(one, folder, world.home));
    for (const one of action.reads) touch(world, findings, ["/"], path(one), "read");
    for (const one of action.writes) touch(world, findings, ["/"], path(one), "write");
  }
  return findings.report();
}
