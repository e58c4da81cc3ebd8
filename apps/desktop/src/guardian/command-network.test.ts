/** The real Guardian, sandbox, exit and ledger, the real curl, git and wget; OpenClaw is played by the test. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { GuardianAnswer, GuardianRequest, NewGuardianGrant } from "@smartclaw/contracts";
import { createLedger, type Ledger } from "@smartclaw/egress";
import { type AuditHead, type Guardian, openGuardian } from "@smartclaw/guardian";
import { z } from "zod";
import { openTestSites, type TestSites } from "./testing/test-sites.ts";

const missing = ["bwrap", "socat", "curl", "git", "wget"].find((name) => !existsSync(`/usr/bin/${name}`));
const skip = missing === undefined ? false : `there is no ${missing} here`;

const root = realpathSync(mkdtempSync(join(tmpdir(), "sc-command-network-")));
const project = join(root, "project");
/** Of each test another: what a conversation has seen is held against it. */
let session = "";
const log = { info() {}, warn() {}, error: console.error };
const asked: GuardianRequest[] = [];
let answer: GuardianAnswer["answer"] = "deny";
let ledger: Ledger;
let sites: TestSites;
let guardian: Guardian;

async function open(networkOff: string | null): Promise<Guardian> {
  let head: AuditHead | null = null;
  const place = mkdtempSync(join(root, "g-"));
  guardian = await openGuardian({
    folder: place,
    runFolder: join(place, "run"),
    socketPath: join(root, "broker.sock"),
    key: Uint8Array.from(randomBytes(32)),
    keptHead: () => head,
    keepHead: (last) => void (head = last),
    own: { folders: [place], controlPorts: [] },
    workspace: project,
    architecture: process.arch,
    sandbox: { state: "works", by: "bubblewrap", networkOff },
    openExit: sites.openExit,
    browser: null,
    clock: Date,
    newId: randomUUID,
    setTimer: () => () => undefined,
    nameOf: () => Promise.resolve(null),
    changed() {
      for (const request of guardian.waiting()) {
        if (asked.some(({ id }) => id === request.id)) continue;
        asked.push(request);
        guardian.answer({ id: request.id, hash: request.hash, answer });
      }
    },
    log,
  });
  asked.length = 0;
  return guardian;
}

before(async () => {
  if (skip !== false) return;
  mkdirSync(project);
  ledger = createLedger({ file: join(root, "ledger.sqlite"), clock: Date, retentionDays: () => 90, log });
  const hosts = ["good.test", "evil.test", "private.test"];
  sites = await openTestSites({ folder: join(root, "site"), hosts, ledger, log });
  writeFileSync(join(project, "ca.pem"), sites.authority);
  await open(null);
});
beforeEach(() => void (session = `agent:main:${randomUUID()}`));
after(() => {
  if (skip !== false) return;
  guardian.close();
  sites.close();
  ledger.close();
  rmSync(root, { recursive: true, force: true });
});

function grant(...scopes: NewGuardianGrant["scope"][]): string[] {
  const duration = { kind: "until", at: Date.now() + 3_600_000 } as const;
  const grants = scopes.map((scope) => ({ effect: "allow" as const, scope, callers: ["owner"], duration }));
  return guardian.addGrants(grants, "tab").map(({ id }) => id);
}

async function tell(order: object): Promise<unknown> {
  const socket = createConnection(join(root, "broker.sock"));
  socket.write(`${JSON.stringify(order)}\n`);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

const verdict = z.object({
  answer: z.object({ action: z.string(), reason: z.string().optional(), ticket: z.string().optional() }),
});
const prepared = z.object({ answer: z.object({ argv: z.tuple([z.string()], z.string()) }) });

/** What OpenClaw does for a command. @returns why it was not started, or the process */
async function begin(command: string) {
  const call = {
    tool: "exec",
    params: { command, workdir: project },
    toolCallId: randomUUID(),
    session,
    isOwner: true,
  };
  const { answer } = verdict.parse(await tell({ op: "decide", call }));
  if (answer.ticket === undefined) return answer.reason ?? "";
  const order = { op: "prepare", ticket: answer.ticket, session, command, folder: project, environment: {} };
  const [program, ...args] = prepared.parse(await tell(order)).answer.argv;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: {}, cwd: "/" });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => (said += data.toString()));
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { said: () => said, closed };
}

async function run(command: string): Promise<string> {
  const begun = await begin(command);
  if (typeof begun === "string") return begun;
  await begun.closed;
  return begun.said();
}

/** What the ledger has that it did not have before. */
async function ledgerOf(work: () => Promise<void>) {
  const [last] = ledger.list({ limit: 1 }).entries;
  await work();
  // The end of a connection is seen after that of the command.
  await until(() => ledger.list({ limit: 100 }).entries.every(({ endedAt }) => endedAt !== null));
  return ledger
    .list({ limit: 100 })
    .entries.filter(({ id }) => id > (last?.id ?? 0))
    .toReversed();
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !holds();) {
    assert.ok(Date.now() < end, "it did not come to it");
    await sleep(10);
  }
}

const curl = "curl -sS --cacert ca.pem";

test("what is granted is fetched without a question, and stands in the ledger", { skip }, async () => {
  grant(
    { type: "run", words: ["curl"], rest: true },
    { type: "read", path: project },
    { type: "reach", host: "good.test" },
  );
  const rows = await ledgerOf(async () =>
    assert.equal(await run(`${curl} https://good.test/page`), "the page\n"),
  );
  assert.deepEqual(asked, []);
  assert.equal(rows.length, 1);
  const [row] = rows;
  assert.ok(row !== undefined && row.bytesSent > 100 && row.bytesReceived > 100);
  const { door, process: program, host, port, address, verdict } = row;
  assert.deepEqual(
    [door, program, host, port, address, verdict],
    ["guardian", "a command of the assistant", "good.test", 443, "1.2.3.4", "allowed"],
  );
  const start = guardian.log({ before: null, limit: 10 }).find(({ kind }) => kind === "start");
  assert.deepEqual(start?.body["reaches"], ["good.test"]);
});

test("what is not granted is asked, and after a no nothing was even tried", { skip }, async () => {
  answer = "deny";
  const rows = await ledgerOf(async () =>
    assert.match(await run(`${curl} https://evil.test/page`), /the owner said no/),
  );
  assert.deepEqual([asked.length, rows], [1, []]);
  answer = "once";
  assert.equal(await run(`${curl} https://evil.test/page?once`), "the page\n", "a yes is for that command");
  assert.equal(asked.length, 2);
});

test("a command gets what it was seen to want, wherever it is led or goes by itself", { skip }, async () => {
  answer = "once";
  const rows = await ledgerOf(async () => {
    const led = await run("wget --ca-certificate=ca.pem -O - https://good.test/away");
    assert.match(
      led,
      /SmartClaw's Guardian did not let this through: evil\.test \(it was not granted to this command\)/,
    );
    const hidden = await run(`${curl} https://good.test/page; c=curl; h=evil; $c -sS https://$h.test/page`);
    assert.match(hidden, /^the page\n.*403/);
    assert.match(
      await run(`${curl} https://good.test/page; ${curl} -f http://good.test/page`),
      /^the page\n.*403/,
    );
  });
  assert.deepEqual(
    rows.map(({ host, port, verdict }) => `${verdict} ${host}:${port}`),
    [
      "allowed good.test:443",
      "refused evil.test:443",
      "allowed good.test:443",
      "refused evil.test:443",
      "allowed good.test:443",
      "refused good.test:80",
    ],
  );
  const before = sites.requests.length;
  assert.match(await run("h=good; c=curl; $c -sS https://$h.test/page"), /resolve host/, "nobody saw a name");
  assert.equal(sites.requests.length, before);
});

test(
  "what is written in a command counts where it was granted, or the owner reads it",
  { skip },
  async () => {
    const command = "wget -q --ca-certificate=ca.pem -O page https://good.test/page";
    answer = "deny";
    assert.match(await run(`${command}?no`), /the owner said no/);
    assert.ok(asked.at(-1)?.effects.some(({ kind, what }) => kind === "fetch" && what === "good.test"));
    const words = command.split(" ");
    grant({ type: "run", words, rest: false }, { type: "write", path: project });
    const before = asked.length;
    await run(command);
    assert.equal(asked.length, before);
    assert.equal(readFileSync(join(project, "page"), "utf8"), "the page\n");
    const strange = words.map((word) => word.replace("good.test", "evil.test"));
    grant({ type: "run", words: strange, rest: false });
    const rows = await ledgerOf(async () => void (await run(strange.join(" "))));
    assert.deepEqual([rows, asked.length], [[], before], "it runs, and reaches nobody");
  },
);

test("git fetches through it, and what it writes is where it may", { skip }, async () => {
  answer = "once";
  const said = await run("git -c http.sslCAInfo=ca.pem clone https://good.test/repo.git copy");
  assert.equal(readFileSync(join(project, "copy", "readme.txt"), "utf8"), "in the repository\n", said);
});

test("a granted name that leads into a private network leads nowhere", { skip }, async () => {
  grant({ type: "reach", host: "private.test" });
  const rows = await ledgerOf(async () =>
    assert.match(await run(`${curl} https://private.test/page`), /403/),
  );
  assert.deepEqual(
    rows.map(({ host, verdict, reason, address }) => [host, verdict, reason, address]),
    [["private.test", "failed", "it leads into a private network", null]],
  );
});

test("addresses and names of this computer are refused without a question", { skip }, async () => {
  const before = asked.length;
  answer = "once";
  for (const host of ["127.0.0.1", "10.0.0.1", "1.2.3.4", "localhost", "a.localhost"])
    assert.match(await run(`${curl} https://${host}/`), /public names only, not /, host);
  assert.equal(asked.length, before);
});

test("a grant that is taken back, or forbidden, ends what is open; so does panic", { skip }, async () => {
  const held = `${curl} -N https://good.test/hold`;
  const [id = ""] = grant({ type: "reach", host: "good.test" });
  const duration = { kind: "until", at: Date.now() + 3_600_000 } as const;
  const hold = async () => {
    const begun = await begin(held);
    if (typeof begun === "string") return assert.fail(begun);
    await until(() => begun.said().includes("held"));
    return begun;
  };
  const good = guardian.grants().filter(({ scope }) => scope.type === "reach" && scope.host === "good.test");
  const revoked = await hold();
  for (const one of good) guardian.revoke(one.id);
  await revoked.closed;
  assert.ok(good.some((one) => one.id === id));
  grant({ type: "reach", host: "good.test" });
  const forbidden = await hold();
  const rows = await ledgerOf(async () => {
    const scope = { type: "reach", host: "good.test" } as const;
    const [made] = guardian.addGrants([{ effect: "deny", scope, callers: null, duration }], "tab");
    assert.notEqual(await forbidden.closed, 0);
    guardian.revoke(made?.id ?? "");
  });
  assert.deepEqual(rows, [], "it was open before");
  const [last] = ledger.list({ limit: 1 }).entries;
  assert.deepEqual([last?.verdict, last?.reason], ["failed", "it was not granted to this command"]);
  const stopped = await hold();
  guardian.panic();
  await stopped.closed;
  guardian.arm();
});

test("where commands reach no server, one that would is refused, and says why", { skip }, async () => {
  guardian.close();
  await open("commands reach no server here, because there is no socat");
  grant(
    { type: "run", words: ["curl"], rest: true },
    { type: "read", path: project },
    { type: "reach", host: "good.test" },
  );
  assert.match(
    await run(`${curl} https://good.test/page`),
    /commands reach no server here, because there is no socat/,
  );
  assert.deepEqual(asked, []);
  answer = "once";
  assert.equal(await run("echo still"), "still\n");
});
