import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Secret, SmartClawError } from "@smartclaw/contracts";
import { quietLog, skipWithoutOpenclaw } from "../gateway/testing/real-gateway.ts";
import { type RehearsalDeps, rehearse } from "./rehearse.ts";

const openclaw = process.env["SMARTCLAW_TEST_OPENCLAW"] ?? "";
const home = mkdtempSync(join(tmpdir(), "sc-rehearse-"));
after(() => rmSync(home, { recursive: true, force: true }));
const temporary = join(process.env["SMARTCLAW_TEST_CACHE"] ?? tmpdir(), "openclaw-tmp");

function rehearsal(change: Partial<RehearsalDeps>): Promise<void> {
  const state = mkdtempSync(join(home, "state-"));
  mkdirSync(temporary, { recursive: true });
  return rehearse({
    version: existsSync(openclaw)
      ? String(JSON.parse(readFileSync(join(openclaw, "package.json"), "utf8")).version)
      : "0.0.0",
    entry: join(openclaw, "openclaw.mjs"),
    nodePath: process.execPath,
    state,
    folder: join(home, randomUUID()),
    socketPath: join(home, "rehearsal", "s.sock"),
    temporary,
    environment: { PATH: process.env["PATH"], HOME: home },
    expected: null,
    platform: process.platform,
    // This release asks 127.0.0.1 directly; the daemon's test has one that does not.
    openWayOut: () => Promise.resolve({ url: "http://127.0.0.1:1", close: () => Promise.resolve() }),
    newToken: () => Secret.fromText(randomBytes(24).toString("base64url")),
    newId: randomUUID,
    clock: Date,
    log: quietLog,
    onLine: () => {},
    startMs: 240_000,
    turnMs: 180_000,
    signal: new AbortController().signal,
    ...change,
  });
}

/** A program in place of OpenClaw's. */
function program(text: string): string {
  const path = join(home, `${randomUUID()}.mjs`);
  writeFileSync(path, text);
  return path;
}

const coded =
  (code: string, text = /./) =>
  (error: unknown) =>
    error instanceof SmartClawError && error.code === code && text.test(error.message);

test("the real OpenClaw", { skip: skipWithoutOpenclaw }, async (t) => {
  await t.test("passes its rehearsal", () => rehearsal({}));

  await t.test("is told when it has lost conversations", () =>
    assert.rejects(
      rehearsal({ expected: { conversations: 3, agents: 1, jobs: 5, channels: 0 } }),
      coded("UPDATE_UNHEALTHY", /0 of 3 conversations/),
    ),
  );

  await t.test("that starts but gets no answer through to the chat fails", () => {
    // The same program, with a model at an address where nobody answers.
    const entry = program(`
      import { readFileSync, writeFileSync } from "node:fs";
      const file = process.env.OPENCLAW_CONFIG_PATH;
      const text = readFileSync(file, "utf8");
      writeFileSync(file, text.replace(/"baseUrl":"[^"]*"/, '"baseUrl":"http://127.0.0.1:9/v1"'));
      process.argv[1] = ${JSON.stringify(join(openclaw, "openclaw.mjs"))};
      await import(${JSON.stringify(join(openclaw, "openclaw.mjs"))});
    `);
    return assert.rejects(
      rehearsal({ entry, turnMs: 20_000 }),
      coded("UPDATE_UNHEALTHY", /did not bring an answer/),
    );
  });
});

test("a release that ends at once", () =>
  assert.rejects(rehearsal({ entry: program("process.exit(1)") }), SmartClawError));

test("a release that wants its configuration repaired", () =>
  assert.rejects(
    rehearsal({ entry: program("process.exit(78)") }),
    coded("UPDATE_UNHEALTHY", /does not accept its configuration/),
  ));

test("a release that hangs", () =>
  assert.rejects(
    rehearsal({ entry: program("setInterval(() => {}, 1000)"), startMs: 1500 }),
    SmartClawError,
  ));

test("a release that says another version than it is", () => {
  const entry = program(`
    import { createServer } from "node:http";
    const port = Number(process.argv[process.argv.indexOf("--port") + 1]);
    createServer((_, answer) => answer.end(JSON.stringify({ ok: true, status: "started", version: "2020.1.1" })))
      .listen(port, "127.0.0.1");
  `);
  return assert.rejects(rehearsal({ entry }), coded("GATEWAY_NOT_READY", /2020\.1\.1 answered/));
});

test("a rehearsal that is called off ends soon, and leaves nothing", async () => {
  const folder = join(home, "called-off");
  const off = new AbortController();
  const running = rehearsal({
    entry: program("setInterval(() => {}, 1000)"),
    folder,
    signal: off.signal,
  });
  setTimeout(() => off.abort(), 500);
  await assert.rejects(running, coded("CANCELLED"));
  assert.ok(!existsSync(folder));
});
