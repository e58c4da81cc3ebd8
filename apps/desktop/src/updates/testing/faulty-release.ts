import { join } from "node:path";

/** What a release needs to know to misbehave at the right moment. */
export interface FaultPlaces {
  /** The package folder of the installed OpenClaw that does the work. */
  readonly openclaw: string;
  /** The state's path of a release that is live; on rehearsal it is another. */
  readonly liveState: string;
  /** A file: the release that dies does so when it is there. */
  readonly trigger: string;
}

/** One way to fail: JavaScript that runs before the real OpenClaw, with `live`, `places` and Node's `fs`, `http`, `net` and `path`. */
const faults = {
  exits1: `process.exit(1);`,
  exits78: `process.exit(78);`,
  hangs: `setInterval(() => {}, 1000); await new Promise(() => {});`,
  /** Another program answers in its place, at once. */
  otherVersion: `
    const port = Number(process.argv[process.argv.indexOf("--port") + 1]);
    const status = JSON.stringify({ ok: true, status: "started", version: "2020.1.1" });
    http.createServer((_, answer) => answer.end(status)).listen(port, "127.0.0.1");
    await new Promise(() => {});`,
  /** It has lost its models. */
  failsChat: `
    const config = JSON.parse(fs.readFileSync(process.env.OPENCLAW_CONFIG_PATH, "utf8"));
    config.models.providers = {};
    fs.writeFileSync(process.env.OPENCLAW_CONFIG_PATH, JSON.stringify(config));`,
  /** It passes over what others add to it. */
  refusesPlugin: `
    const config = JSON.parse(fs.readFileSync(process.env.OPENCLAW_CONFIG_PATH, "utf8"));
    config.plugins.load.paths = [];
    fs.writeFileSync(process.env.OPENCLAW_CONFIG_PATH, JSON.stringify(config));`,
  /** Of what is listened to on this computer it finds nothing any more, once it is live. */
  failsChatLive: `
    if (live) net.Socket.prototype.connect = function () {
      process.nextTick(() => this.destroy(new Error("lost")));
      return this;
    };`,
  diesWhenTold: `if (live) setInterval(() => { if (fs.existsSync(places.trigger)) process.exit(1); }, 100).unref();`,
  /** What it makes of the databases, no release can read. */
  migratesAndFails: `
    if (live) {
      for (const entry of fs.readdirSync(places.liveState + "/", { recursive: true, withFileTypes: true }))
        if (entry.name.endsWith(".sqlite"))
          fs.writeFileSync(path.join(entry.parentPath, entry.name), ${JSON.stringify("of another form")});
      process.exit(1);
    }`,
  none: "",
} as const;
export type Fault = keyof typeof faults;

/** What `migratesAndFails` leaves in a database. */
export const spoiltDatabase = "of another form";

/**
 * The program of a release that calls itself `version` and is the installed OpenClaw but for its fault. OpenClaw takes
 * its version for the protocol from the environment first, so that nothing of it has to be copied.
 */
export function faultyProgram(version: string, fault: Fault, places: FaultPlaces): string {
  const entry = join(places.openclaw, "openclaw.mjs");
  return `
    import fs from "node:fs";
    import http from "node:http";
    import net from "node:net";
    import path from "node:path";
    const places = ${JSON.stringify(places)};
    const live = process.env.OPENCLAW_STATE_DIR === places.liveState;
    process.env.OPENCLAW_VERSION = ${JSON.stringify(version)};
    ${faults[fault]}
    process.argv[1] = ${JSON.stringify(entry)};
    await import(${JSON.stringify(entry)});
  `;
}
