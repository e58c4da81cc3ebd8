// `npm test`: the one gate. Brings what is missing, then runs every check and says what failed.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { ensureBuild } from "./lib/build.mjs";
import { ensureDependencies } from "./lib/dependencies.mjs";
import { cache, root } from "./lib/places.mjs";
import { main, run, say, tail } from "./lib/process.mjs";
import { findRuntime } from "./lib/runtime.mjs";
import { ensureSystemPackages } from "./lib/system-packages.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {{ name: string, work: () => Promise<{ code: number, output: string, counts?: Counts }> }} Stage */

const stageLimitMs = 45 * 60_000;
const logs = join(cache, "test-logs");
const modules = join(root, "node_modules");
const only = process.argv.includes("--only")
  ? process.argv[process.argv.indexOf("--only") + 1]?.split(",")
  : undefined;

await main(async () => {
  const packages = ensureSystemPackages(["bubblewrap", "socat", "keyring", "dbus", "iproute2", "chromium"]);
  await ensureDependencies();
  await ensureBuild();
  await packages;
  mkdirSync(logs, { recursive: true });
  const node = findRuntime();
  const environment = { ...process.env, SMARTCLAW_TEST_CACHE: cache };
  const tool = (/** @type {string[]} */ ...path) => [node, join(modules, ...path)];
  const check = (/** @type {string} */ name, /** @type {string[]} */ command) => ({
    name,
    work: () => run(command, { cwd: root, env: environment, timeoutMs: stageLimitMs }),
  });

  /** @type {Stage[]} */
  const fixed = [
    check("types", [...tool("typescript", "bin", "tsc"), "--noEmit", "-p", root]),
    check("lint", [...tool("oxlint", "bin", "oxlint"), "--type-aware", "--quiet"]),
    check("format", [...tool("oxfmt", "bin", "oxfmt"), "--check", "."]),
    check("dead code", [...tool("knip", "bin", "knip.js"), "--no-progress"]),
  ];
  /** The real OpenClaw, installed by our own installer, for the tests that need it. @type {Stage} */
  const openclaw = {
    name: "openclaw",
    work: async () => {
      const result = await run(
        [node, join(root, "scripts", "install-test-openclaw.ts"), join(cache, "openclaw")],
        {
          cwd: root,
          env: environment,
          timeoutMs: stageLimitMs,
        },
      );
      const folder = result.output.trim().split("\n").at(-1) ?? "";
      if (result.code === 0)
        Object.assign(environment, {
          SMARTCLAW_TEST_OPENCLAW: folder,
          SMARTCLAW_TEST_RELEASES: join(cache, "openclaw"),
        });
      return result;
    },
  };
  const tests = (
    /** @type {string} */ name,
    /** @type {(file: string) => boolean} */ wanted,
    /** @type {number} */ concurrency,
  ) => ({
    name,
    work: () => runTests(node, name, testFiles().filter(wanted), concurrency, environment),
  });
  const isBrowser = (/** @type {string} */ file) => file.endsWith(".browser.test.ts");
  const needsGateway = (/** @type {string} */ file) => /\.(integration|real|gateway)\.test\.ts$/.test(file);
  const isRoom = (/** @type {string} */ file) => file.startsWith("packages");
  const isUpdate = (/** @type {string} */ file) =>
    /desktop[\\/]src[\\/](openclaw|self|updates)[\\/]/.test(file);
  const beforeOpenClaw = [...fixed, tests("unit", (file) => !isBrowser(file) && !needsGateway(file), 2)];
  /**
   * What starts OpenClaw leaves half of two cores idle, so two lanes run side by side, each of which takes the next
   * stage: the longest first, so that both end at about the same time. @type {Stage[]}
   */
  const withOpenClaw = [
    tests("updates", (file) => needsGateway(file) && isUpdate(file), 1),
    tests("rooms", (file) => needsGateway(file) && isRoom(file), 1),
    check("proofs", [node, join(root, "proofs", "src", "main.ts"), "--json"]),
    tests("integration", (file) => needsGateway(file) && !isRoom(file) && !isUpdate(file), 1),
    tests("browser", isBrowser, 1),
  ];

  const startedAt = Date.now();
  const wanted = (/** @type {Stage} */ { name }) => only === undefined || only.includes(name);
  const results = (await Promise.all([runLane([openclaw]), runLane(beforeOpenClaw.filter(wanted))])).flat();
  const queue = withOpenClaw.filter(wanted);
  results.push(...(await Promise.all([runLane(queue), runLane(queue)])).flat());
  return report(results, startedAt);
});

/**
 * Takes stages from the front until none is left.
 * @param {Stage[]} stages may be shared by lanes
 */
async function runLane(stages) {
  const results = [];
  for (let stage = stages.shift(); stage !== undefined; stage = stages.shift())
    results.push(await runStage(stage));
  return results;
}

/** @param {Stage} stage */
async function runStage({ name, work }) {
  const startedAt = Date.now();
  say(`… ${name}`);
  const { code, output, counts } = await work();
  writeFileSync(join(logs, `${name.replaceAll(" ", "-")}.log`), output);
  const seconds = (Date.now() - startedAt) / 1000;
  const sum = counts ?? { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  const ok = code === 0 && sum.failed === 0 && sum.passed > 0;
  say(`${ok ? "ok" : "FAILED"} ${name} (${seconds.toFixed(0)} s)`);
  return { name, ok, output, counts: sum, seconds };
}

/**
 * @param {string} node
 * @param {string} name
 * @param {string[]} files
 * @param {number} concurrency
 * @param {NodeJS.ProcessEnv} env
 */
async function runTests(node, name, files, concurrency, env) {
  // Without a file `node --test` would run every test that it finds.
  if (files.length === 0) return { code: 1, output: "no test file has this kind" };
  const tap = join(logs, `${name}.tap`);
  const reporters = [
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=tap",
    `--test-reporter-destination=${tap}`,
  ];
  const result = await run([node, "--test", `--test-concurrency=${concurrency}`, ...reporters, ...files], {
    cwd: root,
    env,
    timeoutMs: stageLimitMs,
  });
  const text = readFileSync(tap, "utf8");
  const count = (/** @type {string} */ word) =>
    Number([...text.matchAll(new RegExp(`^# ${word} (\\d+)$`, "gm"))].at(-1)?.[1] ?? 0);
  return {
    ...result,
    counts: { passed: count("pass"), failed: count("fail") + count("cancelled"), skipped: count("skipped") },
  };
}

function testFiles() {
  return ["packages", "apps", "proofs", "bench", "scripts"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.test\.(ts|mjs)$/.test(file) && !/(^|[\\/])(node_modules|dist)[\\/]/.test(file))
      .map((file) => join(folder, file)),
  );
}

/**
 * @param {{ name: string, ok: boolean, output: string, counts: Counts, seconds: number }[]} results
 * @param {number} startedAt
 */
function report(results, startedAt) {
  for (const { name, output } of results.filter(({ ok }) => !ok))
    process.stdout.write(`\n=== ${name} ===\n${tail(output, 200)}\n`);
  process.stdout.write("\n");
  for (const { name, ok, counts, seconds } of results) {
    const numbers = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
    process.stdout.write(
      `${ok ? "ok    " : "FAILED"} ${name.padEnd(12)} ${numbers.padEnd(36)} ${seconds.toFixed(0)} s\n`,
    );
  }
  const sum = (/** @type {keyof Counts} */ key) =>
    results.reduce((total, { counts }) => total + counts[key], 0);
  const failures = results.filter(({ ok }) => !ok).length;
  process.stdout.write(
    `\nin ${((Date.now() - startedAt) / 60_000).toFixed(1)} minutes, logs in ${relative(root, logs)}\n`,
  );
  process.stdout.write(
    `${sum("passed")} passed, ${Math.max(sum("failed"), failures)} failed, ${sum("skipped")} skipped\n`,
  );
  return failures === 0 && sum("passed") > 0 ? 0 : 1;
}
