import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A model for rehearsals on loopback: answers whatever is asked with `word`, by OpenAI's streaming chat completions.
 * It asks for no key, because it gives nothing away.
 */
export async function startRehearsalModel(
  word: string,
): Promise<{ readonly baseUrl: string; readonly port: number; close(): Promise<void> }> {
  const chunk = (delta: object, finish: string | null): string => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    const head = { id: "rehearsal", object: "chat.completion.chunk", created: 0, model: "rehearsal" };
    return `data: ${JSON.stringify({ ...head, choices })}\n\n`;
  };
  const server = createServer((request, response) => {
    request.resume();
    request.once("end", () => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(chunk({ role: "assistant", content: word }, null));
      response.write(chunk({}, "stop"));
      response.end("data: [DONE]\n\n");
    });
  });
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
