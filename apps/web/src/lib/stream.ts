import { useEffect, useRef } from "react";
import { faultOf } from "./client.ts";

const slowestRetryMs = 5_000;

/**
 * Reads a stream of the daemon for as long as the component lives, and opens it again after an interruption.
 * @param open must give a stable value for the same stream: it is opened anew when `key` changes
 */
export function useStream<T>(
  key: string | null,
  open: (signal: AbortSignal) => Promise<AsyncIterable<T>>,
  on: { value: (value: T) => void; connected?: (connected: boolean) => void },
): void {
  const handlers = useRef({ open, on });
  useEffect(() => {
    handlers.current = { open, on };
  });
  useEffect(() => {
    if (key === null) return;
    const controller = new AbortController();
    const { signal } = controller;
    const read = async (): Promise<void> => {
      let waitMs = 250;
      while (!signal.aborted) {
        try {
          const stream = await handlers.current.open(signal);
          for await (const value of stream) {
            if (signal.aborted) return;
            waitMs = 250;
            handlers.current.on.connected?.(true);
            handlers.current.on.value(value);
          }
        } catch (error) {
          if (signal.aborted || faultOf(error).code === "UNAUTHENTICATED") return;
        }
        handlers.current.on.connected?.(false);
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        waitMs = Math.min(slowestRetryMs, waitMs * 2);
      }
    };
    void read();
    return () => controller.abort();
  }, [key]);
}
