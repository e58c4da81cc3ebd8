/**
 * Every fault of an update that SmartClaw knows of, one after the other, around one real OpenClaw with a conversation:
 * after each it answers, remembers, and nothing half is left. Prints the table of faults and outcomes.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { UpdateRecord, UpdateStatus, UpdateStep } from "@smartclaw/contracts";
import { newWorld } from "@smartclaw/openclaw/testing";
import { startRegistryStandIn } from "@smartclaw/updater/testing";
import { moveApart } from "@smartclaw/vault/testing";
import { skipWithoutRelease, testVersions } from "../daemon/testing/real-daemon.ts";
import { type FaultRow, faultTable } from "./testing/fault-table.ts";
import { spoiltDatabase } from "./testing/faulty-release.ts";
import type { AttemptOptions } from "./testing/house-updater.ts";
import { publishPoisoned } from "./testing/poisoned-registry.ts";
import { createUpdateHouse } from "./testing/update-house.ts";

type Expected = Pick<FaultRow, "quarantined"> & {
  readonly noticed: UpdateStep | "looking";
  readonly outcome: UpdateRecord["outcome"] | "nothing done";
};
const nothingDone: Expected = { noticed: "looking", outcome: "nothing done", quarantined: false };
const refusedIn = (noticed: UpdateStep): Expected => ({ noticed, outcome: "refused", quarantined: true });
const rolledBackIn = (noticed: UpdateStep): Expected => ({
  noticed,
  outcome: "rolled-back",
  quarantined: true,
});
const abortedIn = (noticed: UpdateStep): Expected => ({ noticed, outcome: "aborted", quarantined: false });

const elsewhere = [
  "SIGKILL at every step of the journal: packages/updater/src/crash.test.ts, with toys for OpenClaw",
  "a plugin that refuses to load: not applicable, SmartClaw ships no plugin yet",
];
const decadeMs = 10 * 365 * 86_400_000;

// Here the disk can become full, and no other test takes a port away between two looks at it.
const disk = skipWithoutRelease === false ? await moveApart(import.meta.url, "96m") : null;
const skipWithoutDisk = disk === null ? "no file system can be mounted here (unshare, tmpfs, ip)" : false;

test("faults of updates", { skip: skipWithoutRelease }, async (t) => {
  const house = await createUpdateHouse(disk?.path ?? null);
  const registry = await startRegistryStandIn();
  t.after(async () => {
    await house.dispose();
    await registry.close();
  });
  const rows: FaultRow[] = [];
  let count = 0;
  const nextVersion = (): string => `2026.10.${(count += 1)}`;
  const stateBefore = (): string => join(house.paths.states, "openclaw");

  house.room.start();
  await house.say("Before every fault");

  /**
   * Has a release found that is not good, sees what comes of it, and that everything is as before.
   * @param options what the updater does with it; the newest at `registry`, without a fault, if not said
   * @param afterwards gives the status when something is still to be done, as by the next daemon
   */
  function endure(
    fault: string,
    expected: Expected,
    options: Partial<AttemptOptions>,
    afterwards: (version: string) => UpdateStatus | null | Promise<UpdateStatus> = () => null,
    skip: string | false = false,
  ): Promise<void> {
    return t.test(fault, { skip }, async (t) => {
      const version = options.version ?? nextVersion();
      registry.publish(version, { node: "*" });
      const before = { said: await house.said(), live: house.live() };
      const digests: string[] = [];
      const { steps, status } = await house.attempt({
        version,
        registry: registry.url,
        release: "none",
        ...options,
        onStep(step) {
          if (step === "copying" || step === "rolling-back") digests.push(house.digest("openclaw"));
          options.onStep?.(step);
        },
      });
      const { last, found } = (await afterwards(version)) ?? status;
      const said = await house.said();
      await house.say(`After: ${fault}`).catch(() => t.diagnostic(house.log()));
      const row: FaultRow = {
        fault,
        noticed: steps.findLast((step) => step !== "rolling-back") ?? "looking",
        outcome: last?.to === version ? last.outcome : "nothing done",
        quarantined: found?.verdict === "hold" && found.version === version,
        answers: (await house.said()).length === said.length + 2,
        sameHistory: JSON.stringify(said) === JSON.stringify(before.said),
        sameState: digests.length === 0 ? null : new Set(digests).size === 1,
        halves: house.halves(),
      };
      rows.push(row);
      const { noticed, outcome, quarantined, sameState, ...rest } = row;
      assert.deepEqual({ noticed, outcome, quarantined }, expected, JSON.stringify(last?.error));
      assert.notEqual(sameState, false);
      assert.deepEqual(rest, { fault, answers: true, sameHistory: true, halves: [] });
      const { phase, version: running } = house.room.gateway();
      const live = outcome === "committed" ? version : testVersions.newest;
      assert.deepEqual([phase, running], ["ready", live]);
      if (outcome !== "committed") assert.equal(house.live(), before.live);
    });
  }

  await endure("registry down", nothingDone, { registry: "http://127.0.0.1:1/" });
  await endure("older release replayed as the newest", nothingDone, { version: testVersions.before });
  for (const [fault, behaviour] of [
    ["captive portal", "captive-portal"],
    ["registry sends a byte a second", "trickle"],
  ] as const) {
    registry.misbehave(behaviour);
    await endure(fault, nothingDone, {});
    registry.misbehave(null);
  }

  const world = await newWorld(t);
  for (const poison of ["corrupt tarball", "wrong signature", "missing signature"] as const) {
    const version = nextVersion();
    publishPoisoned(world, version, poison);
    await endure(poison, refusedIn("staging"), { version, release: world, registry: world.registry.url });
  }

  await endure("exits 1 at start", refusedIn("rehearsing"), { release: "exits1" });
  await endure("exits 78 at start", refusedIn("rehearsing"), { release: "exits78" });
  await endure("hangs at start", refusedIn("rehearsing"), { release: "hangs", startMs: 2000 });
  await endure("says another version", refusedIn("rehearsing"), { release: "otherVersion" });
  await endure("healthy, but fails chat", refusedIn("rehearsing"), { release: "failsChat" });
  await endure("healthy, but its plugin refuses to load", refusedIn("rehearsing"), {
    release: "refusesPlugin",
  });
  await endure(
    "migrates the state, then exits 1",
    rolledBackIn("trial"),
    { release: "migratesAndFails", rehearsed: false },
    (version) => {
      const state = readdirSync(house.paths.states).find((id) => id.startsWith(`${version}-`));
      const databases = databasesIn(join(house.paths.states, state ?? ""));
      assert.ok(databases.length > 0 && databases.every((text) => text === spoiltDatabase));
      return null;
    },
  );
  await endure("answers in the rehearsal, but fails chat when it is live", rolledBackIn("trial"), {
    release: "failsChatLive",
    rehearsed: false,
    turnMs: 5000,
  });
  await endure("dies on probation", rolledBackIn("probation"), {
    release: "diesWhenTold",
    rehearsed: false,
    onStep: (step) => step === "probation" && writeFileSync(house.places.trigger, ""),
  });

  let second = "";
  await endure("two updaters", refusedIn("rehearsing"), {
    release: "exits1",
    onStep: (step) => step === "rehearsing" && (second = secondUpdater(house.paths.updates)),
  });
  assert.equal(second, "CONFLICT");

  await endure(
    "disk full while the state is copied",
    abortedIn("copying"),
    {
      rehearsed: false,
      // OpenClaw has room to start again, but none for a second state.
      onStep: (step) => step === "copying" && disk?.fill(Math.round(sizeOf(stateBefore()) / 2)),
    },
    () => {
      disk?.relieve();
      return null;
    },
    skipWithoutDisk,
  );
  await endure(
    "disk full under the journal",
    abortedIn("rehearsing"),
    { onStep: (step) => step === "staging" && disk?.fill() },
    async () => {
      disk?.relieve();
      // Not even the end could be written down; the next daemon finds the journal.
      return (await house.resume()).status;
    },
    skipWithoutDisk,
  );

  let [now, direction] = [Date.now(), 1];
  await endure(
    "clock jumps by ten years at every step",
    { noticed: "probation", outcome: "committed", quarantined: false },
    {
      rehearsed: false,
      clock: { now: () => now },
      onStep() {
        now += direction * decadeMs;
        direction = -direction;
      },
    },
  );

  for (const line of faultTable(rows, elsewhere)) t.diagnostic(line);
});

/** What becomes of the updater of another process, like that of a second daemon. */
function secondUpdater(file: string): string {
  const program = `
    import { openUpdateStore } from "@smartclaw/updater";
    try {
      openUpdateStore({ file: process.argv[1], log: console });
      console.log("opened");
    } catch (error) {
      console.log(error.code);
    }`;
  const args = ["--input-type=module", "-e", program, file];
  return execFileSync(process.execPath, args, { cwd: import.meta.dirname, encoding: "utf8" }).trim();
}

function databasesIn(folder: string): string[] {
  return filesIn(folder)
    .filter((path) => path.endsWith(".sqlite"))
    .map((path) => readFileSync(path, "latin1"));
}

/** In bytes. */
function sizeOf(folder: string): number {
  return filesIn(folder).reduce((sum, path) => sum + statSync(path).size, 0);
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}
