import assert from "node:assert/strict";
import { test } from "node:test";
import { SmartClawError } from "@smartclaw/contracts";
import { createFaults, lookFor } from "../find/errand-faults.ts";
import { disbelief } from "./release-faults.ts";

const faults = createFaults(lookFor("SmartClaw"));

test("a full disk is told as one, however deep tuf-js has buried it", () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  for (const error of [
    full,
    new Error(`Failed to persist metadata root error: ${full}`),
    new Error(
      `Unable to load snapshot metadata error Error: Failed to persist metadata snapshot error: ${full}`,
    ),
  ])
    assert.deepEqual(disbelief(error, "example.org", faults).report(), {
      code: "DISK_FULL",
      message: "SmartClaw could not look for a newer SmartClaw, because the disk is full.",
      next: "Free some space; it is tried again by itself.",
    });
});

test("the other side's words are not passed on", () => {
  for (const words of ["expected 'root', got call 0900-1234 is expired", "hello", ""]) {
    const { code, message } = disbelief(new Error(words), "example.org", faults);
    assert.equal(code, "UPDATE_REFUSED");
    assert.doesNotMatch(message, /0900|hello|got/);
  }
  const own = new SmartClawError("CANCELLED", "It was stopped.", "Nothing.");
  assert.equal(disbelief(own, "example.org", faults), own);
});
