import { lstatSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { root } from "./places.mjs";
import { findRuntime } from "./runtime.mjs";

const modules = join(root, "node_modules");
/** What `npx smartclaw` starts. */
const link = join(modules, ".bin", "smartclaw");
const target = join("..", "smartclaw", "bin", "smartclaw");

/**
 * Lets `smartclaw` start without a Node of its own before the real one. npm takes one program for all platforms, so
 * package.json names the one that runs on Windows too, and every `npm install` brings that back.
 */
export function ensureLauncher() {
  if (process.platform === "win32" || !findRuntime().startsWith(modules)) return;
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
  if (readlinkSync(link) === target) return;
  const fresh = `${link}.${process.pid}`;
  rmSync(fresh, { force: true });
  symlinkSync(target, fresh);
  renameSync(fresh, link);
}
