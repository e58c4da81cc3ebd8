import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { createReleaseWorld, platform, type ReleaseWorld } from "../testing/release-world.ts";

const never = new AbortController().signal;
const worlds: ReleaseWorld[] = [];
const bytes = randomBytes(400_000);
let world: ReleaseWorld;
let folder: string;
beforeEach(async () => {
  world = await createReleaseWorld();
  worlds.push(world);
  world.publish("1.1.0", { bytes });
  folder = join(world.folder, "archives");
});
after(() => Promise.all(worlds.map((one) => one.close())));

const name = `smartclaw-1.1.0-${platform}.tgz`;
const fetchIt = (version = "1.1.0", signal = never, source = world.smartclaw()): Promise<string> =>
  source.fetch(version, folder, () => {}, signal);

function insteadOfArchive(answer: (response: ServerResponse) => void): void {
  world.server.misbehave((path, response) => {
    if (!path.endsWith(name)) return false;
    answer(response);
    return true;
  });
}

/** Nothing is left of what was not verified, and it works as soon as the other side behaves. */
async function refused(code: string, why: RegExp): Promise<void> {
  await assert.rejects(fetchIt(), { code, message: why });
  assert.deepEqual(readdirSync(folder), []);
  world.server.misbehave(null);
  assert.deepEqual(readFileSync(await fetchIt()), bytes);
}

test("an archive, with its progress and a row in the ledger", async () => {
  const progress: [received: number, total: number][] = [];
  const path = await world.smartclaw().fetch("1.1.0", folder, (...now) => progress.push(now), never);
  assert.equal(path, join(folder, name));
  assert.deepEqual(readFileSync(path), bytes);
  assert.deepEqual(readdirSync(folder), [name]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(progress.at(-1), [bytes.length, bytes.length]);
  assert.ok(
    progress.every(
      ([received, total], at) => total === bytes.length && received > (progress[at - 1]?.[0] ?? 0),
    ),
  );
  for (const { reason, outcome } of world.rows) {
    assert.equal(reason, "fetching SmartClaw 1.1.0");
    assert.equal(outcome, "ended");
  }
  assert.equal(world.rows.at(-1)?.received, bytes.length);
});

test("one that is there is verified and not fetched again; one that was changed is", async () => {
  const path = await fetchIt();
  const asked = (): number => world.server.requests.filter((one) => one.endsWith(name)).length;
  assert.equal(await fetchIt(), path);
  assert.equal(asked(), 1);
  writeFileSync(path, randomBytes(bytes.length));
  assert.equal(await fetchIt(), path);
  assert.equal(asked(), 2);
  assert.deepEqual(readFileSync(path), bytes);
});

test("only the newest release is on offer", async () => {
  for (const version of ["1.0.0", "1.2.0", "../1.1.0", ""])
    await assert.rejects(fetchIt(version), {
      code: "NOT_FOUND",
      message: `SmartClaw could not fetch SmartClaw ${version}, because 127.0.0.1 offers 1.1.0 in its place.`,
    });
  assert.equal(existsSync(folder), false);
  await assert.rejects(fetchIt("1.1.0", never, world.smartclaw("one", { platform: "plan9-mips" })), {
    code: "NOT_FOUND",
  });
});

test("changed on the way, at the same length", async () => {
  for (const at of [0, 200_000, bytes.length - 1]) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    insteadOfArchive((response) => response.end(changed));
    await refused("UPDATE_REFUSED", /127\.0\.0\.1 gave is not signed .*, or was changed afterwards/);
    rmSync(join(folder, name));
  }
});

test("longer than it was signed for", async () => {
  insteadOfArchive((response) => response.end(Buffer.concat([bytes, Buffer.from("x")])));
  await refused("UPDATE_REFUSED", /127\.0\.0\.1 sent more than it announced/);
});

test("shorter, and said to be whole", async () => {
  insteadOfArchive((response) => response.end(bytes.subarray(0, 100_000)));
  await refused("UPDATE_REFUSED", /or was changed afterwards/);
});

test("shorter, because the connection broke", async () => {
  insteadOfArchive((response) => {
    response.writeHead(200, { "content-length": bytes.length });
    response.write(bytes.subarray(0, 100_000), () => response.destroy());
  });
  await refused("NETWORK_UNREACHABLE", /the connection to 127\.0\.0\.1 failed/);
});

test("not there, a page for signing in, somewhere else", async () => {
  insteadOfArchive((response) => response.writeHead(404).end());
  await refused("NETWORK_UNREACHABLE", /answered with the error 404/);
  rmSync(join(folder, name));
  insteadOfArchive((response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"));
  await refused("NETWORK_UNREACHABLE", /as a network does that wants you to sign in first/);
  rmSync(join(folder, name));
  insteadOfArchive((response) => response.writeHead(302, { location: `${world.server.url}x` }).end());
  await refused("NETWORK_UNREACHABLE", /passed SmartClaw on elsewhere/);
});

test("without an end: no more is written than was signed for", async () => {
  insteadOfArchive((response) => {
    const more = (): void => {
      while (response.write(bytes));
    };
    response.writeHead(200).on("drain", more);
    more();
  });
  await refused("UPDATE_REFUSED", /127\.0\.0\.1 sent more than it announced/);
});

test("slower than 16 KB a second is given up", async (t) => {
  const deadline = new AbortController();
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  const limits: number[] = [];
  t.mock.method(AbortSignal, "timeout", (ms: number) => {
    limits.push(ms);
    return ms === 20_000 + bytes.length / 16 ? deadline.signal : timeout(ms);
  });
  insteadOfArchive((response) => {
    response.writeHead(200).write(bytes.subarray(0, 10), () => setImmediate(() => deadline.abort()));
  });
  await assert.rejects(fetchIt(), {
    code: "NETWORK_UNREACHABLE",
    message: /127\.0\.0\.1 did not answer in full within 45 seconds/,
  });
  assert.deepEqual(readdirSync(folder), []);
  assert.equal(limits.at(-1), 45_000);
});

test("called off in the middle", async () => {
  const stop = new AbortController();
  insteadOfArchive((response) => {
    response.writeHead(200, { "content-length": bytes.length });
    response.write(bytes.subarray(0, 100_000));
  });
  const fetching = world.smartclaw().fetch("1.1.0", folder, () => stop.abort(), stop.signal);
  await assert.rejects(fetching, {
    code: "CANCELLED",
    message: "The download of SmartClaw 1.1.0 was stopped.",
  });
  assert.deepEqual(readdirSync(folder), []);
});

test("called off with the last byte", async () => {
  const stop = new AbortController();
  const fetching = world
    .smartclaw()
    .fetch("1.1.0", folder, (received, total) => void (received === total && stop.abort()), stop.signal);
  await assert.rejects(fetching, { code: "CANCELLED" });
  assert.deepEqual(readdirSync(folder), []);
});

test("two at once fetch it once; a look meanwhile does not wait for them", async () => {
  const source = world.smartclaw();
  let goOn = (): void => {};
  insteadOfArchive((response) => {
    response.writeHead(200, { "content-length": bytes.length }).write(bytes.subarray(0, 1000));
    goOn = () => response.end(bytes.subarray(1000));
  });
  let looked = false;
  const fetches = [
    source.fetch(
      "1.1.0",
      folder,
      (received) => {
        if (received > 1000 || looked) return;
        looked = true;
        void source.newest(never).then(() => goOn());
      },
      never,
    ),
    source.fetch("1.1.0", folder, () => {}, never),
  ];
  assert.deepEqual(await Promise.all(fetches), [join(folder, name), join(folder, name)]);
  assert.equal(world.server.requests.filter((one) => one.endsWith(name)).length, 1);
});

test("a release that is published during the download does not spoil it", async () => {
  let published = false;
  const path = await world.smartclaw().fetch(
    "1.1.0",
    folder,
    () => {
      if (!published) world.publish("1.2.0");
      published = true;
    },
    never,
  );
  assert.deepEqual(readFileSync(path), bytes);
});

test("a folder that cannot be used is no fault of the network", async () => {
  writeFileSync(folder, "");
  await assert.rejects(fetchIt(), {
    code: "INTERNAL",
    message: /its own folder cannot be used \(E(EXIST|NOTDIR)\)/,
  });
});

test("killed in the middle, it has left nothing that could be taken for the archive", async () => {
  insteadOfArchive((response) => {
    response.writeHead(200, { "content-length": bytes.length });
    response.write(bytes.subarray(0, 100_000));
  });
  const program = `
    import { createReleaseSource } from ${JSON.stringify(new URL("./release-source.ts", import.meta.url).href)};
    const none = { connected() {}, count() {}, end() {}, fail() {} };
    const ledger = { begin: () => none, refuse() {} };
    const source = createReleaseSource({ ...JSON.parse(process.argv[1]), fetch, ledger, processName: "test" });
    await source.fetch("1.1.0", process.argv[2], (received) => console.log(received), new AbortController().signal);`;
  const home = join(world.folder, "smartclaws", "one");
  mkdirSync(join(world.folder, "smartclaws"), { recursive: true });
  const options = JSON.stringify({ root: world.root, url: world.server.url, folder: home, platform });
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, options, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGKILL");
  await ended;
  assert.equal(existsSync(join(folder, name)), false);
  assert.ok(readdirSync(folder).every((one) => one.startsWith(".")));
  world.server.misbehave(null);
  assert.deepEqual(readFileSync(await fetchIt()), bytes);
  assert.deepEqual(readdirSync(folder), [name]);
});
