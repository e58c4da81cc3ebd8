import { readFileSync } from "node:fs";

/** Names under which programs keep keys in the environment. */
const secretName = /(_|^)(KEY|TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIALS?)$/i;

type Environment = Readonly<Record<string, string | undefined>>;

/** The flag that tells the daemon to read the other half of its environment from stdin. */
export const secretsOnStdin = "--secrets-on-stdin";

/**
 * Parts an environment in two. The kernel shows a process's environment to every program of the user for as long as
 * the process lives, so the daemon is started without the secret half and gets it through a pipe.
 */
export function partEnvironment(environment: Environment): { plain: Environment; secret: Environment } {
  const entries = Object.entries(environment);
  return {
    plain: Object.fromEntries(entries.filter(([name]) => !secretName.test(name))),
    secret: Object.fromEntries(entries.filter(([name]) => secretName.test(name))),
  };
}

/** The secret half, as the parent wrote it: one JSON object up to the end of stdin. */
export function readSecretEnvironment(): Environment {
  return JSON.parse(readFileSync(0, "utf8")) as Environment;
}
