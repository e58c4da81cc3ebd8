import { SmartClawError } from "@smartclaw/contracts";
import { faultOf } from "../fault.ts";

/**
 * Asks the daemon for something with a version that a user typed. The daemon judges it: to check it here would load
 * zod, which takes longer than the rest of the command.
 * @throws SmartClawError BAD_REQUEST when it is no version
 */
export async function withVersion<T>(version: string, ask: (version: string) => Promise<T>): Promise<T> {
  try {
    return await ask(version);
  } catch (error) {
    if (faultOf(error).code !== "BAD_REQUEST") throw error;
    const message = `“${version}” is not a version of OpenClaw.`;
    throw new SmartClawError("BAD_REQUEST", message, "Write it like 2026.9.7.", { cause: error });
  }
}
