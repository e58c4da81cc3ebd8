import { readFileSync, renameSync } from "node:fs";
import writeFileAtomic from "write-file-atomic";
import type { z } from "zod";
import { SmartClawError, type Log } from "@smartclaw/contracts";

/** A small typed file: read once, kept in memory, written whole and atomically with mode 0600. */
export interface JsonFile<T> {
  get(): T;
  /** Durable when it returns. @throws SmartClawError DISK_FULL, INTERNAL; the value in memory is then unchanged. */
  set(value: T): void;
}

/**
 * A file that does not fit `schema` is moved aside to `<path>.damaged-<time>`, never overwritten, and `initial` is used.
 */
export function openJsonFile<S extends z.ZodType>(
  path: string,
  schema: S,
  initial: z.output<S>,
  log: Log,
): JsonFile<z.output<S>> {
  let value = initial;
  let text: string | null = null;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  if (text !== null) {
    const parsed = parse(text, schema);
    if (parsed === null) {
      const aside = `${path}.damaged-${Date.now()}`;
      renameSync(path, aside);
      log.error({ path, aside }, "a settings file could not be read and was moved aside");
    } else value = parsed.value;
  }
  return {
    get: () => value,
    set(next) {
      const valid = schema.parse(next);
      try {
        writeFileAtomic.sync(path, `${JSON.stringify(valid, null, 2)}\n`, { mode: 0o600 });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOSPC")
          throw new SmartClawError(
            "DISK_FULL",
            "The disk is full, so the change was not saved.",
            "Free some space and try again.",
            { cause: error },
          );
        throw error;
      }
      value = valid;
    },
  };
}

function parse<S extends z.ZodType>(text: string, schema: S): { value: z.output<S> } | null {
  try {
    const result = schema.safeParse(JSON.parse(text));
    return result.success ? { value: result.data } : null;
  } catch {
    return null;
  }
}
