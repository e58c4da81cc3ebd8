import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { openUpdateStore } from "./store/update-store.ts";
import { type Character, installToy } from "./testing/toy-target.ts";
import { live } from "./transaction/transaction.ts";

const home = mkdtempSync(join(tmpdir(), "sc-crash-"));
const child = join(home, "crash-child.mjs");

before(async () => {
  // One file instead of a hundred: it is started some hundred times.
  const input = fileURLToPath(new URL("./testing/crash-child.ts", import.meta.url));
  const bundle = await rolldown({ input, platform: "node" });
  await bundle.write({ file: child, format: "esm" });
  await bundle.close();
});
after(() => rmSync(home, { recursive: true, force: true }));

/** @returns the points that it came to; null when it was killed at the last of them */
function run(root: string, character: Character, killAt: number): Promise<string[] | null> {
  return new Promise((resolve, reject) => {
    const args = [child, root, character, String(killAt)];
    execFile(process.execPath, args, { timeout: 60_000, killSignal: "SIGTERM" }, (error, stdout) => {
      if (error === null) resolve(JSON.parse(stdout) as string[]);
      else if (error.signal === "SIGKILL") resolve(null);
      else reject(error);
    });
  });
}

/** What must hold whatever happened: a whole release is live with the Node that it needs and a state that has the history. */
function check(root: string, character: Character): string {
  const now = live.parse(JSON.parse(readFileSync(join(root, "live.json"), "utf8")));
  assert.equal(readFileSync(join(root, "versions", now.version, "program"), "utf8"), now.version);
  assert.equal(now.node, now.version === "1.1.0" ? "28.1.0" : "bundled");
  if (now.node !== "bundled")
    assert.equal(readFileSync(join(root, "runtimes", now.node, "program"), "utf8"), now.node);
  assert.equal(readFileSync(join(root, "states", now.state, "history"), "utf8"), "what was said");
  const log = { info() {}, warn() {}, error() {} };
  const store = openUpdateStore({ file: join(root, "updates.sqlite"), log });
  try {
    assert.equal(store.journal(), null, "nothing is under way any more");
    const records = store.history(10);
    assert.equal(records.length, 1, "one update has one record");
    const outcome = records[0]?.outcome ?? "none";
    if (character !== "good") assert.notEqual(outcome, "committed");
    assert.equal(now.version, outcome === "committed" ? "1.1.0" : "1.0.0");
    // The earlier release's state is as it left it: the new one never opened it.
    assert.ok(!existsSync(join(root, "states", "first", "schema")));
    if (now.version === "1.0.0") assert.equal(now.state, "first");
    return outcome;
  } finally {
    store.close();
  }
}

async function killAndRecover(character: Character, killAt: number, killAgain: boolean): Promise<string> {
  const root = join(home, `${character}-${killAt}-${killAgain ? "twice" : "once"}`);
  installToy(root);
  assert.equal(await run(root, character, killAt), null, `point ${killAt} is reached`);
  // The way out of the crash may be cut off, too.
  if (killAgain) await run(root, character, 1 + (killAt % 8));
  await run(root, character, 0);
  const outcome = check(root, character);
  rmSync(root, { recursive: true, force: true });
  return outcome;
}

/** Points at which a `character` is another than a good release, from the last that they have in common. */
function interesting(points: readonly string[], ofGood: readonly string[]): number[] {
  const apart = points.findIndex((name, at) => ofGood[at] !== name);
  return points.flatMap((_, at) => (apart < 0 || at + 1 >= apart ? [at + 1] : []));
}

test("an update that is killed anywhere ends with a whole release and its history", async (t) => {
  const whole = join(home, "good-whole");
  installToy(whole);
  const good = (await run(whole, "good", 0)) ?? [];
  assert.equal(check(whole, "good"), "committed");
  const characters: readonly Character[] = [
    "good",
    "fails-rehearsal",
    "never-starts",
    "dies-on-probation",
    "spoils-its-state",
  ];
  for (const character of characters) {
    const root = join(home, `${character}-seen`);
    installToy(root);
    const points = (await run(root, character, 0)) ?? [];
    check(root, character);
    const tried = interesting(points, character === "good" ? [] : good);
    const outcomes = new Map<string, number>();
    const waiting = tried.flatMap((at) =>
      at % 3 === 0
        ? [
            { at, twice: false },
            { at, twice: true },
          ]
        : [{ at, twice: false }],
    );
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const outcome = await killAndRecover(character, next.at, next.twice);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    };
    await Promise.all([worker(), worker()]);
    const table = [...outcomes].map(([name, times]) => `${times} ${name}`).join(", ");
    t.diagnostic(`${character}: killed at ${tried.length} of ${points.length} points: ${table}`);
  }
});

test("the check of a crash notices a lost history", () => {
  const root = join(home, "control");
  installToy(root);
  cpSync(join(root, "states", "first"), join(root, "states", "other"), { recursive: true });
  rmSync(join(root, "states", "first", "history"));
  assert.throws(() => check(root, "good"), /ENOENT/);
});
