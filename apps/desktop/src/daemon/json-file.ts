import { readFileSync, renameSync } from "node:fs";
import { basename } from "node:path";
import type { z } from "zod";
import { SmartClawError, type Log } from "@smartclaw/contracts";
import { replaceFile } from "@smartclaw/vault";

/** A small typed file: read once, kept in memory, written whole and atomically with mode 0600. */
export interface JsonFile<T> {
  get(): T;
  /** Durable when it returns. @throws SmartClawError DISK_FULL; the value in memory is then unchanged. */
  set(value: T): void;
}

/**
 * A file that does not fit `schema` is moved aside to `<path>.damaged-<time>`, never overwritten, and `initial` is used.
 * @throws SmartClawError STORAGE_CORRUPT when it can neither be read nor moved
 */
export function openJsonFile<S extends z.ZodType>(
  path: string,
  schema: S,
  initial: z.output<S>,
  log: Log,
): JsonFile<z.output<S>> {
  let value = initial;
  try {
    const text = read(path);
    if (text !== null) {
      const parsed = parse(text, schema);
      if (parsed === null) moveAside(path, log);
      else value = parsed.value;
    }
  } catch (error) {
    throw new SmartClawError(
      "STORAGE_CORRUPT",
      `SmartClaw cannot start, because its file ${basename(path)} cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"}).`,
      `Make ${path} yours to read, or move it away, and start SmartClaw again.`,
      { cause: error },
    );
  }
  return {
    get: () => value,
    set(next) {
      const valid = schema.parse(next);
      replaceFile(path, `${JSON.stringify(valid, null, 2)}\n`, { mode: 0o600 });
      value = valid;
    },
  };
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function moveAside(path: string, log: Log): void {
  const aside = `${path}.damaged-${Date.now()}`;
  renameSync(path, aside);
  const name = basename(path);
  log.error(
    { path, aside },
    `${name} was damaged, so it was moved aside and begun anew; to get it back, stop SmartClaw, repair the old file and name it ${name} again`,
  );
}

function parse<S extends z.ZodType>(text: string, schema: S): { value: z.output<S> } | null {
  try {
    const result = schema.safeParse(JSON.parse(text));
    return result.success ? { value: result.data } : null;
  } catch {
    return null;
  }
}
