/** Opens ways out of this computer that lead nowhere but where whoever opened them says. */
export type OpenExit = (wanted: ExitWanted) => Promise<Exit>;

export interface ExitWanted {
  /**
   * Of a Unix socket that is made, mode 0600, and removed at the end; behind it an HTTP proxy listens. What was left
   * there is removed. Its folder is made when it is not there; it must be nobody else's (mode 0700). 107 bytes at most.
   */
  readonly socketPath: string;
  /** Who uses it, for the ledger: "a command of the assistant". */
  readonly user: string;
  /**
   * Asked for each connection, and by `recheck`; a name is in small letters, without a final dot, and never one of this
   * computer. Whatever it throws is a no.
   * @returns why it may not be reached, for people: "it was not granted"; null when it may
   */
  readonly objection: (host: string, port: number) => string | null;
}

export interface Exit {
  /** Asks again about every connection that is open, and ends those that may not be any more. */
  recheck(): void;
  /** Ends every connection, and removes the socket. Safe to call twice. */
  close(): void;
}
