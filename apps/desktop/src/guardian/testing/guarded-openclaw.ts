import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GuardianAnswer, GuardianRequest } from "@smartclaw/contracts";
import { type AuditHead, type AuditRow, type Guardian, openGuardian } from "@smartclaw/guardian";
import { installGuardianPlugin } from "@smartclaw/openclaw";
import { createRealGateway, type RealGateway, until } from "@smartclaw/openclaw/testing";
import { z } from "zod";

const history = z.object({ messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })) });

/** A real OpenClaw behind the real Guardian; only the model is a stand-in, which calls the tools that it is told to. */
export interface GuardedOpenClaw {
  readonly real: RealGateway;
  readonly guardian: Guardian;
  /** The user's, granted by the tests. */
  readonly project: string;
  readonly root: string;
  /** Every question that was put to the owner. */
  readonly asked: GuardianRequest[];
  /** How the owner answers from now on; null leaves questions open. */
  answerWith(answer: GuardianAnswer["answer"] | null): void;
  conversation(): Promise<string>;
  /** Says something and waits for the end of the answer. @returns what tools gave back in it, and what was said last */
  say(session: string, text: string): Promise<{ results: string[]; said: string }>;
  send(session: string, text: string): Promise<string>;
  record(): readonly AuditRow[];
  /** Guardian goes away, as when the daemon's part breaks. */
  closeGuardian(): void;
  openGuardian(): Promise<void>;
  dispose(): Promise<void>;
}

export async function openGuardedOpenClaw(
  prepare: (plugin: string) => void = () => undefined,
): Promise<GuardedOpenClaw> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "sc-guarded-")));
  const project = join(root, "project");
  mkdirSync(project);
  const plugin = join(root, "plugin");
  const socket = join(root, "run", "broker.sock");
  installGuardianPlugin(plugin);
  prepare(plugin);
  const real = await createRealGateway({ guardian: { plugin, socket } });
  const key = Uint8Array.from(randomBytes(32));
  const asked: GuardianRequest[] = [];
  let head: AuditHead | null = null;
  let answer: GuardianAnswer["answer"] | null = null;
  let guardian = await open();

  async function open(): Promise<Guardian> {
    const opened: Guardian = await openGuardian({
      folder: join(root, "guardian"),
      runFolder: join(root, "run", "commands"),
      socketPath: socket,
      key,
      keptHead: () => head,
      keepHead: (last) => void (head = last),
      own: { folders: [real.home], controlPorts: [] },
      workspace: join(real.home, "workspace"),
      architecture: process.arch,
      sandbox: { state: "works", by: "bubblewrap" },
      clock: Date,
      newId: randomUUID,
      setTimer(ms, run) {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      changed() {
        for (const request of guardian.waiting()) {
          if (asked.some(({ id }) => id === request.id)) continue;
          asked.push(request);
          if (answer !== null) guardian.answer({ id: request.id, hash: request.hash, answer });
        }
      },
      log: { info() {}, warn() {}, error: console.error },
    });
    return opened;
  }

  async function messages(session: string) {
    return (await real.gateway.request("chat.history", { sessionKey: session, limit: 500 }, history))
      .messages;
  }
  async function send(session: string, text: string): Promise<string> {
    const runId = randomUUID();
    await real.gateway.request(
      "chat.send",
      { sessionKey: session, message: text, idempotencyKey: runId },
      z.unknown(),
    );
    return runId;
  }

  real.supervisor.start();
  await real.reach("ready");
  await until(() => real.gateway.connected());
  return {
    real,
    get guardian() {
      return guardian;
    },
    project,
    root,
    asked,
    answerWith: (next) => void (answer = next),
    async conversation() {
      const key = `agent:main:${randomUUID()}`;
      await real.gateway.request("sessions.create", { key }, z.unknown());
      return key;
    },
    async say(session, text) {
      const before = (await messages(session)).length;
      await send(session, text);
      let after: Awaited<ReturnType<typeof messages>> = [];
      await until(async () => {
        after = (await messages(session)).slice(before);
        return /w9|rejected|error/i.test(JSON.stringify(after.at(-1)?.content ?? ""));
      }, 180_000);
      const results = after.filter(({ role }) => role === "toolResult").map(({ content }) => plain(content));
      return { results, said: plain(after.at(-1)?.content) };
    },
    send,
    record: () => guardian.log({ before: null, limit: 500 }).toReversed(),
    closeGuardian: () => guardian.close(),
    async openGuardian() {
      guardian = await open();
    },
    async dispose() {
      guardian.close();
      await real.dispose();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function plain(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: { text?: unknown }) => (typeof part.text === "string" ? part.text : "")).join("");
}
