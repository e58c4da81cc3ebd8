import { SmartClawError } from "@smartclaw/contracts";
import { type OpenClawProgram, runOpenClaw } from "./run-openclaw.ts";

const timeoutMs = 120_000;

/**
 * Runs OpenClaw's own repair (`openclaw doctor --fix --yes --non-interactive`) and waits for it.
 * @throws SmartClawError GATEWAY_CONFIG when it fails, takes longer than two minutes or `signal` ends it.
 */
export async function runRepair(program: OpenClawProgram, signal: AbortSignal): Promise<void> {
  const args = ["doctor", "--fix", "--yes", "--non-interactive"];
  const why = await runOpenClaw(program, args, timeoutMs, signal);
  if (why === null) return;
  throw new SmartClawError(
    "GATEWAY_CONFIG",
    `OpenClaw refuses its configuration or its stored data, and its own repair did not help (${why}).`,
    "Read its last lines with `smartclaw logs --source openclaw`; they name the file or the setting.",
  );
}
