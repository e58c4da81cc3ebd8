import { fileURLToPath } from "node:url";
import { SmartClawError } from "@smartclaw/contracts";
import { startDaemon } from "./daemon.ts";
import { pathsOf } from "./paths.ts";

const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const portAt = process.argv.indexOf("--port");

try {
  process.umask(0o077);
  const { stop } = await startDaemon({
    paths: pathsOf(process.env, process.platform),
    programs: {
      keystoreChild: beside("./keystore-child.js"),
      installChild: beside("./install-child.js"),
      locks: beside("./locks"),
      web: beside("../../web/dist"),
    },
    environment: { ...process.env },
    port: portAt === -1 ? null : Number(process.argv[portAt + 1]),
    exit: () => process.exit(0),
  });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
    process.on(signal, () => void stop().then(() => process.exit(0)));
} catch (error) {
  if (!(error instanceof SmartClawError)) throw error;
  process.stderr.write(`${error.message} ${error.next}\n`);
  process.exitCode = 1;
}
