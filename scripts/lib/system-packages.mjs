import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run, say } from "./process.mjs";

/**
 * @typedef {{ program: string, without: string, names: Record<string, string> }} SystemPackage
 *   `names`: the package that holds the program, by package manager
 */

/** @type {Record<string, SystemPackage>} */
const known = {
  bubblewrap: {
    program: "bwrap",
    without: "commands of the assistant have no sandbox and stay off",
    names: {
      "apt-get": "bubblewrap",
      dnf: "bubblewrap",
      pacman: "bubblewrap",
      zypper: "bubblewrap",
      apk: "bubblewrap",
    },
  },
  socat: {
    program: "socat",
    without: "commands of the assistant reach no server, not even a granted one",
    names: { "apt-get": "socat", dnf: "socat", pacman: "socat", zypper: "socat", apk: "socat" },
  },
  keyring: {
    program: "gnome-keyring-daemon",
    without: "there may be no keystore, and a passphrase or key file is needed instead",
    names: {
      "apt-get": "gnome-keyring",
      dnf: "gnome-keyring",
      pacman: "gnome-keyring",
      zypper: "gnome-keyring",
      apk: "gnome-keyring",
    },
  },
  dbus: {
    program: "dbus-run-session",
    without: "the keystore cannot be reached",
    names: { "apt-get": "dbus", dnf: "dbus-daemon", pacman: "dbus", zypper: "dbus-1", apk: "dbus" },
  },
  iproute2: {
    program: "ip",
    without: "the proofs about the network are not run",
    names: { "apt-get": "iproute2", dnf: "iproute", pacman: "iproute2", zypper: "iproute2", apk: "iproute2" },
  },
  chromium: {
    program: "chromium",
    without: "the browser tests are not run",
    names: {
      "apt-get": "chromium",
      dnf: "chromium",
      pacman: "chromium",
      zypper: "chromium",
      apk: "chromium",
    },
  },
};

const install = {
  "apt-get": ["install", "-y", "-qq", "--no-install-recommends"],
  dnf: ["install", "-y", "-q"],
  pacman: ["-S", "--noconfirm", "--needed"],
  zypper: ["--non-interactive", "install"],
  apk: ["add", "--quiet"],
};

/** @param {string} program */
function onPath(program) {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/bin"];
  return folders.some((folder) => existsSync(join(folder, program)));
}

/**
 * Installs what is missing where that is possible without a question (as root, or with a sudo that asks nothing).
 * Where it is not, one line says the command and what stays off. Never a reason to stop.
 * @param {readonly (keyof typeof known)[]} wanted
 */
export async function ensureSystemPackages(wanted) {
  if (process.platform !== "linux" || process.env["SMARTCLAW_NO_SYSTEM_PACKAGES"] === "1") return;
  const missing = wanted
    .map((name) => known[name])
    .filter((one) => one !== undefined && !onPath(one.program));
  if (missing.length === 0) return;
  const manager = /** @type {(keyof typeof install) | undefined} */ (Object.keys(install).find(onPath));
  const names = manager === undefined ? [] : missing.map((one) => one?.names[manager] ?? "");
  const command = manager === undefined ? [] : [manager, ...install[manager], ...names];
  const prefix = await rootPrefix();
  if (manager !== undefined && prefix !== null) {
    say(`Installing ${names.join(", ")} …`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    if (manager === "apt-get")
      await run([...prefix, "apt-get", "update", "-qq"], { env, timeoutMs: 180_000 });
    const { code } = await run([...prefix, ...command], { env, timeoutMs: 600_000 });
    if (code === 0) return;
  }
  const how =
    manager === undefined ? missing.map((one) => one?.program).join(", ") : `sudo ${command.join(" ")}`;
  say(`Not installed: ${how}\n  Without it ${missing.map((one) => one?.without).join("; ")}.`);
}

/** How to become root without a question, or null. @returns {Promise<string[] | null>} */
async function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  if (!onPath("sudo")) return null;
  const { code } = await run(["sudo", "-n", "true"], { timeoutMs: 5_000 });
  return code === 0 ? ["sudo", "-n"] : null;
}
