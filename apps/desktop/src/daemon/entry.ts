import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { installedProgram, launchDaemon } from "../self/launch.ts";
import { pathsOf } from "./paths.ts";

// The daemon's code is large: compiling it is a quarter of the time until the page answers, and is done once.
process.umask(0o077);
const paths = pathsOf(process.env, process.platform);
enableCompileCache(paths.code);
const own = import.meta.url;
const installed = installedProgram(own);
const other = installed === null ? await launchDaemon(paths, own) : null;
if (other === null) await (await import("./main.ts")).main(installed ?? fileURLToPath(own));
else await import(other);
