import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProviderStandIn } from "@smartclaw/egress/testing";
import { impostorAddress, providerAddress } from "./direct-to-provider.ts";
import { startRecorder } from "./isolation.ts";
import { startHouse } from "./smartclaw.ts";

const pem = (name: string): string =>
  readFileSync(join(process.env["SMARTCLAW_PROOF_FOLDER"] ?? "", `${name}.pem`), "utf8");
for (const address of [providerAddress, impostorAddress])
  execFileSync("ip", ["route", "add", "local", `${address}/32`, "dev", "lo"]);
let address = providerAddress;
const recorder = await startRecorder((name) => (name === "api.openai.com" ? address : null));
const key = "sk-proof-0123456789abcdef0123456789";
const provider = await startProviderStandIn({
  key,
  tls: { key: pem("key"), cert: pem("cert") },
  host: providerAddress,
  port: 443,
  models: ["gpt-5.1"],
});
const impostor = await startProviderStandIn({
  key: null,
  tls: { key: pem("fake-key"), cert: pem("fake-cert") },
  host: impostorAddress,
  port: 443,
});

const folder = mkdtempSync(join(tmpdir(), "smartclaw-direct-"));
const house = await startHouse(folder, {
  NODE_EXTRA_CA_CERTS: join(process.env["SMARTCLAW_PROOF_FOLDER"] ?? "", "ca.pem"),
});
await house.client.vault.setup({ kind: "passphrase", passphrase: "a passphrase for this proof" });
const added = await house.client.keys.add({ kind: "openai", key });
const conversation = await house.client.chat.create({});
const { text: answer } = await house.turn(conversation.id, "hello");
const { entries } = await house.client.network.list({ limit: 200, door: "model-proxy" });
const names = [...recorder.names];
const packets = recorder.packets();

// Keep-alive connections would still lead to the real one; a new daemon has none.
await house.stop();
address = impostorAddress;
await house.start();
await house.client.vault.unlock({ kind: "passphrase", passphrase: "a passphrase for this proof" });
const check = added.connection === null ? null : await house.client.keys.test({ id: added.connection.id });
await house.stop();

process.stdout.write(
  `${JSON.stringify({
    answer,
    names,
    packets,
    peers: entries.map((entry) => ({
      host: entry.host,
      address: entry.address,
      fingerprint: entry.peerFingerprint,
    })),
    requests: provider.requests.length,
    hosts: [...new Set(provider.requests.map(({ headers }) => headers.host ?? ""))],
    impostor: {
      ok: check?.ok ?? true,
      message: check?.ok === false ? check.error.message : "",
      requests: impostor.requests.length,
    },
  })}\n`,
);
rmSync(folder, { recursive: true, force: true });
process.exit(0);
