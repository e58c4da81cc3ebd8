/** The model proxy in a process of its own, as in the daemon; the provider's port comes as argument. */
import { connectionId, Secret } from "@smartclaw/contracts";
import { createModelProxy } from "@smartclaw/egress";

const route = {
  id: connectionId.parse("bench"),
  label: "Bench",
  api: "openai-completions" as const,
  baseUrl: `http://127.0.0.1:${process.argv[2]}/v1`,
  model: "standin-1",
};
const nowhere = { connected() {}, count() {}, end() {}, fail() {} };
const proxy = createModelProxy({
  token: Secret.fromText("token"),
  route: () => route,
  keyFor: () => Secret.fromText("sk-bench"),
  needsKey: () => true,
  onFault() {},
  ledger: { begin: () => nowhere, refuse() {} },
  clock: { now: () => Date.now() },
  log: { info() {}, warn() {}, error() {} },
  processes: { client: () => "bench", self: "bench" },
});
process.stdout.write(`${await proxy.listen()}\n`);
process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
