/** The broker with a real grant store, a real audit log and a real sandbox; OpenClaw is played by the tests. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Scope } from "../grants/grant.ts";
import { exitStandIn } from "../browser/testing/exit-standin.ts";
import { createSandbox } from "../sandbox/sandbox.ts";
import { carryOut, openTestBroker, session } from "./testing/open-test-broker.ts";

const skip =
  process.platform === "linux" && existsSync("/usr/bin/bwrap") ? false : "there is no bubblewrap here";

const run = (line: string, rest = true): Scope => ({ type: "run", words: line.split(" "), rest });

test("what is allowed runs once, and is written down before and after", { skip }, async () => {
  const it = openTestBroker();
  it.answerWith("once");
  const command = "cat a.txt";
  const ticket = await it.allow(it.exec(command));
  const job = await it.prepare(command, ticket);
  assert.deepEqual(it.kinds(), ["decision", "answer"]);
  assert.equal(await carryOut(job), "hello\n");
  assert.equal(await carryOut(job), "", "its words are good once");
  await until(() => it.kinds().includes("end"));
  assert.deepEqual(it.kinds(), ["decision", "answer", "start", "end"]);
  assert.deepEqual(it.errors, []);
});

test(
  "a ticket that is forged, used, another conversation's or too old starts nothing",
  { skip },
  async () => {
    const it = openTestBroker();
    it.answerWith("once");
    const command = "touch made";
    const tries: (() => Promise<unknown>)[] = [
      async () => await it.broker.prepare(it.spawnOf(command, "")),
      async () => await it.broker.prepare(it.spawnOf(command, "x".repeat(32))),
      async () => {
        const ticket = await it.allow(it.exec(command));
        await it.broker.prepare(it.spawnOf("true", ticket));
        return await it.broker.prepare(it.spawnOf(command, ticket));
      },
      async () => {
        const ticket = await it.allow(it.exec(command));
        return await it.broker.prepare(it.spawnOf(command, ticket, { session: "agent:main:2" }));
      },
      async () => {
        const ticket = await it.allow(it.exec(command));
        it.pass(30_001);
        return await it.broker.prepare(it.spawnOf(command, ticket));
      },
      async () => {
        const ticket = await it.allow(it.exec(command));
        await it.prepare(command, ticket);
        return await it.broker.prepare(it.spawnOf(command, ticket));
      },
    ];
    for (const [at, one] of tries.entries()) {
      const answer = (await one()) as object;
      assert.ok("refused" in answer && !("argv" in answer), `try ${at}`);
    }
    assert.equal(existsSync(it.file("made")), false);
    assert.ok(it.kinds().filter((kind) => kind === "refused").length >= tries.length);
  },
);

test("another command, folder or variable than was decided on starts nothing", { skip }, async () => {
  const it = openTestBroker();
  it.answerWith("once");
  mkdirSync(it.file("sub"));
  symlinkSync("sub", it.file("link"));
  const command = "echo $TZ";
  const environment = { PATH: "/x", TZ: "UTC" };
  const tickets = async (): Promise<string> => await it.allow(it.exec(command, { env: { TZ: "UTC" } }));
  const others: Parameters<typeof it.spawnOf>[2][] = [
    { environment: { TZ: "CET" } },
    { environment: {} },
    { environment: { ...environment, LD_PRELOAD: "/p/x.so" } },
    { environment: { ...environment, BASH_ENV: "/p/x" } },
    { folder: it.file("sub"), environment },
    { folder: it.file("link"), environment },
    { folder: it.home, environment },
    { folder: it.file("none"), environment },
    { command: `${command} `, environment },
    { command: `${command}; touch made`, environment },
  ];
  for (const other of others) {
    const answer = await it.broker.prepare(it.spawnOf(command, await tickets(), other));
    assert.ok("refused" in answer, JSON.stringify(other));
  }
  const job = await it.prepare(command, await tickets(), { environment });
  assert.equal(await carryOut(job), "UTC\n");
});

test("the model's own ticket, and a variable that holds an order, are refused", { skip }, async () => {
  const it = openTestBroker();
  it.answerWith("deny");
  const own = await it.decide(it.exec("echo x", { env: { SMARTCLAW_TICKET: "x".repeat(32) } }));
  assert.match(JSON.stringify(own), /said no/, "it is asked about as any other variable");
  it.grant(run("echo"));
  const smuggled = `x\0--bind\0${it.home}\0${it.home}`;
  const order = await it.decide(it.exec("echo x", { env: { TZ: smuggled } }));
  assert.match(JSON.stringify(order), /not understood/);
});

test("what changes between the decision and the start is not done", { skip }, async () => {
  const it = openTestBroker();
  for (const scope of [run("cat"), run("touch"), { type: "write", path: it.project } as const])
    it.grant(scope);
  const changes: Record<string, () => void> = {
    "a link to a secret": () => {
      rmSync(it.file("a.txt"));
      symlinkSync(join(it.home, ".ssh", "id"), it.file("a.txt"));
    },
    "another name of a secret": () => {
      rmSync(it.file("a.txt"));
      linkSync(join(it.home, ".ssh", "id"), it.file("a.txt"));
    },
    "another folder": () => {
      renameSync(it.project, `${it.project}2`);
      symlinkSync(join(it.home, ".ssh"), it.project);
    },
  };
  for (const [name, change] of Object.entries(changes)) {
    const job = await it.prepare("cat a.txt", await it.allow(it.exec("cat a.txt")));
    change();
    assert.equal(await carryOut(job), "", name);
    rmSync(it.file("a.txt"), { force: true });
    if (existsSync(`${it.project}2`)) {
      rmSync(it.project);
      renameSync(`${it.project}2`, it.project);
    }
    writeFileSync(it.file("a.txt"), "hello\n");
  }
  it.grant(run("echo"));
  const job = await it.prepare("echo x", await it.allow(it.exec("echo x")));
  renameSync(it.project, `${it.project}2`);
  symlinkSync(`${it.project}2`, it.project);
  assert.equal(await carryOut(job), "", "also where it touches nothing in the folder");
  rmSync(it.project);
  renameSync(`${it.project}2`, it.project);
  assert.ok(!it.kinds().includes("start"));
  assert.equal(await it.run("cat a.txt"), "hello\n");
});

test(
  "a grant that is taken back, over, or overruled before the start, lets nothing start",
  { skip },
  async () => {
    const it = openTestBroker();
    it.grant(run("cat"));
    const changes: ((id: string) => unknown)[] = [
      (id) => it.grants.revoke(id),
      () => it.grant({ type: "read", path: it.file("a.txt") }, { effect: "deny", callers: null }),
      () => it.pass(3_600_001),
    ];
    for (const change of changes) {
      const { id } = it.grant({ type: "read", path: it.project });
      const job = await it.prepare("cat a.txt", await it.allow(it.exec("cat a.txt")));
      change(id);
      assert.equal(await carryOut(job), "");
      for (const { id: other, effect } of it.grants.list()) if (effect === "deny") it.grants.revoke(other);
    }
    assert.ok(!it.kinds().includes("start"));
  },
);

test("the owner is asked, and only a yes to what is still so is a yes", { skip }, async () => {
  const it = openTestBroker();
  it.answerWith("deny");
  assert.match(JSON.stringify(await it.decide(it.exec("cat a.txt"))), /the owner said no/);
  it.pass(2000);
  it.answerWith(() => {
    rmSync(it.file("a.txt"));
    symlinkSync("/etc/hostname", it.file("a.txt"));
  });
  assert.match(JSON.stringify(await it.decide(it.exec("cat a.txt"))), /not do any more what was shown/);
  rmSync(it.file("a.txt"));
  writeFileSync(it.file("a.txt"), "hello\n");
  it.answerWith(null);
  const gone = new AbortController();
  const waiting = it.broker.decide(it.exec("cat a.txt"), gone.signal);
  await until(() => it.broker.questions.waiting().length === 1);
  gone.abort();
  assert.match(JSON.stringify(await waiting), /withdrawn/);
});

test(
  "for the conversation: the grants are written down, are this conversation's, and are sound",
  { skip },
  async () => {
    const it = openTestBroker();
    it.answerWith("session");
    assert.equal(await it.run("cat a.txt"), "hello\n");
    assert.equal(await it.run("echo new > b.txt; cat b.txt"), "new\n", "also what was not there");
    it.answerWith("deny");
    assert.equal(await it.run("cat a.txt"), "hello\n");
    const other = it.exec("cat a.txt");
    assert.equal((await it.decide({ ...other, session: "agent:main:2" })).action, "deny");
    const granted = it.rows().filter(({ kind }) => kind === "grant");
    assert.equal(granted.length, it.grants.list().length);
    for (const { body } of granted) assert.deepEqual(body["callers"], [`session:${session}`]);
    let offered: unknown = "not asked";
    it.answerWith(() => {
      offered = it.broker.questions.waiting()[0]?.forSession;
    });
    await it.decide(it.exec(`ls ${it.place}`));
    assert.equal(offered, null, "everybody's home is not offered for longer");
  },
);

test("who is not the owner asks nobody", { skip }, async () => {
  const it = openTestBroker();
  it.grant(run("cat"));
  it.grant({ type: "read", path: it.project });
  it.answerWith("once");
  const askers: [string, boolean | null][] = [
    [session, false],
    ["agent:main:telegram:direct:17", true],
    ["agent:main:telegram:direct:17", null],
  ];
  for (const [from, isOwner] of askers)
    for (const one of [it.exec("cat a.txt"), it.call("read", { path: it.file("a.txt") })])
      assert.equal((await it.decide({ ...one, session: from, isOwner })).action, "deny", from);
  assert.equal(it.broker.questions.askedSince(0), 0);
});

test(
  "panic: nothing starts that was decided, prepared or asked before, not even once it is armed again",
  { skip },
  async () => {
    const it = openTestBroker();
    it.answerWith("once");
    const command = "touch made";
    const [ticket, other] = [await it.allow(it.exec(command)), await it.allow(it.exec(command))];
    const prepared = await it.prepare(command, ticket);
    await it.allow(it.call("read", { path: it.file("a.txt") }));
    assert.ok(it.broker.files.covers(session, "read", it.file("a.txt")));
    // It is being prepared while all is stopped.
    const racing = it.broker.prepare(it.spawnOf(command, await it.allow(it.exec(command))));
    it.answerWith(null);
    const asking = it.decide(it.exec(command));
    await until(() => it.broker.questions.waiting().length === 1);
    const [request] = it.broker.questions.waiting();
    // Of this one the owner has not heard yet.
    const begun = it.decide(it.exec(`${command} too`));
    it.grants.panic();
    it.broker.stopAll();
    it.grants.arm();
    for (const one of [asking, begun]) assert.match(JSON.stringify(await one), /withdrawn|stopped/);
    assert.deepEqual(it.broker.questions.waiting(), []);
    assert.ok(request);
    assert.throws(() => it.broker.answer({ id: request.id, hash: request.hash, answer: "once" }), {
      code: "NOT_FOUND",
    });
    assert.ok(!it.broker.files.covers(session, "read", it.file("a.txt")));
    assert.ok("refused" in (await it.broker.prepare(it.spawnOf(command, other))));
    const raced = await racing;
    assert.ok("argv" in raced);
    assert.equal(await carryOut(raced), "");
    assert.equal(await carryOut(prepared), "");
    assert.equal(existsSync(it.file("made")), false);
    assert.ok(!it.kinds().includes("start"));
  },
);

test("panic while the owner's yes is on its way, and while nothing is armed", { skip }, async () => {
  const it = openTestBroker();
  it.answerWith(() => it.grants.panic());
  assert.match(JSON.stringify(await it.decide(it.exec("touch made"))), /stopped meanwhile/);
  const asked = it.broker.questions.askedSince(0);
  for (const one of [
    it.exec("touch made"),
    it.call("read", { path: it.file("a.txt") }),
    it.call("process", { action: "write", data: "x" }),
  ])
    assert.match(JSON.stringify(await it.decide(one)), /everything was stopped/);
  assert.equal((await it.decide(it.call("process", { action: "kill", sessionId: "s" }))).action, "allow");
  assert.equal(it.broker.questions.askedSince(0), asked);
});

test("panic kills what runs", { skip }, async () => {
  const it = openTestBroker();
  it.answerWith("once");
  const command = "echo x > begun; sleep 60";
  const job = await it.prepare(command, await it.allow(it.exec(command)));
  const out = carryOut(job);
  await until(() => existsSync(it.file("begun")));
  assert.equal(it.broker.stopAll(), 1);
  await out;
  await until(() => it.kinds().includes("end"));
});

test("where nothing can be written down, nothing is decided, started or touched", { skip }, async () => {
  const it = openTestBroker();
  it.answerWith("once");
  const command = "touch made";
  for (const kind of ["all", "decision", "answer"]) {
    it.full.clear();
    it.full.add(kind);
    const verdict = await it.decide(it.exec(command));
    assert.equal(verdict.action, "deny", kind);
  }
  it.full.clear();
  const job = await it.prepare(command, await it.allow(it.exec(command)));
  it.full.add("start");
  assert.equal(await carryOut(job), "");
  it.full.add("file");
  assert.throws(() => it.broker.noteFile(session, "read", it.file("a.txt"), {}));
  it.full.clear();
  it.full.add("grant");
  it.answerWith("session");
  assert.equal((await it.decide(it.exec("cat a.txt"))).action, "deny");
  assert.deepEqual(it.grants.list(), []);
  assert.equal(existsSync(it.file("made")), false);
  it.full.clear();
  it.closeAudit();
  assert.equal((await it.decide(it.exec(command))).action, "deny", "a closed one");
});

test(
  "a file tool opens a window for its file and its conversation, until its call is over",
  { skip },
  async () => {
    const it = openTestBroker();
    it.answerWith("once");
    const one = it.call("write", { path: it.file("b.txt"), content: "x" });
    assert.equal(await it.allow(one), "");
    const covers = (from: string, name: string): boolean =>
      it.broker.files.covers(from, "write", it.file(name));
    assert.ok(covers(session, "b.txt"));
    assert.ok(!covers(session, "a.txt") && !covers("agent:main:2", "b.txt"));
    it.broker.close("agent:main:2", one.toolCallId);
    assert.ok(covers(session, "b.txt"));
    it.broker.close(session, one.toolCallId);
    assert.ok(!covers(session, "b.txt"));
    for (const path of [
      join(it.home, ".ssh", "id"),
      "~/.ssh/id",
      `${it.project}/../.ssh/id`,
      it.file(".git/config"),
    ])
      assert.equal((await it.decide(it.call("write", { path, content: "" }))).action, "deny", path);
  },
);

test("one file is no reason to open the whole home, or what all programs share", { skip }, async () => {
  const it = openTestBroker();
  it.answerWith("once");
  const asked = it.broker.questions.askedSince(0);
  for (const command of ["echo x > ~/new.txt", "rm ~/old.txt", "echo x > /tmp/sc-new.txt"]) {
    const verdict = await it.decide(it.exec(command));
    assert.match(JSON.stringify(verdict), /the whole of/, command);
  }
  assert.equal(it.broker.questions.askedSince(0), asked, "and nobody is asked in vain");
  assert.equal(await it.allow(it.call("write", { path: join(it.home, "new.txt"), content: "x" })), "");
});

test("what a grant forbids stays shut for a command that nobody can see through", { skip }, async () => {
  const it = openTestBroker();
  mkdirSync(it.file("secret"));
  mkdirSync(it.file("dist"));
  writeFileSync(it.file("secret/s.txt"), "secret");
  writeFileSync(it.file("dist/d.txt"), "made");
  it.grant({ type: "write", path: it.project });
  it.grant({ type: "read", path: it.file("secret") }, { effect: "deny", callers: null });
  it.grant({ type: "write", path: it.file("dist") }, { effect: "deny", callers: ["owner"] });
  it.answerWith("once");
  const opaque = "c=cat; $c secret/s.txt a.txt dist/d.txt; t=tee; echo x | $t dist/d.txt >/dev/null";
  assert.equal(await it.run(opaque), "hello\nmade");
  assert.equal(readFileSync(it.file("dist/d.txt"), "utf8"), "made");
});

test("a command of what nobody can see through still finds no more than was granted", { skip }, async () => {
  const it = openTestBroker();
  it.grant({ type: "read", path: it.project });
  it.answerWith("once");
  const key = join(it.home, ".ssh", "id");
  assert.equal(await it.run(`c=cat; $c a.txt ${key}; $c ~/.ssh/*; t=touch; $t made`), "hello\n");
  assert.equal(existsSync(it.file("made")), false);
});

test("tools that are not known, and words for a program that runs", { skip }, async () => {
  const it = openTestBroker();
  it.answerWith("deny");
  assert.match(JSON.stringify(await it.decide(it.call("canvas", {}))), /not one of those/);
  assert.match(
    JSON.stringify(await it.decide(it.call("process", { action: "write", sessionId: "s", data: "x\n" }))),
    /said no/,
  );
  assert.equal((await it.decide(it.call("process", { action: "poll", sessionId: "s" }))).action, "allow");
  assert.equal((await it.decide(it.exec("ls", { workdir: "/none" }))).action, "deny");
});

test("the assistant is told of its own places only", { skip }, async () => {
  const it = openTestBroker();
  assert.match(await it.broker.hint(session), /Nothing on this computer/);
  it.grant({ type: "write", path: it.project });
  it.grant({ type: "read", path: it.place }, { callers: ["cron:job"] });
  it.grant({ type: "read", path: it.file("secret") }, { effect: "deny" });
  const text = await it.broker.hint(session);
  assert.ok(text.includes(`${it.project} (read and write)`) && !text.includes("secret"), text);
  assert.ok(!text.includes(`${it.place} (`), text);
  assert.match(await it.broker.hint("agent:main:telegram:direct:1"), /Nothing on this computer/);
});

test("with the broker killed, what it prepared starts nothing", { skip }, async () => {
  const it = openTestBroker();
  const run = join(it.place, "killed");
  const code = `
    const { createSandbox } = await import(${JSON.stringify(new URL("../sandbox/sandbox.ts", import.meta.url).href)});
    const { thisComputer } = await import(${JSON.stringify(new URL("../world/this-computer.ts", import.meta.url).href)});
    const log = { info() {}, warn() {}, error() {} };
    const world = thisComputer({ folders: [], controlPorts: [] });
    const sandbox = createSandbox({ folder: ${JSON.stringify(run)}, architecture: process.arch, world,
      openExit: () => Promise.reject(new Error("there is none")), networkOff: null, log });
    const plan = { folder: ${JSON.stringify(it.project)}, readable: [], writable: [${JSON.stringify(it.project)}],
      hidden: [], kept: [], versionControl: false, hosts: [] };
    const { argv } = await sandbox.prepare({ text: "touch made", plan, environment: {}, mayStart: () => true,
      mayReach: () => false });
    console.log(JSON.stringify(argv));`;
  const broker = spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  broker.stdout.on("data", (data: Buffer) => (said += data.toString()));
  await until(() => said.includes("\n"));
  broker.kill("SIGKILL");
  await new Promise((resolve) => broker.once("close", resolve));
  const [program = "", ...args] = JSON.parse(said) as string[];
  // It waits for its orders without end, as long as OpenClaw has it wait.
  const child = spawn(program, args, { stdio: "ignore", env: {}, cwd: "/" });
  await new Promise((resolve) => setTimeout(resolve, 300));
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("close", resolve));
  assert.equal(existsSync(it.file("made")), false);
  assert.ok(existsSync(it.file(".vscode")), "it left its placeholders");
  const log = { info() {}, warn() {}, error() {} };
  const { arch: architecture } = process;
  const openExit = exitStandIn(new Map());
  createSandbox({ folder: run, architecture, world: it.world, openExit, networkOff: null, log }).close();
  assert.equal(existsSync(it.file(".vscode")), false, "and the next one took them away");
});

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !holds();) {
    assert.ok(Date.now() < end, "it did not come to it");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
