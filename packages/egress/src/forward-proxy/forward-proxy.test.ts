import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer } from "node:net";
import { after, test } from "node:test";
import fc from "fast-check";
import type { Log } from "@smartclaw/contracts";
import { recordingLedger } from "../testing/recording-ledger.ts";
import { addressKind, isLoopbackHost } from "../addresses.ts";
import { decideHost } from "./decide-host-core.ts";
import { createForwardProxy } from "./forward-proxy.ts";

const silent: Log = { info() {}, warn() {}, error() {} };

test("only listed names on their ports are allowed", () => {
  const list = ["example.org", "*.wild.test", "other.test:8443"];
  const allowed = (host: string, port: number): boolean => decideHost(list, host, port).allowed;
  for (const [host, port] of [
    ["example.org", 443],
    ["EXAMPLE.org.", 80],
    ["a.wild.test", 443],
    ["a.b.wild.test", 443],
    ["other.test", 8443],
  ] as const)
    assert.ok(allowed(host, port), host);
  for (const [host, port] of [
    ["example.org", 22],
    ["wild.test", 443],
    ["evilwild.test", 443],
    ["example.org.evil.test", 443],
    ["xexample.org", 443],
    ["other.test", 443],
    ["127.0.0.1", 443],
    ["0x7f.1", 443],
    ["2130706433", 80],
    ["[::1]", 443],
    ["example.org@evil.test", 443],
    ["example.org%00", 443],
    ["example.org ", 443],
    ["", 443],
    ["ex\u0430mple.org", 443],
    ["example.org..", 443],
  ] as const)
    assert.ok(!allowed(host, port), host);
});

test("whatever is asked for, a host outside the list is refused", () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(65_535), (host, port) => {
      const decision = decideHost(["example.org"], host, port);
      assert.equal(
        decision.allowed,
        host.toLowerCase().replace(/\.$/, "") === "example.org" && (port === 80 || port === 443),
      );
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.domain()), fc.domain(), fc.domain(), (list, extra, host) => {
      const before = decideHost(list, host, 443).allowed;
      assert.ok(
        !before || decideHost([...list, extra], host, 443).allowed,
        "listing more never refuses more",
      );
    }),
  );
});

test("addresses are judged by where they lead", () => {
  const kinds: [string, string | null][] = [
    ["127.9.9.9", "loopback"],
    ["::1", "loopback"],
    ["::ffff:127.0.0.1", "loopback"],
    ["10.0.0.1", "private"],
    ["192.168.1.1", "private"],
    ["169.254.169.254", "private"],
    ["168.63.129.16", "private"],
    ["::ffff:168.63.129.16", "private"],
    ["192.0.0.192", "private"],
    ["64:ff9b::7f00:1", "private"],
    ["100.64.0.1", "private"],
    ["fd00::1", "private"],
    ["fe80::1", "private"],
    ["0.0.0.0", "private"],
    ["1.1.1.1", "public"],
    ["2606:4700::1111", "public"],
    ["example.org", null],
  ];
  for (const [address, kind] of kinds) assert.equal(addressKind(address), kind, address);
  assert.ok(
    isLoopbackHost("localhost") &&
      isLoopbackHost("a.localhost") &&
      isLoopbackHost("[::1]") &&
      !isLoopbackHost("localhost.evil.test"),
  );
});

async function start(
  allowed: string[],
  resolve: (host: string) => Promise<string[]>,
  client: string | null = "test",
  ownDoors: number[] = [],
) {
  const ledger = recordingLedger();
  const proxy = createForwardProxy({
    allowed: () => allowed,
    ownDoors,
    ledger,
    log: silent,
    clientOf: async () => client,
    resolve,
  });
  const port = await proxy.listen();
  after(() => proxy.close());
  const say = (text: string): Promise<string> =>
    new Promise((done) => {
      const socket = connect(port, "127.0.0.1", () => socket.write(text));
      let got = "";
      socket.setTimeout(1500, () => socket.destroy());
      socket.on("data", (chunk) => (got += chunk.toString()));
      socket.on("error", () => {});
      socket.on("close", () => done(got));
    });
  return { say, ledger, proxy };
}

test("refused hosts get a sentence, nothing is resolved, and the ledger knows", async () => {
  let resolved = 0;
  const { say, ledger, proxy } = await start(["good.test"], async () => (resolved++, ["1.1.1.1"]));
  assert.match(
    await say("CONNECT evil.test:443 HTTP/1.1\r\nhost: evil.test:443\r\n\r\n"),
    /403[\s\S]*evil\.test is not on your list/,
  );
  assert.match(
    await say("GET http://evil.test/secret HTTP/1.1\r\nhost: good.test\r\n\r\n"),
    /403[\s\S]*not on your list/,
  );
  assert.match(await say("CONNECT 127.0.0.1:22 HTTP/1.1\r\nhost: x\r\n\r\n"), /403/);
  assert.match(await say("CONNECT good.test HTTP/1.1\r\nhost: x\r\n\r\n"), /400/);
  assert.match(await say("GET /relative HTTP/1.1\r\nhost: x\r\n\r\n"), /400/);
  assert.match(await say("nonsense\r\n\r\n"), /400/);
  assert.equal(resolved, 0);
  assert.deepEqual(
    ledger.rows.map((row) => row.outcome),
    ["refused", "refused", "refused"],
  );
  assert.deepEqual(proxy.stats(), { requests: 3, refused: 3 });
});

test("a listed name that leads into a private network or nowhere is not connected to", async () => {
  const { say, ledger } = await start(["good.test", "gone.test"], async (host) => {
    if (host === "gone.test") throw new Error("ENOTFOUND");
    return ["1.1.1.1", "127.0.0.1"];
  });
  assert.match(await say("CONNECT good.test:443 HTTP/1.1\r\nhost: x\r\n\r\n"), /403[\s\S]*private network/);
  assert.match(await say("CONNECT gone.test:443 HTTP/1.1\r\nhost: x\r\n\r\n"), /502[\s\S]*not found/);
  assert.match(await say("GET http://good.test/ HTTP/1.1\r\nhost: x\r\n\r\n"), /403/);
  assert.ok(ledger.rows.every((row) => row.outcome.startsWith("failed")));
});

test("another program is refused, whatever it asks for", async () => {
  const { say, ledger } = await start(["good.test"], async () => ["1.1.1.1"], null);
  assert.match(await say("CONNECT good.test:443 HTTP/1.1\r\nhost: x\r\n\r\n"), /403[\s\S]*its own OpenClaw/);
  assert.match(await say("GET http://good.test/ HTTP/1.1\r\nhost: x\r\n\r\n"), /403/);
  assert.deepEqual(
    ledger.rows.map((row) => row.outcome),
    ["refused", "refused"],
  );
});

test("a door of SmartClaw's own is reached by its number and port only, by OpenClaw only", async () => {
  const door = createServer((socket) => socket.end("behind the door"));
  await new Promise<void>((done) => door.listen(0, "127.0.0.1", done));
  after(() => door.close());
  const { port } = door.address() as AddressInfo;
  const nobody = async (): Promise<string[]> => ["1.1.1.1"];
  const ask = (host: string, to: number) => `CONNECT ${host}:${to} HTTP/1.1\r\nhost: x\r\n\r\n`;
  const { say, ledger } = await start([], nobody, "test", [port]);
  assert.match(await say(ask("127.0.0.1", port)), /200[\s\S]*behind the door/);
  assert.equal(ledger.rows.length, 0, "the door itself writes it down");
  for (const host of ["localhost", "127.0.0.2", "127.1", "0.0.0.0"])
    assert.match(await say(ask(host, port)), /403/, host);
  assert.match(await say(ask("127.0.0.1", port - 1)), /403/);
  const stranger = await start([], nobody, null, [port]);
  assert.match(await stranger.say(ask("127.0.0.1", port)), /403[\s\S]*its own OpenClaw/);
});
