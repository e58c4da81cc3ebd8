import type { Readable } from "node:stream";

const longestLine = 16_384;

/** Gives each line of a UTF-8 stream, without its end. Longer lines are cut to 16 KiB, the rest of them is dropped. */
export function onLines(stream: Readable, onLine: (line: string) => void): void {
  let pending = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (pending + chunk).split("\n");
    pending = (lines.pop() ?? "").slice(0, longestLine);
    for (const line of lines) onLine(line.slice(0, longestLine).replace(/\r$/, ""));
  });
  stream.on("end", () => {
    if (pending !== "") onLine(pending);
  });
  stream.on("error", () => undefined);
}
