import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Made by Node itself; without it every start compiles OpenClaw anew. */
const kept = "node-compile-cache";

/** Removes what an earlier OpenClaw left behind. Only while none runs. */
export function clearTemporaryFolder(folder: string): void {
  for (const name of readdirSync(folder))
    if (name !== kept) rmSync(join(folder, name), { recursive: true, force: true });
}
