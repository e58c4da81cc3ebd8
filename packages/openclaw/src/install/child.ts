/** Installs one release, or one Node, in a process of its own: npm's libraries are large, and the daemon stays small. */
import { createInterface } from "node:readline";
import type { z } from "zod";
import { reportOf } from "@smartclaw/contracts";
import { buildRuntime } from "../runtime/build-runtime.ts";
import { buildRelease } from "./build-release.ts";
import { type InstallAnswer, type InstallMessage, installOrder, type RuntimeAnswer } from "./messages.ts";
import { thisPlatform } from "./platform.ts";
import { createProgress } from "./progress.ts";

const send = (message: InstallMessage): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
const progress = createProgress(
  (now) => send({ type: "progress", ...now }),
  () => performance.now(),
);
/** Every byte is told before the end, as the parent writes them into the ledger. */
const answer = (said: InstallAnswer | RuntimeAnswer): void => {
  progress.flush();
  send(said);
};

const build = async (order: z.infer<typeof installOrder>): Promise<InstallAnswer | RuntimeAnswer> =>
  order.what === "openclaw"
    ? { type: "done", ...(await buildRelease(order, thisPlatform, progress)) }
    : { type: "done", ...(await buildRuntime(order, thisPlatform, progress)) };

const input = createInterface({ input: process.stdin });
input.once("line", (line) => {
  build(installOrder.parse(JSON.parse(line)))
    .then(answer)
    .catch((error: unknown) => answer({ type: "failed", error: reportOf(error) }))
    .finally(() => process.exit(0));
});
// The parent holds this pipe open; when it is gone, so is the reason to go on.
input.once("close", () => process.exit(1));
