import { Agent, request } from "node:http";
import { startBeside } from "./beside.ts";
import { median, quantile, row, type Row } from "./row.ts";

/** A quantile near the end is what the machine's own hiccups make of it; the median of some sets of requests is not. */
const sets = 7;
const rounds = 300;
const warmRounds = 300;
const streams = 8;
/** As large as OpenClaw's prompt for “hello”. */
const prompt = "x".repeat(55_000);

/** Milliseconds to the first byte, and bytes per second. */
interface Answer {
  readonly first: number;
  readonly bytesPerSecond: number;
}

type Way = "direct" | "proxied" | "piped";
const two: readonly Way[] = ["direct", "proxied"];
const three: readonly Way[] = ["direct", "proxied", "piped"];
type Answers = Record<Way, Answer[]>;

/**
 * The same request through the model proxy and straight to the provider, in turns; the median of some sets. Streams also
 * go through a bare pipe: where three programs share two cores, that is what anything in between costs.
 */
export async function measureModelProxy(): Promise<[Row, ...Row[]]> {
  const provider = startBeside("./provider.ts");
  const port = await provider.port;
  const proxy = startBeside("./proxy.ts", [String(port)]);
  const pipe = startBeside("./pipe.ts", [String(port)]);
  const agent = new Agent({ keepAlive: true });
  const ways: Record<Way, readonly [number, string]> = {
    direct: [port, "/v1/chat/completions"],
    proxied: [await proxy.port, "/c/bench/chat/completions"],
    piped: [await pipe.port, "/v1/chat/completions"],
  };
  const inTurns = async (order: readonly Way[], content: string, count: number): Promise<Answers> => {
    const body = JSON.stringify({
      model: "standin-1",
      stream: true,
      messages: [{ role: "user", content }],
    });
    const answers: Answers = { direct: [], proxied: [], piped: [] };
    for (let round = 0; round < count; round++)
      for (const way of round % 2 === 0 ? order : order.toReversed())
        answers[way].push(await ask(agent, ...ways[way], body));
    return answers;
  };
  // Opens the connections and warms the code of all.
  await inTurns(two, prompt, warmRounds);
  await inTurns(three, "long-stream", 2);
  const added: { p50: number; p99: number }[] = [];
  const ofDirect: number[] = [];
  const ofPiped: number[] = [];
  for (let set = 0; set < sets; set++) {
    const { direct, proxied } = await inTurns(two, prompt, rounds);
    const [without, between] = [direct.map(({ first }) => first), proxied.map(({ first }) => first)];
    const difference = (share: number): number => quantile(between, share) - quantile(without, share);
    added.push({ p50: difference(0.5), p99: difference(0.99) });
    // Each stream beside the one right before or after it: how fast the machine is just then falls out.
    const long = await inTurns(three, "long-stream", streams);
    for (const [at, { bytesPerSecond }] of long.proxied.entries()) {
      ofDirect.push(bytesPerSecond / (long.direct[at]?.bytesPerSecond ?? Number.NaN));
      ofPiped.push(bytesPerSecond / (long.piped[at]?.bytesPerSecond ?? Number.NaN));
    }
  }
  agent.destroy();
  proxy.end();
  pipe.end();
  provider.end();
  const p50 = median(added.map((one) => one.p50));
  const p99 = median(added.map((one) => one.p99));
  const share = median(ofDirect);
  const shareOfPiped = median(ofPiped);
  return [
    row("model proxy: added time to first byte, p50", p50, "ms", 1, "<= 1 ms", p50 <= 1),
    row("model proxy: added time to first byte, p99", p99, "ms", 3, "<= 3 ms", p99 <= 3),
    row("model proxy: stream throughput, of direct", share, "", 1, ">= 0.98", share >= 0.98),
    row(
      "model proxy: stream throughput, of a bare TCP pipe",
      shareOfPiped,
      "",
      1,
      ">= 0.98",
      shareOfPiped >= 0.98,
    ),
  ];
}

function ask(agent: Agent, port: number, path: string, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const headers = {
      authorization: "Bearer token",
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    };
    const outgoing = request({ host: "127.0.0.1", port, path, method: "POST", headers, agent }, (answer) => {
      let first = 0;
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => {
        if (first === 0) first = performance.now() - started;
        bytes += chunk.length;
      });
      answer.once("end", () =>
        resolve({ first, bytesPerSecond: (bytes / (performance.now() - started)) * 1000 }),
      );
    });
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}
