import { fileURLToPath } from "node:url";
import { type ErrorReport, Secret, SmartClawError } from "@smartclaw/contracts";
import { openFront } from "./front.ts";
import { asRehearsal, asService } from "./arguments.ts";
import { pathsOf } from "./paths.ts";
import { readSecretEnvironment, secretsOnStdin } from "./secret-environment.ts";

/** SQLITE_FULL, https://sqlite.org/rescode.html. */
const sqliteFull = 13;
const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** @param installed the daemon's program as the user installed it, which may have chosen this one */
export async function main(installed: string): Promise<void> {
  try {
    const port = process.argv.indexOf("--port");
    const paths = pathsOf(process.env, process.platform);
    const front = await openFront({
      paths,
      web: beside("../../web/dist"),
      port: port === -1 ? null : Number(process.argv[port + 1]),
    });
    const { startDaemon } = await import("./daemon.ts");
    const { stop } = await startDaemon({
      paths,
      front,
      programs: {
        keystoreChild: beside("./keystore-child.js"),
        installChild: beside("./install-child.js"),
        resolveChild: beside("./resolve-child.js"),
        locks: beside("./locks"),
        selfWatcher: beside("./self-watcher.js"),
        updateSource: beside("./update-source.json"),
        installed,
      },
      environment: {
        ...process.env,
        ...(process.argv.includes(secretsOnStdin) ? readSecretEnvironment() : {}),
      },
      newToken: () =>
        Secret.fromText(Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url")),
      exit: (code) => process.exit(code),
      mode: process.argv.includes(asRehearsal)
        ? "rehearsal"
        : process.argv.includes(asService)
          ? "service"
          : "plain",
    });
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
      process.on(signal, () => void stop().then(() => process.exit(0)));
  } catch (error) {
    const report = faultAtStart(error);
    // What was begun would keep the process alive, without a door to it.
    process.stderr.write(`${report.message} ${report.next}\n`, () => process.exit(1));
  }
}

/** What stopped the start, for people. A fault that nobody foresaw is thrown, with all that is known of it. */
function faultAtStart(error: unknown): Pick<ErrorReport, "message" | "next"> {
  if (error instanceof SmartClawError) return error;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (code !== "ENOSPC" && errcode !== sqliteFull) throw error;
  return {
    message: "SmartClaw could not start, because the disk is full.",
    next: "Free some space and start it again.",
  };
}
