/** A socket that a process of the gateway's tree holds. */
export interface TreeSocket {
  /** Tells this socket from a later one on the same port; unique while the socket lives. */
  readonly key: string;
  readonly pid: number;
  /** The program's short name, for people. */
  readonly process: string;
  readonly protocol: "tcp" | "udp";
  /** `listen`: reachable at `address:port` of this computer. `outbound`: connected to `address:port` elsewhere. */
  readonly kind: "listen" | "outbound";
  readonly address: string;
  readonly port: number;
}

/** Lists the sockets of the process `root` and of everything that it started. */
export interface SocketScanner {
  scan(root: number): Promise<readonly TreeSocket[]>;
}
