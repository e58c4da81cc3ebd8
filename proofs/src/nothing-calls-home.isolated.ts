import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProviderStandIn } from "@smartclaw/egress/testing";
import { startRecorder } from "./isolation.ts";
import { startHouse } from "./smartclaw.ts";

const restMs = 30_000;
const controlMs = 180_000;

const recorder = await startRecorder(() => null);
const folder = mkdtempSync(join(tmpdir(), "smartclaw-quiet-"));
const provider = await startProviderStandIn({ key: null });
const house = await startHouse(folder, {});
await house.client.vault.setup({ kind: "passphrase", passphrase: "a passphrase for this proof" });
await house.client.keys.add({ kind: "compatible", baseUrl: `${provider.url}/v1` });
const conversation = await house.client.chat.create({});
const answers = [];
for (const text of ["first question", "second question"])
  answers.push((await house.turn(conversation.id, text)).text);
await new Promise((resolve) => setTimeout(resolve, restMs));
const { entries } = await house.client.network.list({ limit: 200, verdict: "refused" });
const { openclaw } = await house.status();
await house.stop();
const names = [...new Set(recorder.names)];
const packets = recorder.packets();

recorder.names.length = 0;
const bare = join(folder, "bare");
mkdirSync(bare, { recursive: true });
const config = join(bare, "openclaw.json");
writeFileSync(
  config,
  JSON.stringify({ gateway: { mode: "local", bind: "loopback", port: 18_999, auth: { mode: "none" } } }),
);
const version = openclaw.gateway.version ?? "";
const entry = join(folder, "versions", "openclaw", version, "node_modules", "openclaw", "openclaw.mjs");
const control = spawn(process.execPath, [entry, "gateway", "run", "--bind", "loopback", "--port", "18999"], {
  env: {
    PATH: process.env["PATH"] ?? "",
    HOME: bare,
    TMPDIR: join(folder, "tmp"),
    OPENCLAW_STATE_DIR: bare,
    OPENCLAW_CONFIG_PATH: config,
  },
  stdio: "ignore",
});
const deadline = Date.now() + controlMs;
while (recorder.names.length === 0 && Date.now() < deadline)
  await new Promise((resolve) => setTimeout(resolve, 250));
control.kill("SIGKILL");
const controlNames = [...new Set(recorder.names)];

const refused = [...new Set(entries.map(({ host, door }) => `${host} (${door})`))];
process.stdout.write(`${JSON.stringify({ answers, names, packets, refused, controlNames })}\n`);
rmSync(folder, { recursive: true, force: true });
process.exit(0);
