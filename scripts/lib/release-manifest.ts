import { list } from "tar";
import { Stop } from "./process.mjs";

/** What an archive of make-release.ts says of itself. */
export interface ReleaseManifest {
  readonly version: string;
  readonly node: string;
  /** By Node's names of platform and architecture: "linux-x64". */
  readonly platform: string;
}

export function readReleaseManifest(archive: string): ReleaseManifest {
  const parts: Buffer[] = [];
  try {
    list({
      file: archive,
      sync: true,
      strict: true,
      filter: (path) => path === "package/package.json",
      onReadEntry: (entry) => entry.on("data", (part) => parts.push(part)),
    });
    const { name, version, engines, os, cpu } = JSON.parse(Buffer.concat(parts).toString("utf8"));
    if (name === "smartclaw") return { version, node: engines.node, platform: `${os[0]}-${cpu[0]}` };
  } catch {}
  throw new Stop(`${archive} is no archive that make-release.ts made.`);
}
