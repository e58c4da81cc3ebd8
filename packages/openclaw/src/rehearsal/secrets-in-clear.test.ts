import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Secret } from "@smartclaw/contracts";
import { filesWith, processesWith } from "./secrets-in-clear.ts";

const home = mkdtempSync(join(tmpdir(), "sc-clear-"));
after(() => rmSync(home, { recursive: true, force: true }));
const text = "first-token-0123456789";
const secrets = [Secret.fromText(text), Secret.fromText("second-token-9876543210")];

test("a secret is found in whatever file it stands, also across the border between two pieces", async () => {
  const folder = join(home, "files");
  mkdirSync(join(folder, "deep", "deeper"), { recursive: true });
  const piece = 1 << 20;
  const put = (name: string, content: string | Buffer): void => writeFileSync(join(folder, name), content);
  put("empty", "");
  put("clean", text.slice(1));
  put("deep/deeper/state.sqlite", Buffer.concat([Buffer.alloc(5000, 0xff), Buffer.from(`"${text}"`)]));
  put("second.json", '{"token":"second-token-9876543210"}');
  for (const before of [piece - 1, piece - text.length, piece - text.length + 1, 2 * piece - 5])
    put(`border-${before}`, Buffer.concat([Buffer.alloc(before), Buffer.from(text), Buffer.alloc(piece)]));
  const outside = join(home, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "token"), text);
  symlinkSync(outside, join(folder, "link"), "junction");
  const found = await filesWith(secrets, [join(folder, "deep"), folder]);
  assert.deepEqual(
    new Set(found.map((path) => path.slice(folder.length + 1))),
    new Set([
      join("deep", "deeper", "state.sqlite"),
      "second.json",
      ...[piece - 1, piece - text.length, piece - text.length + 1, 2 * piece - 5].map((at) => `border-${at}`),
    ]),
  );
});

test(
  "a secret is found in the environment and in the arguments of a process",
  { skip: process.platform !== "linux" && "the processes of others can only be looked into on Linux" },
  async () => {
    const wait = "setInterval(() => {}, 1000)";
    const children = [
      spawn(process.execPath, ["-e", wait], { env: { TOKEN: text }, stdio: "ignore" }),
      spawn(process.execPath, ["-e", wait, text], { env: {}, stdio: "ignore" }),
      spawn(process.execPath, ["-e", wait, "harmless"], { env: { TOKEN: "no" }, stdio: "ignore" }),
    ];
    await Promise.all(children.map((child) => once(child, "spawn")));
    const listed = children.map(({ pid }, index) => ({ pid: pid ?? 0, name: String(index) }));
    assert.deepEqual(await processesWith(secrets, listed), ["0", "1"]);
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(children.map((child) => once(child, "exit")));
    assert.deepEqual(await processesWith(secrets, listed), [], "one that has ended shows nothing");
  },
);
