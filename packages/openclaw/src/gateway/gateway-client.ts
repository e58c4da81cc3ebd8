import { GatewayClient } from "@openclaw/gateway-client";
import { PROTOCOL_VERSION } from "@openclaw/gateway-protocol/version";
import { SmartClawError, type Log, type Secret, type Unsubscribe } from "@smartclaw/contracts";
import type { z } from "zod";
import { requestFault, unavailable } from "./gateway-faults.ts";

const requestTimeoutMs = 20_000;
/** A connection that is just being made is waited for, so that nobody sees a fault for a moment's work. */
const connectPatienceMs = 5_000;

/** What SmartClaw is allowed to do at the gateway; `admin` is needed to delete a conversation. */
const scopes = ["operator.read", "operator.write", "operator.approvals", "operator.admin"];
/** `tool-events`: without it the gateway says nothing of tools that run. */
const caps = ["tool-events"];

export interface GatewayEvent {
  readonly event: string;
  readonly payload: unknown;
}

export interface Gateway {
  /** Connects, and connects again when the connection breaks, until `close`. */
  connect(): void;
  close(): void;
  connected(): boolean;
  /**
   * Calls a method of the gateway's protocol and checks the answer.
   * @throws SmartClawError GATEWAY_NOT_READY, NOT_FOUND, CONFLICT, BAD_REQUEST, INTERNAL
   */
  request<T>(method: string, params: object, answer: z.ZodType<T>): Promise<T>;
  onEvent(listener: (event: GatewayEvent) => void): Unsubscribe;
  /** True when a connection is made, false when it is lost. */
  onConnection(listener: (connected: boolean) => void): Unsubscribe;
}

export interface GatewayClientDeps {
  /** `ws://127.0.0.1:<port>` of the gateway that runs now. */
  readonly url: () => string;
  /** The gateway's token; null while there is none. */
  readonly token: () => Secret | null;
  readonly log: Log;
}

/** The options with which SmartClaw presents itself: on loopback, with the token, it needs no paired device. */
export function clientIdentity(url: string, token: Secret | null) {
  return {
    url,
    ...(token === null ? {} : { token: token.revealText() }),
    clientName: "gateway-client",
    clientDisplayName: "SmartClaw",
    mode: "backend",
    role: "operator",
    scopes,
    caps,
    minProtocol: PROTOCOL_VERSION,
    maxProtocol: PROTOCOL_VERSION,
    deviceIdentity: null,
  } as const satisfies Partial<ConstructorParameters<typeof GatewayClient>[0]>;
}

/** One connection to OpenClaw's gateway, shared by everything in the daemon that talks to it. */
export function createGatewayClient(deps: GatewayClientDeps): Gateway {
  const eventListeners = new Set<(event: GatewayEvent) => void>();
  const connectionListeners = new Set<(connected: boolean) => void>();
  let client: GatewayClient | null = null;
  let connected = false;

  function setConnected(value: boolean): void {
    if (connected === value) return;
    connected = value;
    for (const listener of connectionListeners) listener(value);
  }

  function close(): void {
    const old = client;
    client = null;
    old?.stop();
    setConnected(false);
  }

  function connect(): void {
    close();
    const own: GatewayClient = new GatewayClient({
      ...clientIdentity(deps.url(), deps.token()),
      requestTimeoutMs,
      onHelloOk: () => {
        if (client === own) setConnected(true);
      },
      onClose: () => {
        if (client === own) setConnected(false);
      },
      onReconnectPaused: ({ code, detailCode }) => {
        deps.log.error({ code, detailCode }, "OpenClaw's gateway refuses SmartClaw's connection");
      },
      onEvent: ({ event, payload }) => {
        if (client !== own) return;
        for (const listener of eventListeners) listener({ event, payload });
      },
    });
    client = own;
    own.start();
  }

  /** Resolves when connected, or when that takes too long or is given up. */
  function settled(): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        connectionListeners.delete(finish);
        resolve();
      };
      const timer = setTimeout(finish, connectPatienceMs);
      connectionListeners.add(finish);
    });
  }

  return {
    connect,
    close,
    connected: () => connected,
    async request(method, params, answer) {
      if (client !== null && !connected) await settled();
      if (client === null || !connected) throw unavailable();
      const reply: unknown = await client.request(method, params).catch((error: unknown) => {
        throw requestFault(method, error);
      });
      const parsed = answer.safeParse(reply);
      if (parsed.success) return parsed.data;
      deps.log.error(
        { method, issues: parsed.error.issues.slice(0, 3) },
        "OpenClaw's answer has another form",
      );
      throw new SmartClawError(
        "INTERNAL",
        `OpenClaw answered \`${method}\` in a form that this version of SmartClaw does not know.`,
        "Update SmartClaw, or go back to the OpenClaw version that came with it.",
        { cause: parsed.error },
      );
    },
    onEvent(listener) {
      eventListeners.add(listener);
      return () => eventListeners.delete(listener);
    },
    onConnection(listener) {
      connectionListeners.add(listener);
      return () => connectionListeners.delete(listener);
    },
  };
}
