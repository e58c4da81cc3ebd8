import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);

const patienceMs = 10_000;

/** A real gnome-keyring in a D-Bus session of its own. */
export interface Keyring {
  /** What a program needs to reach it. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): void;
}

/** Starts one below `home`, unlocked; null where gnome-keyring or D-Bus is not installed. */
export async function startKeyring(home: string): Promise<Keyring | null> {
  if (!["/usr/bin/dbus-daemon", "/usr/bin/gnome-keyring-daemon"].every(existsSync)) return null;
  const runtime = join(home, "xdg-run");
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  const base = { PATH: process.env["PATH"] ?? "", HOME: home, XDG_RUNTIME_DIR: runtime };
  const bus = spawn("/usr/bin/dbus-daemon", ["--session", "--nofork", "--print-address=1"], {
    env: base,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const address = await firstLine(bus);
  const environment = { ...base, DBUS_SESSION_BUS_ADDRESS: address };
  const daemon = spawn(
    "/usr/bin/gnome-keyring-daemon",
    ["--foreground", "--unlock", "--components=secrets"],
    {
      env: environment,
      stdio: ["pipe", "ignore", "ignore"],
    },
  );
  daemon.stdin.end("password of the proof's keyring");
  const deadline = Date.now() + patienceMs;
  while (!(await offersSecrets(environment))) {
    if (Date.now() > deadline) throw new Error("the keyring did not start");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    environment,
    stop() {
      daemon.kill("SIGKILL");
      bus.kill("SIGKILL");
    },
  };
}

/** Whether the Secret Service has its name on this bus. */
async function offersSecrets(environment: Readonly<Record<string, string>>): Promise<boolean> {
  const question = [
    "--session",
    "--dest=org.freedesktop.DBus",
    "--print-reply",
    "/",
    "org.freedesktop.DBus.NameHasOwner",
    "string:org.freedesktop.secrets",
  ];
  const { stdout } = await run("/usr/bin/dbus-send", question, { env: environment });
  return stdout.includes("boolean true");
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the keyring did not start")), patienceMs);
    child.once("error", reject);
    if (child.stdout !== null)
      createInterface({ input: child.stdout }).once("line", (line) => {
        clearTimeout(timer);
        resolve(line);
      });
  });
}
