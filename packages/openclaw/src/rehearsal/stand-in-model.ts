import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Model, ModelApi } from "@smartclaw/contracts";
import { z } from "zod";

/** What OpenClaw's configuration says of it. */
export const standInModel: Model & { readonly api: ModelApi } = {
  id: "stand-in",
  name: "Stand-in",
  api: "openai-completions",
  contextWindow: 131_072,
  maxTokens: 4096,
  images: false,
  reasoning: false,
};

const conversation = z.looseObject({ messages: z.array(z.looseObject({ role: z.string() })) });
/** A release that passes the call over in silence gets its answer at last, too. */
const mostCalls = 3;

/**
 * A model for trials on loopback, by OpenAI's streaming chat completions. It first asks for OpenClaw's tool `exec` with
 * `command`, if there is one, and answers with `word` when it was told what came of that. It asks for no key, because it
 * gives nothing away.
 */
export async function startStandInModel({
  word,
  command,
}: {
  readonly word: string;
  readonly command: string | null;
}): Promise<{ readonly baseUrl: string; readonly port: number; close(): Promise<void> }> {
  let calls = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const roles = await rolesIn(request);
    const send = (delta: object, finish: string | null = null): void => {
      const choices = [{ index: 0, delta, finish_reason: finish }];
      const head = { id: "stand-in", object: "chat.completion.chunk", created: 0, model: standInModel.id };
      response.write(`data: ${JSON.stringify({ ...head, choices })}\n\n`);
    };
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (command !== null && roles.at(-1) === "user" && calls < mostCalls) {
      calls += 1;
      const call = { name: "exec", arguments: JSON.stringify({ command }) };
      const id = `call_${calls}`;
      send({ role: "assistant", tool_calls: [{ index: 0, id, type: "function", function: call }] });
      send({}, "tool_calls");
    } else {
      send({ role: "assistant", content: word });
      send({}, "stop");
    }
    response.end("data: [DONE]\n\n");
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Who said something in what a request holds; nobody when it is no conversation. */
async function rolesIn(request: IncomingMessage): Promise<string[]> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { messages } = conversation.parse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
    return messages.map(({ role }) => role);
  } catch {
    return [];
  }
}
