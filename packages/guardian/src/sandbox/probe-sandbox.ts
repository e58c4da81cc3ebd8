import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import type { SandboxState } from "@smartclaw/contracts";
import { seccompFilter } from "./seccomp.ts";

const run = promisify(execFile);
const program = "/usr/bin/bwrap";

/** Whether commands can be held in a sandbox here: runs one that does nothing. */
export async function probeSandbox(platform: string, architecture: string): Promise<SandboxState> {
  if (platform !== "linux")
    return missing(
      "SmartClaw has a sandbox for commands on Linux only, up to now.",
      "Chats are not affected; Agentic Mode stays off on this computer.",
    );
  if (seccompFilter(architecture) === null)
    return missing(
      `SmartClaw has no sandbox for computers of the kind ${architecture}.`,
      "Chats are not affected; Agentic Mode stays off on this computer.",
    );
  if (!existsSync(program))
    return missing(
      "The sandbox for commands, bubblewrap, is not installed.",
      "Install the package `bubblewrap`, then switch Agentic Mode on.",
    );
  const args = ["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"];
  const system = [
    "--ro-bind",
    "/usr",
    "/usr",
    "--symlink",
    "usr/lib",
    "/lib",
    "--symlink",
    "usr/lib64",
    "/lib64",
  ];
  try {
    await run(program, [...args, ...system, "--proc", "/proc", "--", "/usr/bin/true"], { timeout: 10_000 });
    return { state: "works", by: "bubblewrap" };
  } catch (error) {
    const { stderr } = error as { stderr?: unknown };
    const [said = ""] = typeof stderr === "string" ? stderr.split("\n") : [];
    return missing(
      `The sandbox for commands does not start on this system${said === "" ? "" : ` (${said.slice(0, 200)})`}.`,
      "Allow unprivileged user namespaces for /usr/bin/bwrap, and use bubblewrap 0.8 or newer.",
    );
  }
}

function missing(message: string, next: string): SandboxState {
  return { state: "missing", message, next };
}
