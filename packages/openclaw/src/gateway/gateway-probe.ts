import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { GatewayClient } from "@openclaw/gateway-client";
import { SmartClawError, type Secret } from "@smartclaw/contracts";
import { z } from "zod";
import type { ProbedGateway } from "../supervisor/supervisor.ts";
import { clientIdentity } from "./gateway-client.ts";

const startup = z.object({ ok: z.boolean(), status: z.string(), version: z.string() });
const pollMs = 100;

/**
 * Waits until the gateway answers by its protocol: `/startupz` says that the right version is up, and a WebSocket
 * connection gets `hello-ok` from it. Has no deadline of its own; `signal` ends it. Whoever else may have taken the
 * port meanwhile is not shown the token.
 *
 * @throws SmartClawError PORT_IN_USE when somebody else answers; GATEWAY_NOT_READY when another version does or the
 *   token is not accepted.
 */
export async function probeGateway(
  gateway: ProbedGateway & { readonly token: Secret | null },
): Promise<void> {
  const { port, version, token, signal } = gateway;
  for (;;) {
    const status = await readStartup(port, signal);
    if (status !== null && !(await gateway.isListening())) throw ofSomebodyElse(port);
    if (status !== null && status.version !== version) throw otherVersion(version, status.version);
    if (status?.ok && status.status === "started") break;
    await sleep(pollMs, undefined, { signal });
  }
  const answered = await hello(`ws://127.0.0.1:${port}`, token, signal);
  if (answered !== version) throw otherVersion(version, answered);
}

/** Null while nothing that makes sense answers. */
function readStartup(port: number, signal: AbortSignal): Promise<z.infer<typeof startup> | null> {
  return new Promise((resolve) => {
    const options = {
      host: "127.0.0.1",
      port,
      path: "/startupz",
      agent: false,
      timeout: 2_000,
      signal,
    } as const;
    const request = get(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text = (text + chunk).slice(0, 4096);
      });
      response.on("error", () => resolve(null));
      response.on("end", () => resolve(parse(text)));
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(null));
  });
}

function parse(text: string): z.infer<typeof startup> | null {
  try {
    return startup.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** The version in `hello-ok`. The client tries again by itself while the gateway still says "not yet". */
function hello(url: string, token: Secret | null, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      signal.removeEventListener("abort", onAbort);
      client.stop();
      settle();
    };
    const onAbort = () => finish(() => reject(signal.reason));
    const client = new GatewayClient({
      ...clientIdentity(url, token),
      onHelloOk: ({ server }) => finish(() => resolve(server.version)),
      onReconnectPaused: () => finish(() => reject(refused())),
    });
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    else client.start();
  });
}

function ofSomebodyElse(port: number): SmartClawError {
  return new SmartClawError(
    "PORT_IN_USE",
    `Another program took port ${port} while OpenClaw was starting.`,
    "Nothing; OpenClaw is started again on another port.",
  );
}

function otherVersion(expected: string, found: string): SmartClawError {
  return new SmartClawError(
    "GATEWAY_NOT_READY",
    `OpenClaw ${expected} was started, but version ${found} answered on its port.`,
    "Stop the other OpenClaw, then start this one again.",
  );
}

function refused(): SmartClawError {
  return new SmartClawError(
    "GATEWAY_NOT_READY",
    "OpenClaw runs but does not accept SmartClaw's access token.",
    "Restart OpenClaw from the Status page; it then gets a new token.",
  );
}
