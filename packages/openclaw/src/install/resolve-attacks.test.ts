import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import type { StandInManifest } from "./testing/npm-registry-stand-in.ts";
import { newWorld, openclaw, outcome, type World } from "./testing/resolve-world.ts";

/** Changes what the registry says of one package. */
const change =
  (name: string, alter: (manifest: StandInManifest, document: "package" | "version") => void) =>
  (manifest: StandInManifest, document: "package" | "version") => {
    if (manifest.name === name) alter(manifest, document);
    return manifest;
  };

/** What the registry, or somebody on the way, does; and what comes of it. */
const attacks: [string, (world: World) => void, RegExp][] = [
  [
    "signatures are stripped",
    ({ registry, next }) => {
      next();
      registry.tamper(change("openclaw", ({ dist }) => delete dist.signatures));
    },
    /^hold There is no signature for openclaw 2\.0\.0, although this registry signs its packages\.$/,
  ],
  [
    "signatures are stripped, and the registry is not known to sign",
    ({ registry, order, next }) => {
      next();
      order.registrySigns = false;
      registry.tamper(change("openclaw", ({ dist }) => delete dist.signatures));
    },
    /^hold There is no signature for openclaw 2\.0\.0, although/,
  ],
  [
    "one signature is bad",
    ({ registry, next }) => {
      next();
      registry.publish({ name: "helper", version: "1.1.0", attested: true });
      registry.tamper((manifest) => {
        // One of the same registry's, for something else.
        const { signatures } = registry.manifest("openclaw", "1.0.0").dist;
        if (manifest.version === "1.1.0" && signatures) manifest.dist.signatures = signatures;
        return manifest;
      });
    },
    /^refused The signature of helper 1\.1\.0 is wrong; someone may be changing what the registry sends\.$/,
  ],
  [
    "the key is not known",
    ({ registry, next }) => {
      registry.signWith([registry.newKey()]);
      next();
    },
    /^refused SmartClaw does not know the key that signed openclaw 2\.0\.0\.$/,
  ],
  [
    "the key is changed, and both sign",
    ({ registry, next }) => {
      registry.newKey();
      next();
    },
    /^trusted$/,
  ],
  [
    "only an expired key signs",
    ({ registry, order, next }) => {
      const key = registry.newKey("2025-01-29T00:00:00.000Z");
      registry.signWith([key]);
      order.keys?.push(key);
      next();
    },
    /^hold Only a key that is no longer in use vouches for openclaw 2\.0\.0\.$/,
  ],
  [
    "the hash is not the one that was announced",
    ({ registry, next }) => {
      next();
      registry.publish(openclaw("2.0.0", { files: { "evil.mjs": "" } }));
    },
    /^UPDATE_REFUSED The npm registry gives another file for OpenClaw 2\.0\.0 than it announced\.$/,
  ],
  [
    "the two documents have different hashes",
    ({ registry, next }) => {
      next();
      const other = registry.publish({ name: "evil", version: "1.0.0" }).integrity;
      registry.publish({ name: "helper", version: "1.1.0", attested: true });
      registry.tamper((manifest, document) => {
        if (manifest.version === "1.1.0" && document === "package") manifest.dist.integrity = other;
        return manifest;
      });
    },
    /^refused The registry names two different files for helper 1\.1\.0\.$/,
  ],
  [
    "a trusted version has another file now, rightly signed",
    ({ registry, next }) => {
      next();
      registry.publish({ name: "helper", version: "1.0.0", attested: true, files: { "evil.js": "" } });
    },
    /^refused The registry has another file than before under the same version of helper 1\.0\.0\.$/,
  ],
  [
    "the proof of origin is gone",
    ({ next }) => next({ attested: false }),
    /^hold Earlier versions had a proof of where they were built, which is missing for openclaw 2\.0\.0\.$/,
  ],
  [
    "a known package has a new install script",
    ({ registry, next }) => {
      registry.publish({ name: "helper", version: "1.1.0", attested: true, scripts: { preinstall: "evil" } });
      next();
    },
    /^hold There is a new install script in helper 1\.1\.0\.$/,
  ],
  [
    "a new package has an install script",
    ({ registry, next }) => {
      registry.publish({ name: "worm", version: "1.0.0", scripts: { postinstall: "evil" } });
      next({ dependencies: { worm: "*" } });
    },
    /^hold There is a new install script in worm 1\.0\.0\.$/,
  ],
  ...["git+https://127.0.0.1:1/evil.git", "evil/evil", "http://127.0.0.1:1/evil.tgz", "file:../evil"].flatMap(
    (spec) =>
      ["dependencies", "optionalDependencies"].map((kind): (typeof attacks)[number] => [
        `its ${kind} name ${spec}`,
        ({ next }) => next({ [kind]: { evil: spec } }),
        /^UPDATE_REFUSED openclaw needs evil, which does not come from the npm registry\.$/,
      ]),
  ),
  [
    "another, rightly signed package is given",
    ({ registry, next }) => {
      registry.publish({ name: "evil", version: "1.9.0" });
      registry.publish({ name: "helper", version: "1.9.0", attested: true });
      next();
      registry.tamper((manifest) =>
        manifest.name === "helper" && manifest.version === "1.9.0"
          ? { ...manifest, name: "evil", dist: registry.manifest("evil", "1.9.0").dist }
          : manifest,
      );
    },
    /^UPDATE_REFUSED The npm registry gave evil where helper was asked for\.$/,
  ],
  [
    "an old, rightly signed version is given",
    ({ registry, next }) => {
      registry.publish({ name: "helper", version: "0.9.0", attested: true });
      registry.publish({ name: "helper", version: "1.9.0", attested: true });
      next();
      registry.tamper((manifest) =>
        manifest.name === "helper" && manifest.version === "1.9.0"
          ? { ...manifest, version: "0.9.0", dist: registry.manifest("helper", "0.9.0").dist }
          : manifest,
      );
    },
    /^UPDATE_REFUSED The npm registry gave helper 0\.9\.0 where \^1\.0\.0 was asked for\.$/,
  ],
  [
    "there is only a SHA-1 hash",
    ({ registry, next }) => {
      registry.publish({ name: "helper", version: "1.1.0", attested: true });
      next();
      registry.tamper((manifest) => {
        if (manifest.version === "1.1.0") delete manifest.dist.integrity;
        return manifest;
      });
    },
    /^UPDATE_REFUSED The npm registry gives no SHA-512 hash for helper\.$/,
  ],
  [
    "there are two hashes to choose from",
    ({ registry, next }) => {
      const evil = registry.publish({ name: "evil", version: "1.0.0" }).integrity;
      registry.publish({ name: "helper", version: "1.1.0", attested: true });
      next();
      registry.tamper((manifest) => {
        if (manifest.version === "1.1.0") manifest.dist.integrity += ` ${evil}`;
        return manifest;
      });
    },
    /^UPDATE_REFUSED The npm registry gives no SHA-512 hash for helper\.$/,
  ],
  [
    "an optional package of another platform cannot be fetched",
    ({ registry, next }) => {
      next();
      registry.intercept((path) => (path === "/native-win32" ? { status: 404, body: "{}" } : null));
    },
    /^INSTALL_FAILED The npm registry does not have native-win32\.$/,
  ],
  [
    "the version is gone again",
    ({ registry, next }) => {
      next();
      registry.tamper((manifest) => (manifest.version === "2.0.0" ? null : manifest));
    },
    /^INSTALL_FAILED The npm registry has no version of openclaw that fits\.$/,
  ],
  [
    "a log-in page answers for the package",
    ({ registry, next }) => {
      next();
      registry.intercept((path) => (path === "/helper" ? { status: 200, body: "<html>Welcome" } : null));
    },
    /^(INSTALL_FAILED|NETWORK_UNREACHABLE) /,
  ],
  [
    "a log-in page answers for the version",
    ({ registry, next }) => {
      next();
      registry.intercept((path) =>
        path === "/openclaw/2.0.0" ? { status: 200, body: "<html>Welcome" } : null,
      );
    },
    /^NETWORK_UNREACHABLE The npm registry did not give openclaw 2\.0\.0 \(FETCH_GARBAGE\)\.$/,
  ],
  [
    "the version's document never ends",
    ({ registry, next }) => {
      next();
      const body = `"${"x".repeat(5_000_000)}"`;
      registry.intercept((path) => (path === "/openclaw/2.0.0" ? { status: 200, body } : null));
    },
    /^NETWORK_UNREACHABLE .*\(FETCH_TOO_LARGE\)\.$/,
  ],
  [
    "the registry is busy for a moment",
    ({ registry, next }) => {
      next();
      let busy = 1;
      registry.intercept((path) =>
        path === "/openclaw/2.0.0" && busy-- > 0 ? { status: 503, body: "" } : null,
      );
    },
    /^trusted$/,
  ],
];
for (const [what, happen, expected] of attacks)
  test(`when ${what}: ${expected.source.slice(1, 18).replaceAll("\\", "")}`, async (t) => {
    const world = await newWorld(t);
    happen(world);
    assert.match(await outcome(world.order), expected);
    // Whatever was tried, nothing else is left beside the lists.
    assert.ok(!readdirSync(world.home).some((name) => name.endsWith(".next")));
  });
