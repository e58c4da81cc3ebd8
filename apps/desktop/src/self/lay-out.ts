import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SmartClawError } from "@smartclaw/contracts";
import { satisfies } from "semver";
import { extract } from "tar";
import { z } from "zod";
import { releaseFolder, releaseMark } from "./programs.ts";

/** What an archive says of itself. */
const manifest = z.object({
  name: z.literal("smartclaw"),
  version: z.string(),
  engines: z.object({ node: z.string() }),
});

/**
 * Makes a verified archive a release: unpacked beside the others, read-only, and there only when it is whole.
 * @param nodeVersion what it will run on
 * @throws SmartClawError UPDATE_REFUSED when it is not what it says; what the disk says, as it is
 */
export async function layOut(deps: {
  readonly archive: string;
  readonly releases: string;
  readonly version: string;
  readonly nodeVersion: string;
}): Promise<void> {
  const { releases, version, nodeVersion } = deps;
  const folder = releaseFolder(releases, version);
  if (existsSync(join(folder, releaseMark))) return;
  await removeRelease(folder);
  const unfinished = join(dirname(folder), `.staging-${version}`);
  await removeRelease(unfinished);
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  await unpack(deps.archive, unfinished, version);
  const found = readManifest(unfinished);
  if (found?.version !== version)
    throw refused(`What was fetched as SmartClaw ${version} says of itself that it is another release.`);
  if (!satisfies(nodeVersion, found.engines.node))
    throw refused(
      `SmartClaw ${version} needs another Node (${found.engines.node}) than the one it would run on.`,
    );
  writeFileSync(join(unfinished, releaseMark), JSON.stringify({ name: "smartclaw", version }));
  setMode(unfinished, 0o555, 0o444);
  // A folder is renamed by whoever may write to it.
  chmodSync(unfinished, 0o755);
  renameSync(unfinished, folder);
  chmodSync(folder, 0o555);
}

/** Files and folders only: a link would lead out of the release. */
async function unpack(archive: string, folder: string, version: string): Promise<void> {
  try {
    await extract({
      file: archive,
      cwd: folder,
      strip: 1,
      strict: true,
      preserveOwner: false,
      filter: (_, entry) => !("type" in entry) || entry.type === "File" || entry.type === "Directory",
    });
  } catch (error) {
    if (["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? ""))
      throw new SmartClawError(
        "DISK_FULL",
        `The disk is full, so SmartClaw ${version} could not be unpacked.`,
        "Free some space; it is tried again by itself.",
        { cause: error },
      );
    throw refused(`What was fetched as SmartClaw ${version} cannot be unpacked.`);
  }
}

function readManifest(folder: string): z.infer<typeof manifest> | undefined {
  try {
    return manifest.safeParse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))).data;
  } catch {
    return undefined;
  }
}

/** Removes a release, or what is left of one. */
export async function removeRelease(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  setMode(folder, 0o755, null);
  await rm(folder, { recursive: true, force: true });
}

export function listReleases(releases: string): string[] {
  const home = dirname(releaseFolder(releases, "any"));
  return existsSync(home) ? readdirSync(home) : [];
}

function setMode(folder: string, ofFolders: number, ofFiles: number | null): void {
  if (process.platform === "win32") return;
  // On the way down folders must be readable, on the way up they may lose what they had.
  chmodSync(folder, ofFolders | 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) setMode(path, ofFolders, ofFiles);
    else if (ofFiles !== null && entry.isFile()) chmodSync(path, ofFiles);
  }
  chmodSync(folder, ofFolders);
}

function refused(message: string): SmartClawError {
  return new SmartClawError("UPDATE_REFUSED", message, "Nothing; SmartClaw goes on as it is.");
}
