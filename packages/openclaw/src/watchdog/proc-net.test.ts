import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { test } from "node:test";
import { isLoopback } from "./loopback.ts";
import { parseLsof } from "./lsof.ts";
import { parseNetstat } from "./netstat.ts";
import { parseProcNet } from "./proc-net.ts";
import { parseCimProcesses, parseProcStat, parsePs, selectTree } from "./process-table.ts";

const head =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const tail = "00000000:00000000 00:00000000 00000000     0        0";

test("rows of the kernel's tables", () => {
  const text =
    head +
    `   0: 0100007F:1F90 00000000:0000 0A ${tail} 35343 1 000 100 0 0 10 0\n` +
    `   1: 00000000:0016 00000000:0000 0A ${tail} 131 1 000 100 0 0 10 0\n` +
    `   2: 0200A8C0:C350 22D8B85D:01BB 01 ${tail} 777 1 000 100 0 0 10 0\n` +
    "   3: nonsense\n";
  const rows = parseProcNet(text, "tcp");
  assert.deepEqual(
    rows.map((row) => [row.address, row.port, row.remoteAddress, row.remotePort, row.state, row.inode]),
    [
      ["127.0.0.1", 8080, "0.0.0.0", 0, "listening", "35343"],
      ["0.0.0.0", 22, "0.0.0.0", 0, "listening", "131"],
      ["192.168.0.2", 50_000, "93.184.216.34", 443, "established", "777"],
    ],
  );
});

test("IPv6 addresses", () => {
  const row = (address: string) =>
    parseProcNet(`${head}   0: ${address}:0050 ${address}:0000 0A ${tail} 9 1`, "tcp");
  assert.equal(row("00000000000000000000000001000000")[0]?.address, "::1");
  assert.equal(row("00000000000000000000000000000000")[0]?.address, "::");
  assert.equal(row("0000000000000000FFFF00000100007F")[0]?.address, "::ffff:127.0.0.1");
  assert.equal(row("000080FE00000000FF005450B6AD1DFE")[0]?.address, "fe80::5054:ff:fe1d:adb6");
});

test(
  "the kernel's own table has a server that is really there",
  { skip: process.platform !== "linux" },
  async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const rows = parseProcNet(readFileSync("/proc/self/net/tcp", "latin1"), "tcp");
    assert.ok(
      rows.some((row) => row.port === port && row.address === "127.0.0.1" && row.state === "listening"),
    );
    server.close();
  },
);

test("what is loopback", () => {
  for (const address of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
    assert.ok(isLoopback(address), address);
  for (const address of [
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "::ffff:10.0.0.1",
    "fe80::1%lo",
    "localhost",
    "128.0.0.1",
  ]) {
    assert.ok(!isLoopback(address), address);
  }
});

test("a program's name may hold anything", () => {
  const stat = "42 (a) b (c) S 7 40 39 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 98765 0 0";
  assert.deepEqual(parseProcStat(stat), {
    pid: 42,
    parent: 7,
    group: 40,
    session: 39,
    start: "98765",
    name: "a) b (c",
  });
  assert.equal(parseProcStat(stat.replace(") S ", ") Z ")), null);
});

test("the tree holds children, group members, the known and the marked, and no stranger", () => {
  const entry = (pid: number, parent: number, group: number, session: number) => ({
    pid,
    parent,
    group,
    session,
    start: `s${pid}`,
    name: "x",
  });
  const table = [
    entry(10, 1, 10, 10),
    entry(11, 10, 11, 11),
    entry(12, 11, 11, 11),
    entry(13, 1, 10, 10),
    entry(14, 1, 14, 14),
    entry(15, 14, 14, 14),
    entry(16, 1, 16, 16),
    entry(20, 1, 20, 20),
    entry(21, 1, 21, 21),
  ];
  const tree = selectTree(
    table,
    10,
    new Map([
      [14, "s14"],
      [21, "older"],
    ]),
    (pid) => pid === 16,
  );
  for (const root of [-1, 0, 1])
    assert.deepEqual(
      selectTree(table, root, new Map(), () => true),
      [],
    );
  assert.deepEqual(
    tree.map(({ pid }) => pid).toSorted((a, b) => a - b),
    [10, 11, 12, 13, 14, 15, 16],
  );
});

test("macOS: processes and sockets", () => {
  const ps =
    "  501     1   501 Mon Nov 23 18:03:22 2026     /usr/local/bin/node\n  502   501   501 Mon Nov  2 08:03:22 2026     sleep\n";
  assert.deepEqual(
    parsePs(ps).map(({ pid, parent, group, name }) => [pid, parent, group, name]),
    [
      [501, 1, 501, "node"],
      [502, 501, 501, "sleep"],
    ],
  );
  const lsof =
    "p501\ncnode\nf20\nPTCP\nn127.0.0.1:18789\nTST=LISTEN\nf21\nPTCP\nn*:9000\nTST=LISTEN\n" +
    "f22\nPTCP\nn127.0.0.1:5000->127.0.0.1:18789\nTST=ESTABLISHED\nf23\nPUDP\nn*:5353\nf24\nPTCP\nn[::1]:18789\nTST=LISTEN\n";
  assert.deepEqual(
    parseLsof(lsof).map(({ pid, process, protocol, kind, address, port }) => [
      pid,
      process,
      protocol,
      kind,
      address,
      port,
    ]),
    [
      [501, "node", "tcp", "listen", "127.0.0.1", 18_789],
      [501, "node", "tcp", "listen", "0.0.0.0", 9000],
      [501, "node", "tcp", "outbound", "127.0.0.1", 18_789],
      [501, "node", "udp", "listen", "0.0.0.0", 5353],
      [501, "node", "tcp", "listen", "::1", 18_789],
    ],
  );
});

test("Windows: processes and sockets", () => {
  const csv =
    '"ProcessId","ParentProcessId","CreationDate","Name"\r\n"4711","4700","11/23/2026 6:03:22 PM","node.exe"\r\n';
  assert.deepEqual(parseCimProcesses(csv), [
    { pid: 4711, parent: 4700, group: 0, session: 0, start: "11/23/2026 6:03:22 PM", name: "node.exe" },
  ]);
  const netstat =
    "\r\nAktive Verbindungen\r\n\r\n  Proto  Lokale Adresse         Remoteadresse          Status           PID\r\n" +
    "  TCP    127.0.0.1:18789        0.0.0.0:0              ABHÖREN          4711\r\n" +
    "  TCP    [::]:445               [::]:0                 ABHÖREN          4\r\n" +
    "  TCP    192.168.0.2:50000      93.184.216.34:443      HERGESTELLT      4711\r\n" +
    "  UDP    0.0.0.0:5353           *:*                                     4711\r\n";
  assert.deepEqual(
    parseNetstat(netstat).map(({ pid, protocol, kind, address, port }) => [
      pid,
      protocol,
      kind,
      address,
      port,
    ]),
    [
      [4711, "tcp", "listen", "127.0.0.1", 18_789],
      [4, "tcp", "listen", "::", 445],
      [4711, "tcp", "outbound", "93.184.216.34", 443],
      [4711, "udp", "listen", "0.0.0.0", 5353],
    ],
  );
});
