/** Undoes in a process of its own, and kills itself at the given change of the disk. */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const [folder = "", id = "", last = ""] = process.argv.slice(2);
let left = Number(last);
for (const name of [
  "renameSync",
  "unlinkSync",
  "rmdirSync",
  "mkdirSync",
  "symlinkSync",
  "writeSync",
] as const) {
  const real = fs[name] as (...args: unknown[]) => unknown;
  Object.assign(fs, {
    [name](...args: unknown[]) {
      left -= 1;
      if (left < 0) process.kill(process.pid, "SIGKILL");
      return real(...args);
    },
  });
}
syncBuiltinESMExports();
const { openTestUndo } = await import("./test-undo.ts");
const { state } = await openTestUndo(folder).undo(id, false);
process.stdout.write(state);
