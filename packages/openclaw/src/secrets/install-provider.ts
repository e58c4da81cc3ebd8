import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The part of OpenClaw's `secrets.providers.<name>` that names the program. */
export interface SecretProviderCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * Puts the provider into `dir` (mode 0700, owned by the user, no symbolic link: OpenClaw checks all of it) and
 * returns how OpenClaw runs it. A shell script in front carries the path of Node, so that the path may hold blanks
 * and need not be owned by the user.
 *
 * @param options.nodePath absolute path of the Node that runs the provider.
 * @param options.socketPath where the secrets window listens.
 */
export function installSecretProvider(
  dir: string,
  options: { nodePath: string; socketPath: string; platform: NodeJS.Platform },
): SecretProviderCommand {
  const { nodePath, socketPath, platform } = options;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  chmodSync(dir, 0o700);
  const program = join(dir, "smartclaw-secrets.mjs");
  writeProgram(program, readFileSync(new URL("./provider.mjs", import.meta.url), "utf8"));
  if (platform === "win32") return { command: nodePath, args: [program, socketPath] };
  const script = join(dir, "smartclaw-secrets");
  const words = [nodePath, program, socketPath].map(shellQuote).join(" ");
  writeProgram(script, `#!/bin/sh\nexec ${words}\n`);
  return { command: script, args: [] };
}

function writeProgram(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o700 });
  chmodSync(path, 0o700);
}

/** A word for a POSIX shell, whatever it holds. */
function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
