import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import type { SandboxState } from "@smartclaw/contracts";
import { outerArguments } from "./relay.ts";
import { seccompFilter } from "./seccomp.ts";

const run = promisify(execFile);
const program = "/usr/bin/bwrap";

const innerArguments = [
  ["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"],
  ["--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64"],
  ["--proc", "/proc"],
].flat();
const nothing = ["--", "/usr/bin/true"];

/** Whether commands can be held in a sandbox here, and whether one of them can have a network: runs what does nothing. */
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
  const why = await faultOf([...innerArguments, ...nothing]);
  if (why !== null)
    return missing(
      `The sandbox for commands does not start on this system${why}.`,
      "Allow unprivileged user namespaces for /usr/bin/bwrap, and use bubblewrap 0.8 or newer.",
    );
  return { state: "works", by: "bubblewrap", networkOff: await whyWithoutNetwork() };
}

async function whyWithoutNetwork(): Promise<string | null> {
  if (!existsSync("/usr/bin/socat"))
    return "commands reach no server here, because the package `socat` is not installed";
  if (!existsSync(`/proc/${process.pid}/task/${process.pid}/children`))
    return "commands reach no server here, because this kernel does not tell which processes others started";
  const inner = [program, ...innerArguments, "--share-net", ...nothing];
  const why = await faultOf([...outerArguments, "--", ...inner]);
  return why === null
    ? null
    : `commands reach no server here, because no sandbox starts in another one on this system${why}`;
}

/** What bubblewrap said of why it did not run, in brackets; null when it did. */
async function faultOf(args: readonly string[]): Promise<string | null> {
  try {
    await run(program, [...args], { timeout: 10_000 });
    return null;
  } catch (error) {
    const { stderr } = error as { stderr?: unknown };
    const [said = ""] = typeof stderr === "string" ? stderr.split("\n") : [];
    return said === "" ? "" : ` (${said.slice(0, 200)})`;
  }
}

function missing(message: string, next: string): SandboxState {
  return { state: "missing", message, next };
}
