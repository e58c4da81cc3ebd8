import { spawn } from "node:child_process";
import { type KeystoreHealth, type Log, Secret } from "@smartclaw/contracts";
import { type KeystoreAnswer, keystoreAnswer, type KeystoreRequest } from "./keystore-protocol.ts";

const patienceMs = 3_000;
const maxAnswerBytes = 64 * 1024;

export type KeystoreReading =
  | { readonly kind: "found"; readonly secret: Secret }
  | { readonly kind: "missing" }
  | { readonly kind: "locked" | "unavailable" | "timed-out"; readonly reason: string };

/** The operating system's keystore, holding one item. Every answer is a value; nothing here throws. */
export interface Keystore {
  readonly name: string;
  read(): Promise<KeystoreReading>;
  /** Null when it is stored, else why not. */
  write(secret: Secret): Promise<KeystoreHealth | null>;
  remove(): Promise<KeystoreHealth | null>;
}

/**
 * @param deps.command argv of the program `keystore-child`
 * @param deps.environment what the child may see: on Linux the address of the D-Bus session
 * @param deps.timeoutMs after this the child is killed with SIGKILL (3000)
 */
export function createKeystore(deps: {
  command: readonly [string, ...string[]];
  environment: Readonly<Record<string, string | undefined>>;
  platform: string;
  log: Log;
  service?: string;
  account?: string;
  timeoutMs?: number;
}): Keystore {
  const name = nameOn(deps.platform);
  const item = { service: deps.service ?? "ai.smartclaw", account: deps.account ?? "vault/v1" };
  const ask = (request: KeystoreRequest): Promise<KeystoreAnswer | { kind: "timed-out"; reason: string }> =>
    new Promise((resolve) => {
      const [program, ...args] = deps.command;
      const child = spawn(program, args, { env: deps.environment, stdio: ["pipe", "pipe", "ignore"] });
      const chunks: Buffer[] = [];
      let size = 0;
      const finish = (answer: KeystoreAnswer | { kind: "timed-out"; reason: string }): void => {
        clearTimeout(timer);
        child.kill("SIGKILL");
        for (const chunk of chunks) chunk.fill(0);
        resolve(answer);
      };
      const timer = setTimeout(() => {
        deps.log.warn({ keystore: name }, "the keystore did not answer in time; its helper was stopped");
        finish({
          kind: "timed-out",
          reason: "it did not answer within three seconds; it may be waiting for you to unlock it",
        });
      }, deps.timeoutMs ?? patienceMs);
      child.stdout.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size <= maxAnswerBytes) chunks.push(chunk);
      });
      child.on("error", () =>
        finish({ kind: "unavailable", reason: "its helper program could not be started" }),
      );
      child.on("close", () => finish(parse(Buffer.concat(chunks).toString("utf8"))));
      child.stdin.on("error", () => {});
      child.stdin.end(JSON.stringify(request));
    });

  const failure = (
    answer: Exclude<Awaited<ReturnType<typeof ask>>, { kind: "found" | "done" | "missing" }>,
  ): KeystoreHealth => ({
    name,
    state: answer.kind,
    reason: `${name} cannot be used: ${answer.reason}.`,
  });
  const done = (answer: Awaited<ReturnType<typeof ask>>): KeystoreHealth | null =>
    answer.kind === "done" || answer.kind === "missing" || answer.kind === "found" ? null : failure(answer);

  return {
    name,
    async read() {
      const answer = await ask({ op: "read", ...item });
      if (answer.kind === "found") {
        const bytes = Buffer.from(answer.secret, "base64");
        const secret = Secret.fromBytes(bytes);
        bytes.fill(0);
        return { kind: "found", secret };
      }
      if (answer.kind === "missing" || answer.kind === "done") return { kind: "missing" };
      return { kind: answer.kind, reason: failure(answer).reason };
    },
    async write(secret) {
      return done(
        await ask({ op: "write", ...item, secret: Buffer.from(secret.reveal()).toString("base64") }),
      );
    },
    async remove() {
      return done(await ask({ op: "remove", ...item }));
    },
  };
}

function parse(text: string): KeystoreAnswer {
  try {
    return keystoreAnswer.parse(JSON.parse(text));
  } catch {
    return { kind: "unavailable", reason: "its helper program ended without an answer" };
  }
}

function nameOn(platform: string): string {
  if (platform === "darwin") return "Apple Keychain";
  if (platform === "win32") return "Windows Credential Manager";
  return "The Secret Service keyring";
}
