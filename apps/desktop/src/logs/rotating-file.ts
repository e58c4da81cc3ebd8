import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";

/** A log file that is renamed to `.1`, `.2` … when it grows too large. */
export interface RotatingFile {
  write(text: string): void;
  close(): void;
}

/**
 * Appends to `path` (mode 0600). A full disk must never stop the daemon because it cannot log: such lines are dropped.
 * @param maxBytes size at which the file is rotated
 * @param keep how many rotated files stay
 */
export function openRotatingFile(path: string, maxBytes: number, keep: number): RotatingFile {
  let descriptor = openSync(path, "a", 0o600);
  let size = fstatSync(descriptor).size;
  const rotate = (): void => {
    closeSync(descriptor);
    for (let index = keep - 1; index >= 0; index--) {
      try {
        renameSync(index === 0 ? path : `${path}.${index}`, `${path}.${index + 1}`);
      } catch {
        continue;
      }
    }
    descriptor = openSync(path, "a", 0o600);
    size = 0;
  };
  return {
    write(text) {
      try {
        if (size > maxBytes) rotate();
        size += writeSync(descriptor, text);
      } catch {
        return;
      }
    },
    close() {
      closeSync(descriptor);
    },
  };
}
