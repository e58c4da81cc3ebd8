import assert from "node:assert/strict";
import { test } from "node:test";
import { hasLoopbackOnly, listensForRelay } from "./relay-check.ts";

const headings = "Inter-|   Receive\n face |bytes    packets\n";
const device = (name: string): string => `${name}: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n`;

test("a network with anything but loopback is not the relay's", () => {
  assert.equal(hasLoopbackOnly(headings + device("    lo")), true);
  assert.equal(hasLoopbackOnly(headings + device("    lo") + device("  eth0")), false);
  assert.equal(hasLoopbackOnly(headings + device("  eth0")), false);
  assert.equal(hasLoopbackOnly(headings), false);
  assert.equal(hasLoopbackOnly(""), false);
});

test("the relay listens at its own place", () => {
  const line = (local: string, state: string): string =>
    `  sl  local_address rem_address   st\n   0: ${local} 00000000:0000 ${state} 00000000:00000000\n`;
  assert.equal(listensForRelay(line("0100007F:0C38", "0A")), true);
  assert.equal(listensForRelay(line("0100007F:0C38", "01")), false);
  assert.equal(listensForRelay(line("00000000:0C38", "0A")), false);
  assert.equal(listensForRelay(line("0100007F:0C39", "0A")), false);
  assert.equal(listensForRelay(""), false);
});
