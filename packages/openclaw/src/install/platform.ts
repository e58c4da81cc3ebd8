import type { Platform } from "./lock.ts";

/** The machine that this runs on. */
export const thisPlatform: Platform = {
  os: process.platform,
  cpu: process.arch,
  libc: process.platform === "linux" ? "glibc" : null,
};
