import { isNoPublicName } from "../analysis/url-effects.ts";
import { type SandboxPlan, tooWide } from "../sandbox/plan.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { World } from "../world/world.ts";

/** Why a command cannot be carried out in the sandbox, whatever was granted or is said, for people; null when it can. */
export function obstacleTo(
  plan: SandboxPlan,
  world: World,
  { networkOff }: Pick<Sandbox, "networkOff">,
): string | null {
  const wide = tooWide(plan, world);
  if (wide !== null)
    return `the whole of ${wide} would be open to the command; it can be done in a folder below it`;
  if (plan.hosts.length > 0 && networkOff !== null) return networkOff;
  const nameless = plan.hosts.find(isNoPublicName);
  return nameless === undefined ? null : `commands reach servers by their public names only, not ${nameless}`;
}
