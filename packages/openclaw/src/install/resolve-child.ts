/** Makes and judges the list of packages of a new version, in a process of its own: it takes hundreds of megabytes. */
import { setGlobalProxyFromEnv } from "node:http";
import { createInterface } from "node:readline";
import { reportOf } from "@smartclaw/contracts";
import { installFault } from "./faults.ts";
import { thisPlatform } from "./platform.ts";
import { createProgress } from "./progress.ts";
import { type ResolveAnswer, type ResolveMessage, resolveOrder } from "./resolve-messages.ts";
import { resolveRelease } from "./resolve-release.ts";

const send = (message: ResolveMessage): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
const progress = createProgress(
  (now) => send({ type: "progress", ...now }),
  () => performance.now(),
);
/** Every byte is told before the end, as the parent writes them into the ledger. */
const answer = (said: ResolveAnswer): void => {
  progress.flush();
  send(said);
};
/** What does not come from whom it should is an answer, too: nothing about it changes by asking again. */
const sendFault = (error: unknown): void => {
  const report = reportOf(error);
  if (report.code !== "UPDATE_REFUSED") return answer({ type: "failed", error: report });
  answer({ type: "done", verdict: "refused", reasons: [report.message], lockFile: null });
};

// npm's libraries do the same by themselves.
setGlobalProxyFromEnv();
const input = createInterface({ input: process.stdin });
// npm's libraries fetch ahead, and leave alone what fails then.
process.once("unhandledRejection", (error) => {
  sendFault(installFault(error, "The list of packages"));
  process.exit(0);
});
input.once("line", (line) => {
  const order = resolveOrder.parse(JSON.parse(line));
  resolveRelease(order, thisPlatform, progress, { fetch, now: () => Date.now() })
    .then((result) => answer({ type: "done", ...result }))
    .catch(sendFault)
    .finally(() => process.exit(0));
});
// The parent holds this pipe open; when it is gone, so is the reason to go on.
input.once("close", () => process.exit(1));
