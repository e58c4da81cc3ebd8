/** The stand-in provider in a process of its own, so that it does not share the measured event loop. */
import { startProviderStandIn } from "@smartclaw/egress/testing";

const provider = await startProviderStandIn({ key: null });
/** As long as a book, so that what a stream takes is its bytes and not its beginning, which has a row of its own. */
const long = "a stream of words that goes on ".repeat(60_000);
/** Word by word, as a model writes; at once, its end would be written down while its beginning is on the way. */
const greeting = { kind: "answer", text: "ready when you are", chunkDelayMs: 20 } as const;
provider.fallback(({ body }) => {
  if (body.includes("long-stream")) return { kind: "answer", text: long };
  return body.includes("hello") ? greeting : { kind: "answer", text: "ready" };
});
process.stdout.write(`${provider.port}\n`);
process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
