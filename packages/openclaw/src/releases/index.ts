export { createReleases, type Pointer, type ReleaseInfo, type Releases } from "./releases.ts";
