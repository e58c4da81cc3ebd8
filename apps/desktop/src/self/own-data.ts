import {
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  closeSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import type { Paths } from "../daemon/paths.ts";

/** Of a database, beside itself: what was committed last may still lie in its log alone. */
const companions = ["", "-wal"];

type OwnPaths = Pick<Paths, "vault" | "ledger" | "connections" | "settings" | "sessions" | "failedTurns">;

const databasesOf = ({ vault, ledger }: OwnPaths): string[] => [vault, ledger];
const filesOf = ({ connections, settings, sessions, failedTurns }: OwnPaths): string[] => [
  connections,
  settings,
  sessions,
  failedTurns,
];

/** Copies SmartClaw's own data while nobody has it open: whole and durable, or not at all. */
export function takeSnapshot(paths: OwnPaths, folder: string): void {
  if (existsSync(folder)) return;
  const unfinished = `${folder}.part`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  const all = [
    ...databasesOf(paths).flatMap((file) => companions.map((end) => file + end)),
    ...filesOf(paths),
  ];
  for (const file of all.filter(existsSync)) copyDurably(file, join(unfinished, basename(file)));
  sync(unfinished);
  renameSync(unfinished, folder);
  sync(dirname(folder));
}

/** Copies it while the daemon has it open, to try a release out on. */
export async function copyOpenData(paths: OwnPaths, folder: string): Promise<void> {
  for (const file of databasesOf(paths).filter(existsSync)) {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      await backup(database, join(folder, basename(file)));
    } finally {
      database.close();
    }
  }
  for (const file of filesOf(paths).filter(existsSync)) copyFileSync(file, join(folder, basename(file)));
}

/**
 * Brings the databases of a snapshot back whose form a newer release has changed, because an older one cannot read
 * those. All others stay: what was saved in the meantime is not lost. What gives way is kept beside it.
 * @returns the files that were brought back
 */
export function restoreChangedForms(paths: OwnPaths, folder: string): string[] {
  const changed = databasesOf(paths).filter(
    (file) =>
      existsSync(join(folder, basename(file))) && formOf(file) !== formOf(join(folder, basename(file))),
  );
  for (const file of changed) {
    // First all that would be read together with the old one, so that no log is replayed into the wrong database.
    for (const end of companions.toReversed())
      if (existsSync(file + end)) renameSync(file + end, `${file}.left-by-update${end}`);
    rmSync(`${file}-shm`, { force: true });
    for (const end of companions.toReversed()) {
      const kept = join(folder, basename(file) + end);
      if (existsSync(kept)) copyDurably(kept, file + end);
    }
  }
  sync(dirname(paths.vault));
  return changed;
}

/** Whether a snapshot holds a database in another form than the one in use; only such a snapshot can ever be needed. */
export function isSnapshotNeeded(paths: OwnPaths, folder: string): boolean {
  return databasesOf(paths).some(
    (file) =>
      existsSync(join(folder, basename(file))) && formOf(file) !== formOf(join(folder, basename(file))),
  );
}

/** A release changes its tables, or their number (`user_version`), and an older one is told so. */
function formOf(file: string): string {
  if (!existsSync(file)) return "absent";
  try {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      const tables = database.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").all();
      return JSON.stringify([database.prepare("PRAGMA user_version").get(), tables]);
    } finally {
      database.close();
    }
  } catch {
    return "unreadable";
  }
}

function copyDurably(from: string, to: string): void {
  copyFileSync(from, to);
  sync(to);
}

function sync(path: string): void {
  // Windows can neither open a folder nor flush a file that is open for reading.
  if (process.platform === "win32") return;
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The snapshots in `folder`, unfinished ones too. */
export function listSnapshots(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
