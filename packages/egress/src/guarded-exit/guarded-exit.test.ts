import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { LedgerWriter, Log } from "@smartclaw/contracts";
import { recordingLedger } from "../testing/recording-ledger.ts";
import { createGuardedExit } from "./guarded-exit.ts";

const silent: Log = { info() {}, warn() {}, error() {} };
const root = mkdtempSync(join(tmpdir(), "sc-exit-"));
after(() => rmSync(root, { recursive: true, force: true }));
let places = 0;

interface Given {
  objection?: (host: string, port: number) => string | null;
  resolve?: (host: string) => Promise<readonly string[]>;
  /** Where a public address really leads in this test. */
  behind?: Server;
  ledger?: LedgerWriter;
}

async function open({ objection, resolve, behind, ledger = recordingLedger() }: Given = {}) {
  const socketPath = join(root, `${(places += 1)}`, "exit.sock");
  const asked: [string, number][] = [];
  const connected: string[] = [];
  const openExit = createGuardedExit({
    ledger,
    log: silent,
    resolve: resolve ?? (async () => ["1.1.1.1"]),
    connect({ host }) {
      connected.push(host);
      return connect((behind?.address() as AddressInfo | undefined)?.port ?? 1, "127.0.0.1");
    },
  });
  const exit = await openExit({
    socketPath,
    user: "a test",
    objection(host, port) {
      asked.push([host, port]);
      return (objection ?? ((one) => (one === "good.test" ? null : "it was not granted")))(host, port);
    },
  });
  after(() => exit.close());
  const call = () => callOn(socketPath);
  const say = async (text: string): Promise<string> => {
    const one = call();
    one.socket.write(text);
    return await one.closed;
  };
  return { exit, asked, connected, socketPath, call, say };
}

function callOn(path: string) {
  const socket = connect(path);
  let got = "";
  socket.on("data", (chunk) => (got += chunk.toString()));
  socket.on("error", () => {});
  const closed = new Promise<string>((done) => socket.once("close", () => done(got)));
  /** Resolves when something was said that fits. */
  const hears = (wanted: RegExp): Promise<string> =>
    new Promise((done) => {
      const look = (): void => {
        if (!wanted.test(got)) return;
        socket.off("data", look);
        done(got);
      };
      socket.on("data", look);
      look();
    });
  return { socket, closed, hears };
}

async function listen(server: Server): Promise<Server> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  after(() => server.close());
  return server;
}

const wants = (place: string): string => `CONNECT ${place} HTTP/1.1\r\nhost: x\r\n\r\n`;

test("whoever opened it is asked for names, as they are compared, and its no is told", async () => {
  const ledger = recordingLedger();
  const { say, asked, connected } = await open({ ledger });
  const told = await say(wants("EVIL.Test.:443"));
  const sentence = "SmartClaw's Guardian did not let this through: evil.test (it was not granted).";
  assert.ok(told.startsWith(`HTTP/1.1 403 ${sentence}\r\n`), told);
  assert.ok(told.endsWith(`\r\n\r\n${sentence}\n`), told);
  assert.match(
    await say("GET http://evil.test:8080/secret HTTP/1.1\r\nhost: good.test\r\n\r\n"),
    /evil.test:8080/,
  );
  assert.deepEqual(asked, [
    ["evil.test", 443],
    ["evil.test", 8080],
  ]);
  assert.deepEqual(connected, []);
  assert.deepEqual(
    ledger.rows.map(({ door, host, outcome, reason }) => [door, host, outcome, reason]),
    [
      ["guardian", "evil.test", "refused", "it was not granted"],
      ["guardian", "evil.test", "refused", "it was not granted"],
    ],
  );
});

test("what is no plain public name is refused without a question", async () => {
  const { say, asked, connected } = await open({ objection: () => null });
  for (const host of [
    "127.0.0.1",
    "1.1.1.1",
    "2130706433",
    "0x7f.1",
    "127.1",
    "localhost",
    "LOCALHOST.",
    "a.localhost",
    "good.te_st",
    "-good.test",
    "good..test",
    "xn--.test%00",
    "ex\u0430mple.test",
    "a".repeat(64),
    `${"a.".repeat(130)}test`,
  ])
    assert.match(await say(wants(`${host}:443`)), / 40[03] /, host);
  for (const address of ["[::1]", "[::ffff:1.1.1.1]", "0", "0x7f000001", "1.1.1.1", "127.0.0.1", "localhost"])
    assert.match(await say(`GET http://${address}/ HTTP/1.1\r\nhost: x\r\n\r\n`), / 403 /, address);
  for (const odd of [
    "[::1]:443",
    "good.test",
    "good.test:0",
    "good.test:65536",
    "good.test:443x",
    "u@good.test:443",
  ])
    assert.match(await say(wants(odd)), / 400 /, odd);
  assert.deepEqual([asked, connected], [[], []]);
});

test("bytes go both ways, and are in the ledger before and after", async () => {
  const ledger = recordingLedger();
  const behind = await listen(
    createServer((socket) => socket.once("data", (data: Buffer) => socket.end(`got ${data.toString()}`))),
  );
  const { call, connected } = await open({ ledger, behind });
  const { socket, closed, hears } = call();
  socket.write(wants("good.test:443"));
  await hears(/200 Connection established/);
  assert.deepEqual(
    ledger.rows.map(({ door, host, port, outcome }) => [door, host, port, outcome]),
    [["guardian", "good.test", 443, "open"]],
  );
  socket.write("hello");
  assert.match(await closed, /\r\n\r\ngot hello$/);
  const [row] = ledger.rows;
  assert.deepEqual([row?.sent, row?.received, row?.outcome], [5, 9, "ended"]);
  assert.deepEqual(connected, ["1.1.1.1"]);
});

test("a plain request arrives as one, without what is between neighbours", async () => {
  const seen: string[] = [];
  const web = createHttpServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
    request.resume().once("end", () => response.end("page"));
  });
  const { say } = await open({
    behind: await listen(web),
    objection: (host) => (host === "good.test" ? null : "no"),
  });
  const got = await say(
    "POST http://good.test/a?b HTTP/1.1\r\nhost: evil.test\r\nproxy-authorization: x\r\nx-mine: 1\r\n" +
      "connection: close, x-mine, content-length\r\ncontent-length: 2\r\n\r\nhi",
  );
  assert.match(got, /200 OK[\s\S]*page/);
  assert.equal(seen.length, 1);
  assert.match(
    seen[0] ?? "",
    /^POST \/a\?b \{"host":"good.test","content-length":"2","connection":"close"\}$/,
  );
});

test("no request hides in another one", async () => {
  const seen: string[] = [];
  const web = createHttpServer((request, response) => {
    seen.push(`${request.headers.host} ${request.url}`);
    request.resume().once("end", () => response.end("page"));
  });
  const { say, asked } = await open({ behind: await listen(web) });
  const hidden = "GET http://evil.test/ HTTP/1.1\r\nhost: good.test\r\nconnection: close\r\n\r\n";
  const first = "GET http://good.test/ HTTP/1.1\r\nhost: x\r\n";
  const both = await say(`${first}\r\n${hidden}`);
  assert.match(both, /200 OK[\s\S]*page[\s\S]*403 SmartClaw/, "each is looked at");
  for (const framing of [
    `content-length: ${hidden.length}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    "content-length: 0\r\ncontent-length: 5\r\n\r\n",
    "content-length: +5\r\n\r\n",
    "content-length : 0\r\n\r\n",
    "transfer-encoding:\u000bchunked\r\n\r\n0\r\n\r\n",
    "x: y\nz: a\r\n\r\n",
    " folded\r\n\r\n",
  ])
    assert.match(await say(`${first}${framing}${hidden}`), /^HTTP\/1.1 400 [^]*$/, framing);
  for (const target of [
    "http://good.test@evil.test/",
    "http://good.test:80@evil.test/",
    "http://evil.test#@good.test/",
    "http://evil.test?@good.test/",
    "http://evil.test\\@good.test/",
    "https://good.test/",
    "ftp://good.test/",
    "file:///etc/passwd",
    "//good.test/",
    "/",
    "*",
    "http://",
    "http://good.test:99999/",
  ])
    assert.match(
      await say(`GET ${target} HTTP/1.1\r\nhost: good.test\r\nconnection: close\r\n\r\n`),
      /^HTTP\/1.1 40[03] /,
      target,
    );
  assert.ok(
    seen.every((one) => one === "good.test /"),
    seen.join(),
  );
  assert.ok(asked.every(([host]) => ["good.test", "evil.test"].includes(host)));
});

test("a name is looked up once, and no answer of it may lead into a private network or to this computer", async () => {
  const answers = [["1.1.1.1"], ["127.0.0.1"]];
  const behind = await listen(createServer((socket) => socket.end("reached")));
  const rebinding = await open({ behind, resolve: async () => answers.shift() ?? [] });
  assert.match(await rebinding.say(wants("good.test:443")), /200[^]*reached/);
  assert.match(await rebinding.say(wants("good.test:443")), /403[^]*private network/);
  assert.match(await rebinding.say(wants("good.test:443")), /502[^]*not found/);
  assert.deepEqual(rebinding.connected, ["1.1.1.1"]);
  const [own] = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ internal }) => !internal);
  for (const address of [
    "10.0.0.1",
    "169.254.169.254",
    "::1",
    "::ffff:10.0.0.1",
    "0.0.0.0",
    own?.address ?? "::1",
  ]) {
    const { say, connected } = await open({ behind, resolve: async () => ["1.1.1.1", address] });
    assert.match(await say(wants("good.test:443")), /403/, address);
    assert.match(await say("GET http://good.test/ HTTP/1.1\r\nhost: x\r\n\r\n"), /403/, address);
    assert.deepEqual(connected, [], address);
  }
});

test("what is taken back is ended, whether it is open or on its way, and the rest stays", async () => {
  const ledger = recordingLedger();
  const behind = await listen(createServer((socket) => void socket.write("hello")));
  const granted = new Set(["good.test", "other.test", "slow.test"]);
  let answerSlow: (addresses: readonly string[]) => void = () => {};
  const { exit, call, connected } = await open({
    ledger,
    behind,
    objection: (host) => (granted.has(host) ? null : "it was taken back"),
    resolve: async (host) =>
      host === "slow.test" ? await new Promise((done) => (answerSlow = done)) : ["1.1.1.1"],
  });
  const [good, other, slow, plain] = [call(), call(), call(), call()];
  for (const [one, text] of [
    [good, wants("good.test:443")],
    [other, wants("other.test:443")],
    [slow, wants("slow.test:443")],
    [plain, "GET http://good.test/ HTTP/1.1\r\nhost: x\r\n\r\n"],
  ] as const)
    one.socket.write(text);
  await Promise.all([good.hears(/hello/), other.hears(/hello/)]);
  while (ledger.rows.length < 4) await new Promise(setImmediate);
  granted.delete("good.test");
  granted.delete("slow.test");
  exit.recheck();
  await Promise.all([good.closed, slow.closed, plain.closed]);
  answerSlow(["1.1.1.1"]);
  await new Promise(setImmediate);
  assert.equal(other.socket.destroyed, false);
  assert.equal(connected.length, 3, "nobody is connected to afterwards");
  assert.deepEqual(Object.fromEntries(ledger.rows.map(({ host, outcome }) => [host, outcome])), {
    "good.test": "failed: it was taken back",
    "other.test": "open",
    "slow.test": "failed: it was taken back",
  });
  other.socket.destroy();
});

test("who cannot decide, or cannot write it down, lets nothing through", async () => {
  const undecided = await open({
    objection() {
      throw new Error("broken");
    },
  });
  assert.match(await undecided.say(wants("good.test:443")), /403[^]*could not be decided/);
  const full: LedgerWriter = {
    begin() {
      throw new Error("the disk is full");
    },
    refuse() {
      throw new Error("the disk is full");
    },
  };
  for (const host of ["good.test", "evil.test"]) {
    const { say, connected } = await open({ ledger: full });
    assert.match(await say(wants(`${host}:443`)), / 500 /);
    assert.match(await say(`GET http://${host}/ HTTP/1.1\r\nhost: x\r\n\r\n`), / 500 /);
    assert.deepEqual(connected, []);
  }
});

test("headers without end and clients that take their time hold nobody up", async () => {
  const behind = await listen(createServer((socket) => socket.end("reached")));
  const { exit, say, call } = await open({ behind });
  const slow = call();
  slow.socket.write("CONNECT good.test:443 HTT");
  const silentOne = call();
  assert.match(await say(`CONNECT good.test:443 HTTP/1.1\r\nx: ${"y".repeat(20_000)}\r\n\r\n`), / 400 /);
  assert.match(await say(wants(`${"a".repeat(20_000)}.test:443`)), / 400 /);
  assert.match(await say(wants("good.test:443")), /200[^]*reached/);
  exit.close();
  await Promise.all([slow.closed, silentOne.closed]);
});

test("another protocol is not changed to", async () => {
  const web = createHttpServer((request, response) => response.end(JSON.stringify(request.headers)));
  const upgrade =
    "GET http://good.test/ HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
  const polite = await open({ behind: await listen(web) });
  const one = polite.call();
  one.socket.write(upgrade);
  const got = await one.hears(/\}/);
  assert.match(got, /200 OK/);
  assert.doesNotMatch(got, /websocket/);
  one.socket.destroy();
  const pushy = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () =>
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nraw",
      ),
    );
  });
  const other = await open({ behind: await listen(pushy) });
  assert.match(await other.say(upgrade.replace("upgrade\r\nupgrade: websocket", "close")), / 502 /);
});

test("the socket is its owner's only, and gone with all that went through it", async () => {
  const ends: Socket[] = [];
  const behind = await listen(createServer((socket) => void ends.push(socket)));
  const { exit, call, socketPath } = await open({ behind });
  assert.equal(statSync(socketPath).mode & 0o777, 0o600);
  assert.equal(statSync(join(socketPath, "..")).mode & 0o777, 0o700);
  const { socket, closed, hears } = call();
  socket.write(wants("good.test:443"));
  await hears(/200/);
  while (ends.length === 0) await new Promise(setImmediate);
  const gone = new Promise((done) => ends[0]?.once("close", done));
  exit.close();
  exit.close();
  await Promise.all([closed, gone]);
  assert.equal(existsSync(socketPath), false);
});

test("where others could use it, and where its path would be cut off, there is none", async () => {
  const openExit = createGuardedExit({ ledger: recordingLedger(), log: silent });
  const folder = join(root, "shared");
  mkdirSync(folder);
  chmodSync(folder, 0o770);
  const wanted = { user: "a test", objection: () => null };
  await assert.rejects(openExit({ ...wanted, socketPath: join(folder, "s") }), { code: "FORBIDDEN" });
  const long = join(root, "x".repeat(108));
  await assert.rejects(openExit({ ...wanted, socketPath: long }), { code: "BAD_REQUEST" });
});

test("nothing that is told means something in a page", async () => {
  const { say } = await open({ objection: () => 'not <b>granted</b> & "never"\r\nset-cookie: x' });
  const got = await say(wants("evil.test:443"));
  assert.doesNotMatch(got, /[<>&"]|\r\nset-cookie/);
  const [head = ""] = got.split("\r\n\r\n");
  assert.match(head, /x-content-type-options: nosniff/);
});
