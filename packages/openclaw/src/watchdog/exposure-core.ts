import type { ErrorReport, Listener } from "@smartclaw/contracts";
import type { TreeSocket } from "./tree-socket.ts";

/** What was seen in the last scan, so that the next one can tell what is new. */
export interface ExposureState {
  readonly listening: ReadonlyMap<string, TreeSocket>;
  readonly outbound: ReadonlySet<string>;
}
export const noExposure: ExposureState = { listening: new Map(), outbound: new Set() };

export interface ExposureDecision {
  readonly state: ExposureState;
  /** Every listening socket, in a stable order. */
  readonly listeners: readonly Listener[];
  /** True when `listeners` differs from the last scan. */
  readonly changed: boolean;
  /** Listening sockets that other computers could reach. */
  readonly violations: readonly TreeSocket[];
  /** Connections to other computers that the last scan did not have. */
  readonly outbound: readonly TreeSocket[];
}

/**
 * Judges one scan. A TCP listener off loopback is a violation at once. A UDP socket counts when two scans in a row
 * see it, because a program that only asks over UDP also binds a port for a moment.
 */
export function judge(
  before: ExposureState,
  sockets: readonly TreeSocket[],
  isLoopback: (address: string) => boolean,
): ExposureDecision {
  const listening = sockets.filter((socket) => socket.kind === "listen");
  const away = sockets.filter((socket) => socket.kind === "outbound" && !isLoopback(socket.address));
  const state: ExposureState = {
    listening: new Map(listening.map((socket) => [socket.key, socket])),
    outbound: new Set(away.map((socket) => socket.key)),
  };
  return {
    state,
    listeners: listening
      .map(({ pid, protocol, address, port }) => ({
        pid,
        protocol,
        address,
        port,
        loopback: isLoopback(address),
      }))
      .toSorted((a, b) => a.port - b.port || a.pid - b.pid || a.address.localeCompare(b.address)),
    changed:
      state.listening.size !== before.listening.size ||
      listening.some((socket) => !before.listening.has(socket.key)),
    violations: listening.filter(
      (socket) =>
        !isLoopback(socket.address) && (socket.protocol === "tcp" || before.listening.has(socket.key)),
    ),
    outbound: away.filter((socket) => !before.outbound.has(socket.key)),
  };
}

/** The sentence for people, naming each address, port and program. */
export function exposureReport(violations: readonly TreeSocket[]): ErrorReport {
  const places = violations.map(
    ({ address, port, protocol, process, pid }) =>
      `${process} (process ${pid}) listened on ${address} port ${port} (${protocol.toUpperCase()})`,
  );
  return {
    code: "GATEWAY_EXPOSED",
    message: `OpenClaw was stopped because other computers could have reached it: ${places.join("; ")}.`,
    next: "Find out which plugin, skill or setting opened it and remove that, then start OpenClaw again.",
  };
}
