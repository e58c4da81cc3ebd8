import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "../context.ts";
import { exit } from "../output.ts";

/** Runs the proofs on this computer, with parts of their own beside what runs. */
export const prove: Command<{ ids: readonly string[] }> = async ({ root, output }, { ids }) => {
  const program = join(root, "proofs", "src", "main.ts");
  if (!existsSync(program)) {
    const message = "The proofs are not part of this installation.";
    output.fail({ code: "NOT_FOUND", message, next: "Run them from a checkout of SmartClaw." });
    return exit.failed;
  }
  const child = spawn(process.execPath, [program, ...ids, ...(output.json ? ["--json"] : [])], {
    stdio: "inherit",
  });
  return new Promise((resolve) => child.on("close", (code) => resolve(code ?? exit.failed)));
};
