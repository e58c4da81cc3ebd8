import { join } from "node:path";
import type { ConversationId } from "@smartclaw/contracts";
import { createGatewayClient, renderConfig } from "@smartclaw/openclaw";
import { z } from "zod";
import { type Client, createClient } from "../../apps/desktop/src/cli/client.ts";
import { pathsOf } from "../../apps/desktop/src/daemon/paths.ts";
import { type BareGateway, startBareGateway } from "./bare-gateway.ts";
import { startBeside } from "./beside.ts";
import { median, row, type Row } from "./row.ts";
import { makeTestHome, pause, untilReady } from "./test-home.ts";

const turns = 60;
const warmTurns = 6;
/** After a turn both still write down what was said; the next one must not be measured against that. */
const restMs = 150;
const barePort = 18_960;

/**
 * One message after the other, in turns: through SmartClaw's API, chat room and model proxy, and by a client of a bare
 * gateway whose OpenClaw speaks to the provider itself. Both have the same configuration of models and tools.
 */
export async function measureChat(): Promise<Row[]> {
  const home = makeTestHome();
  const provider = startBeside("./provider.ts");
  let bare: BareGateway | null = null;
  try {
    const baseUrl = `http://127.0.0.1:${await provider.port}/v1`;
    await home.smartclaw("start", "--no-open");
    await untilReady(home);
    const client = createClient(pathsOf(home.env, process.platform).socket);
    const { connection } = await client.keys.add({ kind: "compatible", baseUrl, model: "standin-1" });
    if (connection === null) throw new Error("the stand-in provider was not accepted");
    const rendered = renderConfig({
      port: barePort,
      secretCommand: { command: "/bin/false", args: [] },
      providers: [{ id: connection.id, api: connection.api, baseUrl, models: connection.models }],
      primary: `${connection.id}/${connection.model}`,
      forwardProxyUrl: "http://127.0.0.1:1",
      workspace: join(home.folder, "bare-workspace"),
      logFile: join(home.folder, "bare.log"),
    });
    const { secrets: _none, proxy: _nothing, ...config } = withPlainKeys(rendered);
    bare = await startBareGateway(home, "bare-chat", barePort, config);
    const { port, token } = bare;
    const gateway = createGatewayClient({
      url: () => `ws://127.0.0.1:${port}`,
      token: () => token,
      log: { info() {}, warn() {}, error() {} },
    });
    gateway.connect();
    const sessionKey = "agent:main:bench";
    await gateway.request("sessions.create", { key: sessionKey }, z.unknown());
    const conversation = await client.chat.create({ title: "bench" });
    const times = { smartclaw: [] as number[], bare: [] as number[] };
    for (let turn = 0; turn < turns; turn++) {
      await pause(restMs);
      const through = await firstTokenThroughSmartClaw(client, conversation.id);
      await pause(restMs);
      const directly = await firstTokenFromGateway(gateway, sessionKey);
      if (turn < warmTurns) continue;
      times.smartclaw.push(through);
      times.bare.push(directly);
    }
    gateway.close();
    // Each turn beside the one right after it: how fast the machine is just then falls out.
    const added = median(times.smartclaw.map((time, turn) => time - (times.bare[turn] ?? Number.NaN)));
    return [
      row("chat: added time to first token", added, "ms", 5, "<= 5 ms", added <= 5),
      row(
        "chat: time to first token, SmartClaw beside a bare gateway",
        median(times.smartclaw),
        "ms",
        median(times.bare),
        "for information",
        true,
      ),
    ];
  } finally {
    provider.end();
    await bare?.stop();
    await home.dispose();
  }
}

/** What OpenClaw would hold without SmartClaw: the keys themselves. */
function withPlainKeys(config: object): Record<string, unknown> {
  const text = JSON.stringify(config, (_key, value: unknown) =>
    (value as { source?: string } | null)?.source === "exec" && "id" in (value as object)
      ? "sk-bench"
      : value,
  );
  return JSON.parse(text) as Record<string, unknown>;
}

async function firstTokenThroughSmartClaw(client: Client, id: ConversationId): Promise<number> {
  const controller = new AbortController();
  const events = await client.chat.events({ id }, { signal: controller.signal });
  let started = 0;
  let first = 0;
  for await (const event of events) {
    if (event.type === "snapshot" && started === 0) {
      started = performance.now();
      void client.chat.send({ conversation: id, text: "hello", clientId: crypto.randomUUID() });
    }
    const text = event.type === "delta" || (event.type === "run" && event.run.text !== "");
    if (text && first === 0) first = performance.now() - started;
    if (event.type === "end") break;
  }
  controller.abort();
  return first;
}

const chatEvent = z.object({
  sessionKey: z.string(),
  state: z.string(),
  message: z.unknown().optional(),
});

async function firstTokenFromGateway(
  gateway: ReturnType<typeof createGatewayClient>,
  sessionKey: string,
): Promise<number> {
  const started = performance.now();
  let first = 0;
  const ended = new Promise<void>((resolve) => {
    const stop = gateway.onEvent(({ event, payload }) => {
      const chat = event === "chat" ? chatEvent.safeParse(payload).data : undefined;
      if (chat?.sessionKey !== sessionKey) return;
      if (first === 0 && chat.state === "delta") first = performance.now() - started;
      if (chat.state !== "final" && chat.state !== "error") return;
      stop();
      resolve();
    });
  });
  const message = { sessionKey, message: "hello", idempotencyKey: crypto.randomUUID() };
  await gateway.request("chat.send", message, z.unknown());
  await ended;
  return first;
}
