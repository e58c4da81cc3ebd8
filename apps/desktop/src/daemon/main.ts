import { fileURLToPath } from "node:url";
import { type ErrorReport, Secret, SmartClawError } from "@smartclaw/contracts";
import { openFront } from "./front.ts";
import { pathsOf } from "./paths.ts";
import { readSecretEnvironment, secretsOnStdin } from "./secret-environment.ts";

/** SQLITE_FULL, https://sqlite.org/rescode.html. */
const sqliteFull = 13;
const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const portAt = process.argv.indexOf("--port");

try {
  const paths = pathsOf(process.env, process.platform);
  const front = await openFront({
    paths,
    web: beside("../../web/dist"),
    port: portAt === -1 ? null : Number(process.argv[portAt + 1]),
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
    },
    environment: {
      ...process.env,
      ...(process.argv.includes(secretsOnStdin) ? readSecretEnvironment() : {}),
    },
    newToken: () =>
      Secret.fromText(Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url")),
    exit: () => process.exit(0),
  });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
    process.on(signal, () => void stop().then(() => process.exit(0)));
} catch (error) {
  const report = faultAtStart(error);
  // What was begun would keep the process alive, without a door to it.
  process.stderr.write(`${report.message} ${report.next}\n`, () => process.exit(1));
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
