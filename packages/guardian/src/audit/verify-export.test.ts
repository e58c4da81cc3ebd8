import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { BrokenAudit } from "./chain-check.ts";
import { verifyExport } from "./verify-export.ts";
import { openTestLog, request, testFolder, testKey, testPlace } from "./testing/open-test-log.ts";

const folder = testFolder();
const place = testPlace();
const log = openTestLog(join(folder, "audit.sqlite"), place, { now: () => 1_700_000_000_000 });
for (let number = 1; number <= 20; number++) log.append(request(number));
const older = [...log.exportLines()];
for (let number = 21; number <= 40; number++) log.append(request(number));
const lines = [...log.exportLines()];
const head = log.head();
log.close();

test("an export is lines of JSON: its format, every row from the oldest, its head", () => {
  assert.equal(lines.length, 42);
  const [first, row] = lines.map((line): unknown => JSON.parse(line));
  assert.deepEqual(first, { format: "smartclaw-guardian-audit", version: 1 });
  const { mac, ...others } = row as Record<string, unknown>;
  assert.deepEqual(others, { seq: 1, at: 1_700_000_000_000, ...request(1) });
  assert.match(String(mac), /^[0-9a-f]{64}$/);
  assert.deepEqual((JSON.parse(lines.at(-1) ?? "") as { head: unknown }).head, head);
  assert.deepEqual(verifyExport(lines, testKey), { state: "whole", rows: 40 });
  assert.deepEqual(verifyExport(`${lines.join("\n")}\n`.split("\n"), testKey), { state: "whole", rows: 40 });
});

test("a log without rows is exported, too", () => {
  const empty = openTestLog(join(folder, "empty.sqlite"));
  const exported = [...empty.exportLines()];
  empty.close();
  assert.equal(exported.length, 2);
  assert.deepEqual(verifyExport(exported, testKey), { state: "whole", rows: 0 });
});

const changed = (at: number, change: (line: string) => string): string[] =>
  lines.map((line, index) => (index === at ? change(line) : line));
const cases: Readonly<Record<string, readonly [readonly string[], number, BrokenAudit["why"]]>> = {
  "is empty": [[], 0, "unreadable"],
  "is something else": [["hello", ...lines], 0, "unreadable"],
  "is of a later format": [changed(0, (line) => line.replace("1", "2")), 0, "unreadable"],
  "lacks its first line": [lines.slice(1), 0, "unreadable"],
  "has another word in a row": [changed(7, (line) => line.replace("show", "push")), 7, "changed"],
  "has another time in a row": [changed(7, (line) => line.replace("17000", "17001")), 7, "changed"],
  "has another kind in a row": [changed(7, (line) => line.replace("request", "answer")), 7, "changed"],
  "has a key twice, so that readers differ": [
    changed(7, (line) => line.replace('"command"', '"command":"ls","command"')),
    7,
    "changed",
  ],
  "has one more key": [changed(7, (line) => line.replace('{"seq"', '{"owner":true,"seq"')), 7, "changed"],
  "has a body as text": [
    changed(7, (line) =>
      line.replace(/"body":(\{.*?\})/, (_, body: string) => `"body":${JSON.stringify(body)}`),
    ),
    7,
    "changed",
  ],
  "is spaced otherwise": [changed(7, (line) => line.replace(",", ", ")), 7, "changed"],
  "has a line that is no JSON": [changed(7, () => "{"), 7, "changed"],
  "has a line of too many brackets": [changed(7, () => "[".repeat(1_000_000)), 7, "changed"],
  "lacks a row": [lines.toSpliced(7, 1), 7, "missing"],
  "lacks its first row": [lines.toSpliced(1, 1), 1, "missing"],
  "has a row twice": [lines.toSpliced(7, 0, lines[7] ?? ""), 8, "changed"],
  "has two rows the other way round": [lines.toSpliced(7, 2, lines[8] ?? "", lines[7] ?? ""), 7, "missing"],
  "lacks its last line": [lines.slice(0, -1), 41, "cut-off"],
  "is cut off": [lines.slice(0, 20), 20, "cut-off"],
  "lacks its last row": [lines.toSpliced(40, 1), 40, "cut-off"],
  "lacks the rows that an older head does not know, and more": [
    [...lines.slice(0, 11), older.at(-1) ?? ""],
    11,
    "cut-off",
  ],
  "has an older head": [lines.with(41, older.at(-1) ?? ""), 40, "changed"],
  "has a head of fewer rows without the key": [
    [
      ...lines.slice(0, 11),
      JSON.stringify({
        head: { seq: 10, mac: (JSON.parse(lines[10] ?? "") as { mac: string }).mac },
        seal: (JSON.parse(lines[41] ?? "") as { seal: string }).seal,
      }),
    ],
    10,
    "changed",
  ],
  "has a row after its last line": [[...lines, lines[40] ?? ""], 40, "changed"],
  "has two last lines": [[...lines, lines[41] ?? ""], 40, "changed"],
};
for (const [name, [tampered, at, why]] of Object.entries(cases))
  test(`an export that ${name} is told from a whole one`, () => {
    assert.notDeepEqual(tampered, lines);
    const verdict = verifyExport(tampered, testKey);
    assert.ok(verdict.state === "broken");
    assert.deepEqual([verdict.at, verdict.why], [at, why]);
    assert.match(verdict.message, /^[A-Z].*\.$/);
  });

test("any character of any line may be changed: it is told of that line", () => {
  let tried = 0;
  fc.assert(
    fc.property(
      fc.nat(41),
      fc.nat(1_000),
      fc.constantFrom("0", "x", '"', " ", "}"),
      (index, at, character) => {
        const line = lines[index] ?? "";
        const place = at % line.length;
        fc.pre(line[place] !== character);
        const verdict = verifyExport(
          lines.with(index, line.slice(0, place) + character + line.slice(place + 1)),
          testKey,
        );
        assert.ok(verdict.state === "broken");
        // A number that became larger looks like rows that are missing; all is told at the row where it is.
        assert.ok([Math.min(index, 40), index].includes(verdict.at), `${verdict.at} for line ${index}`);
        tried++;
      },
    ),
    { numRuns: 2_000 },
  );
  assert.ok(tried >= 1_000);
});

test("an older export and one of another key", () => {
  assert.deepEqual(verifyExport(older, testKey), { state: "whole", rows: 20 });
  const verdict = verifyExport(lines, new Uint8Array(32));
  assert.ok(verdict.state === "broken");
  assert.deepEqual([verdict.at, verdict.why], [1, "changed"]);
});
