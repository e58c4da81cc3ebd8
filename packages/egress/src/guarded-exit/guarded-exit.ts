import { chmodSync, lstatSync, mkdirSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { dirname } from "node:path";
import { type Exit, type LedgerWriter, type Log, type OpenExit, SmartClawError } from "@smartclaw/contracts";
import { addressKind, isLoopbackHost } from "../addresses.ts";
import type { Refusal } from "../http-proxy/answers.ts";
import { bareName, isHostName } from "../http-proxy/host-name.ts";
import { type Admission, createHttpProxy, type Destination } from "../http-proxy/http-proxy.ts";

export interface GuardedExitDeps {
  readonly ledger: LedgerWriter;
  readonly log: Log;
  /** All addresses of a name. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  readonly connect?: (place: { host: string; port: number }) => Socket;
}

/** In bytes; the end of a socket's address is cut off silently on some systems (`unix(7)`). */
const longestSocketPath = 107;

/**
 * Ways out that are held to a list. What is no plain public name is refused without a question; of the others whoever
 * opened the exit is asked. Nothing is connected to that is not in the ledger, nor anything in a private network or of
 * this computer, whatever its name.
 */
export function createGuardedExit(deps: GuardedExitDeps): OpenExit {
  const { ledger, log } = deps;
  return async ({ socketPath, user, objection }) => {
    takePlace(socketPath);

    function objectionTo(host: string, port: number): string | null {
      if (!isHostName(host) || isLoopbackHost(host)) return "it is no public name";
      try {
        return objection(host, port);
      } catch (error) {
        log.error({ error: String(error) }, "it could not be decided on a way out, so it stayed shut");
        return "it could not be decided on";
      }
    }

    async function admit({ host: raw, port }: Destination): Promise<Admission> {
      const host = bareName(raw);
      const why = objectionTo(host, port);
      const about = { door: "guardian", process: user, host: shown(host), port } as const;
      if (why !== null) {
        ledger.refuse({ ...about, reason: why });
        return { refused: refusalOf(about.host, port, why) };
      }
      const ticket = ledger.begin({ ...about, reason: "granted to the assistant" });
      return { refused: null, host, port, address: null, ticket };
    }

    const proxy = createHttpProxy({ ...deps, admit, user: "the assistant", isOpen: isElsewhere });
    const { server } = proxy;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(socketPath, () => {
        server.off("error", reject);
        resolve();
      });
    });
    chmodSync(socketPath, 0o600);
    let open = true;
    return {
      recheck: () => proxy.recheck(objectionTo),
      close() {
        if (!open) return;
        open = false;
        rmSync(socketPath, { force: true });
        void proxy.close();
      },
    } satisfies Exit;
  };
}

/** @throws SmartClawError FORBIDDEN where others could use the socket, BAD_REQUEST when its path is too long */
function takePlace(socketPath: string): void {
  if (Buffer.byteLength(socketPath) > longestSocketPath)
    throw new SmartClawError(
      "BAD_REQUEST",
      `The path ${socketPath} is too long for a socket.`,
      "Move SmartClaw's data to a folder with a shorter path (SMARTCLAW_HOME).",
    );
  const folder = dirname(socketPath);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { mode, uid } = lstatSync(folder);
  if ((mode & 0o777) !== 0o700 || uid !== process.getuid?.())
    throw new SmartClawError(
      "FORBIDDEN",
      `The folder ${folder} is not only for its owner.`,
      "Give it the mode 0700 and start SmartClaw again.",
    );
  rmSync(socketPath, { force: true });
}

/** A public address that is not one of this computer's own, at which its programs may listen, too. */
function isElsewhere(address: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  return addressKind(address) === "public" && !own.some((one) => one.address === address);
}

function shown(host: string): string {
  return /^[a-z0-9._:[\]-]{1,253}$/.test(host) ? host : "(no name)";
}

/** Some programs show the status line only, in which no other signs may be. */
function refusalOf(host: string, port: number, why: string): Refusal {
  const place = port === 443 ? host : `${host}:${port}`;
  const reason = why.replaceAll(/[^\x20-\x7e]|[<>&"]/g, "").replace(/\.$/, "");
  const message = `SmartClaw's Guardian did not let this through: ${place} (${reason}).`;
  return { status: 403, message, phrase: message };
}
