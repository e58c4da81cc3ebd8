import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** The browser that SmartClaw can start for the assistant, or why there is none. */
export type ChromiumState =
  | { readonly state: "found"; readonly program: string }
  | { readonly state: "missing"; readonly message: string; readonly next: string };

/**
 * The programs themselves: what lies on the PATH is a script that adds arguments of its own, and a Snap or Flatpak
 * brings a sandbox into which the own one does not fit.
 */
const usualPlaces = [
  "/usr/lib/chromium/chromium",
  "/usr/lib64/chromium-browser/chromium-browser",
  "/usr/lib64/chromium/chromium",
  "/usr/lib/chromium-browser/chromium-browser",
  "/opt/google/chrome/chrome",
];

/** What starts it, holds it, and leads it to its exit. */
const helpers = { "/usr/bin/bwrap": "bubblewrap", "/usr/bin/socat": "socat", "/bin/bash": "bash" } as const;

const packageManagers = {
  "/usr/bin/apt-get": "apt-get install",
  "/usr/bin/dnf": "dnf install",
  "/usr/bin/pacman": "pacman -S --needed",
  "/usr/bin/zypper": "zypper install",
  "/sbin/apk": "apk add",
} as const;

/**
 * Looks for Chromium and what it needs here, in places that only the administrator changes.
 * @param isTrusted whether a program is there and nobody else can put another one in its place
 */
export function findChromium(
  platform: string,
  isTrusted: (program: string) => boolean = isOfTheSystem,
): ChromiumState {
  if (platform !== "linux")
    return {
      state: "missing",
      message: "SmartClaw can hold a browser for the assistant on Linux only, up to now.",
      next: "Chats and commands are not affected.",
    };
  const program = usualPlaces.find(isTrusted);
  const lacking = Object.entries(helpers).flatMap(([one, name]) => (isTrusted(one) ? [] : name));
  if (program !== undefined && lacking.length === 0) return { state: "found", program };
  const packages = program === undefined ? ["chromium", ...lacking] : lacking;
  const [, manager] = Object.entries(packageManagers).find(([one]) => isTrusted(one)) ?? [];
  return {
    state: "missing",
    message: `The assistant has no browser: ${packages.join(", ")} ${packages.length === 1 ? "is" : "are"} not installed.`,
    next:
      manager === undefined
        ? "Install what is missing with your system's package manager."
        : `Run: sudo ${manager} ${packages.join(" ")}`,
  };
}

/** Nobody but the administrator can change the file, or any folder above it. */
function isOfTheSystem(program: string): boolean {
  try {
    accessSync(program, constants.X_OK);
    for (let path = realpathSync(program); ; path = dirname(path)) {
      const { uid, mode } = statSync(path);
      if (uid !== 0 || (mode & 0o022) !== 0) return false;
      if (path === "/") return true;
    }
  } catch {
    return false;
  }
}
