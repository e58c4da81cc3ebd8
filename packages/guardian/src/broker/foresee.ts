import { analyse } from "../analysis/analyse.ts";
import { touch } from "../analysis/path-effects.ts";
import { createFindings, type Findings, type Report } from "../analysis/report.ts";
import { known } from "../shell/argument.ts";
import { isHarmlessVariable } from "../shell/harmless-variables.ts";
import type { World } from "../world/world.ts";
import type { BrowserCall } from "./browser-call.ts";
import { absolutePath, type Doable } from "./tool-call.ts";

/** The origin of the page that is in a tab; null when there is none, or nobody can tell. */
export type OriginOfTab = (tab: string | null) => string | null;

/**
 * What an action would do, as far as that can be known before it is done.
 * @param folder in which it is meant; absolute, without links
 */
export function foresee(action: Doable, folder: string, world: World, originOfTab: OriginOfTab): Report {
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
  else if (action.type === "delegate") findings.need({ type: "tool", name: "sessions_spawn" });
  else if (action.type === "browser") browse(action.call, findings, originOfTab);
  else {
    const path = (one: string) => known(absolutePath(one, folder, world.home));
    for (const one of action.reads) touch(world, findings, ["/"], path(one), "read");
    for (const one of action.writes) touch(world, findings, ["/"], path(one), "write");
  }
  return findings.report();
}

function browse(call: BrowserCall, findings: Findings, originOfTab: OriginOfTab): void {
  if (call.does === "look") return;
  if (call.does === "open") return findings.need({ type: "browse", origin: call.origin, may: "read" });
  const origin = originOfTab(call.tab);
  const unknown = "which page is in the tab is not known";
  if (origin !== null) findings.need({ type: "browse", origin, may: call.does });
  else if (call.does === "script") findings.refuse(`${unknown}, so no script is run in it`);
  else findings.unknown(unknown);
}
