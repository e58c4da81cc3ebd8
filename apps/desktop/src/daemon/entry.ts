import { enableCompileCache } from "node:module";
import { pathsOf } from "./paths.ts";

// The daemon's code is large: compiling it is a quarter of the time until the page answers, and is done once.
process.umask(0o077);
enableCompileCache(pathsOf(process.env, process.platform).code);
await import("./main.ts");
