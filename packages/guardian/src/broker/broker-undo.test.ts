/** What an action loses is kept before it, in the broker with the real sandbox. */
import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { test } from "node:test";
import { createFileOrders, type FileOrder } from "../files/file-orders.ts";
import { isOwn, type Scope } from "../grants/grant.ts";
import { knownLimits } from "../undo/limits.ts";
import { withFileCopies } from "../undo/file-copies.ts";
import { createUndo } from "../undo/undo.ts";
import { callersOf } from "./caller.ts";
import { carryOut, openTestBroker, session } from "./testing/open-test-broker.ts";

const skip =
  process.platform === "linux" && existsSync("/usr/bin/bwrap") ? false : "there is no bubblewrap here";
const run = (line: string, rest = true): Scope => ({ type: "run", words: line.split(" "), rest });

function open() {
  const it = openTestBroker();
  it.grant({ type: "write", path: it.project });
  for (const word of ["rm", "mv", "cp", "cat", "echo", "touch", "mkdir", "ls"]) it.grant(run(word));
  mkdirSync(it.file("build/deep"), { recursive: true });
  writeFileSync(it.file("build/deep/a"), "made in an hour");
  const noted: Record<string, unknown>[] = [];
  const undo = createUndo({
    store: it.snapshots,
    note: (body) => void noted.push(body),
    log: { info() {}, warn() {}, error() {} },
  });
  const { world, broker } = it;
  const files = withFileCopies(
    createFileOrders({
      world,
      windows: broker.files,
      note: (who, what, path, more) => broker.noteFile(who, what, path, more),
    }),
    { store: it.snapshots, windows: broker.files, world },
  );
  return {
    ...it,
    undo,
    order: async (order: FileOrder): Promise<unknown> => await files(session, order),
    /** Waits for the end to be written down. */
    async done(command: string): Promise<string> {
      const before = it.kinds().filter((kind) => kind === "end").length;
      const out = await it.run(command);
      await until(() => it.kinds().filter((kind) => kind === "end").length > before);
      return out;
    },
    start: () => it.rows().findLast(({ kind }) => kind === "start")?.body ?? assert.fail("nothing started"),
  };
}

const write = (path: string, words: string): FileOrder => ({
  what: "write",
  path,
  data: Buffer.from(words).toString("base64"),
  make: true,
  exclusive: false,
});

test("what a granted command removes, moves or writes over is kept, and comes back", { skip }, async () => {
  const it = open();
  const commands: Record<string, string> = {
    "rm -rf build": "build",
    "mv build moved": "build, moved",
    "echo new > a.txt": "a.txt",
    "mkdir -p into && cp a.txt build/deep/a && mv a.txt into": "a.txt, build/deep/a, into",
  };
  for (const [command, paths] of Object.entries(commands)) {
    await it.done(command);
    const [snapshot] = it.snapshots.list();
    assert.ok(snapshot, command);
    assert.equal(it.start()["copy"], snapshot.id);
    assert.deepEqual(
      snapshot.paths.map(({ path }) => path.slice(it.project.length + 1)).join(", "),
      paths,
      command,
    );
    assert.equal(snapshot.text, command);
    assert.equal((await it.undo(snapshot.id, false)).state, "done", command);
    assert.equal(readFileSync(it.file("build/deep/a"), "utf8"), "made in an hour", command);
    assert.equal(readFileSync(it.file("a.txt"), "utf8"), "hello\n", command);
    assert.deepEqual(readdirSync(it.project), ["a.txt", "build"], command);
  }
  assert.deepEqual(it.errors, []);
});

test(
  "a command that loses nothing has no copy, and none is left of one that did not start",
  { skip },
  async () => {
    const it = open();
    for (const command of ["cat a.txt", "echo x > new", "mkdir fresh", "ls build", "cp a.txt fresh"]) {
      await it.done(command);
      assert.deepEqual(it.snapshots.list(), [], command);
      assert.equal("copy" in it.start(), false, command);
    }
    const job = await it.prepare("rm a.txt", await it.allow(it.exec("rm a.txt")));
    assert.equal(it.snapshots.list().length, 1);
    it.broker.finish(job.job);
    await until(() => it.snapshots.list().length === 0);
  },
);

test(
  "what is changed by somebody else after its copy was made is not lost: nothing starts",
  { skip },
  async () => {
    const it = open();
    const job = await it.prepare("rm -rf build", await it.allow(it.exec("rm -rf build")));
    writeFileSync(it.file("build/deep/b"), "just written");
    await carryOut(job);
    assert.equal(readFileSync(it.file("build/deep/b"), "utf8"), "just written");
    assert.match(JSON.stringify(it.rows().at(-1)?.body ?? it.rows()), /just changed|started":false/);
    const other = await it.prepare("echo x > new", await it.allow(it.exec("echo x > new")));
    writeFileSync(it.file("new"), "meanwhile somebody made it");
    await carryOut(other);
    assert.equal(readFileSync(it.file("new"), "utf8"), "meanwhile somebody made it");
  },
);

test(
  "what is too large for a copy is asked about, and done without one only with a yes",
  { skip },
  async () => {
    const it = open();
    writeFileSync(it.file("large"), "");
    truncateSync(it.file("large"), knownLimits.bytes + 1);
    it.answerWith("deny");
    assert.match(JSON.stringify(await it.decide(it.exec("rm large"))), /said no/);
    const decision = it.rows().find(({ kind }) => kind === "decision")?.body;
    assert.match(
      JSON.stringify(decision?.["reasons"]),
      /large would be lost, and no copy is kept: it is larger than 256 MiB/,
    );
    let asked: unknown = null;
    it.pass(10_000);
    it.answerWith(() => {
      const [request] = it.broker.questions.waiting();
      asked = [request?.risk, request?.forSession];
    });
    await it.done("rm large");
    assert.deepEqual(asked, ["red", null], "for once only");
    assert.equal(existsSync(it.file("large")), false);
    assert.match(String(it.start()["noCopy"]), /larger than/);
    assert.deepEqual(it.snapshots.list(), []);
  },
);

test("a stranger is not asked, and loses nothing of the owner's", { skip }, async () => {
  const it = open();
  writeFileSync(it.file("large"), "");
  truncateSync(it.file("large"), knownLimits.bytes + 1);
  const theirs = { session: "agent:main:direct:+49", isOwner: false };
  const callers = callersOf(theirs.session, false);
  assert.ok(!callers.some(isOwn));
  for (const scope of [run("rm"), { type: "write", path: it.project } as const]) it.grant(scope, { callers });
  const verdict = await it.decide({ ...it.exec("rm large"), ...theirs });
  assert.match(JSON.stringify(verdict), /only the owner can be asked/);
  assert.equal(it.broker.questions.waiting().length, 0);
});

test("it grew after the decision: nothing starts, and it says why", { skip }, async () => {
  const it = open();
  const ticket = await it.allow(it.exec("rm a.txt"));
  truncateSync(it.file("a.txt"), knownLimits.bytes * 2);
  const answer = await it.broker.prepare(it.spawnOf("rm a.txt", ticket));
  assert.match(JSON.stringify(answer), /started nothing: No copy can be kept/);
  assert.ok(existsSync(it.file("a.txt")));
  assert.match(JSON.stringify(it.rows().at(-1)), /No copy can be kept/);
});

test(
  "where nobody can see through, what it may write is kept, as long as it is small",
  { skip },
  async () => {
    const it = open();
    it.answerWith("once");
    await it.done('p=build; rm -rf "$p"');
    const [snapshot] = it.snapshots.list();
    assert.deepEqual(snapshot?.paths, [{ path: it.project, was: "folder" }]);
    assert.equal(existsSync(it.file("build")), false);
    await it.undo(snapshot?.id ?? "", false);
    assert.equal(readFileSync(it.file("build/deep/a"), "utf8"), "made in an hour");
    for (let one = 0; one < 2100; one += 1) writeFileSync(it.file(`build/${one}`), "");
    let reasons: readonly string[] = [];
    it.answerWith(() => (reasons = it.broker.questions.waiting()[0]?.reasons ?? []));
    await it.done('p=build; rm -rf "$p"');
    assert.match(
      reasons.join(),
      /no copy is kept of what it may change, because there are more than 2000 files/,
    );
    assert.match(String(it.start()["noCopy"]), /more than 2000 files/);
    assert.equal("copy" in it.start(), false);
  },
);

test(
  "a lost change is covered by a grant of undo only together with a copy",
  { skip: skip || !existsSync("/usr/bin/git") },
  async () => {
    const { execFileSync } = await import("node:child_process");
    const it = open();
    const git = (...args: string[]) =>
      execFileSync("git", ["-C", it.project, "-c", "user.name=u", "-c", "user.email=u@example.com", ...args]);
    git("init", "-q");
    git("add", "-A");
    git("commit", "-qm", "one");
    writeFileSync(it.file("a.txt"), "not committed");
    it.grant(run("git reset"));
    let reasons: readonly string[] = [];
    it.answerWith(() => (reasons = it.broker.questions.waiting()[0]?.reasons ?? []));
    await it.done("git reset --hard");
    assert.match(reasons.join(), /changes that are not committed would be lost; a copy is kept/);
    assert.equal(readFileSync(it.file("a.txt"), "utf8"), "hello\n");
    await it.undo(it.snapshots.list()[0]?.id ?? "", false);
    assert.equal(readFileSync(it.file("a.txt"), "utf8"), "not committed");
    it.grant({ type: "undo" });
    it.answerWith("deny");
    await it.done("git reset --hard");
    assert.equal(readFileSync(it.file("a.txt"), "utf8"), "hello\n", "nobody was asked");
    truncateSync(it.file("a.txt"), knownLimits.bytes + 1);
    assert.match(JSON.stringify(await it.decide(it.exec("git reset --hard"))), /said no/);
  },
);

test("a file tool keeps what it writes over, and makes what is new without a copy", { skip }, async () => {
  const it = open();
  await it.allow(it.call("write", { path: it.file("a.txt"), content: "x" }));
  await it.order(write(it.file("a.txt"), "by the tool"));
  const [snapshot] = it.snapshots.list();
  assert.deepEqual(snapshot?.paths, [{ path: it.file("a.txt"), was: "file" }]);
  assert.equal(it.rows().at(-1)?.body["copy"], snapshot?.id);
  assert.equal((await it.undo(snapshot?.id ?? "", false)).state, "done");
  assert.equal(readFileSync(it.file("a.txt"), "utf8"), "hello\n");
  const count = it.snapshots.list().length;
  await it.allow(it.call("write", { path: it.file("new"), content: "x" }));
  await it.order(write(it.file("new"), "by the tool"));
  assert.equal(it.snapshots.list().length, count);
  await assert.rejects(it.order(write(it.file("build/deep/a"), "no window")), { code: "FORBIDDEN" });
  assert.equal(it.snapshots.list().length, count, "nothing is copied that was not decided on");
});

test("a file too large for a copy is asked about before it is written over", { skip }, async () => {
  const it = open();
  truncateSync(it.file("a.txt"), knownLimits.bytes + 1);
  const call = it.call("write", { path: it.file("a.txt"), content: "x" });
  it.answerWith("deny");
  assert.match(JSON.stringify(await it.decide(call)), /said no/);
  it.pass(10_000);
  it.answerWith("once");
  await it.allow(call);
  await it.order(write(it.file("a.txt"), "small"));
  assert.equal(readFileSync(it.file("a.txt"), "utf8"), "small");
  assert.match(String(it.rows().at(-1)?.body["noCopy"]), /larger than/);
  it.broker.close(session, call.toolCallId);
  await it.allow(it.call("write", { path: it.file("build/deep/a"), content: "x" }));
  truncateSync(it.file("build/deep/a"), knownLimits.bytes + 1);
  await assert.rejects(it.order(write(it.file("build/deep/a"), "small")), /No copy can be kept/);
});

test("after a stop nothing that was being copied for is done", { skip }, async () => {
  const it = open();
  for (let one = 0; one < 3000; one += 1) writeFileSync(it.file(`build/${one}`), "x");
  const deciding = it.decide(it.exec("rm -rf build"));
  it.grants.panic();
  it.broker.stopAll();
  assert.equal((await deciding).action, "deny");
  it.grants.arm();
  for (const scope of [run("rm"), { type: "write", path: it.project } as const]) it.grant(scope);
  const ticket = await it.allow(it.exec("rm -rf build"));
  const preparing = it.broker.prepare(it.spawnOf("rm -rf build", ticket));
  it.grants.panic();
  it.broker.stopAll();
  const job = await preparing;
  if ("argv" in job) await carryOut(job);
  assert.equal(readdirSync(it.file("build")).length, 3001);
});

test(
  "a link that is swapped in is removed as a link, and what it led to is not copied",
  { skip },
  async () => {
    const it = open();
    symlinkSync(it.home, it.file("link"));
    await it.done("rm link");
    const [snapshot] = it.snapshots.list();
    assert.deepEqual([snapshot?.entries, snapshot?.bytes], [1, 0]);
    await it.undo(snapshot?.id ?? "", false);
    assert.ok(existsSync(it.file("link/.ssh/id")));
    rmSync(it.file("link"));
  },
);

async function until(test: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !test(); await new Promise((resolve) => setTimeout(resolve, 10)))
    assert.ok(Date.now() < end, "it did not happen");
}
