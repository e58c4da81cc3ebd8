import http, { type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { SmartClawError } from "@smartclaw/contracts";

/** What whoever asked is told instead of what it asked for. */
export interface Refusal {
  readonly status: number;
  /** A sentence for people, without signs that mean something in a page. */
  readonly message: string;
  /** Of the status line, which some programs show where they show no more; null for the usual one. */
  readonly phrase: string | null;
}

export function refusal(status: number, message: string): Refusal {
  return { status, message, phrase: null };
}

export function refusalFor(error: unknown): Refusal {
  return error instanceof SmartClawError
    ? refusal(507, `${error.message} ${error.next}`)
    : refusal(500, "SmartClaw could not do this.");
}

/** In the place of a tunnel. */
export function answer(client: Duplex, { status, message, phrase }: Refusal): void {
  if (!client.writable) return void client.destroy();
  const body = Buffer.from(`${message}\n`);
  const said = phrase ?? http.STATUS_CODES[status] ?? "Error";
  client.end(
    `HTTP/1.1 ${status} ${said}\r\ncontent-type: text/plain; charset=utf-8\r\nx-content-type-options: nosniff\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${message}\n`,
  );
}

/** In the place of what a request was to be answered with. */
export function respond(response: ServerResponse, { status, message, phrase }: Refusal): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, phrase ?? http.STATUS_CODES[status] ?? "Error", {
    "content-type": "text/plain; charset=utf-8",
    "x-content-type-options": "nosniff",
    connection: "close",
  });
  response.end(`${message}\n`);
}
