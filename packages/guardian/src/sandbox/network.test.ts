/** The real bubblewrap and socat: a command that may speak to some hosts speaks to them, and to nobody else. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { OpenExit } from "@smartclaw/contracts";
import { exitStandIn } from "../browser/testing/exit-standin.ts";
import { thisComputer } from "../world/this-computer.ts";
import type { World } from "../world/world.ts";
import { descriptors } from "./descriptors.ts";
import type { SandboxPlan } from "./plan.ts";
import { relayPort } from "./relay.ts";
import { createSandbox, type Sandbox, type SandboxRun } from "./sandbox.ts";

const skip =
  process.platform !== "linux" || !existsSync("/usr/bin/bwrap")
    ? "there is no bubblewrap here"
    : existsSync("/usr/bin/socat")
      ? false
      : "there is no socat here";

const root = realpathSync(mkdtempSync(join(tmpdir(), "sc-network-")));
const project = join(root, "home", "project");
const exits = join(root, "run.exits");
const log = { info() {}, warn() {}, error() {} };
const world: World = {
  ...thisComputer({ folders: [], controlPorts: [] }),
  home: join(root, "home"),
  user: "u",
};

/** Says which site it is. */
const web = createServer((request, response) => response.end(`this is ${request.headers.host}\n`));
/** Says hello, and nothing more. */
const slow = createTcpServer((socket: Socket) => {
  socket.on("error", () => undefined);
  socket.write("hello\n");
});
const opened: string[] = [];
let sandbox: Sandbox;
let portOf = (_server: typeof web | typeof slow): number => 0;

before(async () => {
  mkdirSync(project, { recursive: true });
  for (const server of [web, slow]) await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  portOf = (server) => (server.address() as AddressInfo).port;
  const openStandIn = exitStandIn(
    new Map([
      ["good.test:443", portOf(web)],
      ["other.test:443", portOf(web)],
      ["slow.test:443", portOf(slow)],
    ]),
  );
  const openExit: OpenExit = async (wanted) => {
    opened.push(wanted.socketPath);
    return await openStandIn(wanted);
  };
  const folder = join(root, "run");
  sandbox = createSandbox({ folder, architecture: process.arch, world, openExit, networkOff: null, log });
});
after(() => {
  sandbox.close();
  for (const server of [web, slow]) server.close();
  web.closeAllConnections();
  rmSync(root, { recursive: true, force: true });
});

interface Given {
  readonly hosts?: readonly string[];
  readonly environment?: Record<string, string>;
  readonly mayStart?: () => boolean;
  readonly mayReach?: (host: string) => boolean;
  readonly change?: Partial<SandboxPlan>;
}

async function prepare(
  text: string,
  { hosts = ["good.test"], environment = {}, mayStart, mayReach, change }: Given = {},
): Promise<SandboxRun> {
  const plan = {
    folder: project,
    readable: [],
    writable: [project],
    hidden: [],
    kept: [],
    versionControl: false,
    hosts,
    ...change,
  };
  return await sandbox.prepare({
    text,
    plan,
    environment,
    mayStart: mayStart ?? (() => true),
    mayReach: mayReach ?? (() => true),
  });
}

/** Does what OpenClaw does with the words. */
function start({ argv: [program = "", ...args] }: SandboxRun) {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env: { BASH_ENV: "/x" }, cwd: "/" });
  let out = "";
  child.stdout.on("data", (data: Buffer) => (out += data.toString()));
  let err = "";
  child.stderr.on("data", (data: Buffer) => (err += data.toString()));
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, closed, out: () => out, err: () => err };
}

async function run(text: string, given: Given = {}) {
  const job = await prepare(text, given);
  const { child, closed, out, err } = start(job);
  child.stdin.end("from outside\n");
  const code = await closed;
  return { code, out: out(), err: err(), end: await job.ended };
}

/** Relays that run for commands of this test. */
function relays(): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === exits;
    } catch {
      return false;
    }
  });
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !holds();) {
    assert.ok(Date.now() < end, "it did not come to it");
    await sleep(10);
  }
}

/** Through the tunnel without TLS, which this test has no use for. */
const fetched = (host: string): string => `curl -sS -m 10 --proxytunnel http://${host}:443/`;

test("a command reaches its host and no other, with its streams and its status", { skip }, async () => {
  const { code, out, err, end } = await run(`cat; ${fetched("good.test")}; ${fetched("other.test")}; exit 7`);
  assert.equal(out, "from outside\nthis is good.test:443\n");
  assert.match(err, /403/);
  assert.deepEqual([code, end], [7, { started: true, exitCode: 7 }]);
});

test("it is asked at each connection whether it still may", { skip }, async () => {
  const answers = [true, false];
  const mayReach = (): boolean => answers.shift() ?? false;
  const { out, err } = await run(`${fetched("good.test")}; ${fetched("good.test")}`, { mayReach });
  assert.equal(out, "this is good.test:443\n");
  assert.match(err, /403/);
});

test("it knows its way by variables that are set last", { skip }, async () => {
  const environment = { https_proxy: "http://10.0.0.1:1", NO_PROXY: "*", no_proxy: "good.test" };
  const { out } = await run("env -0 | tr '\\0' '\\n'", { environment });
  const place = `http://127.0.0.1:${relayPort}`;
  const lines = out.split("\n").filter((line) => /proxy/i.test(line));
  const names = ["http_proxy", "https_proxy", "all_proxy"].flatMap((name) => [name, name.toUpperCase()]);
  const expected = [...names.map((name) => `${name}=${place}`), "NO_PROXY=", "no_proxy="];
  assert.deepEqual(new Set(lines), new Set(expected));
  assert.doesNotMatch(out, /BASH_ENV|SOCAT/);
});

test(
  "nothing is there but the relay: no address, no name, no socket, no other program",
  { skip },
  async () => {
    const perl = (code: string) => `perl -e '${code}' 2>&1`;
    const { out } = await run(
      [
        `(exec 3<>/dev/tcp/127.0.0.1/${portOf(web)} && echo loopback) 2>/dev/null`,
        "(exec 3<>/dev/tcp/1.1.1.1/443 && echo address) 2>/dev/null",
        "(exec 3<>/dev/udp/1.1.1.1/53 && echo x >&3 && echo udp) 2>/dev/null",
        "getent hosts good.test example.org && echo name",
        `curl -sS -m 5 --noproxy '*' http://127.0.0.1:${portOf(web)}/ 2>/dev/null && echo noproxy`,
        ...["127.0.0.1", "localhost", "1.1.1.1", "[::1]"].map(
          (host) => `curl -sS -m 5 --proxytunnel http://${host}:${portOf(web)}/ 2>/dev/null && echo ${host}`,
        ),
        "curl -sS -m 5 --proxytunnel http://good.test:80/ 2>/dev/null && echo port",
        perl(
          `use Socket; socket(my $s, AF_UNIX, SOCK_STREAM, 0) and connect($s, sockaddr_un("${exits}/1")) and print "unix\\n"`,
        ),
        ...[40, 38, 17, 31].map((family) =>
          perl(`socket(my $s, ${family}, 1, 0) and print "family ${family}\\n"`),
        ),
        perl(`use Socket; socket(my $s, AF_INET, SOCK_RAW, 1) and print "raw\\n"`),
        `ls -d ${exits} ${join(root, "run")} 2>/dev/null`,
        "unshare -Urn true 2>/dev/null && echo namespace",
        "ls /proc | grep -c '^[0-9]*$'",
        "grep -c . /proc/net/dev",
        "ls /proc/self/fd | tr '\\n' ' '",
      ].join("\n"),
    );
    const [processes = "", devices = "", open = "", ...more] = out.trim().split("\n");
    assert.deepEqual(more, [], out);
    // Its first process, the shell, and the three of the line itself.
    assert.ok(Number(processes) <= 5, `${processes} processes`);
    assert.equal(devices, "3", "loopback is its only network");
    for (const one of Object.values(descriptors)) assert.ok(!open.split(" ").includes(String(one)), open);
  },
);

test("two at once, each with its own list, and neither with the other's", { skip }, async () => {
  const text = `${fetched("good.test")} 2>&1; ${fetched("other.test")} 2>&1; sleep 0.3; ${fetched("good.test")} 2>&1`;
  const [good, other, none] = await Promise.all([
    run(text, { hosts: ["good.test"] }),
    run(text, { hosts: ["other.test"] }),
    run(`(exec 3<>/dev/tcp/127.0.0.1/${relayPort}) 2>/dev/null || echo nothing; env | grep -ci proxy`, {
      hosts: [],
    }),
  ]);
  const said = ({ out }: { out: string }) => out.match(/this is \w+|403/g);
  assert.deepEqual(said(good), ["this is good", "403", "this is good"]);
  assert.deepEqual(said(other), ["403", "this is other", "403"]);
  assert.equal(none.out, "nothing\n0\n");
});

test("without hosts nothing is made that was not made before", { skip }, async () => {
  const before = opened.length;
  const job = await prepare("true", { hosts: [] });
  assert.equal(opened.length, before);
  assert.equal(job.argv.length, 9);
  assert.doesNotMatch(job.argv.join(" "), /socat|exit/);
  job.kill();
  await job.ended;
  const relayed = await prepare("true");
  assert.doesNotMatch(relayed.argv.join(" "), /good\.test|run\.exits/, "its words do not name the exit");
  relayed.kill();
  await relayed.ended;
});

const holding = `exec 3<>/dev/tcp/127.0.0.1/${relayPort}; printf 'CONNECT slow.test:443 HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n' >&3; while read -r line <&3; do case $line in hello*) break;; esac; done; echo held >> beat`;
const beating = "(setsid nohup sh -c 'while :; do date +%N >> beat; sleep 0.02; done' >/dev/null 2>&1 &)";

for (const [how, end] of [
  ["it is killed", ({ job }) => job.kill()],
  ["whoever started it goes", ({ child }) => child.kill("SIGKILL")],
  ["everything is stopped", () => sandbox.killAll()],
  ["it ends by itself", ({ child }) => child.stdin.end()],
] satisfies [string, (it: { job: SandboxRun; child: ReturnType<typeof start>["child"] }) => void][])
  test(`when ${how}, nothing of it is left: no relay, no connection, no exit`, { skip }, async () => {
    const beat = join(project, "beat");
    rmSync(beat, { force: true });
    const job = await prepare(`${beating}; ${holding}; cat`, { hosts: ["slow.test"] });
    const { child, closed } = start(job);
    await until(() => existsSync(beat) && readFileSync(beat, "utf8").includes("held"));
    assert.ok(relays().length > 0);
    assert.equal(readdirSync(exits).length, 1);
    end({ job, child });
    await job.ended;
    await closed;
    assert.deepEqual(relays(), []);
    await until(() => readdirSync(exits).length === 0);
    const connections = (): Promise<number> =>
      new Promise((resolve) => slow.getConnections((_, count) => resolve(count)));
    while ((await connections()) > 0) await sleep(10);
    const last = readFileSync(beat, "utf8");
    await sleep(150);
    assert.equal(readFileSync(beat, "utf8"), last, "something still runs");
  });

test("what it starts does not end its relay, nor take its place", { skip }, async () => {
  const { out } = await run(
    `perl -e 'use Socket; socket(my $s, AF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1); setsockopt($s, SOL_SOCKET, SO_REUSEPORT, 1); bind($s, sockaddr_in(${relayPort}, inet_aton("127.0.0.1"))) and print "taken\\n"'; (setsid sh -c 'kill -9 -1') ; ${fetched("good.test")}`,
  );
  assert.doesNotMatch(out, /taken/);
  const { out: still } = await run(`for one in $(seq 1 40); do ${fetched("good.test")} & done; wait`);
  assert.equal(still, "this is good.test:443\n".repeat(40));
});

test("nothing runs that may not start, and no exit stays", { skip }, async () => {
  const forbidden = await prepare("touch ran", { mayStart: () => false });
  await start(forbidden).closed;
  assert.deepEqual(await forbidden.ended, { started: false, exitCode: null });
  const killed = await prepare("touch ran");
  killed.kill();
  await killed.ended;
  const late = start(killed);
  await late.closed;
  const job = await prepare("echo once");
  assert.equal(await start(job).closed, 0);
  const again = start(job);
  assert.notEqual(await again.closed, 0);
  assert.equal(again.out(), "");
  assert.equal(existsSync(join(project, "ran")), false);
  await until(() => readdirSync(exits).length === 0);
});

test("its mounts are looked at before it runs, as everybody's", { skip }, async () => {
  const [sub, secret] = [join(project, "sub"), join(root, "secret")];
  for (const folder of [sub, secret]) mkdirSync(folder);
  writeFileSync(join(secret, "diary.txt"), "dear diary");
  const job = await prepare(`cat ${sub}/diary.txt; echo ran`, { change: { readable: [sub], writable: [] } });
  renameSync(sub, join(project, "aside"));
  symlinkSync(secret, sub);
  const { closed, out } = start(job);
  await closed;
  assert.equal(out(), "");
  assert.deepEqual(await job.ended, { started: false, exitCode: null });
  rmSync(sub);
});

test("where there is no network for commands, one that needs it is not made ready", { skip }, async () => {
  const networkOff = "there is no socat";
  const openExit = exitStandIn(new Map());
  const folder = join(root, "off");
  const without = createSandbox({ folder, architecture: process.arch, world, openExit, networkOff, log });
  const plan = { folder: project, readable: [], writable: [], hidden: [], kept: [], versionControl: false };
  const command = { text: "true", environment: {}, mayStart: () => true, mayReach: () => true };
  await assert.rejects(without.prepare({ ...command, plan: { ...plan, hosts: ["good.test"] } }), {
    message: networkOff,
  });
  (await without.prepare({ ...command, plan: { ...plan, hosts: [] } })).kill();
  without.close();
});
