import { createContext, type ReactNode, useContext, useState } from "react";
import type { GuardianStatus } from "@smartclaw/contracts";
import { daemon } from "../../lib/client.ts";
import { useStream } from "../../lib/stream.ts";

const GuardianContext = createContext<GuardianStatus | null>(null);

/** Follows Guardian for the page, and for the notice that shows a waiting request anywhere. */
export function GuardianProvider({ children }: { children: ReactNode }) {
  const [status, setStatus] = useState<GuardianStatus | null>(null);
  useStream("guardian", (signal) => daemon.guardian.watch(undefined, { signal }), { value: setStatus });
  return <GuardianContext value={status}>{children}</GuardianContext>;
}

/** Null until Guardian was heard of. */
export function useGuardian(): GuardianStatus | null {
  return useContext(GuardianContext);
}
