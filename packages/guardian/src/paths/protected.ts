import type { World } from "../world/world.ts";
import { componentMatches, patternMatcher } from "./pattern.ts";
import { isWithin, pathsTo } from "./resolve.ts";

/** What is done to a path. Whoever lists a folder reads it; whoever moves a file away removes it. */
export type Access = "read" | "write" | "remove";

export interface Protection {
  /** `never` has no grant that could cover it; `apart` is not covered by a grant of the folder in which it lies. */
  readonly kind: "never" | "apart";
  /** For people: "keys and passwords". */
  readonly what: string;
}

/** Below the home folder; neither read nor written. */
const inHome: Readonly<Record<string, readonly string[]>> = {
  "keys and passwords": [
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".kube",
    ".docker",
    ".netrc",
    ".pgpass",
    ".my.cnf",
    ".git-credentials",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pypirc",
    ".vault-token",
    ".terraform.d",
    ".password-store",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".gem/credentials",
    ".m2/settings.xml",
    ".gradle/gradle.properties",
    ".config/gcloud",
    ".config/gh",
    ".config/hub",
    ".config/glab-cli",
    ".config/rclone",
    ".config/op",
    ".config/sops",
    ".config/age",
    ".config/containers/auth.json",
    ".config/doctl",
    ".config/configstore",
    ".local/share/keyrings",
    ".local/share/kwalletd",
    ".config/Bitwarden",
    ".config/keepassxc",
    ".config/1Password",
    "Library/Keychains",
  ],
  "what a browser or messenger keeps": [
    ".mozilla",
    ".thunderbird",
    ".config/google-chrome",
    ".config/chromium",
    ".config/BraveSoftware",
    ".config/microsoft-edge",
    ".config/vivaldi",
    ".config/opera",
    ".config/Signal",
    ".config/discord",
    ".config/Slack",
    ".local/share/TelegramDesktop",
    "snap/firefox",
    "snap/chromium",
    ".var/app",
    "Library/Application Support",
    "Library/Cookies",
    "Library/Messages",
    "Library/Mail",
    "AppData",
  ],
  "the history of what was typed": [
    ".bash_history",
    ".zsh_history",
    ".zhistory",
    ".sh_history",
    ".ash_history",
    ".history",
    ".local/share/fish/fish_history",
    ".python_history",
    ".node_repl_history",
    ".psql_history",
    ".mysql_history",
    ".sqlite_history",
    ".rediscli_history",
    ".irb_history",
    ".lesshst",
    ".viminfo",
  ],
  "what runs when a shell or a session starts": [
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".bash_aliases",
    ".profile",
    ".inputrc",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".zlogout",
    ".kshrc",
    ".cshrc",
    ".tcshrc",
    ".login",
    ".xprofile",
    ".xinitrc",
    ".xsession",
    ".xsessionrc",
    ".Xresources",
    ".pam_environment",
    ".config/fish",
    ".config/environment.d",
    ".config/powershell",
    ".config/autostart",
    ".config/systemd",
    ".config/plasma-workspace",
    ".local/share/systemd",
    ".local/share/applications",
    ".local/share/dbus-1",
    ".local/bin",
    "bin",
    "Library/LaunchAgents",
    ".vimrc",
    ".vim",
    ".config/nvim",
    ".emacs",
    ".emacs.d",
    ".tmux.conf",
    ".screenrc",
    ".lesskey",
    ".gdbinit",
    ".gitconfig",
    ".config/git",
    ".curlrc",
    ".wgetrc",
    ".cargo/config",
    ".cargo/config.toml",
    ".config/pip",
    ".pip",
    ".cargo/bin",
    "go/bin",
    ".nvm",
    ".pyenv",
    ".rbenv",
  ],
  "SmartClaw's and OpenClaw's own files": [".smartclaw", ".openclaw"],
};

/** Of the whole computer; neither read nor written. */
const anywhere: Readonly<Record<string, readonly string[]>> = {
  "the system's passwords": [
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/ssh",
    "/etc/ssl/private",
    "/etc/krb5.keytab",
    "/var/lib/sss",
    "/etc/NetworkManager/system-connections",
    "/root",
  ],
  "a way to speak to programs outside": [
    "/run/docker.sock",
    "/run/podman",
    "/run/containerd",
    "/run/dbus",
    "/run/systemd",
    "/run/user",
    "/run/snapd.socket",
    "/tmp/.X11-unix",
    "/tmp/.ICE-unix",
    "/var/run",
  ],
  "a device": ["/dev"],
  "the kernel's own files": ["/sys", "/boot"],
};

/** Of the whole computer; not written. */
const systemFolders: ReadonlySet<string> = new Set([
  "/bin",
  "/etc",
  "/lib",
  "/lib32",
  "/lib64",
  "/libx32",
  "/opt",
  "/proc",
  "/run",
  "/sbin",
  "/srv",
  "/usr",
  "/var",
  "/Library",
  "/System",
  "/Applications",
]);

/** Devices that hold nothing and tell nothing. */
const harmlessDevices: ReadonlySet<string> = new Set([
  "/dev/null",
  "/dev/zero",
  "/dev/full",
  "/dev/random",
  "/dev/urandom",
]);

/** Components that lie in a folder of the user's and belong to something else: the host runs or believes them later. */
const never: readonly (readonly string[])[] = [
  [".git", "hooks"],
  [".git", "config"],
  [".git", "config.worktree"],
  [".git", "info", "attributes"],
  [".git", "modules"],
];
const apart: readonly (readonly string[])[] = [
  [".env*"],
  [".envrc"],
  [".direnv"],
  [".npmrc"],
  [".yarnrc*"],
  [".yarn"],
  [".pnpmfile.cjs"],
  [".git"],
  [".gitmodules"],
  [".gitattributes"],
  [".husky"],
  [".vscode"],
  [".idea"],
  [".fleet"],
  [".zed"],
  [".devcontainer"],
  [".cursor*"],
  [".claude*"],
  [".codex"],
  [".gemini"],
  [".windsurf*"],
  [".mcp.json"],
  ["pyvenv.cfg"],
  [".venv", "bin"],
  ["venv", "bin"],
  [".cargo", "config*"],
  ["pip.conf"],
  [".netrc"],
  [".pgpass"],
  [".git-credentials"],
  ["id_rsa*"],
  ["id_dsa*"],
  ["id_ecdsa*"],
  ["id_ed25519*"],
];

/** @param own folders of SmartClaw and OpenClaw, absolute and without links */
export function protectedPlaces(home: string, own: readonly string[]): ReadonlyMap<string, string> {
  const places = (groups: Readonly<Record<string, readonly string[]>>, start: string) =>
    Object.entries(groups).flatMap(([what, paths]) => paths.map((path) => [start + path, what] as const));
  return new Map([
    ...own.map((path) => [path, "SmartClaw's and OpenClaw's own files"] as const),
    ...places(inHome, `${home}/`),
    // The home of the administrator lies in a folder that is nobody else's.
    ...places(anywhere, "").filter(([path]) => !isWithin(home, path)),
  ]);
}

/** Of `.git` only these are held apart from a reader: the rest is what version control shows anyway. */
function holdsFrom(components: readonly string[], access: Access): boolean {
  return components[0] !== ".git" || components.length > 1 || access !== "read";
}

const ofVersionControl: Protection = { kind: "never", what: "what version control runs" };
const ofTheProject: Protection = { kind: "apart", what: "settings or secrets that other programs believe" };
const ofTheSystem: Protection = { kind: "never", what: "the system's own files" };
const ofAnotherProgram: Protection = { kind: "never", what: "the memory of another program" };

/** What holds a path apart from the folder in which it lies; null when nothing does. @param path without links */
export function protectionOf(world: World, path: string, access: Access): Protection | null {
  if (harmlessDevices.has(path)) return null;
  if (/^\/proc\/[^/]+\/(?:environ|mem|maps|auxv|task|cmdline|fd)(?:\/|$)/.test(path)) return ofAnotherProgram;
  let ofSystem = false;
  for (const at of pathsTo(path)) {
    const what = world.protectedPlaces.get(at);
    if (what !== undefined) return { kind: "never", what };
    ofSystem ||= systemFolders.has(at) && !isWithin(world.home, at);
  }
  if (ofSystem && access !== "read" && !isWithin(path, "/var/tmp")) return ofTheSystem;
  return protectionIn(path, access, (component, part) =>
    component.endsWith("*") ? part.startsWith(component.slice(0, -1)) : part === component,
  );
}

/** The same for whatever a pattern (absolute) could name, now or later. */
export function protectionOfPattern(world: World, pattern: string, access: Access): Protection | null {
  if (pattern.startsWith("/proc/")) return ofAnotherProgram;
  const names = patternMatcher(pattern);
  for (const [path, what] of world.protectedPlaces) if (names(path)) return { kind: "never", what };
  if (access !== "read" && [...systemFolders].some((path) => names(path) && !isWithin(world.home, path)))
    return ofTheSystem;
  // Names that are there are looked at one by one; of those that are not, only hidden ones have a meaning of their own.
  return protectionIn(pattern, access, (component, part, at) =>
    at > 0 || component.startsWith(".") ? componentMatches(part, component.replace(/\*$/, "")) : false,
  );
}

function protectionIn(
  path: string,
  access: Access,
  matches: (component: string, part: string, at: number) => boolean,
): Protection | null {
  const parts = path.split("/").filter((part) => part !== "");
  const has = (components: readonly string[]): boolean =>
    parts.some((_, start) =>
      components.every((component, at) => {
        const part = parts[start + at];
        return part !== undefined && matches(component, part, at);
      }),
    );
  if (never.some(has)) return ofVersionControl;
  return apart.some((components) => holdsFrom(components, access) && has(components)) ? ofTheProject : null;
}
