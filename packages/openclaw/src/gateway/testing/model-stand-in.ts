import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

const body = z.object({
  model: z.string(),
  stream: z.boolean().default(false),
  messages: z.array(
    z.object({
      role: z.string(),
      content: z.union([z.string(), z.array(z.object({ text: z.string().optional() }))]).nullish(),
    }),
  ),
});

/** Stands in for a provider: OpenAI's streaming chat completions over HTTP on loopback. */
export interface ModelStandIn {
  readonly url: string;
  readonly port: number;
  /** How many requests came. */
  requests(): number;
  close(): Promise<void>;
}

/**
 * The user's words say what it does: `SLOW` a word every 100 ms for 20 s, `HANG` nothing at all, `FAIL401` and
 * `FAIL500` an error, `RUN <command> END` a call of OpenClaw's exec tool, `TOOL <name> <JSON> END` one of any tool,
 * anything else ten words.
 */
export async function startModelStandIn(): Promise<ModelStandIn> {
  let requests = 0;
  const server = createServer((request, response) => {
    void (async () => {
      if (request.method !== "POST") {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ object: "list", data: [{ id: "stand-in", object: "model" }] }));
        return;
      }
      requests += 1;
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { model, messages, stream } = body.parse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
      const texts = messages.map(({ role, content }) => ({ role, text: plain(content) }));
      const asked = texts.findLastIndex(
        ({ role, text }) => role === "user" && /SAY|SLOW|HANG|FAIL|RUN|TOOL/.test(text),
      );
      const said = texts[asked]?.text ?? "";
      const afterTool = texts.slice(asked + 1).some(({ role }) => role === "tool");
      const failure = /FAIL(\d{3})/.exec(said)?.[1];
      if (failure !== undefined) {
        response.writeHead(Number(failure), { "content-type": "application/json" });
        response.end(
          JSON.stringify({ error: { message: "Incorrect API key provided", type: "invalid_request_error" } }),
        );
        return;
      }
      if (!stream) {
        const message = { role: "assistant", content: "yes" };
        response.writeHead(200, { "content-type": "application/json" });
        response.end(
          JSON.stringify({ id: "c1", model, choices: [{ index: 0, message, finish_reason: "stop" }] }),
        );
        return;
      }
      response.writeHead(200, { "content-type": "text/event-stream" });
      const send = (delta: object, finish: string | null = null) =>
        response.write(
          `data: ${JSON.stringify({
            id: "c1",
            object: "chat.completion.chunk",
            created: 1,
            model,
            choices: [{ index: 0, delta, finish_reason: finish }],
          })}\n\n`,
        );
      if (/HANG/.test(said)) return;
      const command = /RUN (.*?) END/.exec(said)?.[1];
      const [, tool, given] = /TOOL (\S+) (.*) END/s.exec(said) ?? [];
      if ((command !== undefined || tool !== undefined) && !afterTool) {
        send({ role: "assistant", content: "Let me look. " });
        const call = { name: tool ?? "exec", arguments: given ?? JSON.stringify({ command }) };
        send({ tool_calls: [{ index: 0, id: `call_${requests}`, type: "function", function: call }] });
        send({}, "tool_calls");
      } else {
        const slow = /SLOW/.test(said);
        for (let word = 0; word < (slow ? 200 : 10) && !response.destroyed; word += 1) {
          send({ role: "assistant", content: `w${word} ` });
          await sleep(slow ? 100 : 10);
        }
        send({}, "stop");
      }
      response.end("data: [DONE]\n\n");
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    requests: () => requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Only the user's own words: OpenClaw adds context of its own in further messages. */
function plain(content: z.infer<typeof body>["messages"][number]["content"]): string {
  if (content === null || content === undefined) return "";
  const text = typeof content === "string" ? content : content.map((part) => part.text ?? "").join("\n");
  return text.split("<<<BEGIN_OPENCLAW")[0] ?? "";
}
