import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "@smartclaw/contracts";
import { createLeftoverFile } from "../supervisor/leftover.ts";
import { createProcessTree } from "../watchdog/process-tree.ts";

/** Where a rehearsal in `folder` keeps the number of its process. */
export function rehearsalPidFile(folder: string): string {
  return join(folder, "gateway.json");
}

/** Ends the OpenClaw of a rehearsal whose daemon was killed, and removes what that left. Idempotent. */
export async function clearRehearsal(deps: {
  readonly folder: string;
  readonly platform: NodeJS.Platform;
  readonly log: Log;
}): Promise<void> {
  const { folder, platform, log } = deps;
  const tree = createProcessTree({ platform, marker: null });
  await createLeftoverFile({ path: rehearsalPidFile(folder), tree, log }).clear();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
