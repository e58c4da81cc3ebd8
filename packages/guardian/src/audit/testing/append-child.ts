/**
 * Appends to a log, and prints the number and mac of each row when its append has returned. The head is kept in a file.
 * argv: folder, how many rows (0: until it is killed).
 */
import { existsSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { SmartClawError } from "@smartclaw/contracts";
import { openAuditLog } from "../audit-log.ts";
import type { AuditHead } from "../entry.ts";
import { request, testKey } from "./open-test-log.ts";

/** On a busy computer others may be first for more than a second; what was refused then is not in the log. */
function patiently<T>(work: () => T): T {
  for (;;)
    try {
      return work();
    } catch (error) {
      if (!(error instanceof SmartClawError && error.code === "CONFLICT")) throw error;
    }
}

const [folder = "", rows = "0"] = process.argv.slice(2);
const place = join(folder, "head.json");
const log = patiently(() =>
  openAuditLog({
    file: join(folder, "audit.sqlite"),
    key: testKey,
    clock: { now: () => Date.now() },
    keptHead: () => (existsSync(place) ? (JSON.parse(readFileSync(place, "utf8")) as AuditHead) : null),
    keepHead(head) {
      writeFileSync(`${place}.${process.pid}`, JSON.stringify(head));
      renameSync(`${place}.${process.pid}`, place);
    },
    log: { info() {}, warn() {}, error: (fields, message) => console.error(message, fields) },
  }),
);
for (let number = 1; rows === "0" || number <= Number(rows); number++) {
  const { seq, mac } = patiently(() =>
    log.append(number % 10 === 0 ? { kind: "grant", body: {} } : request(number)),
  );
  writeSync(1, `${seq} ${mac}\n`);
}
log.close();
