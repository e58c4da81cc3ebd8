import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { guardEnvironment } from "../config/gateway-process.ts";
import type { GuardianPlace } from "../config/render-config.ts";
import { guardArguments } from "./guard-reports.ts";

const place: GuardianPlace = { plugin: "/p", socket: "/s", browserGate: 1234, browserScripts: false };

/** What a program under the guard gets to know. */
function under(environment: Readonly<Record<string, string>>): unknown {
  const script = `
    import dns from "node:dns"; import promises from "node:dns/promises"; import net from "node:net";
    const said = (promise) => promise.catch(({ code }) => code);
    const asked = (...args) => new Promise((resolve) => dns.lookup(...args, (error, ...found) => resolve(error?.code ?? found)));
    const connected = new Promise((resolve) => {
      const socket = net.connect(443, "198.18.0.1", () => resolve("connected"));
      socket.on("error", ({ code }) => resolve(code));
    });
    console.log(JSON.stringify([
      await said(promises.lookup("example.org", { all: true })),
      await said(promises.lookup("example.org")),
      await asked("example.org", { all: true }),
      await asked("example.org"),
      await asked("example.org", 4),
      await asked("example.org", 6),
      await said(promises.lookup("example.org", { family: 6 })),
      await said(promises.resolve4("example.org")),
      await said(promises.lookup("127.0.0.1")),
      await connected,
    ]));`;
  const args = [...guardArguments, "--input-type=module", "--eval", script];
  return JSON.parse(execFileSync(process.execPath, args, { env: { ...environment }, encoding: "utf8" }));
}

const loopback = { address: "127.0.0.1", family: 4 };
const nothing = "ENOTFOUND";

test("while there is no browser, no name is answered", () => {
  assert.deepEqual(guardEnvironment(null), {});
  assert.deepEqual(guardEnvironment({ ...place, browserGate: null }), {});
  const refused = Array.from({ length: 8 }, () => nothing);
  assert.deepEqual(under(guardEnvironment(null)), [...refused, loopback, "ECONNREFUSED"]);
  assert.deepEqual(under({ SMARTCLAW_GUARD_NAMES: "example.org" }), [...refused, loopback, "ECONNREFUSED"]);
});

test("with one, every name has an address that leads nowhere, and nobody is asked for it", () => {
  const { SMARTCLAW_GUARD_NAMES: address = "" } = guardEnvironment(place);
  assert.match(address, /^198\.18\./);
  const one = { address, family: 4 };
  assert.deepEqual(under(guardEnvironment(place)), [
    [one],
    one,
    [[one]],
    [address, 4],
    [address, 4],
    nothing,
    nothing,
    nothing,
    loopback,
    "ECONNREFUSED",
  ]);
});
