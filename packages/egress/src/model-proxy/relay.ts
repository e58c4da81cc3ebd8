import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Passes an answer on, with back-pressure; the caller ends `to`. What arrives in one turn of the event loop leaves as
 * one chunk, so that an answer of many small events does not cost a write for each of them.
 * @param onBytes told how many bytes arrived
 * @param onEnd called after the last chunk was written
 */
export function relay(
  from: IncomingMessage,
  to: ServerResponse,
  onBytes: (count: number) => void,
  onEnd: () => void,
): void {
  let corked = false;
  let bytes = 0;
  const uncork = (): void => {
    if (!corked) return;
    corked = false;
    onBytes(bytes);
    bytes = 0;
    to.uncork();
    if (!to.writableNeedDrain || to.destroyed) return;
    from.pause();
    to.once("drain", () => from.resume());
  };
  from.on("data", (chunk: Buffer) => {
    if (to.destroyed || to.writableEnded) return;
    if (!corked) {
      corked = true;
      to.cork();
      process.nextTick(uncork);
    }
    bytes += chunk.length;
    to.write(chunk);
  });
  from.once("end", () => {
    // A short answer ends in the turn in which it came.
    uncork();
    onEnd();
  });
}
