import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { SmartClawError } from "@smartclaw/contracts";
import { type OpenClawProgram, runOpenClaw } from "../supervisor/run-openclaw.ts";
import { syncFolder } from "./sync-folder.ts";

/** A state grows with what was said; a program that hangs must not hold an update up for ever. */
const timeoutMs = 300_000;

/**
 * Has OpenClaw back up its own state while it runs (`openclaw backup create --verify`), into `file`, a `.tar.gz` in a
 * folder that only the user can enter; one that was there is replaced when the new one is whole. The workspace is left
 * out: updates do not touch it.
 * @throws SmartClawError BACKUP_FAILED, CANCELLED when `signal` ends it
 */
export async function runBackup(program: OpenClawProgram, file: string, signal: AbortSignal): Promise<void> {
  const making = `${file}.making`;
  await rm(making, { recursive: true, force: true });
  try {
    await mkdir(making, { recursive: true, mode: 0o700 });
    const made = join(making, "backup.tar.gz");
    const args = ["backup", "create", "--output", made, "--verify", "--no-include-workspace", "--json"];
    const why = await runOpenClaw(program, args, timeoutMs, signal);
    if (why !== null) throw signal.aborted ? cancelled() : failed(why);
    const archive = await open(made, "r+");
    await archive.sync().finally(() => archive.close());
    await rename(made, file);
    syncFolder(join(file, ".."));
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

function failed(why: string): SmartClawError {
  return new SmartClawError(
    "BACKUP_FAILED",
    `OpenClaw could not back up its own state (${why}).`,
    "Nothing; an update goes back to the copy of its files.",
  );
}

function cancelled(): SmartClawError {
  return new SmartClawError("CANCELLED", "OpenClaw's backup was ended.", "It is made again by itself.");
}
