import { descriptors } from "./descriptors.ts";
import type { Mount } from "./mounts.ts";
import { relayVariables } from "./relay.ts";

/** What a sandboxed command is told of its surroundings. */
export interface SandboxSurroundings {
  readonly home: string;
  readonly user: string;
  readonly folder: string;
  /** Beyond the few that every command gets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether it lies in another sandbox, whose network it shares, and which reports for it. */
  readonly isRelayed: boolean;
}

/**
 * Of the system a program finds its own parts, and nothing that anybody would keep to themselves. Certificates are the
 * public ones.
 */
const system: readonly (readonly string[])[] = [
  ["--ro-bind", "/usr", "/usr"],
  ...["bin", "sbin", "lib", "lib32", "lib64", "libx32"].map((name) => [
    "--symlink",
    `usr/${name}`,
    `/${name}`,
  ]),
  ...[
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/passwd",
    "/etc/group",
    "/etc/nsswitch.conf",
    "/etc/localtime",
    "/etc/ssl/certs",
    "/etc/ca-certificates",
  ].map((path) => ["--ro-bind-try", path, path]),
];

/**
 * Arguments for `bwrap` (bubblewrap 0.8 or newer): namespaces of its own for everything, no network, no terminal, no
 * way to more namespaces, a private home and temporary folder, and the mounts. One that is relayed has the network of
 * the sandbox around it.
 */
export function bwrapArguments(
  mounts: readonly Mount[],
  { home, user, folder, environment, isRelayed }: SandboxSurroundings,
): readonly string[] {
  const variables = {
    ...environment,
    PATH: "/usr/local/bin:/usr/bin:/bin",
    HOME: home,
    USER: user,
    LOGNAME: user,
    LANG: "C.UTF-8",
    TERM: "dumb",
    GIT_TERMINAL_PROMPT: "0",
    ...(isRelayed ? relayVariables : {}),
  };
  const options: readonly (readonly string[])[] = [
    ["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"],
    isRelayed ? ["--share-net"] : [],
    ["--cap-drop", "ALL", "--hostname", "sandbox"],
    ["--seccomp", String(descriptors.filter)],
    isRelayed ? [] : ["--json-status-fd", String(descriptors.reports)],
    ["--sync-fd", String(descriptors.alive)],
    ["--block-fd", String(descriptors.gate)],
    ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/var/tmp", "--dir", "/run"],
    ["--tmpfs", home],
    ...mounts.map(argumentsOf),
    ["--dir", folder, "--chdir", folder],
    ["--clearenv"],
    ...Object.entries(variables).map(([name, value]) => ["--setenv", name, value]),
    // At the end, so that whoever was told but a part of all this has no shell to run.
    ...system,
  ];
  return options.flat();
}

function argumentsOf(mount: Mount): readonly string[] {
  switch (mount.type) {
    case "write":
      return ["--bind", mount.path, mount.path];
    case "read":
      return ["--ro-bind", mount.path, mount.path];
    case "hide-file":
      return ["--ro-bind", "/dev/null", mount.path];
    case "hide-folder":
      return ["--tmpfs", mount.path, "--remount-ro", mount.path];
  }
}
