/**
 * A stand-in for model providers, which tests cannot reach. Speaks the four real protocols, streaming included, and
 * can be told to misbehave.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";

/** What the stand-in does with one request. */
export type Behaviour =
  | {
      readonly kind: "answer";
      readonly text: string;
      readonly delayMs?: number;
      readonly chunkDelayMs?: number;
    }
  | { readonly kind: "tool"; readonly name: string; readonly input: Readonly<Record<string, unknown>> }
  | { readonly kind: "status"; readonly status: number; readonly body?: string }
  | { readonly kind: "hang" }
  | { readonly kind: "break"; readonly text: string }
  | { readonly kind: "garbage" };

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** When the peer closed before the answer was complete. */
  closedAt: number | null;
}

export interface ProviderStandIn {
  readonly url: string;
  readonly port: number;
  readonly requests: RecordedRequest[];
  /** Behaviours for the next requests; then `fallback` again. */
  script(...behaviours: Behaviour[]): void;
  /** What is done when nothing is scripted. */
  fallback(behaviour: (request: RecordedRequest) => Behaviour): void;
  /** Drops every connection, as a provider does that was idle for long. */
  closeConnections(): void;
  close(): Promise<void>;
}

export async function startProviderStandIn(options: {
  /** The only key that is let in; null lets everyone in. */
  key: string | null;
  tls?: { readonly key: string; readonly cert: string };
  host?: string;
  port?: number;
  models?: readonly string[];
}): Promise<ProviderStandIn> {
  const requests: RecordedRequest[] = [];
  const queue: Behaviour[] = [];
  const sockets = new Set<Socket>();
  let fallback = (_request: RecordedRequest): Behaviour => ({ kind: "answer", text: "ready" });

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    const record: RecordedRequest = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body,
      closedAt: null,
    };
    requests.push(record);
    response.once("close", () => {
      if (!response.writableFinished) record.closedAt = Date.now();
    });
    const given =
      request.headers.authorization?.replace(/^Bearer /, "") ??
      request.headers["x-api-key"] ??
      request.headers["x-goog-api-key"];
    if (options.key !== null && given !== options.key) {
      return json(response, 401, {
        error: { message: `Incorrect API key provided: ${String(given)}`, type: "invalid_request_error" },
      });
    }
    if (request.method === "GET") {
      const names = options.models ?? ["standin-1"];
      const models = names.map((name) => ({
        name: `models/${name}`,
        supportedGenerationMethods: ["generateContent"],
      }));
      return json(response, 200, { data: names.map((id) => ({ id, object: "model" })), models });
    }
    await act(queue.shift() ?? fallback(record), record, response);
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    serve(request, response).catch(() => response.destroy());
  };
  const server =
    options.tls === undefined ? createServer(onRequest) : createSecureServer(options.tls, onRequest);
  // As long as the model proxy's own: who uses a connection again must not find it being closed just then.
  server.keepAliveTimeout = 60_000;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, options.host ?? "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const closeConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    port,
    requests,
    script: (...behaviours) => void queue.push(...behaviours),
    fallback: (behaviour) => void (fallback = behaviour),
    closeConnections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        closeConnections();
      }),
  };
}

async function act(behaviour: Behaviour, request: RecordedRequest, response: ServerResponse): Promise<void> {
  switch (behaviour.kind) {
    case "hang":
      return;
    case "garbage":
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<html>not a model</html>");
      return;
    case "status":
      return json(
        response,
        behaviour.status,
        behaviour.body ?? { error: { message: `stand-in fault ${behaviour.status}` } },
      );
    case "break": {
      const [frames] = framesOf(request, { kind: "answer", text: behaviour.text });
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const frame of frames.slice(0, Math.max(2, Math.floor(frames.length / 2)))) response.write(frame);
      await new Promise((resolve) => setTimeout(resolve, 50));
      response.destroy();
      return;
    }
    case "answer":
    case "tool": {
      const [frames, whole] = framesOf(request, behaviour);
      if (behaviour.kind === "answer" && behaviour.delayMs !== undefined) await pause(behaviour.delayMs);
      if (!streams(request)) return json(response, 200, whole);
      response.writeHead(200, { "content-type": "text/event-stream" });
      const closed = new Promise((resolve) => response.once("close", resolve));
      for (const frame of frames) {
        if (response.destroyed) return;
        if (!response.write(frame))
          await Promise.race([closed, new Promise((resolve) => response.once("drain", resolve))]);
        if (behaviour.kind === "answer" && behaviour.chunkDelayMs !== undefined)
          await pause(behaviour.chunkDelayMs);
      }
      response.end();
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

function streams(request: RecordedRequest): boolean {
  return request.path.includes(":streamGenerateContent") || /"stream":\s*true/.test(request.body);
}

/** The answer as the frames of its stream, and as one document. */
function framesOf(
  request: RecordedRequest,
  behaviour: Extract<Behaviour, { kind: "answer" | "tool" }>,
): [frames: string[], whole: unknown] {
  const words = behaviour.kind === "answer" ? (behaviour.text.match(/\s*\S+/g) ?? [behaviour.text]) : [];
  if (request.path.endsWith("/chat/completions")) return completions(behaviour, words);
  if (request.path.endsWith("/responses")) return responses(behaviour, words);
  if (request.path.endsWith("/messages")) return messages(behaviour, words);
  return google(behaviour, words);
}

type Produced = Extract<Behaviour, { kind: "answer" | "tool" }>;
const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const event = (type: string, fields: Readonly<Record<string, unknown>> = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
let serial = 0;

function completions(behaviour: Produced, words: readonly string[]): [string[], unknown] {
  const base = { id: `chatcmpl-${++serial}`, created: Math.floor(Date.now() / 1000), model: "standin-1" };
  const usage = { prompt_tokens: 10, completion_tokens: words.length, total_tokens: 10 + words.length };
  const chunk = (delta: unknown, finish: string | null): string =>
    data({ ...base, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: finish }] });
  if (behaviour.kind === "tool") {
    const call = {
      index: 0,
      id: `call_${serial}`,
      type: "function",
      function: { name: behaviour.name, arguments: JSON.stringify(behaviour.input) },
    };
    const message = { role: "assistant", content: null, tool_calls: [call] };
    return [
      [
        chunk({ role: "assistant", tool_calls: [call] }, null),
        chunk({}, "tool_calls"),
        data({ ...base, object: "chat.completion.chunk", choices: [], usage }),
        "data: [DONE]\n\n",
      ],
      {
        ...base,
        object: "chat.completion",
        choices: [{ index: 0, message, finish_reason: "tool_calls" }],
        usage,
      },
    ];
  }
  const message = { role: "assistant", content: behaviour.text };
  return [
    [
      chunk({ role: "assistant", content: "" }, null),
      ...words.map((content) => chunk({ content }, null)),
      chunk({}, "stop"),
      data({ ...base, object: "chat.completion.chunk", choices: [], usage }),
      "data: [DONE]\n\n",
    ],
    { ...base, object: "chat.completion", choices: [{ index: 0, message, finish_reason: "stop" }], usage },
  ];
}

function responses(behaviour: Produced, words: readonly string[]): [string[], unknown] {
  const id = `resp_${++serial}`;
  const usage = {
    input_tokens: 10,
    output_tokens: words.length,
    total_tokens: 10 + words.length,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: 0 },
  };
  const item =
    behaviour.kind === "tool"
      ? {
          id: `fc_${serial}`,
          type: "function_call",
          status: "completed",
          call_id: `call_${serial}`,
          name: behaviour.name,
          arguments: JSON.stringify(behaviour.input),
        }
      : {
          id: `msg_${serial}`,
          type: "message",
          status: "completed",
          role: "assistant",
          content: [{ type: "output_text", text: behaviour.text, annotations: [] }],
        };
  const whole = {
    id,
    object: "response",
    created_at: Math.floor(Date.now() / 1000),
    status: "completed",
    model: "standin-1",
    output: [item],
    usage,
  };
  const started = { ...whole, status: "in_progress", output: [] };
  const body =
    behaviour.kind === "tool"
      ? [
          event("response.output_item.added", {
            output_index: 0,
            item: { ...item, status: "in_progress", arguments: "" },
          }),
          event("response.function_call_arguments.delta", {
            output_index: 0,
            item_id: item.id,
            delta: JSON.stringify(behaviour.input),
          }),
          event("response.function_call_arguments.done", {
            output_index: 0,
            item_id: item.id,
            arguments: JSON.stringify(behaviour.input),
          }),
        ]
      : [
          event("response.output_item.added", {
            output_index: 0,
            item: { ...item, status: "in_progress", content: [] },
          }),
          event("response.content_part.added", {
            output_index: 0,
            content_index: 0,
            item_id: item.id,
            part: { type: "output_text", text: "", annotations: [] },
          }),
          ...words.map((delta) =>
            event("response.output_text.delta", {
              output_index: 0,
              content_index: 0,
              item_id: item.id,
              delta,
            }),
          ),
          event("response.output_text.done", {
            output_index: 0,
            content_index: 0,
            item_id: item.id,
            text: behaviour.text,
          }),
        ];
  return [
    [
      event("response.created", { response: started }),
      ...body,
      event("response.output_item.done", { output_index: 0, item }),
      event("response.completed", { response: whole }),
    ],
    whole,
  ];
}

function messages(behaviour: Produced, words: readonly string[]): [string[], unknown] {
  const usage = { input_tokens: 10, output_tokens: words.length };
  const base = {
    id: `msg_${++serial}`,
    type: "message",
    role: "assistant",
    model: "standin-1",
    stop_sequence: null,
    usage,
  };
  const block =
    behaviour.kind === "tool"
      ? { type: "tool_use", id: `toolu_${serial}`, name: behaviour.name, input: behaviour.input }
      : { type: "text", text: behaviour.text };
  const stop = behaviour.kind === "tool" ? "tool_use" : "end_turn";
  const empty = behaviour.kind === "tool" ? { ...block, input: {} } : { type: "text", text: "" };
  const deltas =
    behaviour.kind === "tool"
      ? [{ type: "input_json_delta", partial_json: JSON.stringify(behaviour.input) }]
      : words.map((text) => ({ type: "text_delta", text }));
  return [
    [
      event("message_start", { message: { ...base, content: [], stop_reason: null } }),
      event("content_block_start", { index: 0, content_block: empty }),
      ...deltas.map((delta) => event("content_block_delta", { index: 0, delta })),
      event("content_block_stop", { index: 0 }),
      event("message_delta", { delta: { stop_reason: stop, stop_sequence: null }, usage }),
      event("message_stop"),
    ],
    { ...base, content: [block], stop_reason: stop },
  ];
}

function google(behaviour: Produced, words: readonly string[]): [string[], unknown] {
  const usageMetadata = {
    promptTokenCount: 10,
    candidatesTokenCount: words.length,
    totalTokenCount: 10 + words.length,
  };
  const wrap = (parts: unknown[], finishReason?: string): unknown => ({
    candidates: [
      {
        index: 0,
        content: { role: "model", parts },
        ...(finishReason === undefined ? {} : { finishReason }),
      },
    ],
    usageMetadata,
    modelVersion: "standin-1",
  });
  const parts =
    behaviour.kind === "tool"
      ? [{ functionCall: { name: behaviour.name, args: behaviour.input } }]
      : [{ text: behaviour.text }];
  const frames =
    behaviour.kind === "tool"
      ? [data(wrap(parts, "STOP"))]
      : [...words.map((text) => data(wrap([{ text }]))), data(wrap([{ text: "" }], "STOP"))];
  return [frames, wrap(parts, "STOP")];
}
