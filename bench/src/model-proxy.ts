import { Agent, request } from "node:http";
import { startBeside } from "./beside.ts";
import { median, quantile, row, type Row } from "./row.ts";

/** A quantile near the end is what the machine's own hiccups make of it; the median of some sets of requests is not. */
const sets = 7;
const rounds = 300;
const warmRounds = 50;
const streams = 60;
/** As large as OpenClaw's prompt for “hello”. */
const prompt = "x".repeat(55_000);

/** Milliseconds to the first byte, and bytes per second. */
interface Answer {
  readonly first: number;
  readonly bytesPerSecond: number;
}

const megabytes = ({ bytesPerSecond }: Answer): number => bytesPerSecond / 1e6;

/** The same request through the model proxy and straight to the provider, in turns. */
export async function measureModelProxy(): Promise<[Row, ...Row[]]> {
  const provider = startBeside("./provider.ts");
  const port = await provider.port;
  const proxy = startBeside("./proxy.ts", [String(port)]);
  const through = await proxy.port;
  const agent = new Agent({ keepAlive: true });
  const ask = (target: number, path: string, body: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const started = performance.now();
      const headers = {
        authorization: "Bearer token",
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
      };
      const outgoing = request(
        { host: "127.0.0.1", port: target, path, method: "POST", headers, agent },
        (answer) => {
          let first = 0;
          let bytes = 0;
          answer.on("data", (chunk: Buffer) => {
            if (first === 0) first = performance.now() - started;
            bytes += chunk.length;
          });
          answer.once("end", () =>
            resolve({ first, bytesPerSecond: (bytes / (performance.now() - started)) * 1000 }),
          );
        },
      );
      outgoing.once("error", reject);
      outgoing.end(body);
    });
  const ways = {
    direct: [port, "/v1/chat/completions"],
    proxied: [through, "/c/bench/chat/completions"],
  } as const satisfies Record<string, readonly [number, string]>;
  const askBy = (way: keyof typeof ways, body: string) => ask(ways[way][0], ways[way][1], body);
  const short = JSON.stringify({
    model: "standin-1",
    stream: true,
    messages: [{ role: "user", content: prompt }],
  });
  const long = JSON.stringify({
    model: "standin-1",
    stream: true,
    messages: [{ role: "user", content: "long-stream" }],
  });
  const inTurns = async (body: string, count: number): Promise<Record<keyof typeof ways, Answer[]>> => {
    const answers = { direct: [] as Answer[], proxied: [] as Answer[] };
    for (let round = 0; round < count; round++)
      for (const way of round % 2 === 0 ? (["direct", "proxied"] as const) : (["proxied", "direct"] as const))
        answers[way].push(await askBy(way, body));
    return answers;
  };
  // Opens the connections and warms the code of both.
  await inTurns(short, warmRounds);
  const added: { p50: number; p99: number }[] = [];
  for (let set = 0; set < sets; set++) {
    const { direct, proxied } = await inTurns(short, rounds);
    const [without, between] = [direct.map(({ first }) => first), proxied.map(({ first }) => first)];
    const difference = (share: number): number => quantile(between, share) - quantile(without, share);
    added.push({ p50: difference(0.5), p99: difference(0.99) });
  }
  const { direct, proxied } = await inTurns(long, streams);
  agent.destroy();
  proxy.end();
  provider.end();
  const p50 = median(added.map((one) => one.p50));
  const p99 = median(added.map((one) => one.p99));
  const rate = { direct: median(direct.map(megabytes)), proxied: median(proxied.map(megabytes)) };
  return [
    row("model proxy: added time to first byte, p50", p50, "ms", 1, "<= 1 ms", p50 <= 1),
    row("model proxy: added time to first byte, p99", p99, "ms", 3, "<= 3 ms", p99 <= 3),
    row(
      "model proxy: stream throughput against direct",
      rate.proxied,
      "MB/s",
      rate.direct,
      ">= 0.98",
      rate.proxied / rate.direct >= 0.98,
    ),
  ];
}
