import { Agent, request } from "node:http";
import type { Client } from "../../apps/desktop/src/cli/client.ts";

/** Asks the API as a page does, by its door and session; what a library of ours would take for that is not measured. */
export interface BrowserDoor {
  post(path: string, input: object): Promise<void>;
}

export async function openBrowserDoor(client: Client): Promise<BrowserDoor> {
  const { url } = await client.system.loginLink();
  const { port, hash } = new URL(url);
  const agent = new Agent({ keepAlive: true });
  const ask = (path: string, body: object, headers: Record<string, string>) =>
    new Promise<{ cookie: string; text: string }>((resolve, reject) => {
      const json = JSON.stringify(body);
      const all = {
        ...headers,
        origin: `http://localhost:${port}`,
        host: `localhost:${port}`,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(json),
      };
      const outgoing = request(
        { host: "127.0.0.1", port, path, method: "POST", headers: all, agent },
        (answer) => {
          let text = "";
          answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
          answer.once("end", () => {
            if (answer.statusCode !== 200) reject(new Error(`${path}: ${answer.statusCode} ${text}`));
            else resolve({ cookie: answer.headers["set-cookie"]?.[0]?.split(";")[0] ?? "", text });
          });
        },
      );
      outgoing.once("error", reject);
      outgoing.end(json);
    });
  const { cookie, text } = await ask("/session/login", { token: hash.replace("#login=", "") }, {});
  const { proof } = JSON.parse(text) as { proof: string };
  const session = { cookie, "x-smartclaw-proof": proof };
  return {
    async post(path, input) {
      await ask(`/rpc/${path}`, { json: input }, session);
    },
  };
}
