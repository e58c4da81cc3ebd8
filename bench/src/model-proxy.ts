import { Agent, request } from "node:http";
import { startBeside } from "./beside.ts";
import { median, quantile, row, type Row } from "./row.ts";

const rounds = 400;
const streams = 30;
/** As large as OpenClaw's prompt for “hello”. */
const prompt = "x".repeat(55_000);

/** The same request through the model proxy and straight to the provider, in turns. */
export async function measureModelProxy(): Promise<Row[]> {
  const provider = startBeside("./provider.ts");
  const port = await provider.port;
  const proxy = startBeside("./proxy.ts", String(port));
  const through = await proxy.port;
  const agent = new Agent({ keepAlive: true });
  const ask = (
    target: number,
    path: string,
    body: string,
  ): Promise<{ first: number; bytesPerSecond: number }> =>
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
  const first = { direct: [] as number[], proxied: [] as number[] };
  const rate = { direct: [] as number[], proxied: [] as number[] };
  for (let round = 0; round < rounds; round++)
    for (const way of ["direct", "proxied"] as const) first[way].push((await askBy(way, short)).first);
  for (let round = 0; round < streams; round++)
    for (const way of ["direct", "proxied"] as const)
      rate[way].push((await askBy(way, long)).bytesPerSecond / 1e6);
  agent.destroy();
  proxy.end();
  provider.end();
  // The first requests open connections and warm the code of both.
  const warm = { direct: first.direct.slice(50), proxied: first.proxied.slice(50) };
  const added = (share: number): number => quantile(warm.proxied, share) - quantile(warm.direct, share);
  const throughput = median(rate.proxied) / median(rate.direct);
  return [
    row("model proxy: added time to first byte, p50", added(0.5), "ms", 1, "<= 1 ms", added(0.5) <= 1),
    row("model proxy: added time to first byte, p99", added(0.99), "ms", 3, "<= 3 ms", added(0.99) <= 3),
    row(
      "model proxy: stream throughput against direct",
      median(rate.proxied),
      "MB/s",
      median(rate.direct),
      ">= 0.98",
      throughput >= 0.98,
    ),
  ];
}
