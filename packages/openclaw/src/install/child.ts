/** Installs one release in a process of its own: npm's libraries are large, and the daemon stays small without them. */
import { createInterface } from "node:readline";
import { reportOf } from "@smartclaw/contracts";
import { buildRelease } from "./build-release.ts";
import { type InstallAnswer, type InstallMessage, installOrder } from "./messages.ts";
import { thisPlatform } from "./platform.ts";
import { createProgress } from "./progress.ts";

const send = (message: InstallMessage): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
const progress = createProgress(
  (now) => send({ type: "progress", ...now }),
  () => performance.now(),
);
/** Every byte is told before the end, as the parent writes them into the ledger. */
const answer = (said: InstallAnswer): void => {
  progress.flush();
  send(said);
};

const input = createInterface({ input: process.stdin });
input.once("line", (line) => {
  buildRelease(installOrder.parse(JSON.parse(line)), thisPlatform, progress)
    .then((result) => answer({ type: "done", ...result }))
    .catch((error: unknown) => answer({ type: "failed", error: reportOf(error) }))
    .finally(() => process.exit(0));
});
// The parent holds this pipe open; when it is gone, so is the reason to go on.
input.once("close", () => process.exit(1));
