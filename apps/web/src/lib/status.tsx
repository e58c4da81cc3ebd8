import { createContext, type ReactNode, useContext, useState } from "react";
import type { SystemStatus } from "@smartclaw/contracts";
import { daemon } from "./client.ts";
import { useStream } from "./stream.ts";

interface Known {
  readonly status: SystemStatus | null;
  /** False while the daemon does not answer. */
  readonly connected: boolean;
}

const StatusContext = createContext<Known>({ status: null, connected: true });

/** Follows the daemon's status for everything below. */
export function StatusProvider({ children }: { children: ReactNode }) {
  const [known, setKnown] = useState<Known>({ status: null, connected: true });
  useStream("status", (signal) => daemon.system.watch(undefined, { signal }), {
    value: (status) => setKnown({ status, connected: true }),
    connected: (connected) => setKnown((before) => ({ ...before, connected })),
  });
  return <StatusContext value={known}>{children}</StatusContext>;
}

export function useStatus(): Known {
  return useContext(StatusContext);
}
