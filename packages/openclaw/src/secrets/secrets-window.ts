import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { SmartClawError, type Log, type Secret } from "@smartclaw/contracts";
import { z } from "zod";

/** OpenClaw's exec provider protocol, version 1, as the helper hands it on together with its process number. */
const question = z.object({
  pid: z.number().int().positive(),
  request: z.object({
    protocolVersion: z.literal(1),
    ids: z.array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/#-]{0,255}$/)).max(256),
  }),
});
const largestQuestion = 128 * 1024;
const questionTimeoutMs = 5_000;

/** Room for the path of a Unix socket on every system (sun_path of macOS has 104 bytes). */
const longestSocketPath = 103;

export interface SecretsWindowDeps {
  /** A Unix socket in a folder of its own, or a named pipe on Windows. */
  readonly socketPath: string;
  readonly answers: (id: string) => Secret | null;
  /**
   * Whether the process may ask. Its number is what the asker says of itself, for Node cannot read a socket's peer:
   * this keeps out programs that do not belong to OpenClaw, and is no proof against one that lies.
   */
  readonly mayAsk: (pid: number) => Promise<boolean>;
  readonly platform: NodeJS.Platform;
  readonly log: Log;
}

export interface SecretsWindow {
  /** Listens until one question was answered or `close` is called. */
  open(): Promise<void>;
  /** Nothing listens afterwards and the socket is gone from the file system. Safe to call at any time. */
  close(): void;
  /** What came of the window that is or was last open; `refused` when a secret was not there, or the wrong one asked. */
  outcome(): "answered" | "not-asked" | "refused";
}

/**
 * Answers OpenClaw's one batched request for secrets while it starts or reloads; at any other time the socket does
 * not exist. One window is good for one answer: whoever came first instead of OpenClaw makes the start fail, so it
 * cannot go unnoticed.
 */
export function createSecretsWindow(deps: SecretsWindowDeps): SecretsWindow {
  const { socketPath, platform, log } = deps;
  let server: Server | null = null;
  let outcome: ReturnType<SecretsWindow["outcome"]> = "not-asked";

  function close(): void {
    server?.close();
    server = null;
    if (platform !== "win32") rmSync(socketPath, { force: true });
  }

  async function answer(socket: Socket, line: string, opened: Server): Promise<void> {
    const asked = question.safeParse(parseJson(line));
    if (!asked.success || !(await deps.mayAsk(asked.data.pid))) {
      outcome = "refused";
      log.warn({ pid: asked.data?.pid }, "a program that is not OpenClaw asked for secrets and got none");
      socket.destroy();
      return;
    }
    // While it was decided, another question may have used up this window.
    if (server !== opened) {
      socket.destroy();
      return;
    }
    close();
    const { ids } = asked.data.request;
    const found = ids.map((id) => [id, deps.answers(id)] as const);
    outcome = found.every(([, secret]) => secret !== null) ? "answered" : "refused";
    log.info({ ids, outcome }, "OpenClaw asked for its secrets");
    socket.end(reply(found));
  }

  return {
    close,
    outcome: () => outcome,
    async open() {
      close();
      outcome = "not-asked";
      if (platform !== "win32") {
        if (Buffer.byteLength(socketPath) > longestSocketPath) throw pathTooLong(socketPath);
        mkdirSync(dirname(socketPath), { recursive: true, mode: 0o700 });
        chmodSync(dirname(socketPath), 0o700);
      }
      const opened = createServer((socket) => {
        readLine(socket, (line) => void answer(socket, line, opened));
      });
      server = opened;
      await new Promise<void>((resolve, reject) => {
        opened.once("error", reject);
        opened.listen(socketPath, resolve);
      });
      if (platform !== "win32" && server === opened) chmodSync(socketPath, 0o600);
    },
  };
}

function readLine(socket: Socket, onLine: (line: string) => void): void {
  let text = "";
  socket.setEncoding("utf8");
  socket.setTimeout(questionTimeoutMs, () => socket.destroy());
  socket.on("error", () => undefined);
  socket.on("data", (chunk: string) => {
    text += chunk;
    const end = text.indexOf("\n");
    if (end < 0 && text.length <= largestQuestion) return;
    socket.removeAllListeners("data");
    if (end < 0) socket.destroy();
    else onLine(text.slice(0, end));
  });
}

function reply(found: readonly (readonly [string, Secret | null])[]): string {
  const values: Record<string, string> = {};
  const errors: Record<string, { code: "NOT_FOUND" }> = {};
  for (const [id, secret] of found) {
    if (secret === null) errors[id] = { code: "NOT_FOUND" };
    else values[id] = secret.revealText();
  }
  return JSON.stringify({ protocolVersion: 1, values, errors });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function pathTooLong(path: string): SmartClawError {
  return new SmartClawError(
    "BAD_REQUEST",
    `The path of SmartClaw's data folder is too long for a socket (${path}).`,
    "Move SmartClaw's data to a folder with a shorter path.",
  );
}
