/** The stand-in provider in a process of its own, so that it does not share the measured event loop. */
import { startProviderStandIn } from "@smartclaw/egress/testing";

const provider = await startProviderStandIn({ key: null });
const long = "a stream of words that goes on ".repeat(20_000);
provider.fallback(({ body }) => ({ kind: "answer", text: body.includes("long-stream") ? long : "ready" }));
process.stdout.write(`${provider.port}\n`);
process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
