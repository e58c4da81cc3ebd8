import assert from "node:assert/strict";
import { test } from "node:test";
import { SmartClawError } from "@smartclaw/contracts";
import { guarded } from "./storage-faults.ts";

for (const [what, fields, code] of [
  ["a disk without space", { code: "ENOSPC", syscall: "mkdir" }, "DISK_FULL"],
  ["a quota that is used up", { code: "EDQUOT", syscall: "open" }, "DISK_FULL"],
  ["SQLITE_FULL", { code: "ERR_SQLITE_ERROR", errcode: 13 }, "DISK_FULL"],
  ["SQLITE_IOERR_WRITE", { code: "ERR_SQLITE_ERROR", errcode: 778 }, "DISK_FULL"],
  ["SQLITE_BUSY_SNAPSHOT", { code: "ERR_SQLITE_ERROR", errcode: 517 }, "CONFLICT"],
  ["SQLITE_READONLY", { code: "ERR_SQLITE_ERROR", errcode: 8 }, "STORAGE_CORRUPT"],
  ["SQLITE_NOTADB", { code: "ERR_SQLITE_ERROR", errcode: 26 }, "STORAGE_CORRUPT"],
  ["a folder of somebody else", { code: "EACCES", syscall: "mkdir" }, "STORAGE_CORRUPT"],
] as const)
  test(`people are told of ${what}`, () => {
    const cause = Object.assign(new Error(what), fields);
    const told = (error: unknown): boolean =>
      error instanceof SmartClawError &&
      error.code === code &&
      error.cause === cause &&
      error.message.endsWith(".") &&
      error.next.endsWith(".");
    assert.throws(
      () =>
        guarded(() => {
          throw cause;
        }),
      told,
    );
  });

test("a mistake of ours is not passed off as a fault of the disk", () => {
  assert.throws(
    () =>
      guarded(() => {
        throw new TypeError("ours");
      }),
    TypeError,
  );
});
