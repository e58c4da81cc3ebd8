import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Log } from "@smartclaw/contracts";
import { z } from "zod";
import type { ProcessTree } from "../watchdog/process-tree.ts";

const record = z.object({ pid: z.number().int().positive(), start: z.string(), boot: z.string() });

/**
 * Remembers on disk which process is the gateway, so that one left behind by a daemon that was killed is found and
 * ended before a new one starts. The start time and the boot make sure that it is the same process.
 */
export function createLeftoverFile(deps: { path: string; tree: ProcessTree; log: Log }): {
  remember(pid: number): Promise<void>;
  forget(): void;
  /** Ends the remembered process and what it started; does nothing when it is gone or the number is a stranger's. */
  clear(): Promise<void>;
} {
  const { path, tree, log } = deps;
  return {
    async remember(pid) {
      const process = await tree.identify(pid);
      if (process === null) return;
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const text = JSON.stringify({ pid, start: process.start, boot: bootId() });
      writeFileSync(path, text, { mode: 0o600 });
    },
    forget: () => rmSync(path, { force: true }),
    async clear() {
      const left = read(path);
      if (left === null) return;
      const now = left.boot === bootId() ? await tree.identify(left.pid) : null;
      if (now !== null && now.start === left.start) {
        log.warn({ pid: left.pid }, "an earlier OpenClaw was still running and is ended");
        await tree.kill(left.pid);
      }
      rmSync(path, { force: true });
    },
  };
}

function read(path: string): z.infer<typeof record> | null {
  try {
    return record.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    // Not there, or cut short by a power loss: nothing that could be acted on.
    return null;
  }
}

/** Empty where the system has none; the start time then stands alone. */
function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}
