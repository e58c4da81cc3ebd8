import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { absolutePath, readAction } from "./tool-call.ts";

const exec = (params: Record<string, unknown>) => readAction({ tool: "exec", params });
const refused = (action: ReturnType<typeof readAction>): boolean => action.type === "refused";

test("a command is read as OpenClaw reads it", () => {
  const command = { type: "command", text: "ls", folder: null, environment: {} };
  assert.deepEqual(exec({ command: "ls" }), command);
  assert.deepEqual(exec({ command: "ls", workdir: "" }), command, "empty is as if it were not given");
  assert.deepEqual(exec({ command: "ls", workdir: "sub", env: { A: "b" }, host: "sandbox" }), {
    ...command,
    folder: "sub",
    environment: { A: "b" },
  });
  // What OpenClaw shows, waits for, or asks by itself decides nothing here.
  const more = { title: "x", background: true, yieldMs: 1, timeoutSeconds: 9, ask: "off", security: "full" };
  assert.deepEqual(exec({ command: "ls", host: "auto", pty: false, elevated: false, ...more }), command);
  assert.deepEqual(readAction({ tool: "bash", params: { command: "ls" } }), command);
});

test("a command that would run elsewhere, or is of another shape, is refused", () => {
  const strange: Record<string, unknown>[] = [
    {},
    { cmd: "ls" },
    { command: "" },
    { command: ["ls"] },
    { command: { text: "ls" } },
    { command: "x".repeat(65_537) },
    { command: "ls", elevated: true },
    { command: "ls", elevated: "full" },
    { command: "ls", elevated: null },
    { command: "ls", host: "gateway" },
    { command: "ls", host: "node" },
    { command: "ls", host: " gateway" },
    { command: "ls", host: "Gateway" },
    { command: "ls", host: ["sandbox"] },
    { command: "ls", node: "n" },
    { command: "ls", node: "" },
    { command: "ls", pty: true },
    { command: "ls", pty: "true" },
    { command: "ls", workdir: 7 },
    { command: "ls", workdir: "x".repeat(4097) },
    { command: "ls", env: ["A=b"] },
    { command: "ls", env: "A=b" },
    { command: "ls", env: { A: 1 } },
    { command: "ls", env: { "": "x" } },
    { command: "ls", env: { "A=B": "x" } },
  ];
  for (const params of strange) assert.ok(refused(exec(params)), JSON.stringify(params).slice(0, 80));
});

test("the end of a word is in no word: bubblewrap would take the rest for orders", () => {
  const nul = "x\0--bind\0/\0/";
  for (const params of [
    { command: nul },
    { command: "ls", workdir: nul },
    { command: "ls", env: { TZ: nul } },
    { command: "ls", env: { [nul]: "x" } },
  ])
    assert.ok(refused(exec(params)), JSON.stringify(params));
  assert.ok(refused(readAction({ tool: "read", params: { path: nul } })));
});

test("a file tool is read by the one name that OpenClaw takes", () => {
  const read = (tool: string, params: Record<string, unknown>) => readAction({ tool, params });
  assert.deepEqual(read("read", { path: "a", limit: 3, file_path: "/etc/passwd" }), {
    type: "files",
    text: "Read a",
    reads: ["a"],
    writes: [],
  });
  assert.deepEqual(read("write", { path: "a", content: "x" }), {
    type: "files",
    text: "Write a",
    reads: [],
    writes: ["a"],
  });
  assert.deepEqual(read("edit", { path: "a", edits: [] }), {
    type: "files",
    text: "Change a",
    reads: ["a"],
    writes: ["a"],
  });
  for (const params of [{}, { file_path: "a" }, { path: "" }, { path: ["a"] }, { path: "x".repeat(4097) }])
    assert.ok(refused(read("read", params)), JSON.stringify(params).slice(0, 60));
});

test("words for a program that runs are asked about, whatever the action is called", () => {
  const act = (params: Record<string, unknown>) => readAction({ tool: "process", params });
  for (const action of ["list", "poll", "log", "kill", "clear", "remove"])
    assert.equal(act({ action, sessionId: "s" }).type, "free");
  for (const action of ["write", "send-keys", "submit", "paste", "KILL", " list", "new-one"]) {
    const read = act({ action, sessionId: "s", data: "rm -rf /\n" });
    assert.ok(read.type === "input" && read.text.includes(String.raw`rm -rf /\n`), action);
  }
  for (const params of [
    {},
    { action: 1 },
    { action: ["list"] },
    { action: "write", data: "x".repeat(70_000) },
  ])
    assert.ok(refused(act(params)), JSON.stringify(params).slice(0, 60));
});

test("no other tool is let in", () => {
  const known = new Set(["exec", "bash", "process", "read", "write", "edit", "session_status"]);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.constantFrom("apply_patch", "Exec", "exec ", "web_fetch", "browser", "__proto__", "constructor"),
      ),
      fc.dictionary(fc.string(), fc.anything()),
      (tool, params) => {
        fc.pre(!known.has(tool));
        assert.ok(refused(readAction({ tool, params })), tool);
      },
    ),
  );
});

test("a path is meant from the assistant's own folder, or from home", () => {
  const path = (one: string): string => absolutePath(one, "/w", "/home/u");
  assert.deepEqual(["a", "./a", "../a", "/a/../b", "~", "~/a", "~u/a", "a~"].map(path), [
    "/w/a",
    "/w/a",
    "/a",
    "/b",
    "/home/u",
    "/home/u/a",
    "/w/~u/a",
    "/w/a~",
  ]);
});
