import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { ConversationId, SystemStatus } from "@smartclaw/contracts";
import { type Client, createClient } from "../../apps/desktop/src/cli/client.ts";
import { pathsOf, type Paths } from "../../apps/desktop/src/daemon/paths.ts";
import { CannotRun } from "./proof.ts";

const run = promisify(execFile);
const cli = fileURLToPath(new URL("../../apps/desktop/dist/cli.js", import.meta.url));
const readyMs = 300_000;
const answerMs = 180_000;

/** A whole SmartClaw of its own: the built daemon, the real OpenClaw, a home folder for this proof only. */
export interface TestHouse {
  readonly home: string;
  /** Folders of installed code outside `home` that it runs from. */
  readonly borrowed: readonly string[];
  readonly client: Client;
  status(): Promise<SystemStatus>;
  /** Sends a message and waits for the end of the answer. */
  turn(conversation: ConversationId, text: string): Promise<{ text: string; outcome: string }>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** An installation of OpenClaw to take a copy of: the tests', or the user's own. */
function installedReleases(): string | null {
  const places = [
    process.env["SMARTCLAW_TEST_RELEASES"],
    pathsOf(process.env, process.platform).releases,
    fileURLToPath(new URL("../../.cache/openclaw", import.meta.url)),
  ];
  return places.find((place) => place !== undefined && existsSync(join(place, "live.json"))) ?? null;
}

/** The same installed code, by links, and what Node compiled of it; everything that OpenClaw writes is this house's own. */
function borrowReleases(source: string, paths: Paths): string[] {
  const borrowed: string[] = [];
  for (const name of readdirSync(join(source, "versions"))) {
    mkdirSync(join(paths.releases, "versions", name), { recursive: true, mode: 0o700 });
    for (const version of readdirSync(join(source, "versions", name))) {
      const place = realpathSync(join(source, "versions", name, version));
      symlinkSync(place, join(paths.releases, "versions", name, version));
      borrowed.push(place);
    }
  }
  const live = JSON.parse(readFileSync(join(source, "live.json"), "utf8")) as object;
  writeFileSync(join(paths.releases, "live.json"), JSON.stringify({ ...live, state: "openclaw" }));
  for (const place of ["compiled", join("..", "openclaw-compiled")]) {
    const compiled = join(source, place);
    if (existsSync(compiled)) cpSync(compiled, paths.compiled, { recursive: true });
  }
  return borrowed;
}

/** @param environment beside PATH and HOME, what the daemon shall see */
export async function startHouse(
  home: string,
  environment: Readonly<Record<string, string>>,
): Promise<TestHouse> {
  if (!existsSync(cli)) throw new CannotRun("SmartClaw is not built; run `npm start` once");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const source = installedReleases();
  if (source === null) throw new CannotRun("OpenClaw is not installed; run `npm start` once");
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, CI: "1", ...environment, SMARTCLAW_HOME: home };
  const smartclaw = (...args: string[]): Promise<unknown> => run(process.execPath, [cli, ...args], { env });
  const paths = pathsOf(env, process.platform);
  const borrowed = borrowReleases(source, paths);
  const client = createClient(paths.socket);
  const start = async (): Promise<void> => {
    await smartclaw("start", "--no-open");
    const deadline = Date.now() + readyMs;
    for (
      let status = await client.system.status();
      status.openclaw.gateway.phase !== "ready";
      status = await client.system.status()
    ) {
      if (status.openclaw.gateway.phase === "failed" || Date.now() > deadline)
        throw new Error(
          `OpenClaw did not become ready: ${status.openclaw.gateway.error?.message ?? status.openclaw.gateway.phase}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  await start();
  return {
    home,
    borrowed,
    client,
    start,
    status: () => client.system.status(),
    stop: async () => void (await smartclaw("stop")),
    async turn(conversation, text) {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), answerMs);
      const events = await client.chat.events({ id: conversation }, { signal: controller.signal });
      let sent = false;
      let answer = "";
      try {
        for await (const event of events) {
          if (!sent && event.type === "snapshot") {
            sent = true;
            await client.chat.send({ conversation, text, clientId: crypto.randomUUID() });
          }
          if (event.type === "message" && event.message.role === "assistant") answer = event.message.text;
          if (event.type === "end")
            return { text: answer || (event.error?.message ?? ""), outcome: event.outcome };
        }
      } finally {
        clearTimeout(timer);
        controller.abort();
      }
      throw new Error("there was no answer in time");
    },
  };
}
