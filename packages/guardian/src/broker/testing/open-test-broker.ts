/** The broker with a real grant store, a real audit log and a real sandbox; OpenClaw is played by the tests. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import type { GuardianAnswer } from "@smartclaw/contracts";
import { openAuditLog } from "../../audit/audit-log.ts";
import type { Scope } from "../../grants/grant.ts";
import type { NewGrant } from "../../grants/grant-record.ts";
import { openGrantStore } from "../../grants/grant-store.ts";
import { exitStandIn } from "../../browser/testing/exit-standin.ts";
import { createSandbox, type SandboxRun } from "../../sandbox/sandbox.ts";
import { openTaints } from "../../taint/taints.ts";
import { createCommandCopies } from "../../undo/command-copies.ts";
import { openSnapshotStore } from "../../undo/snapshot-store.ts";
import { thisComputer } from "../../world/this-computer.ts";
import type { World } from "../../world/world.ts";
import { type BrokerDeps, createBroker } from "../broker.ts";
import type { ToolCall } from "../tool-call.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "sc-broker-")));
const ends: (() => void)[] = [];
after(() => {
  for (const end of ends) end();
  rmSync(root, { recursive: true, force: true });
});

export const session = "agent:main:1";
let places = 0;

/** @param more instead of what a broker has here */
export function openTestBroker(more: Partial<BrokerDeps> = {}) {
  const place = join(root, `${(places += 1)}`);
  const home = join(place, "home");
  const project = join(home, "p");
  for (const folder of [project, join(home, ".ssh"), join(place, "workspace")])
    mkdirSync(folder, { recursive: true });
  writeFileSync(join(project, "a.txt"), "hello\n");
  writeFileSync(join(home, ".ssh", "id"), "private key\n");
  const computer = thisComputer({ folders: [], controlPorts: [] });
  const world: World = {
    ...computer,
    home,
    user: "u",
    protectedPlaces: new Map([...computer.protectedPlaces, [join(home, ".ssh"), "keys"]]),
  };
  let now = Date.now();
  const clock = { now: () => now };
  let number = 0;
  const newId = (): string => `id${(number += 1)}`;
  const errors: string[] = [];
  const log = { info() {}, warn() {}, error: (_: unknown, message: string) => void errors.push(message) };
  const key = new Uint8Array(32).fill(3);
  const grants = openGrantStore({ file: join(place, "g", "grants.sqlite"), key, clock, newId, log });
  const file = join(place, "g", "audit.sqlite");
  const real = openAuditLog({ file, key, clock, keptHead: () => null, keepHead() {}, log });
  /** Kinds of rows that cannot be written. */
  const full = new Set<string>();
  const audit: typeof real = {
    ...real,
    append(entry) {
      if (full.has(entry.kind) || full.has("all")) throw new Error("the disk is full");
      return real.append(entry);
    },
  };
  const taints = openTaints(join(place, "g", "conversations.sqlite"));
  const snapshots = openSnapshotStore({ folder: join(place, "g", "undo"), key, clock, newId, log });
  const sandbox = createSandbox({
    folder: join(place, "run"),
    architecture: process.arch,
    world,
    openExit: exitStandIn(new Map()),
    networkOff: null,
    log,
  });
  let answer: GuardianAnswer["answer"] | (() => void) | null = null;
  const broker = createBroker({
    world,
    grants,
    audit,
    sandbox,
    taints,
    copies: createCommandCopies(snapshots, world),
    browser: null,
    nameOf: () => Promise.resolve(null),
    clock,
    newId,
    log,
    setTimer: () => () => undefined,
    workspace: join(place, "workspace"),
    changed() {
      const [request] = broker.questions.waiting();
      if (request === undefined || answer === null) return;
      if (typeof answer === "function") answer();
      const said = typeof answer === "function" ? "once" : answer;
      if (broker.questions.waiting().some(({ id }) => id === request.id))
        broker.answer({ id: request.id, hash: request.hash, answer: said });
    },
    ...more,
  });
  ends.push(() => {
    sandbox.close();
    taints.close();
    real.close();
    grants.close();
  });

  let calls = 0;
  const call = (tool: string, params: Record<string, unknown>, more: Partial<ToolCall> = {}): ToolCall => ({
    tool,
    params,
    toolCallId: `c${(calls += 1)}`,
    session,
    isOwner: true,
    ...more,
  });
  const decide = async (one: ToolCall) => await broker.decide(one, new AbortController().signal);
  const exec = (command: string, more: Record<string, unknown> = {}): ToolCall =>
    call("exec", { command, workdir: project, ...more });
  /** What OpenClaw hands on to its sandbox. */
  const spawnOf = (
    command: string,
    ticket: string,
    more: Partial<Parameters<typeof broker.prepare>[0]> = {},
  ) => ({
    ticket,
    session,
    command,
    folder: project,
    environment: { PATH: "/x", HOME: project, LANG: "C", OPENCLAW_SHELL: "exec" },
    ...more,
  });
  const allow = async (one: ToolCall): Promise<string> => {
    const verdict = await decide(one);
    assert.equal(verdict.action, "allow", JSON.stringify(verdict));
    return verdict.action === "allow" ? (verdict.ticket ?? "") : "";
  };
  const prepare = async (...args: Parameters<typeof spawnOf>) => {
    const job = await broker.prepare(spawnOf(...args));
    return "argv" in job ? job : assert.fail(job.refused);
  };
  const run = async (command: string): Promise<string> => {
    const ticket = await allow(exec(command));
    return await carryOut(await prepare(command, ticket));
  };
  const grant = (scope: Scope, more: Partial<NewGrant> = {}) =>
    grants.add([
      {
        effect: "allow",
        scope,
        callers: ["owner"],
        duration: { kind: "until", at: now + 3_600_000 },
        source: "tab",
        ...more,
      },
    ])[0] ?? assert.fail();
  return {
    place,
    home,
    project,
    world,
    grants,
    snapshots,
    full,
    audit,
    clock,
    broker,
    call,
    exec,
    decide,
    allow,
    run,
    prepare,
    grant,
    spawnOf,
    errors,
    answerWith: (next: typeof answer) => void (answer = next),
    pass: (ms: number) => void (now += ms),
    rows: () => real.page({ before: null, limit: 500 }).toReversed(),
    closeAudit: () => real.close(),
    kinds: () =>
      real
        .page({ before: null, limit: 500 })
        .map(({ kind }) => kind)
        .toReversed(),
    file: (name: string) => join(project, name),
  };
}

/** Does what OpenClaw does with the words. @returns what the command wrote */
export async function carryOut({ argv: [program = "", ...args] }: Pick<SandboxRun, "argv">): Promise<string> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: {}, cwd: "/" });
  let out = "";
  child.stdout.on("data", (data: Buffer) => (out += data.toString()));
  child.stderr.resume();
  await new Promise((resolve) => child.once("close", resolve));
  return out;
}
