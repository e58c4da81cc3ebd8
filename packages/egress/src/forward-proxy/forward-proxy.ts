import type { Duplex } from "node:stream";
import type { LedgerTicket, LedgerWriter, Log } from "@smartclaw/contracts";
import { addressKind } from "../addresses.ts";
import { refusal } from "../http-proxy/answers.ts";
import { type Admission, createHttpProxy, type Destination } from "../http-proxy/http-proxy.ts";
import { listenOnFirstFree } from "../listen.ts";
import { decideHost } from "./decide-host-core.ts";

/** The way out for everything of OpenClaw that is not a model request. Refuses what the user did not list. */
export interface ForwardProxy {
  /** @param ports tried in this order; any when none is given. @returns the port on 127.0.0.1 */
  listen(ports?: readonly number[]): Promise<number>;
  close(): Promise<void>;
  stats(): { requests: number; refused: number };
}

export interface ForwardProxyDeps {
  /** The user's list, asked for each request. */
  readonly allowed: () => readonly string[];
  /**
   * Ports on 127.0.0.1 that are doors of SmartClaw itself: some releases of OpenClaw ask even these through the proxy.
   * What is behind them writes the ledger.
   */
  readonly ownDoors: readonly number[];
  readonly ledger: LedgerWriter;
  readonly log: Log;
  /** The process of OpenClaw that opened the connection, for the ledger; null when it is another program's. */
  readonly clientOf: (connection: { clientPort: number; serverPort: number }) => Promise<string | null>;
  /** All addresses of a name. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

export function createForwardProxy(deps: ForwardProxyDeps): ForwardProxy {
  const counts = { requests: 0, refused: 0 };
  /** Who is at the other end, asked once for each connection. */
  const clients = new WeakMap<Duplex, Promise<string | null>>();

  function refuse(process: string, host: string, port: number, reason: string): void {
    counts.requests++;
    counts.refused++;
    const shown = /^[\x21-\x7e]{1,253}$/.test(host) ? host : "(not a host name)";
    deps.ledger.refuse({ door: "forward-proxy", process, host: shown, port, reason });
  }

  async function admit({ client, host, port, isTunnel }: Destination): Promise<Admission> {
    const process = await (clients.get(client) ?? null);
    if (process === null) {
      // A stranger may not use OpenClaw's way out; the ledger says that somebody tried.
      refuse("another program", host, port, "only OpenClaw may use this proxy");
      return { refused: refusal(403, "This proxy of SmartClaw is for its own OpenClaw only.") };
    }
    if (isTunnel && host === loopback && deps.ownDoors.includes(port))
      return { refused: null, host, port, address: loopback, ticket: untold };
    const decision = decideHost(deps.allowed(), host, port);
    if (!decision.allowed) {
      refuse(process, decision.host, port, decision.reason);
      return { refused: refusal(403, sentenceFor(decision.host)) };
    }
    counts.requests++;
    const reason = `on your list (${decision.pattern})`;
    const ticket = deps.ledger.begin({ door: "forward-proxy", process, host: decision.host, port, reason });
    return { refused: null, host: decision.host, port, address: null, ticket };
  }

  const isOpen = (address: string): boolean => addressKind(address) === "public";
  const proxy = createHttpProxy({ ...deps, admit, user: "OpenClaw", isOpen });
  proxy.server.on("connection", (socket) => {
    const { remotePort: clientPort = 0, localPort: serverPort = 0 } = socket;
    const asked = deps.clientOf({ clientPort, serverPort }).catch((error: unknown) => {
      deps.log.warn({ error: String(error) }, "the program that uses the forward proxy could not be found");
      return null;
    });
    clients.set(socket, asked);
  });

  return {
    listen: (ports = [0]) => listenOnFirstFree(proxy.server, ports),
    close: () => proxy.close(),
    stats: () => ({ ...counts }),
  };
}

const loopback = "127.0.0.1";
const untold: LedgerTicket = { connected() {}, count() {}, end() {}, fail() {} };

function sentenceFor(host: string): string {
  return `SmartClaw did not let this through: ${host} is not on your list. It can be allowed on the Network page.`;
}
