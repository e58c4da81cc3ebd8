import { isHeld } from "../../daemon/instance-lock.ts";
import type { Command, Context } from "../context.ts";
import { faultOf } from "../fault.ts";
import { exit } from "../output.ts";
import { start, type StartOptions } from "./start.ts";

const patienceMs = 30_000;
const pollMs = 50;

/**
 * Stops OpenClaw and the daemon, and returns when both are gone. The daemon takes its lock first of all and lets go of
 * it last, so one that is still starting is waited for and stopped too, and the next start finds nobody in its way.
 */
export const stop: Command = async ({ client, output, paths }) => {
  const deadline = Date.now() + patienceMs;
  let asked = false;
  while (isHeld(paths.lock)) {
    if (Date.now() > deadline) {
      const message = "SmartClaw is still busy stopping.";
      output.fail({ code: "INTERNAL", message, next: "Look at `smartclaw status` in a minute." });
      return exit.failed;
    }
    asked ||= await askToStop(client);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  output.answer({ stopped: asked }, asked ? "SmartClaw has stopped." : "SmartClaw was not running.");
  return exit.ok;
};

/** False while the daemon does not listen yet, or no more. */
async function askToStop(client: Context["client"]): Promise<boolean> {
  try {
    await (await client()).system.shutdown();
    return true;
  } catch (error) {
    if (faultOf(error).code !== "DAEMON_NOT_RUNNING") throw error;
    return false;
  }
}

export const restart: Command<StartOptions> = async (context, options) => {
  const silent = { ...context, output: { ...context.output, answer: () => {} } };
  const stopped = await stop(silent, {});
  return stopped === exit.ok ? start(context, options) : stopped;
};
