import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type KeystoreHealth, keystoreSentence, type SystemStatus } from "@smartclaw/contracts";
import { describeVault } from "../cli/describe-vault.ts";
import { pathsOf } from "../daemon/paths.ts";
import { runDoctor } from "./doctor.ts";

const home = mkdtempSync(join(tmpdir(), "sc-doctor-"));
after(() => rmSync(home, { recursive: true }));
const paths = pathsOf({ HOME: home, SMARTCLAW_HOME: home }, process.platform);

function statusWith(keystore: KeystoreHealth): SystemStatus {
  return {
    smartclaw: {
      version: "0.1.0",
      pid: 1,
      port: 7420,
      startedAt: 0,
      residentBytes: 1,
      nodeVersion: "26.0.0",
      platform: "linux-x64",
      home,
    },
    openclaw: {
      install: { state: "absent" },
      gateway: {
        phase: "stopped",
        version: null,
        pid: null,
        port: null,
        since: 0,
        readyAt: null,
        retryAt: null,
        restarts: 0,
        error: null,
      },
      listeners: [],
      nodeVersion: "26.0.0",
    },
    selfUpdates: null,
    updates: {
      component: "openclaw",
      settings: { automatic: true, held: false, pinned: null, skipped: [], coolDownHours: 24 },
      live: null,
      previous: null,
      running: null,
      lastCheck: null,
      nextCheckAt: null,
      found: null,
      last: null,
    },
    vault: {
      state: "ready",
      openedBy: "passphrase",
      slots: [{ id: "a", kind: "passphrase", createdAt: 0, lastUsedAt: 0 }],
      keystore,
      message: "",
      next: "",
    },
    modelProxy: { port: 7430, requests: 0, refused: 0 },
    forwardProxy: { port: 7440, requests: 0, refused: 0 },
    connections: 0,
    missing: [],
  };
}

const name = "The Secret Service keyring";
for (const [state, level] of [
  ["available", "ok"],
  ["not-asked", "ok"],
  ["locked", "warn"],
  ["unavailable", "warn"],
  ["timed-out", "warn"],
] as const)
  test(`a keystore that is ${state} is told in the words of \`keys where\``, () => {
    const reason = level === "ok" ? "" : `${name} cannot be used: it is ${state}.`;
    const keystore = { name, state, reason };
    const status = statusWith(keystore);
    const check = runDoctor(status, paths).find(({ id }) => id === "keystore");
    assert.deepEqual([check?.level, check?.detail], [level, keystoreSentence(keystore)]);
    assert.ok(describeVault(status.vault).endsWith(`\n${check?.detail}`), describeVault(status.vault));
  });

test("what opened the vault is named as people name it", () => {
  const check = runDoctor(statusWith({ name, state: "available", reason: "" }), paths)[0];
  assert.equal(check?.detail, "open, by your passphrase");
});
