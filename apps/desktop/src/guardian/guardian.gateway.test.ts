/** The real OpenClaw, its tools called by a model that does whatever the test says, behind the real Guardian. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { NewGuardianGrant } from "@smartclaw/contracts";
import { disobedienceOf } from "@smartclaw/openclaw";
import { until } from "@smartclaw/openclaw/testing";
import { z } from "zod";
import { type GuardedOpenClaw, openGuardedOpenClaw } from "./testing/guarded-openclaw.ts";

const skip =
  process.env["SMARTCLAW_TEST_OPENCLAW"] === undefined
    ? "no installed OpenClaw (SMARTCLAW_TEST_OPENCLAW)"
    : existsSync("/usr/bin/bwrap")
      ? false
      : "there is no bubblewrap here";

test("the real OpenClaw behind Guardian", { skip }, async (t) => {
  let it: GuardedOpenClaw;
  let session = "";
  const grant = (scope: NewGuardianGrant["scope"]): void =>
    void it.guardian.addGrants(
      [
        {
          effect: "allow",
          scope,
          callers: ["owner"],
          duration: { kind: "until", at: Date.now() + 3_600_000 },
        },
      ],
      "tab",
    );
  const file = (name: string): string => join(it.project, name);
  const read = (name: string): string => readFileSync(file(name), "utf8");
  const tool = (name: string, params: object): string => `TOOL ${name} ${JSON.stringify(params)} END`;
  const exec = (command: string, more: object = {}): string =>
    tool("exec", { command, workdir: it.project, ...more });
  const say = async (text: string): Promise<string> => {
    const { results } = await it.say(session, text);
    assert.equal(results.length, 1, JSON.stringify(results));
    return results[0] ?? "";
  };
  before(async () => {
    it = await openGuardedOpenClaw();
    writeFileSync(file("a.txt"), "hello\n");
    writeFileSync(file(".env"), "TOKEN=secret\n");
  });
  // In one in which the owner has said no three times, nothing more is asked.
  t.beforeEach(async () => {
    session = await it.conversation();
  });
  after(async () => await it.dispose());

  await t.test("it works as it was told, and a call that Guardian refuses is refused", async () => {
    const probe = it.guardian.probe();
    assert.ok(probe);
    const config = JSON.parse(readFileSync(join(it.real.home, "state", "openclaw.json"), "utf8"));
    const ask = async (more: object = {}) =>
      await disobedienceOf(it.real.gateway, { config, probe, agenticMode: true, ...more });
    assert.equal(await ask(), null);
    assert.match((await ask())?.finding ?? "", /refuse a call/, "a probe is good for once");
    const stricter = { ...config, tools: { ...config.tools, exec: { mode: "deny" } } };
    assert.deepEqual(await ask({ config: stricter }), {
      of: "configuration",
      finding: "works with another setting of tools.exec.mode, tools.exec.host",
    });
  });

  await t.test("nothing is granted, and nothing runs; the owner's no is a no", async () => {
    it.answerWith("deny");
    assert.match(await say(exec("cat a.txt")), /the owner said no/);
    assert.match(await say(exec("touch made")), /the owner said no/);
    const first = session;
    session = await it.conversation();
    assert.match(await say(tool("read", { path: file("a.txt") })), /the owner said no/);
    assert.match(await say(tool("write", { path: file("made"), content: "x" })), /the owner said no/);
    assert.equal(existsSync(file("made")), false);
    assert.equal(it.asked.length, 4);
    const [asked] = it.asked;
    assert.deepEqual([asked?.text, asked?.folder, asked?.conversation], ["cat a.txt", it.project, first]);
    assert.ok(asked?.effects.some(({ kind, what }) => kind === "read" && what === file("a.txt")));
  });

  await t.test("the owner's yes is for this once, and for exactly this", async () => {
    it.answerWith("once");
    assert.equal(await say(exec("cat a.txt")), "hello");
    assert.equal(await say(tool("read", { path: file("a.txt") })), "hello\n");
    it.answerWith("deny");
    assert.match(await say(exec("cat a.txt")), /said no/);
    assert.deepEqual(it.guardian.grants(), []);
  });

  await t.test("for this conversation it is not asked again, and in another one it is", async () => {
    it.answerWith("session");
    assert.equal(await say(exec("cat a.txt")), "hello");
    it.answerWith("deny");
    assert.equal(await say(exec("cat a.txt")), "hello");
    assert.match(await say(exec("cat ./a.txt a.txt")), /said no/);
    const other = await it.conversation();
    assert.match((await it.say(other, exec("cat a.txt"))).results.join(), /said no/);
  });

  await t.test("what is granted runs, sees the granted folder and nothing else", async () => {
    grant({ type: "read", path: it.project });
    grant({ type: "write", path: it.project });
    for (const word of ["ls", "echo", "cat", "sleep"]) grant({ type: "run", words: [word], rest: true });
    const asked = it.asked.length;
    assert.equal(await say(exec("ls -A")), ".env\na.txt");
    assert.equal(await say(exec("cat a.txt && echo written > b.txt")), "hello");
    assert.equal(read("b.txt"), "written\n");
    assert.equal(it.asked.length, asked, "nobody was asked");
    const start = it.record().findLast(({ kind }) => kind === "start");
    assert.deepEqual(start?.body["writes"], [it.project]);
    it.answerWith("once");
    // Somebody said yes to what nobody can see through: the second wall still stands.
    const secrets = [".env", join(it.real.home, "state", "openclaw.json"), "/etc/shadow", "/root/.bashrc"];
    for (const path of secrets)
      assert.doesNotMatch(await say(exec(`p=${path}; c=cat; $c "$p" 2>&1; true`)), /TOKEN|token|root:|alias/);
    const descriptors = await say(exec("q=/proc/self; cd $q; c=ls; $c fd | tr '\\n' ' '"));
    assert.match(descriptors, /^0 1 2$/, "no descriptor of OpenClaw's or SmartClaw's is open");
  });

  await t.test(
    "file tools read, write and change what was granted, and nothing by way of a link",
    async () => {
      it.answerWith("deny");
      assert.match(
        await say(tool("write", { path: file("deep/er/c.txt"), content: "new\n" })),
        /wrote|Success/i,
      );
      assert.equal(read("deep/er/c.txt"), "new\n");
      const edits = [{ oldText: "hello", newText: "goodbye" }];
      assert.match(await say(tool("edit", { path: file("a.txt"), edits })), /replaced/i);
      assert.equal(read("a.txt"), "goodbye\n");
      symlinkSync("/etc", file("out"));
      assert.match(await say(tool("read", { path: file("out/passwd") })), /said no/);
      assert.match(await say(tool("write", { path: file("out/planted"), content: "x" })), /did not allow/);
      assert.match(await say(tool("read", { path: file(".env") })), /said no/);
      assert.match(
        await say(tool("write", { path: file(".git/hooks/pre-commit"), content: "x" })),
        /did not allow/,
      );
      assert.match(
        await say(tool("read", { path: join(it.real.home, "state/openclaw.json") })),
        /did not allow/,
      );
      assert.equal(existsSync("/etc/planted"), false);
    },
  );

  await t.test("ways round the sandbox are refused without a question", async () => {
    const asked = it.asked.length;
    for (const more of [{ elevated: true }, { host: "gateway" }, { host: "node", node: "n" }, { pty: true }])
      assert.match(
        await say(exec("echo hi", more)),
        /Guardian|not allowed|elevated|unavailable/i,
        JSON.stringify(more),
      );
    assert.match(
      await say(exec("echo $LD_PRELOAD", { env: { LD_PRELOAD: "/tmp/x.so" } })),
      /said no|not allow/i,
    );
    assert.ok(it.asked.length <= asked + 1);
    for (const [name, params] of [
      ["apply_patch", { input: `*** Begin Patch\n*** Add File: ${file("p")}\n+x\n*** End Patch` }],
      ["web_fetch", { url: "http://127.0.0.1:1/" }],
      ["sessions_spawn", { task: "RUN touch spawned END" }],
      ["browser", { action: "open", url: "http://127.0.0.1:1/" }],
      ["cron", { action: "add" }],
    ] as const)
      assert.match(
        (await it.say(session, tool(name, params))).results.join(),
        /not found|not allow|unknown|unavailable/i,
        name,
      );
    assert.equal(existsSync(file("p")), false);
  });

  await t.test(
    "a command in the background is looked after, and ended with all that it started",
    async () => {
      const beat = file("beat");
      grant({ type: "run", words: ["bash", "beat.sh"], rest: false });
      writeFileSync(
        file("beat.sh"),
        "(setsid sh -c 'while :; do date +%N > beat; sleep 0.02; done' &) ; sleep 600",
      );
      it.answerWith("once");
      const started = await say(exec("bash beat.sh", { background: true }));
      const id = /session ([\w-]+)/i.exec(started)?.[1] ?? "";
      assert.ok(id !== "", started);
      await until(() => existsSync(beat) && readFileSync(beat, "utf8") !== "");
      it.answerWith("deny");
      assert.match(await say(tool("process", { action: "write", sessionId: id, data: "x\n" })), /said no/);
      await say(tool("process", { action: "kill", sessionId: id }));
      await stopsBeating(beat);
    },
  );

  await t.test("the owner stops an answer, and all that it started stops", async () => {
    const beat = file("beat");
    it.answerWith("once");
    const runId = await it.send(session, exec("bash beat.sh ; true"));
    const begun = readFileSync(beat, "utf8");
    await until(() => readFileSync(beat, "utf8") !== begun);
    await it.real.gateway.request("chat.abort", { sessionKey: session, runId }, z.unknown());
    await stopsBeating(beat);
  });

  await t.test("panic ends everything at once and lets nothing begin, until it is armed again", async () => {
    const beat = file("beat");
    session = await it.conversation();
    it.answerWith("once");
    await it.send(session, exec("bash beat.sh ; true"));
    const begun = readFileSync(beat, "utf8");
    await until(() => readFileSync(beat, "utf8") !== begun);
    it.guardian.panic();
    await stopsBeating(beat);
    await sleep(1500);
    session = await it.conversation();
    const asked = it.asked.length;
    assert.match(await say(exec("cat a.txt")), /everything was stopped/);
    assert.match(await say(tool("read", { path: file("a.txt") })), /everything was stopped/);
    assert.equal(it.asked.length, asked);
    it.guardian.arm();
    it.answerWith("deny");
    assert.match(await say(exec("cat a.txt")), /said no/, "what was granted before is void");
    assert.ok(it.guardian.grants().every(({ standing }) => standing === "void"));
  });

  await t.test(
    "a question that nobody needs any more is withdrawn, and its late answer does nothing",
    async () => {
      it.answerWith(null);
      const runId = await it.send(session, exec("touch late"));
      await until(() => it.guardian.waiting().length === 1);
      const [request] = it.guardian.waiting();
      assert.ok(request);
      assert.throws(() => it.guardian.answer({ id: request.id, hash: "forged", answer: "once" }), {
        code: "CONFLICT",
      });
      await it.real.gateway.request("chat.abort", { sessionKey: session, runId }, z.unknown());
      await until(() => it.guardian.waiting().length === 0);
      assert.throws(() => it.guardian.answer({ id: request.id, hash: request.hash, answer: "once" }), {
        code: "NOT_FOUND",
      });
      await sleep(300);
      assert.equal(existsSync(file("late")), false);
    },
  );

  await t.test("what changes while the owner reads is not done", async () => {
    session = await it.conversation();
    mkdirSync(file("place"));
    it.answerWith(null);
    const answered = it.say(session, exec("touch place/x", {}));
    await until(() => it.guardian.waiting().length === 1);
    const [request] = it.guardian.waiting();
    assert.ok(request);
    const { renameSync } = await import("node:fs");
    renameSync(file("place"), file("moved"));
    symlinkSync("/tmp", file("place"));
    it.guardian.answer({ id: request.id, hash: request.hash, answer: "once" });
    assert.match((await answered).results.join(), /not do any more what was shown/);
  });

  await t.test("with Guardian away nothing runs, and plain chat goes on", async () => {
    it.closeGuardian();
    session = await it.conversation();
    assert.match(await say(exec("touch away")), /cannot be reached/);
    assert.match(await say(tool("write", { path: file("away"), content: "x" })), /cannot be reached/);
    assert.equal(existsSync(file("away")), false);
    assert.match((await it.say(session, "SAY something")).said, /w9/);
    await it.openGuardian();
    it.answerWith("once");
    session = await it.conversation();
    assert.equal(await say(exec("cat a.txt")), "goodbye");
  });

  await t.test("all of it is written down, what was meant before it was done", async () => {
    const rows = it.record();
    assert.deepEqual(
      rows.map(({ seq }) => seq),
      rows.map((_, at) => at + 1),
    );
    const verdict = await it.guardian.verifyLog();
    assert.ok(verdict.whole, verdict.message);
    const started = rows.filter(({ kind }) => kind === "start");
    assert.ok(started.length > 5);
    for (const { seq, body } of started) {
      const before = rows.slice(0, seq - 1);
      assert.ok(
        before.some(({ kind, body: one }) => kind === "decision" && one["toolCallId"] === body["toolCallId"]),
      );
      assert.ok(
        rows
          .slice(seq)
          .some(({ kind, body: one }) => kind === "end" && one["toolCallId"] === body["toolCallId"]),
      );
    }
    assert.ok(readdirSync(join(it.root, "run", "commands")).length > 0);
  });
});

async function stopsBeating(beat: string): Promise<void> {
  await until(async () => {
    const last = readFileSync(beat, "utf8");
    await sleep(150);
    return readFileSync(beat, "utf8") === last;
  }, 60_000);
}

test("a plugin that asks nobody is found out", { skip }, async () => {
  const it = await openGuardedOpenClaw((plugin) => {
    const [entry = ""] = readdirSync(plugin).filter((name) => name.endsWith(".mjs"));
    const text = readFileSync(join(plugin, entry), "utf8");
    assert.ok(text.includes('"before_tool_call"'));
    writeFileSync(join(plugin, entry), text.replace('"before_tool_call"', '"gateway_start"'));
  });
  try {
    const config = JSON.parse(readFileSync(join(it.real.home, "state", "openclaw.json"), "utf8"));
    const found = await disobedienceOf(it.real.gateway, {
      config,
      probe: it.guardian.probe(),
      agenticMode: true,
    });
    assert.deepEqual(found, { of: "plugin", finding: "did not let Guardian refuse a call" });
    // The hook alone is not what holds: without a decision there is no ticket.
    const { results } = await it.say(
      await it.conversation(),
      `TOOL exec ${JSON.stringify({ command: "touch made", workdir: it.project })} END`,
    );
    assert.match(results.join(), /started nothing: there is no decision for it/);
    assert.equal(existsSync(join(it.project, "made")), false);
  } finally {
    await it.dispose();
  }
});
