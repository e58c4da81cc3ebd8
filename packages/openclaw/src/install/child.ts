/** Installs one release in a process of its own: npm's libraries are large, and the daemon stays small without them. */
import { createInterface } from "node:readline";
import { reportOf } from "@smartclaw/contracts";
import { buildRelease } from "./build-release.ts";
import { type InstallMessage, installOrder } from "./messages.ts";
import { createProgress } from "./progress.ts";

const send = (message: InstallMessage): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
const platform = {
  os: process.platform,
  cpu: process.arch,
  libc: process.platform === "linux" ? "glibc" : null,
};

const input = createInterface({ input: process.stdin });
input.once("line", (line) => {
  const progress = createProgress(
    (now) => send({ type: "progress", ...now }),
    () => performance.now(),
  );
  buildRelease(installOrder.parse(JSON.parse(line)), platform, progress)
    .then((result) => send({ type: "done", ...result }))
    .catch((error: unknown) => send({ type: "failed", error: reportOf(error) }))
    .finally(() => process.exit(0));
});
// The parent holds this pipe open; when it is gone, so is the reason to go on.
input.once("close", () => process.exit(1));
