import { execFile } from "node:child_process";
import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import { SmartClawError } from "@smartclaw/contracts";
import { layOut } from "../install/lay-out.ts";
import type { Platform } from "../install/lock.ts";
import type { RuntimeOrder } from "../install/messages.ts";
import type { createProgress } from "../install/progress.ts";
import { keepTarballsOf } from "../install/prune-cache.ts";
import { makeReadOnly } from "../releases/read-only.ts";

/** An unpacked Node (165 MB), its tarball (55 MB), and room to breathe. */
const neededBytes = 300_000_000;
/** A first start can be slow where every new program is looked through for viruses. */
const tryMs = 60_000;

/**
 * Builds a complete Node in `order.staging`: its one tarball by the hash from the list, unpacked without running anything
 * and compared with it. Then its program is run once, as nothing else tells whether it fits this machine. Everything in
 * it is read-only from then on.
 * @throws SmartClawError RUNTIME_UNSUPPORTED when it does not start here, and as `layOut`
 */
export async function buildRuntime(
  order: RuntimeOrder,
  platform: Platform,
  progress: ReturnType<typeof createProgress>,
): Promise<{ integrity: string; size: number }> {
  const integrity = await layOut(order, neededBytes, platform, progress);
  const program = join(order.staging, order.program);
  progress.update({ stage: "scripts" });
  const said = await versionSaidBy(program, order);
  if (said !== `v${order.version}`)
    throw new SmartClawError(
      "INSTALL_INTEGRITY",
      `The package of Node ${order.version} holds another program, so it was not used.`,
      "Nothing is to be done; the version that runs goes on.",
    );
  progress.update({ stage: "publish" });
  makeReadOnly(order.staging, platform.os);
  await keepTarballsOf(order.cache, [order.lockFile]);
  return { integrity, size: statSync(program).size };
}

/** What `node --version` prints. It is given nothing: no environment, no input, and not much time. */
function versionSaidBy(program: string, { version, staging }: RuntimeOrder): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void =>
      reject(
        new SmartClawError(
          "RUNTIME_UNSUPPORTED",
          `Node ${version} does not start on this computer.`,
          "Nothing is to be done; the version that runs goes on.",
          { cause: error },
        ),
      );
    try {
      // Whatever its tarball says: it is a program.
      chmodSync(program, 0o755);
      const options = {
        cwd: staging,
        env: {},
        timeout: tryMs,
        killSignal: "SIGKILL",
        maxBuffer: 4096,
      } as const;
      const child = execFile(program, ["--version"], options, (error, stdout) =>
        error === null ? resolve(stdout.trim()) : fail(error),
      );
      child.stdin?.end();
    } catch (error) {
      fail(error);
    }
  });
}
