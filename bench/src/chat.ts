import { join } from "node:path";
import type { ChatEvent, ConversationId } from "@smartclaw/contracts";
import { createGatewayClient, type Gateway, renderConfig } from "@smartclaw/openclaw";
import { z } from "zod";
import { type Client, createClient } from "../../apps/desktop/src/cli/client.ts";
import { pathsOf } from "../../apps/desktop/src/daemon/paths.ts";
import { type BareGateway, benchToken, startBareGateway } from "./bare-gateway.ts";
import { startBeside } from "./beside.ts";
import { openBrowserDoor } from "./browser-door.ts";
import { median, row, type Row } from "./row.ts";
import { makeTestHome, pause, type TestHome, untilReady } from "./test-home.ts";

const turns = 50;
const warmTurns = 8;
/** After a turn all still write down what was said; the next one must not be measured against that. */
const restMs = 400;
const barePort = 18_960;
const sessionKey = "agent:main:bench";
const text = "hello";

/**
 * What SmartClaw adds to the first word of an answer, beside a bare client of the same OpenClaw. OpenClaw's own work
 * between two words is 50 times as long and differs by as much from turn to turn, so the three parts of the way that
 * are SmartClaw's are measured each by itself: until a message is accepted, beside a bare client's message; through the
 * model proxy; and back, where both hear of the same word.
 *
 * @param proxyMs what the model proxy adds to the first byte, as measured in the same run.
 */
export async function measureChat(proxyMs: number): Promise<Row[]> {
  const home = makeTestHome();
  const provider = startBeside("./provider.ts");
  const daemon = startBeside("./daemon.ts", [], home.env);
  let bare: BareGateway | null = null;
  try {
    await daemon.port;
    await untilReady(home);
    const client = createClient(pathsOf(home.env, process.platform).socket);
    const baseUrl = `http://127.0.0.1:${await provider.port}/v1`;
    bare = await bareWithSameModel(home, client, baseUrl);
    const { openclaw } = await client.system.status();
    const sameOpenClaw = await openGateway(openclaw.gateway.port ?? 0);
    const bareOpenClaw = await openGateway(bare.port);
    const { id } = await client.chat.create({ title: "bench" });
    const page = await openPage(client, id);
    const accepted: number[] = [];
    const first = { through: [] as number[], bare: [] as number[] };
    const back: number[] = [];
    const throughPage = async (): Promise<Turn & { backMs: number }> => {
      await pause(restMs);
      const heard = firstWord(sameOpenClaw, id);
      const turn = await page.turn();
      return { ...turn, backMs: turn.firstAt - (await heard) };
    };
    const besideIt = async (gateway: Gateway): Promise<Turn> => {
      await pause(restMs);
      return gatewayTurn(gateway);
    };
    for (let turn = 0; turn < turns; turn++) {
      // What has just worked is quicker, so that each of the two is first as often as the other.
      const early = turn % 2 === 0 ? await besideIt(sameOpenClaw) : null;
      const through = await throughPage();
      const beside = early ?? (await besideIt(sameOpenClaw));
      const alone = await besideIt(bareOpenClaw);
      if (turn < warmTurns) continue;
      accepted.push(through.acceptedMs - beside.acceptedMs);
      back.push(through.backMs);
      first.through.push(through.firstAt - through.sentAt);
      first.bare.push(alone.firstAt - alone.sentAt);
    }
    for (const gateway of [sameOpenClaw, bareOpenClaw]) gateway.close();
    page.close();
    const added = median(accepted) + proxyMs + median(back);
    return [
      row("chat: added time to first token", added, "ms", 5, "<= 5 ms", added <= 5),
      row(
        "chat: time to first token, whole, beside a bare `openclaw gateway run`",
        median(first.through),
        "ms",
        median(first.bare),
        "for information",
        true,
      ),
    ];
  } finally {
    provider.end();
    daemon.end();
    await daemon.ended;
    await bare?.stop();
    await home.dispose();
  }
}

/** When things were, by the clock of `performance.now()`. */
interface Turn {
  readonly sentAt: number;
  /** From sending until the answer to that, in milliseconds. */
  readonly acceptedMs: number;
  readonly firstAt: number;
}

/** Connects SmartClaw to the provider, and gives a bare OpenClaw the same models and tools, with the key itself. */
async function bareWithSameModel(home: TestHome, client: Client, baseUrl: string): Promise<BareGateway> {
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
    guardian: null,
  });
  const { secrets: _none, proxy: _nothing, ...config } = withPlainKeys(rendered);
  return await startBareGateway(home, "bare-chat", barePort, { more: config });
}

/** What OpenClaw would hold without SmartClaw: the keys themselves. */
function withPlainKeys(config: object): Record<string, unknown> {
  const plain = JSON.stringify(config, (_key, value: unknown) =>
    (value as { source?: string } | null)?.source === "exec" && "id" in (value as object)
      ? "sk-bench"
      : value,
  );
  return JSON.parse(plain) as Record<string, unknown>;
}

/** A page that shows the conversation: its stream stays open from turn to turn, as the browser's does. */
async function openPage(client: Client, id: ConversationId) {
  const door = await openBrowserDoor(client);
  const controller = new AbortController();
  const events = await client.chat.events({ id }, { signal: controller.signal });
  let heard: (event: ChatEvent) => void = () => undefined;
  const shown = (async () => {
    for await (const event of events) heard(event);
  })();
  const until = (wanted: (event: ChatEvent) => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      heard = (event) => {
        if (wanted(event)) resolve();
      };
      shown.then(() => reject(new Error("the conversation's stream ended")), reject);
    });
  await until(({ type }) => type === "snapshot");
  return {
    async turn(): Promise<Turn> {
      let firstAt = 0;
      const ended = until((event) => {
        const written = event.type === "delta" || (event.type === "run" && event.run.text !== "");
        if (written && firstAt === 0) firstAt = performance.now();
        return event.type === "end";
      });
      const sentAt = performance.now();
      await door.post("chat/send", { conversation: id, text, clientId: crypto.randomUUID() });
      const acceptedMs = performance.now() - sentAt;
      await ended;
      return { sentAt, acceptedMs, firstAt };
    },
    close: () => controller.abort(),
  };
}

async function openGateway(port: number): Promise<Gateway> {
  const gateway = createGatewayClient({
    url: () => `ws://127.0.0.1:${port}`,
    token: () => benchToken,
    log: { info() {}, warn() {}, error() {} },
  });
  gateway.connect();
  await gateway.request("sessions.create", { key: sessionKey }, z.unknown());
  // As every page that shows a conversation does, OpenClaw's own too; it is work for OpenClaw.
  await gateway.request("sessions.messages.subscribe", { key: sessionKey }, z.unknown());
  return gateway;
}

const chatEvent = z.object({ sessionKey: z.string(), state: z.string() });

/** Calls `heard` with the state of each event of the session, until that says that it has enough. */
function follow(gateway: Gateway, key: string, heard: (state: string) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = gateway.onEvent(({ event, payload }) => {
      const chat = event === "chat" ? chatEvent.safeParse(payload).data : undefined;
      if (chat?.sessionKey !== key || !heard(chat.state)) return;
      stop();
      resolve();
    });
  });
}

/** When the gateway tells its client of the next answer's first word. */
async function firstWord(gateway: Gateway, key: string): Promise<number> {
  await follow(gateway, key, (state) => state === "delta");
  return performance.now();
}

async function gatewayTurn(gateway: Gateway): Promise<Turn> {
  let firstAt = 0;
  const ended = follow(gateway, sessionKey, (state) => {
    if (firstAt === 0 && state === "delta") firstAt = performance.now();
    return state === "final" || state === "error";
  });
  const message = { sessionKey, message: text, idempotencyKey: crypto.randomUUID() };
  const sentAt = performance.now();
  await gateway.request("chat.send", message, z.unknown());
  const acceptedMs = performance.now() - sentAt;
  await ended;
  return { sentAt, acceptedMs, firstAt };
}
