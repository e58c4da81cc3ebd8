import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ImportStep } from "@smartclaw/contracts";
import { replaceFile } from "../replace-file.ts";
import type { FoundKey } from "./found-key.ts";
import { removeProperty } from "./remove-property.ts";
import { authProfilesKey, profilesSchema, readStoredProfiles } from "./scan.ts";

type Outcome = Pick<ImportStep, "outcome" | "detail">;

const left = (detail: string): Outcome => ({ outcome: "left", detail });
const moved: Outcome = { outcome: "moved", detail: "moved into the vault and removed from here" };

/** Takes a key out of the place where it was found. It is in the vault already. */
export function scrubSource(found: FoundKey): Outcome {
  const { place } = found;
  switch (place.kind) {
    case "environment":
      return left(
        "it is in the vault now, but SmartClaw cannot change your shell: remove the variable from your profile",
      );
    case "json":
      return rewrite(place.file, (text) => removeProperty(text, place.path, found.secret.revealText()));
    case "dotenv":
      return rewrite(place.file, (text) => {
        const lines = text.split("\n");
        const kept = lines.filter(
          (line) => !new RegExp(String.raw`^\s*(?:export\s+)?${place.variable}\s*=`).test(line),
        );
        return kept.length < lines.length ? kept.join("\n") : null;
      });
    case "sqlite":
      return scrubProfile(place.file, place.profile, found.secret.revealText());
  }
}

/** Blanks the key in backups that editors and OpenClaw leave beside the file: `name.bak`, `name.1`, `name~` … */
export function scrubBackups(found: FoundKey): ImportStep[] {
  const { place } = found;
  if (place.kind === "environment") return [];
  const folder = dirname(place.file);
  const name = basename(place.file);
  const key = found.secret.revealText();
  const scrub = (path: string): Outcome | null => {
    const holds = holdsKey(path, key);
    if (holds === false) return null;
    if (holds === null)
      return { outcome: "failed", detail: "this backup could not be read; look for the key there yourself" };
    const done =
      place.kind === "sqlite"
        ? scrubProfile(path, place.profile, key)
        : rewrite(path, (text) => text.replaceAll(key, ""));
    return done.outcome === "moved" ? { outcome: "scrubbed", detail: "blanked in this backup" } : done;
  };
  return readdirSync(folder)
    .filter((file) => file !== name && file.startsWith(name) && !/-(wal|shm)$/.test(file))
    .map((file) => join(folder, file))
    .flatMap((path) => {
      const done = scrub(path);
      return done === null ? [] : [{ path, field: found.field, storedAs: null, ...done }];
    });
}

/** Null when that cannot be known. */
function holdsKey(path: string, key: string): boolean | null {
  try {
    return statSync(path).isFile() && readFileSync(path).includes(key);
  } catch (error) {
    // A link to nowhere, or it went meanwhile.
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? false : null;
  }
}

function rewrite(file: string, change: (text: string) => string | null): Outcome {
  try {
    const text = readFileSync(file, "utf8");
    const next = change(text);
    if (next === null || next === text)
      return left(
        "the file is written in a way that SmartClaw does not change; remove the key there yourself",
      );
    if (readFileSync(file, "utf8") !== text) return left("the file was being changed; import again");
    replaceFile(file, next);
    return moved;
  } catch {
    return { outcome: "failed", detail: "the file could not be written; remove the key there yourself" };
  }
}

function scrubProfile(file: string, profile: string, key: string): Outcome {
  const stored = profilesSchema.safeParse(readStoredProfiles(file));
  if (!existsSync(file) || !stored.success || !(profile in stored.data.profiles))
    return left("the profile is not there any more");
  try {
    const { mode } = statSync(file);
    const database = new DatabaseSync(file);
    try {
      const { [profile]: _gone, ...profiles } = stored.data.profiles;
      database.exec("PRAGMA secure_delete = ON; PRAGMA busy_timeout = 2000");
      database
        .prepare(
          "UPDATE config_machine_state SET value_json = ?, updated_at_ms = updated_at_ms + 1 WHERE state_key = ?",
        )
        .run(JSON.stringify({ ...stored.data, profiles }), authProfilesKey);
      database.exec("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
    } finally {
      database.close();
    }
    chmodSync(file, mode & 0o777);
    return readFileSync(file).includes(key)
      ? left("a trace stays in OpenClaw's database while OpenClaw runs; stop it and import again")
      : moved;
  } catch {
    return {
      outcome: "failed",
      detail: "OpenClaw's database is in use; stop that OpenClaw and import again",
    };
  }
}
