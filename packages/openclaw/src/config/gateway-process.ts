import type { GuardianPlace } from "./render-config.ts";

/** What the user's environment may pass on: where things are and which language, nothing of value to a thief. */
const inherited = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "LANG",
  "LC_ALL",
  "LC_CTYPE",
  "TZ",
  "SYSTEMROOT",
  "USERPROFILE",
  "APPDATA",
  "LOCALAPPDATA",
  "COMSPEC",
  "PATHEXT",
  "WINDIR",
];

/**
 * The whole environment of the gateway process. An allow list: provider keys, session addresses (D-Bus would lead to
 * the keystore) and anything unknown stay out.
 *
 * @param places.temporary a folder that only the user can enter, as the system's own for temporary files belongs to all
 * @param places.compiled likewise, since Node loads compiled code from there without asking who wrote it:
 *   https://nodejs.org/api/module.html#module-compile-cache. OpenClaw by itself keeps code for its main thread and some
 *   of its programs; by this variable all of its threads and programs find it.
 */
export function gatewayEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  places: {
    readonly state: string;
    readonly config: string;
    readonly temporary: string;
    readonly compiled: string;
  },
): Record<string, string> {
  const kept = inherited.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    TMPDIR: places.temporary,
    TEMP: places.temporary,
    TMP: places.temporary,
    NODE_COMPILE_CACHE: places.compiled,
    // Else it would start itself anew, to have its code in a folder below that one.
    OPENCLAW_PACKAGED_COMPILE_CACHE_RESPAWNED: "1",
    OPENCLAW_STATE_DIR: places.state,
    OPENCLAW_CONFIG_PATH: places.config,
    OPENCLAW_DISABLE_BONJOUR: "1",
    OPENCLAW_EXEC_SHELL_SNAPSHOT: "0",
    OPENCLAW_NO_AUTO_UPDATE: "1",
    OPENCLAW_NO_RESPAWN: "1",
    OPENCLAW_OFFLINE: "1",
    OPENCLAW_SERVICE_REPAIR_POLICY: "external",
    OPENCLAW_SUPERVISOR_MODE: "external",
    CLAWHUB_DISABLE_TELEMETRY: "1",
    DO_NOT_TRACK: "1",
  };
}

/** Of the range for measurements (RFC 2544), which leads nowhere and which nobody's network has. */
const nowhere = "198.18.0.1";

/** What the guard in OpenClaw answers to look-ups of names; nothing as long as there is no browser to be sent there. */
export function guardEnvironment(guardian: GuardianPlace | null): Record<string, string> {
  return guardian === null || guardian.browserGate === null ? {} : { SMARTCLAW_GUARD_NAMES: nowhere };
}

/** Loopback is forced here and in the configuration; in a container OpenClaw would else choose every interface. */
export function gatewayArguments(port: number): string[] {
  return ["gateway", "run", "--bind", "loopback", "--port", String(port)];
}
