import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { SmartClawError } from "@smartclaw/contracts";
import { daemonNodeFlags } from "../daemon/node-flags.ts";
import { launchAgent, systemdUnit, windowsTask } from "./units.ts";

const label = "ai.smartclaw.daemon";

/**
 * Makes SmartClaw start with the user's session, or stops doing so. Needs no administrator.
 * @throws SmartClawError when the system's own tool refuses
 */
export async function setAutostart(
  on: boolean,
  deps: {
    environment: Readonly<Record<string, string | undefined>>;
    platform: string;
    /** The daemon's program as the user installed it. */
    daemon: string;
  },
): Promise<void> {
  const home = deps.environment["HOME"] ?? homedir();
  const program = {
    node: process.execPath,
    flags: daemonNodeFlags,
    daemon: deps.daemon,
    home: deps.environment["SMARTCLAW_HOME"] ?? null,
  };
  if (deps.platform === "darwin") {
    const file = join(home, "Library", "LaunchAgents", `${label}.plist`);
    if (on) {
      write(file, launchAgent(label, program));
      return run(["launchctl", "bootstrap", `gui/${process.getuid?.()}`, file]);
    }
    await run(["launchctl", "bootout", `gui/${process.getuid?.()}/${label}`]);
    return rmSync(file, { force: true });
  }
  if (deps.platform === "win32")
    return run(on ? windowsTask(program) : ["schtasks", "/Delete", "/F", "/TN", "SmartClaw"]);
  const file = join(
    deps.environment["XDG_CONFIG_HOME"] ?? join(home, ".config"),
    "systemd",
    "user",
    "smartclaw.service",
  );
  if (on) {
    write(file, systemdUnit(program));
    await run(["systemctl", "--user", "daemon-reload"]);
    return run(["systemctl", "--user", "enable", "smartclaw.service"]);
  }
  await run(["systemctl", "--user", "disable", "smartclaw.service"]);
  return rmSync(file, { force: true });
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: 0o600 });
}

function run([program = "", ...args]: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "ignore" });
    const fail = (): void =>
      reject(
        new SmartClawError(
          "INTERNAL",
          `${program} did not accept SmartClaw as a service of your user.`,
          `Try it yourself to see why: ${program} ${args.join(" ")}`,
        ),
      );
    child.once("error", fail);
    child.once("close", (code) => (code === 0 ? resolve() : fail()));
  });
}
