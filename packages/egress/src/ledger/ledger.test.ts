import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Log } from "@smartclaw/contracts";
import { createLedger } from "./ledger.ts";

const silent: Log = { info() {}, warn() {}, error() {} };
const folder = mkdtempSync(join(tmpdir(), "sc-ledger-"));
after(() => rmSync(folder, { recursive: true }));
let serial = 0;
const open = (file = join(folder, `${++serial}.sqlite`), now = () => Date.now()) => ({
  file,
  ledger: createLedger({ file, clock: { now }, retentionDays: () => 30, log: silent }),
});
const chat = {
  door: "model-proxy",
  process: "openclaw (1)",
  host: "api.openai.com",
  port: 443,
  reason: "chat",
} as const;

test("a connection is written before it opens, counted, and ended once", () => {
  const { ledger, file } = open();
  const seen: string[] = [];
  ledger.watch((entry) => seen.push(`${entry.verdict}:${entry.endedAt === null}`));
  const ticket = ledger.begin(chat);
  assert.equal(ledger.list({ limit: 10 }).entries[0]?.endedAt, null);
  ticket.connected({ address: "1.2.3.4", fingerprint: "ab" });
  ticket.count({ sent: 10 });
  ticket.count({ received: 20 });
  ticket.end();
  ticket.fail("too late");
  const entry = ledger.list({ limit: 10 }).entries[0]!;
  assert.deepEqual(
    [entry.address, entry.bytesSent, entry.bytesReceived, entry.verdict],
    ["1.2.3.4", 10, 20, "allowed"],
  );
  assert.deepEqual(seen, ["allowed:true", "allowed:false"]);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  ledger.close();
});

test("filters, pages and totals agree; wildcards are plain text", () => {
  const { ledger } = open();
  for (let i = 0; i < 25; i++) ledger.begin({ ...chat, host: `h${i}.test` }).end();
  ledger.refuse({ ...chat, door: "forward-proxy", host: "evil.test", reason: "not on your list" });
  assert.equal(ledger.list({ limit: 5 }).total, 26);
  const first = ledger.list({ limit: 10 }).entries;
  const second = ledger.list({ limit: 100, before: first.at(-1)!.id }).entries;
  assert.equal(first.length + second.length, 26);
  assert.equal(ledger.list({ limit: 5, verdict: "refused" }).entries[0]?.host, "evil.test");
  assert.equal(ledger.list({ limit: 5, text: "%" }).total, 0);
  assert.equal(ledger.list({ limit: 5, text: "h1" }).total, 11);
  ledger.close();
});

test("a spreadsheet cannot be attacked through a host name", () => {
  const { ledger } = open();
  ledger.refuse({ ...chat, host: '=HYPERLINK("http://evil.test")', reason: 'say "hi", please' });
  const { text, name } = ledger.export({ format: "csv" });
  assert.match(text, /"'=HYPERLINK\(""http:\/\/evil.test""\)"/);
  assert.match(text, /"say ""hi"", please"/);
  assert.match(name, /\.csv$/);
  assert.equal((JSON.parse(ledger.export({ format: "json" }).text) as unknown[]).length, 1);
  ledger.close();
});

test("rows that a crash left open are closed at the next start", () => {
  const { ledger, file } = open();
  ledger.begin(chat);
  // No close(): the process is thought dead. A second connection sees what is on disk.
  const { ledger: next } = open(file);
  const entry = next.list({ limit: 1 }).entries[0]!;
  assert.equal(entry.verdict, "failed");
  assert.notEqual(entry.endedAt, null);
  next.close();
  ledger.close();
});

test("a damaged ledger is kept aside and said in the first row of the new one", () => {
  const file = join(folder, "damaged.sqlite");
  writeFileSync(file, "this is no database at all, and longer than a header of a hundred bytes ".repeat(10));
  const { ledger } = open(file);
  assert.match(ledger.list({ limit: 1 }).entries[0]?.reason ?? "", /damaged/);
  assert.ok(readdirSync(folder).some((name) => name.startsWith("damaged.sqlite.damaged-")));
  ledger.close();
});

test("what cannot be written is not opened", () => {
  const { ledger } = open();
  ledger.close();
  assert.throws(
    () => ledger.begin(chat),
    (error: { code?: string }) => error.code === "DISK_FULL",
  );
});

test("old rows are pruned", () => {
  let now = 1_000;
  const { ledger, file } = open(undefined, () => now);
  ledger.begin(chat).end();
  now += 31 * 86_400_000;
  ledger.begin(chat).end();
  ledger.prune();
  assert.equal(ledger.list({ limit: 5 }).total, 1);
  ledger.close();
  assert.ok(existsSync(file));
});
