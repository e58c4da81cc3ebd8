import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GuardianAnswer, GuardianRequest, OpenExit } from "@smartclaw/contracts";
import {
  type AuditHead,
  type AuditRow,
  type Browser,
  type Guardian,
  openGuardian,
} from "@smartclaw/guardian";
import { exitStandIn } from "@smartclaw/guardian/testing";
import { installGuardianPlugin } from "@smartclaw/openclaw";
import { createRealGateway, type RealGateway, until } from "@smartclaw/openclaw/testing";
import { z } from "zod";

const history = z.object({ messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })) });

/** The assistant's browser in a test. */
export interface TestBrowser {
  /** Known before the browser is opened, as it stands in OpenClaw's configuration. */
  readonly gatePort: number;
  readonly scripts: boolean;
  open(
    root: string,
    real: RealGateway,
    objection: (host: string, port: number) => string | null,
  ): Promise<Browser>;
}

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
  browser: TestBrowser | null = null,
  /** Replaces whole parts of OpenClaw's configuration. */
  extra: object = {},
  openExit: OpenExit = exitStandIn(new Map()),
): Promise<GuardedOpenClaw> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "sc-guarded-")));
  const project = join(root, "project");
  mkdirSync(project);
  const plugin = join(root, "plugin");
  const socket = join(root, "run", "broker.sock");
  installGuardianPlugin(plugin);
  prepare(plugin);
  const browserGate = browser?.gatePort ?? null;
  const real = await createRealGateway({
    extra,
    guardian: { plugin, socket, browserGate, browserScripts: browser?.scripts ?? false },
  });
  const key = Uint8Array.from(randomBytes(32));
  const asked: GuardianRequest[] = [];
  let head: AuditHead | null = null;
  let answer: GuardianAnswer["answer"] | null = null;
  const opened = (await browser?.open(root, real, (host, port) => guardian.mayReach(host, port))) ?? null;
  let guardian: Guardian = await open();

  async function open(): Promise<Guardian> {
    return await openGuardian({
      folder: join(root, "guardian"),
      runFolder: join(root, "run", "commands"),
      socketPath: socket,
      key,
      keptHead: () => head,
      keepHead: (last) => void (head = last),
      own: { folders: [real.home], controlPorts: [] },
      workspace: join(real.home, "workspace"),
      architecture: process.arch,
      sandbox: { state: "works", by: "bubblewrap", networkOff: null },
      openExit,
      browser: opened,
      clock: Date,
      newId: randomUUID,
      nameOf: () => Promise.resolve(null),
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
        // What a tool gave back is not the end, whatever it says.
        return (
          after.at(-1)?.role !== "toolResult" &&
          /w9|rejected|error/i.test(JSON.stringify(after.at(-1)?.content ?? ""))
        );
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
      await opened?.close();
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
