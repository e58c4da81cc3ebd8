import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { listAt, newWorld, outcome } from "./testing/resolve-world.ts";

test("a signed version becomes a list in the committed form, and only what is new is asked about", async (t) => {
  const { registry, order, next } = await newWorld(t);
  registry.publish({ name: "helper", version: "1.1.0", dependencies: { deep: "^1.0.0" }, attested: true });
  next();
  const asked = registry.requests().length;
  assert.equal(await outcome(order), "trusted");
  const text = readFileSync(order.lockFile, "utf8");
  assert.ok(!text.includes(registry.url) && !text.includes('"resolved"'));
  assert.match(
    text,
    /^\{\n "name": "openclaw-release",\n "lockfileVersion": 3,\n "requires": true,\n "packages": \{/,
  );
  const packages = listAt(order.lockFile);
  const main = packages["node_modules/openclaw"];
  assert.deepEqual(
    [main?.version, main?.integrity, main?.signed, main?.attested, main?.hasInstallScript],
    ["2.0.0", order.integrity, true, true, true],
  );
  assert.deepEqual(packages["node_modules/native-win32"]?.os, ["win32"]);
  assert.equal(packages["node_modules/native-win32"]?.["optional"], true);
  assert.equal(packages["node_modules/native-win32"]?.size, undefined, "only what this machine will fetch");
  assert.ok((packages["node_modules/@scope/part"]?.size ?? 0) > 100);
  const looks = registry.requests().slice(asked);
  assert.deepEqual(looks.filter((one) => /\/\d/.test(one)).toSorted(), [
    "GET /helper/1.1.0",
    "GET /openclaw/2.0.0",
  ]);
  assert.deepEqual(looks.filter((one) => one.startsWith("HEAD")).toSorted(), [
    "HEAD /helper/-/helper-1.1.0.tgz",
    "HEAD /openclaw/-/openclaw-2.0.0.tgz",
  ]);
  assert.ok(!looks.some((one) => one.startsWith("GET") && one.endsWith(".tgz")), "no tarball is fetched");
});

test("what was published after the day is passed over", async (t) => {
  const { order, next, registry } = await newWorld(t);
  registry.publish({ name: "helper", version: "1.1.0", attested: true, publishedAt: "2026-03-01T00:00:00Z" });
  next();
  order.before = "2026-02-01T00:00:00Z";
  assert.equal(await outcome(order), "trusted");
  assert.equal(listAt(order.lockFile)["node_modules/helper"]?.version, "1.0.0");
});

test("a version that the user wants before its time comes with what is as old as itself, and with nothing younger", async (t) => {
  const { order, next, registry } = await newWorld(t);
  const sibling = "2026-03-01T11:59:00.000Z";
  registry.publish({ name: "@openclaw/part", version: "2.0.0", publishedAt: sibling });
  registry.publish({ name: "helper", version: "1.1.0", attested: true, publishedAt: "2026-03-01T12:01:00Z" });
  next({
    publishedAt: "2026-03-01T12:00:00Z",
    dependencies: { helper: "^1.0.0", "@openclaw/part": "2.0.0" },
  });
  order.before = "2026-02-01T00:00:00Z";
  assert.equal(await outcome(order), "trusted");
  const packages = listAt(order.lockFile);
  assert.equal(packages["node_modules/@openclaw/part"]?.version, "2.0.0");
  assert.equal(packages["node_modules/helper"]?.version, "1.0.0");
});

for (const kind of ["dependencies", "optionalDependencies"])
  for (const versions of [["2.0.0"], ["1.0.0", "2.0.0"]])
    test(`a package among its ${kind} that is too young holds the update up (of ${versions.length})`, async (t) => {
      const { order, next, registry } = await newWorld(t);
      for (const version of versions)
        registry.publish({
          name: "fresh",
          version,
          publishedAt: version === "2.0.0" ? "2026-03-01T00:00:00Z" : "2026-01-01T00:00:00Z",
        });
      next({ [kind]: { fresh: "2.0.0" } });
      order.before = "2026-02-01T00:00:00Z";
      assert.equal(
        await outcome(order),
        "INSTALL_FAILED The npm registry has no version of fresh that fits and is old enough to be trusted.",
      );
      order.before = "2026-03-01T00:00:01Z";
      assert.equal(await outcome(order), "trusted");
    });

test("a held list is what the next one is judged by", async (t) => {
  const { order, next, registry } = await newWorld(t);
  next({ attested: false });
  assert.match(await outcome(order), /^hold/);
  const again = { ...order, earlierFile: order.heldFile, heldFile: `${order.heldFile}.2` };
  const asked = registry.requests().length;
  assert.equal(await outcome(again), "trusted");
  assert.ok(!registry.requests().slice(asked).includes("GET /openclaw/2.0.0"));
});
