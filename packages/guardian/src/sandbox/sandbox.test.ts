/** The real bubblewrap: what a command that was allowed by mistake still cannot do. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, test } from "node:test";
import { exitStandIn } from "../browser/testing/exit-standin.ts";
import { thisComputer } from "../world/this-computer.ts";
import type { World } from "../world/world.ts";
import { descriptors } from "./descriptors.ts";
import type { SandboxPlan } from "./plan.ts";
import { createSandbox, type SandboxRun } from "./sandbox.ts";

const skip =
  process.platform === "linux" && existsSync("/usr/bin/bwrap") ? false : "there is no bubblewrap here";

const root = realpathSync(mkdtempSync(join(tmpdir(), "sc-sandbox-")));
const home = join(root, "home");
const project = join(home, "project");
const runFolder = join(root, "run");
const log = { info() {}, warn() {}, error() {} };
const world: World = {
  ...thisComputer({ folders: [], controlPorts: [] }),
  home,
  user: "u",
  protectedPlaces: new Map([[join(project, "smartclaw"), "SmartClaw's own files"]]),
};
const sandbox =
  skip === false
    ? createSandbox({
        folder: runFolder,
        architecture: process.arch,
        world,
        openExit: exitStandIn(new Map()),
        networkOff: null,
        log,
      })
    : null;
after(() => {
  sandbox?.close();
  rmSync(root, { recursive: true, force: true });
});

function fill(): void {
  rmSync(home, { recursive: true, force: true });
  for (const folder of [
    ".ssh",
    "other",
    "project/.git/hooks",
    "project/.git/objects",
    "project/deep/er",
    "project/smartclaw",
  ])
    mkdirSync(join(home, folder), { recursive: true });
  const files = {
    ".ssh/id_ed25519": "private key",
    "other/diary.txt": "dear diary",
    "project/a.txt": "hello",
    "project/.env": "TOKEN=secret",
    "project/deep/.env.local": "TOKEN=secret",
    "project/deep/er/b.txt": "deep",
    "project/.git/config": "[core]",
    "project/.git/HEAD": "ref: refs/heads/main",
    "project/.vscode-not": "plain",
    "project/smartclaw/vault.db": "sealed",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text);
}

const plan = (change: Partial<SandboxPlan> = {}): SandboxPlan => ({
  folder: project,
  readable: [],
  writable: [project],
  hidden: [],
  kept: [],
  versionControl: false,
  hosts: [],
  ...change,
});

async function prepare(
  text: string,
  change: Partial<SandboxPlan> = {},
  environment: Record<string, string> = {},
  mayStart = () => true,
): Promise<SandboxRun> {
  assert.ok(sandbox);
  return await sandbox.prepare({ text, plan: plan(change), environment, mayStart, mayReach: () => false });
}

/** Does what OpenClaw does with the words. */
function start({ argv: [program = "", ...args] }: SandboxRun) {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env: {}, cwd: "/" });
  let out = "";
  child.stdout.on("data", (data: Buffer) => (out += data.toString()));
  let err = "";
  child.stderr.on("data", (data: Buffer) => (err += data.toString()));
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, closed, out: () => out, err: () => err };
}

async function run(
  text: string,
  change: Partial<SandboxPlan> = {},
  environment: Record<string, string> = {},
) {
  const job = await prepare(text, change, environment);
  const { child, closed, out, err } = start(job);
  child.stdin.end();
  const code = await closed;
  const end = await job.ended;
  return { code, out: out(), err: err(), end, appeared: await job.appeared };
}

test("a command runs in its folder, with its streams and its status", { skip }, async () => {
  fill();
  const { code, out, err, end } = await run("cat a.txt; pwd; echo oops >&2; exit 7");
  assert.equal(out, `hello${project}\n`);
  assert.equal(err, "oops\n");
  assert.equal(code, 7);
  assert.deepEqual(end, { started: true, exitCode: 7 });
});

test("its input reaches it, and only the variables that it is given", { skip }, async () => {
  fill();
  const job = await prepare("cat; env -0", {}, { COLOR: "blue b'a\nz" });
  const { child, closed, out } = start(job);
  child.stdin.end("from outside\n");
  assert.equal(await closed, 0);
  const [first = "", ...rest] = out().split("\n");
  assert.equal(first, "from outside");
  const variables = rest.join("\n").split("\0").filter(Boolean);
  assert.ok(variables.includes("COLOR=blue b'a\nz") && variables.includes(`HOME=${home}`));
  const names = variables.map((one) => one.split("=")[0] ?? "").toSorted((a, b) => (a < b ? -1 : 1));
  const expected = "COLOR GIT_TERMINAL_PROMPT HOME LANG LOGNAME PATH PWD SHLVL TERM USER _";
  assert.deepEqual(
    names.filter((name) => name !== "OLDPWD"),
    expected.split(" "),
  );
});

test("nothing is there but what was granted", { skip }, async () => {
  fill();
  const { out, err } = await run(
    [
      `ls -A ${home}`,
      `cat ${home}/.ssh/id_ed25519 ${home}/other/diary.txt`,
      "ls -A /root /home /opt /srv /mnt /boot /sys /etc/shadow /etc/ssh /var/lib /var/log",
      "ls -A /run /var/tmp /tmp",
      "ls /etc",
    ].join("; "),
  );
  assert.equal((err.match(/No such file or directory/g) ?? []).length, 13, err);
  const [own, ...others] = out.split("\n");
  assert.equal(own, "project");
  const known =
    "/run: /var/tmp: /tmp: alternatives ca-certificates group ld.so.cache localtime nsswitch.conf passwd ssl";
  const strange = others.filter((line) => line !== "" && !known.split(" ").includes(line));
  assert.deepEqual(strange, [root.split("/")[2]], "its own folder lies in /tmp here");
});

test(
  "what is granted for reading is not written, and what links lead out to is not there",
  { skip },
  async () => {
    fill();
    symlinkSync(join(home, "other"), join(project, "out"));
    symlinkSync("/etc/passwd", join(project, "system"));
    const reading = { readable: [project], writable: [] };
    const { out, err } = await run(
      "cat a.txt; echo x > a.txt; touch new; rm a.txt; cat out/diary.txt",
      reading,
    );
    assert.equal(out, "hello");
    assert.match(err, /Read-only file system/);
    assert.match(err, /out\/diary\.txt: No such file/);
    assert.equal(readFileSync(join(project, "a.txt"), "utf8"), "hello");
    await run("echo spoilt > system; echo planted > out/diary.txt; ln -s / whole; cat whole/root/.bashrc");
    assert.doesNotMatch(readFileSync("/etc/passwd", "utf8"), /spoilt/);
    assert.equal(readFileSync(join(home, "other", "diary.txt"), "utf8"), "dear diary");
  },
);

test(
  "secrets in a granted folder are not seen, and what other programs believe is not written",
  { skip },
  async () => {
    fill();
    const { out, err } = await run(
      [
        "cat .env deep/.env.local; ls smartclaw",
        "cat .git/config",
        "echo x >> .git/config; echo x > .git/hooks/pre-commit; echo x > .git/HEAD; rm -rf .git/hooks; mv .git .gone",
        "echo x > .env; rm -f .env",
      ].join("\n"),
    );
    assert.equal(out, "[core]");
    assert.ok(
      (err.match(/Read-only file system|Device or resource busy|Permission denied/g) ?? []).length >= 5,
      err,
    );
    assert.deepEqual(readdirSync(join(project, ".git")).toSorted(), ["HEAD", "config", "hooks", "objects"]);
    assert.equal(readFileSync(join(project, ".env"), "utf8"), "TOKEN=secret");
    const named = await run("cat .env", { readable: [join(project, ".env")] });
    assert.equal(named.out, "TOKEN=secret", "granted by its own name it is meant");
  },
);

test("version control works, and its hooks and settings are still not written", { skip }, async () => {
  fill();
  rmSync(join(project, ".git"), { recursive: true });
  const set =
    "export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=u GIT_CONFIG_KEY_1=user.email GIT_CONFIG_VALUE_1=u@u";
  const made = await run("git init -q .", { versionControl: true });
  assert.equal(made.code, 0, made.err);
  assert.ok(
    made.appeared.some((path) => path.endsWith("/.git/config")),
    "that it is new is told",
  );
  const { code, err, out } = await run(
    `${set}; git add a.txt && git commit -qm one && git log --format=%s; git config core.fsmonitor x; echo x > .git/hooks/pre-commit`,
    {
      versionControl: true,
    },
  );
  assert.equal(out, "one\n", err);
  assert.notEqual(code, 0);
  assert.doesNotMatch(readFileSync(join(project, ".git", "config"), "utf8"), /fsmonitor/);
  assert.equal(existsSync(join(project, ".git", "hooks", "pre-commit")), false);
});

test(
  "names that other programs obey as soon as they are there are taken while a command runs",
  { skip },
  async () => {
    fill();
    rmSync(join(project, ".git"), { recursive: true });
    const before = readdirSync(project);
    const job = await prepare(
      "mkdir -p .git/hooks && echo planted > .git/hooks/pre-commit; echo script-shell=x > .npmrc; rm -rf .git .npmrc; mkdir .vscode/x; mkdir -p deep/.git/hooks; sleep 600",
    );
    const { closed, child, err } = start(job);
    while (!existsSync(join(project, "deep", ".git", "hooks"))) await sleep(20);
    writeFileSync(join(project, ".yarnrc.yml"), "the user's own", { flag: "a" });
    child.kill("SIGKILL");
    await closed;
    const appeared = await job.appeared;
    assert.match(err(), /Read-only file system|Permission denied|busy/);
    assert.deepEqual(
      readdirSync(project).toSorted(),
      [...before, ".yarnrc.yml"].toSorted(),
      "nothing is left of it",
    );
    assert.equal(readFileSync(join(project, ".yarnrc.yml"), "utf8"), "the user's own");
    assert.deepEqual(appeared, [join(project, "deep", ".git"), join(project, "deep", ".git", "hooks")]);
  },
);

test(
  "no network, no sockets of other programs, no other processes, no keys of the kernel",
  { skip },
  async () => {
    fill();
    const web = createHttpServer((_, response) => response.end("reached")).listen(0, "127.0.0.1");
    const unix = createServer((socket) => socket.end("reached")).listen(join(project, "agent.sock"));
    await sleep(50);
    const { port } = web.address() as AddressInfo;
    const perl = (code: string) => `perl -e '${code}' 2>&1`;
    const { out } = await run(
      [
        `(exec 3<>/dev/tcp/127.0.0.1/${port} && echo tcp) 2>/dev/null`,
        "(exec 3<>/dev/tcp/1.1.1.1/53 && echo dns) 2>/dev/null",
        perl(
          `use Socket; socket(my $s, AF_UNIX, SOCK_STREAM, 0) and connect($s, sockaddr_un("agent.sock")) and print "unix\\n"`,
        ),
        perl(`use Socket; socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) and print "pair\\n"`),
        perl(`use Socket; socket(my $s, AF_INET, SOCK_STREAM, 0) and print "inet\\n"`),
        ...[40, 38, 17, 31].map((family) =>
          perl(`socket(my $s, ${family}, 1, 0) and print "family ${family}\\n"`),
        ),
        perl(`my $p = "\\0" x 120; print "uring\\n" if syscall(425, 8, $p) >= 0`),
        perl(`print "keys\\n" if syscall(${process.arch === "x64" ? 250 : 219}, 0, -3, 1) >= 0`),
        `kill -0 ${process.pid} 2>/dev/null && echo process`,
        `cat /proc/${process.pid}/environ 2>/dev/null && echo environ`,
        "unshare -Ur true 2>/dev/null && echo namespace",
        "mount -t tmpfs none /tmp 2>/dev/null && echo mount",
        "grep -c . /proc/net/dev",
        "ls /proc/self/fd | tr '\\n' ' '",
      ].join("\n"),
    );
    web.close();
    unix.close();
    const lines = out.trim().split("\n");
    assert.deepEqual(lines.slice(0, 2), ["pair", "inet"], "what stays within it works");
    assert.equal(lines[2], "3", "loopback is its only network");
    assert.equal(lines.length, 4, out);
    const open = (lines[3] ?? "").trim().split(" ").map(Number);
    assert.ok([0, 1, 2].every((one) => open.includes(one)));
    for (const one of Object.values(descriptors)) assert.ok(!open.includes(one), `descriptor ${one} is open`);
  },
);

test("killing ends the whole tree, also what left its session and its parent", { skip }, async () => {
  fill();
  const job = await prepare(
    "(setsid nohup sh -c 'while :; do date +%N > beat; sleep 0.02; done' >/dev/null 2>&1 &) ; sleep 60",
  );
  const { closed } = start(job);
  const beat = join(project, "beat");
  while (!existsSync(beat) || readFileSync(beat, "utf8") === "") await sleep(20);
  job.kill();
  const end = await job.ended;
  assert.deepEqual(end, { started: true, exitCode: null });
  await closed;
  const last = readFileSync(beat, "utf8");
  await sleep(150);
  assert.equal(readFileSync(beat, "utf8"), last, "something still runs");
});

test("whoever started it goes, and all of it goes", { skip }, async () => {
  fill();
  const job = await prepare("setsid sh -c 'while :; do date +%N > beat; sleep 0.02; done' & sleep 60");
  const { child } = start(job);
  const beat = join(project, "beat");
  while (!existsSync(beat) || readFileSync(beat, "utf8") === "") await sleep(20);
  child.kill("SIGKILL");
  assert.equal((await job.ended).exitCode, null);
  const last = readFileSync(beat, "utf8");
  await sleep(150);
  assert.equal(readFileSync(beat, "utf8"), last);
});

test(
  "nothing runs when it may not start any more, a second time, or without this process",
  { skip },
  async () => {
    fill();
    const forbidden = await prepare("touch ran", {}, {}, () => false);
    const first = start(forbidden);
    await first.closed;
    assert.deepEqual(await forbidden.ended, { started: false, exitCode: null });
    const killed = await prepare("touch ran");
    killed.kill();
    assert.deepEqual(await killed.ended, { started: false, exitCode: null });
    const late = start(killed);
    await late.closed;
    const job = await prepare("echo once");
    const once = start(job);
    assert.equal(await once.closed, 0);
    const again = start(job);
    assert.notEqual(await again.closed, 0);
    assert.equal(again.out(), "");
    const torn = spawn(
      "/bin/sh",
      [
        "-c",
        'exec 9</dev/null 8>/dev/null 7>&8 6<"$1"; exec /usr/bin/bwrap --args 9 -- /bin/bash -c "touch ran"',
        "sh",
        "/dev/null",
      ],
      { cwd: project },
    );
    assert.notEqual(await new Promise((resolve) => torn.once("close", resolve)), 0);
    assert.equal(existsSync(join(project, "ran")), false);
  },
);

test("many at once, each with its own", { skip }, async () => {
  fill();
  const runs = await Promise.all(
    Array.from({ length: 40 }, (_, at) => run(`echo ${at}; sleep 0.05; exit ${at}`)),
  );
  assert.deepEqual(
    runs.map(({ out, code }) => [out, code]),
    runs.map((_, at) => [`${at}\n`, at]),
  );
});

test("no text that it is given becomes an order to bubblewrap", { skip }, async () => {
  fill();
  const smuggled = `x\0--ro-bind\0${join(home, "other")}\0${join(home, "other")}`;
  const { out, end } = await run(`cat ${join(home, "other", "diary.txt")}`, {}, { TZ: smuggled });
  assert.equal(out, "");
  assert.deepEqual(end, { started: false, exitCode: null });
});

test("what runs does not speak for the sandbox, and has nobody else killed", { skip }, async (t) => {
  fill();
  const victim = spawn("/bin/sleep", ["60"]);
  t.after(() => victim.kill());
  const dead = new Promise((resolve) => victim.once("close", resolve));
  const reports = "for one in /proc/1/fd/*; do cat report > $one; done 2>/dev/null; sleep 20";
  for (const report of [`{"child-pid":${victim.pid}}\n`, "nonsense\n", "x".repeat(50_000)]) {
    writeFileSync(join(project, "report"), report);
    const begin = performance.now();
    const job = await prepare(reports);
    const { closed } = start(job);
    assert.deepEqual(await job.ended, { started: true, exitCode: null });
    assert.ok(performance.now() - begin < 10_000, "it was killed at once");
    job.kill();
    await closed;
  }
  assert.equal(victim.exitCode ?? victim.signalCode, null);
  victim.kill();
  await dead;
});

test("a link that is put in the place of what was granted leads nowhere", { skip }, async (t) => {
  fill();
  const sub = join(project, "sub");
  const swap = (): void => {
    renameSync(sub, join(project, "aside"));
    symlinkSync(join(home, "other"), sub);
  };
  mkdirSync(sub);
  for (const change of [{ readable: [sub], writable: [] }, { writable: [sub] }]) {
    const job = await prepare(`cat ${sub}/diary.txt; echo x >> ${sub}/diary.txt; echo ran`, change);
    swap();
    const { closed, out } = start(job);
    await closed;
    assert.equal(out(), "");
    assert.deepEqual(await job.ended, { started: false, exitCode: null });
    rmSync(sub);
    renameSync(join(project, "aside"), sub);
  }
  // The same while somebody swaps them without end.
  const code = `
    const { renameSync, symlinkSync, unlinkSync } = require("node:fs");
    const [sub, aside, other] = process.argv.slice(1);
    for (;;) { renameSync(sub, aside); symlinkSync(other, sub); unlinkSync(sub); renameSync(aside, sub); }`;
  const swapping = spawn(process.execPath, ["-e", code, sub, join(project, "aside"), join(home, "other")]);
  t.after(() => swapping.kill("SIGKILL"));
  const dead = new Promise((resolve) => swapping.once("close", resolve));
  for (let round = 0; round < 25; round += 1) {
    const { out } = await run(`cat ${sub}/diary.txt; echo x >> ${sub}/diary.txt`, { writable: [sub] });
    // In the folder that was granted it may have written one of its own.
    assert.doesNotMatch(out, /dear/);
  }
  swapping.kill("SIGKILL");
  await dead;
  assert.equal(readFileSync(join(home, "other", "diary.txt"), "utf8"), "dear diary");
});

test("version control's folder is not replaced, not even while it is at work", { skip }, async () => {
  fill();
  writeFileSync(join(project, "deep", ".git"), "gitdir: ../real");
  const { err } = await run(
    "mv .git .gone; rm -rf .git; echo x > .git/config; echo gitdir: planted > deep/.git; rm deep/.git; touch .git/ok",
    { versionControl: true },
  );
  assert.match(err, /busy/);
  assert.equal(readFileSync(join(project, ".git", "config"), "utf8"), "[core]");
  assert.equal(readFileSync(join(project, "deep", ".git"), "utf8"), "gitdir: ../real");
  assert.ok(existsSync(join(project, ".git", "ok")), "and it writes in it");
  assert.equal(existsSync(join(project, ".gone")), false);
});

test("what was put in the place of something that others believe is told", { skip }, async () => {
  fill();
  mkdirSync(join(project, "deep", ".vscode"));
  symlinkSync("deep", join(project, ".idea"));
  const { appeared } = await run(
    "mv deep aside && mkdir -p deep/.vscode; rm .idea && mkdir .idea; touch .git/commondir",
    { versionControl: true },
  );
  const names = appeared.map((path) => path.slice(project.length + 1)).toSorted();
  for (const name of [".git/commondir", ".idea", "aside/.vscode", "deep/.vscode"])
    assert.ok(names.includes(name), `${name} in ${names.join()}`);
});

test("what a grant forbids is not there, or not written, in a granted folder", { skip }, async () => {
  fill();
  mkdirSync(join(project, "secret"));
  mkdirSync(join(project, "dist"));
  writeFileSync(join(project, "secret", "s.txt"), "secret");
  writeFileSync(join(project, "dist", "d.txt"), "made");
  const forbidden = {
    hidden: [join(project, "secret"), join(project, "none")],
    kept: [join(project, "dist")],
  };
  const { out } = await run(
    "cat secret/s.txt; cat dist/d.txt; echo x > dist/d.txt; rm -rf secret dist; mv dist gone; echo x > none",
    forbidden,
  );
  assert.equal(out, "made");
  assert.equal(readFileSync(join(project, "secret", "s.txt"), "utf8"), "secret");
  assert.equal(readFileSync(join(project, "dist", "d.txt"), "utf8"), "made");
});

test("a single file, something that vanished, and a home in a granted folder", { skip }, async () => {
  fill();
  const file = join(project, "a.txt");
  const single = await run(`cat ${file}; echo changed > ${file}; ls -A ${project}; ls ${project}/deep`, {
    writable: [file],
  });
  assert.equal(single.out, "helloa.txt\n");
  assert.equal(readFileSync(file, "utf8"), "changed\n");
  const gone = join(project, "gone");
  mkdirSync(gone);
  const job = await prepare("echo ran", { writable: [gone] });
  rmSync(gone, { recursive: true });
  const { closed, out } = start(job);
  await closed;
  assert.equal(out(), "", "bubblewrap does not find it");
  assert.equal((await job.ended).started, false);
  const above = await run("cat ~/other/diary.txt; touch ~/new", { readable: [root], writable: [] });
  assert.equal(above.out, "dear diary");
  assert.match(above.err, /Read-only/);
});

test("what whoever starts it has open, the command has not", { skip }, async (t) => {
  fill();
  const job = await prepare("ls /proc/self/fd | tr '\\n' ' '; cat <&3; cat <&77");
  const secret = openSync(join(home, "other", "diary.txt"), "r");
  t.after(() => closeSync(secret));
  const [program = "", ...args] = job.argv;
  const others: (number | "ignore")[] = Array.from({ length: 78 }, () => "ignore");
  for (const at of [3, 5, 9, 12, 77]) others[at] = secret;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe", ...others.slice(3)], env: {} });
  let out = "";
  child.stdout?.on("data", (data: Buffer) => (out += data.toString()));
  await new Promise((resolve) => child.once("close", resolve));
  assert.match(out, /^0 1 2 \d+ $/);
});
