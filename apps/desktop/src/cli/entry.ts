import { fileURLToPath } from "node:url";
import { pathsOf } from "../daemon/paths.ts";
import { installedProgram, launchCommandLine } from "../self/launch.ts";

const own = import.meta.url;
const installed = installedProgram(own);
const other = installed === null ? launchCommandLine(pathsOf(process.env, process.platform), own) : null;
if (other === null) {
  const { main } = await import("./main.ts");
  await main(installed ?? fileURLToPath(new URL("./daemon.js", own)));
} else await import(other);
