import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { SystemStatus } from "@smartclaw/contracts";

/** How each package manager is told to install, in the order in which they are looked for. */
const managers = {
  "apt-get": "apt-get install",
  dnf: "dnf install",
  pacman: "pacman -S --needed",
  zypper: "zypper install",
  apk: "apk add",
} as const;
type PackageManager = keyof typeof managers;

interface WantedPackage {
  readonly name: string;
  readonly program: string;
  readonly withoutIt: string;
  /** What holds the program; `scripts/lib/system-packages.mjs` has the same names, and a test compares them. */
  readonly packages: Readonly<Record<PackageManager, string>>;
}

const everywhere = (name: string): Record<PackageManager, string> => ({
  "apt-get": name,
  dnf: name,
  pacman: name,
  zypper: name,
  apk: name,
});

/** Homebrew has none of them: macOS has a keystore of its own, and bubblewrap and socat are for Linux only. */
const wanted: readonly WantedPackage[] = [
  {
    name: "bubblewrap",
    program: "bwrap",
    withoutIt: "commands of the assistant have no sandbox and stay off",
    packages: everywhere("bubblewrap"),
  },
  {
    name: "socat",
    program: "socat",
    withoutIt: "commands of the assistant reach no server, not even a granted one",
    packages: everywhere("socat"),
  },
  {
    name: "gnome-keyring",
    program: "gnome-keyring-daemon",
    withoutIt: "there may be no keystore, and a passphrase or key file is needed instead",
    packages: everywhere("gnome-keyring"),
  },
  {
    name: "dbus",
    program: "dbus-run-session",
    withoutIt: "the keystore cannot be reached",
    packages: { ...everywhere("dbus"), dnf: "dbus-daemon", zypper: "dbus-1" },
  },
];

/** What is asked of the machine. */
interface Machine {
  readonly platform: string;
  readonly isRoot: boolean;
  /** Whether a program is on the PATH. */
  readonly has: (program: string) => boolean;
}

/** System packages that are not there, each with the command that installs it here. Linux only; elsewhere nothing is needed. */
export function missingPackagesOf(machine: Machine): SystemStatus["missing"] {
  if (machine.platform !== "linux") return [];
  return wanted
    .filter(({ program }) => !machine.has(program))
    .map((one) => ({ name: one.name, withoutIt: one.withoutIt, command: commandFor(one, machine) }));
}

function commandFor({ program, packages }: WantedPackage, { has, isRoot }: Machine): string {
  const manager = (Object.keys(managers) as PackageManager[]).find(has);
  if (manager === undefined) return `Install the package that holds the program ${program}.`;
  const command = `${managers[manager]} ${packages[manager]}`;
  if (isRoot) return command;
  // Alpine comes with doas, and a small Debian with neither.
  if (has("sudo")) return `sudo ${command}`;
  return has("doas") ? `doas ${command}` : `su -c "${command}"`;
}

/** The same for this machine. A user's PATH often lacks the folders of the administrator, where package managers lie. */
export function missingPackages(path: string, platform: string): SystemStatus["missing"] {
  const folders = [
    ...path.split(delimiter).filter((folder) => folder !== ""),
    "/usr/bin",
    "/usr/sbin",
    "/sbin",
  ];
  return missingPackagesOf({
    platform,
    isRoot: process.getuid?.() === 0,
    has: (program) => folders.some((folder) => existsSync(join(folder, program))),
  });
}
