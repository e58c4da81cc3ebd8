import { closeSync, fsyncSync, openSync } from "node:fs";

/** Makes a rename in `path` durable. Windows has no such call and does not need it. */
export function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
