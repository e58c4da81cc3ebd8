import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after } from "node:test";
import { type AuditLog, openAuditLog } from "../audit-log.ts";
import type { AuditEntry, AuditHead } from "../entry.ts";

export const testKey = new Uint8Array(32).fill(7);

/** Where the head of a test's log is kept. */
export interface TestPlace {
  head: AuditHead | null;
  /** Every one that was ever kept. */
  readonly kept: AuditHead[];
  /** Set to have it fail. */
  full: boolean;
}

export function testPlace(): TestPlace {
  return { head: null, kept: [], full: false };
}

export interface TestLog extends AuditLog {
  /** What was told to `log.error`. */
  readonly errors: readonly string[];
}

export function openTestLog(
  file: string,
  place: TestPlace = testPlace(),
  {
    now = () => Date.now(),
    key = testKey,
    mostRows = 100_000,
  }: { now?: () => number; key?: Uint8Array; mostRows?: number } = {},
): TestLog {
  const errors: string[] = [];
  const log = openAuditLog({
    file,
    key,
    mostRows,
    clock: { now },
    keptHead: () => place.head,
    keepHead(head) {
      if (place.full) throw new Error("there is no place for it");
      place.head = head;
      place.kept.push(head);
    },
    log: { info() {}, warn() {}, error: (_, message) => void errors.push(message) },
  });
  return Object.assign(log, { errors });
}

/** Removed after the tests of the file. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sc-audit-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An entry that is easy to find in the bytes of a file. */
export function request(number: number): AuditEntry {
  return { kind: "request", body: { command: `git show <${number}>`, folder: "/home/u/proj" } };
}

/** As somebody who writes to the file without SmartClaw. */
export function tamper(file: string, change: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(file, { timeout: 1000 });
  for (const name of ["no_update", "no_delete", "no_insert"]) database.exec(`DROP TRIGGER ${name}`);
  change(database);
  database.close();
}
