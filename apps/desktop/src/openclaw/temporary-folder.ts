import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { compiledFolder } from "@smartclaw/openclaw";

/**
 * Removes what an earlier OpenClaw left behind, but not the compiled code: without it every start compiles OpenClaw
 * anew. Only while none runs.
 */
export function clearTemporaryFolder(folder: string): void {
  for (const name of readdirSync(folder))
    if (name !== compiledFolder) rmSync(join(folder, name), { recursive: true, force: true });
}
