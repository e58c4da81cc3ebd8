import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Secret } from "@smartclaw/contracts";
import { probeGateway } from "@smartclaw/openclaw";
import type { TestHome } from "./test-home.ts";

/** OpenClaw as its own manual starts it: `openclaw gateway run`, nothing of SmartClaw around it. */
export interface BareGateway {
  readonly port: number;
  /** From the start of its process until its protocol answered, in milliseconds. */
  readonly readyMs: number;
  stop(): Promise<void>;
}

export const benchToken = Secret.fromText("a token for the bench only 0123456789");

/** @param state a folder that is kept between starts, as a user's is. @param more further configuration. */
export async function startBareGateway(
  home: TestHome,
  state: string,
  port: number,
  { more = {}, version = home.version }: { more?: object; version?: string } = {},
): Promise<BareGateway> {
  const folder = join(home.folder, state);
  mkdirSync(folder, { recursive: true });
  const config = join(folder, "openclaw.json");
  const gateway = {
    mode: "local",
    bind: "loopback",
    port,
    auth: { mode: "token", token: benchToken.revealText() },
  };
  const quiet = {
    models: { catalogRefresh: { enabled: false } },
    update: { checkOnStart: false },
    telemetry: { enabled: false },
  };
  writeFileSync(config, JSON.stringify({ ...quiet, ...more, gateway }));
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    OPENCLAW_STATE_DIR: folder,
    OPENCLAW_CONFIG_PATH: config,
    OPENCLAW_NO_RESPAWN: "1",
  };
  const started = performance.now();
  const args = [home.entry(version), "gateway", "run", "--bind", "loopback", "--port", String(port)];
  const child = spawn(process.execPath, args, { env, stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const signal = AbortSignal.timeout(120_000);
  const isListening = () => Promise.resolve(true);
  await probeGateway({ port, version, token: benchToken, isListening, signal });
  return {
    port,
    readyMs: performance.now() - started,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
