import { mkdirSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import envPaths from "env-paths";
import { loadCrypto } from "./crypto-on-demand.ts";

/** Where everything of SmartClaw lies. Nothing is ever written outside these folders unless the user asks. */
export interface Paths {
  readonly home: string;
  readonly vault: string;
  readonly ledger: string;
  readonly connections: string;
  readonly settings: string;
  readonly sessions: string;
  /** Why turns failed, as it was told. */
  readonly failedTurns: string;
  /** Releases side by side, and the pointer to the live one. */
  readonly releases: string;
  /** Always the path of OpenClaw's state; a link to the one of the release that is live. */
  readonly openclawState: string;
  /** OpenClaw's states, one for each release that wrote it. */
  readonly states: string;
  /** The journal and the history of updates. */
  readonly updates: string;
  /** What updates work with. */
  readonly updateWork: string;
  /** Which release of SmartClaw itself is started; absent as long as that is the one that the user installed. */
  readonly selfPointer: string;
  /** The journal and the history of SmartClaw's own updates. */
  readonly selfUpdates: string;
  /** What updates of SmartClaw work with. */
  readonly selfWork: string;
  /** The user's own data as it was before each release of SmartClaw that is kept. */
  readonly selfSnapshots: string;
  readonly openclawConfig: string;
  readonly workspace: string;
  /** Helper programs that OpenClaw starts. */
  readonly helpers: string;
  readonly logs: string;
  readonly cache: string;
  /** The daemon's own compiled code. */
  readonly code: string;
  /** OpenClaw's temporary files. */
  readonly temporary: string;
  /** What Node compiled of each release of OpenClaw, in a folder of its version. */
  readonly compiled: string;
  readonly run: string;
  /** Held by the daemon as long as there is one; see `takeInstanceLock`. */
  readonly lock: string;
  /** What the command line talks to. */
  readonly socket: string;
  readonly secretsSocket: string;
  /** Where a release on rehearsal asks for secrets. */
  readonly rehearsalSocket: string;
  readonly gatewayPid: string;
  /** Whether Agentic Mode is on. */
  readonly guardianMode: string;
  /** Grants, and the record of what was asked, decided and done. */
  readonly guardian: string;
  /** The plugin that OpenClaw loads while Agentic Mode is on. */
  readonly guardianPlugin: string;
  /** Where that asks. */
  readonly guardianSocket: string;
  /** Pipes to commands that run. */
  readonly guardianRun: string;
  /** What pages store in the assistant's browser. */
  readonly browserProfile: string;
  /** That browser's way out and its rules. */
  readonly browserRun: string;
  /** Left by a daemon that a person asked to stop, for the watcher of a new release, who removes it before each start. */
  readonly stopped: string;
}

/** Linux allows 107 bytes in a socket address; a long home folder must not stop the daemon. */
const longestSocketPath = 100;

/**
 * The layout below `SMARTCLAW_HOME`, or below the platform's own data folder.
 * Pure: makes no folder.
 */
export function pathsOf(environment: Readonly<Record<string, string | undefined>>, platform: string): Paths {
  const home = environment["SMARTCLAW_HOME"] ?? envPaths("smartclaw", { suffix: "" }).data;
  const run = join(home, "run");
  const socketFor = (name: string): string => {
    if (platform === "win32") return `\\\\.\\pipe\\smartclaw-${shortOf(home)}-${name}`;
    const path = join(run, `${name}.sock`);
    return Buffer.byteLength(path) <= longestSocketPath
      ? path
      : join(tmpdir(), `smartclaw-${shortOf(home)}`, `${name}.sock`);
  };
  return {
    home,
    vault: join(home, "vault.sqlite"),
    ledger: join(home, "ledger.sqlite"),
    connections: join(home, "connections.json"),
    settings: join(home, "settings.json"),
    sessions: join(home, "sessions.json"),
    failedTurns: join(home, "failed-turns.json"),
    releases: home,
    openclawState: join(home, "openclaw"),
    states: join(home, "states"),
    updates: join(home, "updates.sqlite"),
    updateWork: join(home, "updates"),
    selfPointer: join(home, "smartclaw.json"),
    selfUpdates: join(home, "smartclaw-updates.sqlite"),
    selfWork: join(home, "smartclaw-updates"),
    selfSnapshots: join(home, "smartclaw-updates", "snapshots"),
    openclawConfig: join(home, "openclaw", "openclaw.json"),
    workspace: join(home, "workspace"),
    helpers: join(home, "helpers"),
    logs: join(home, "logs"),
    cache: join(home, "cache"),
    code: join(home, "cache", "code"),
    temporary: join(home, "tmp"),
    compiled: join(home, "compiled"),
    run,
    lock: join(run, "daemon.lock"),
    socket: socketFor("daemon"),
    secretsSocket: socketFor("secrets"),
    rehearsalSocket: socketFor("rehearsal"),
    gatewayPid: join(run, "gateway.json"),
    guardianMode: join(home, "guardian.json"),
    guardian: join(home, "guardian"),
    guardianPlugin: join(home, "helpers", "guardian"),
    guardianSocket: socketFor("guardian"),
    guardianRun: join(run, "commands"),
    browserProfile: join(home, "browser"),
    browserRun: join(dirname(socketFor("exit-of-the-browser")), "browser"),
    stopped: join(run, "stopped"),
  };
}

function shortOf(home: string): string {
  return loadCrypto().createHash("sha256").update(home).digest("hex").slice(0, 16);
}

/** Makes the folders, each of mode 0700. @throws when one cannot be made. */
export function makeFolders(paths: Paths): void {
  const folders = [
    paths.home,
    paths.updateWork,
    paths.selfWork,
    paths.workspace,
    paths.helpers,
    paths.logs,
    paths.cache,
    paths.temporary,
    paths.compiled,
    paths.run,
  ];
  if (!paths.socket.startsWith("\\\\")) folders.push(join(paths.socket, ".."));
  for (const folder of folders) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
  }
}
