import { fileURLToPath } from "node:url";
import { join } from "node:path";

/** The checkout. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");
export const cache = join(root, ".cache");
export const webBuild = join(root, "apps", "web", "dist");
export const desktopBuild = join(root, "apps", "desktop", "dist");
