import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Secret } from "@smartclaw/contracts";
import { quietLog } from "../gateway/testing/real-gateway.ts";
import { installSecretProvider } from "./install-provider.ts";
import { createSecretsWindow } from "./secrets-window.ts";

const home = mkdtempSync(join(tmpdir(), "sc sec'rets-"));
after(() => rmSync(home, { recursive: true, force: true }));
const socketPath = join(home, "run", "s.sock");
let admitted = true;
const window = createSecretsWindow({
  socketPath,
  platform: process.platform,
  log: quietLog,
  answers: (id) => (id === "gateway/token" ? Secret.fromText("token-12345") : null),
  mayAsk: (pid) => Promise.resolve(admitted && pid !== process.pid),
});
const { command, args } = installSecretProvider(join(home, "bin"), {
  nodePath: process.execPath,
  socketPath,
  platform: process.platform,
});

function ask(...ids: string[]): Promise<{ code: number; answer: unknown; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(command, [...args], { env: {}, cwd: "/" }, (error, stdout, stderr) => {
      resolve({
        code: error ? Number(error.code) : 0,
        answer: stdout === "" ? null : JSON.parse(stdout),
        stderr,
      });
    });
    child.stdin?.end(JSON.stringify({ protocolVersion: 1, provider: "smartclaw", ids }));
  });
}

test("one window, one answer", async () => {
  await window.open();
  assert.equal(statSync(socketPath).mode & 0o777, 0o600);
  assert.equal(statSync(join(home, "run")).mode & 0o777, 0o700);
  const first = await ask("gateway/token");
  assert.deepEqual(first.answer, {
    protocolVersion: 1,
    values: { "gateway/token": "token-12345" },
    errors: {},
  });
  assert.equal(window.outcome(), "answered");
  assert.equal(existsSync(socketPath), false);
  const second = await ask("gateway/token");
  assert.deepEqual([second.code, second.answer], [1, null]);
});

test("nobody listens before it opens and after it closes", async () => {
  window.close();
  assert.equal((await ask("gateway/token")).code, 1);
  await window.open();
  window.close();
  assert.equal((await ask("gateway/token")).code, 1);
  assert.equal(window.outcome(), "not-asked");
});

test("a secret that is not there is named, and the outcome says so", async () => {
  await window.open();
  const { answer } = await ask("gateway/token", "other");
  assert.deepEqual(answer, {
    protocolVersion: 1,
    values: { "gateway/token": "token-12345" },
    errors: { other: { code: "NOT_FOUND" } },
  });
  assert.equal(window.outcome(), "refused");
});

test("a program that is not OpenClaw gets nothing", async () => {
  admitted = false;
  await window.open();
  const { code, answer, stderr } = await ask("gateway/token");
  admitted = true;
  window.close();
  assert.deepEqual([code, answer], [1, null]);
  assert.ok(!stderr.includes("token-12345"));
});

for (const [name, text] of [
  ["no JSON", "hello\n"],
  ["another protocol", '{"pid":1,"request":{"protocolVersion":2,"ids":[]}}\n'],
  ["a path as id", '{"pid":1,"request":{"protocolVersion":1,"ids":["../x y"]}}\n'],
  ["a line without end", "x".repeat(200_000)],
] as const) {
  test(`garbage is refused: ${name}`, async () => {
    await window.open();
    const received = await new Promise<string>((resolve) => {
      let data = "";
      const socket = connect(socketPath, () => socket.write(text));
      socket.on("data", (chunk) => (data += chunk.toString()));
      socket.on("error", () => undefined);
      socket.on("close", () => resolve(data));
    });
    window.close();
    assert.equal(received, "");
  });
}
