import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { GuardianGrant, GuardianStatus, NewGuardianGrant } from "@smartclaw/contracts";
import type { Command } from "../context.ts";
import { exit, table } from "../output.ts";
import { corpus } from "./guardian-corpus.ts";

const day = 86_400_000;

/** Agentic Mode, questions that wait, and what is in the way. */
export const status: Command = async ({ client, output }) => {
  const now = await (await client()).guardian.status();
  output.answer(now, describeStatus(now));
  return now.damage === null ? exit.ok : exit.unhealthy;
};

/** Lets the assistant act, or takes that away. */
export const agenticMode: Command<{ on: boolean }> = async ({ client, output }, { on }) => {
  const now = await (await client()).guardian.setAgenticMode({ on });
  output.answer(now, describeStatus(now));
  return exit.ok;
};

export const grants: Command = async ({ client, output }) => {
  const all = await (await client()).guardian.grants();
  const text =
    all.length === 0
      ? "Nothing is granted. `smartclaw guardian grant look ~/project` grants reading a folder."
      : table(
          all.map((grant) => [grant.id.slice(0, 8), grant.effect, scopeWords(grant), standingWords(grant)]),
        );
  output.answer(all, text);
  return exit.ok;
};

interface GrantOptions {
  readonly what: string;
  readonly words: readonly string[];
  readonly deny?: boolean;
  readonly exact?: boolean;
  readonly act?: boolean;
  readonly script?: boolean;
  readonly days: string;
}

/** A preset for a folder, or one single thing. */
export const grant: Command<GrantOptions> = async (
  { client, output },
  { what, words, deny, exact, act, script, days },
) => {
  const wrong = (message: string): number => {
    output.fail({ code: "BAD_REQUEST", message, next: "See `smartclaw guardian grant --help`." });
    return exit.usage;
  };
  const [first] = words;
  if (first === undefined) return wrong(`What ${what} is for is not said.`);
  const api = (await client()).guardian;
  const answer = (added: GuardianGrant[]): number => {
    output.answer(added, table(added.map((one) => [one.id.slice(0, 8), one.effect, scopeWords(one)])));
    return exit.ok;
  };
  if (what === "look" || what === "work" || what === "build") {
    if (deny === true) return wrong("A preset only allows.");
    return answer(await api.addPreset({ preset: what, folder: resolve(first) }));
  }
  const may = script === true ? "script" : act === true ? "act" : "read";
  const scope = scopeFor(what, words, exact === true, may);
  if (scope === null) return wrong(`“${what}” is nothing that can be granted.`);
  const count = Number(days);
  if (!Number.isInteger(count) || count < 1 || count > 365)
    return wrong(`“${days}” is no number of days from 1 to 365.`);
  const duration = { kind: "until", at: Date.now() + count * day } as const;
  const effect = deny === true ? "deny" : "allow";
  return answer(await api.addGrants({ grants: [{ effect, scope, callers: ["owner"], duration }] }));
};

function scopeFor(
  what: string,
  words: readonly string[],
  exact: boolean,
  may: "read" | "act" | "script",
): NewGuardianGrant["scope"] | null {
  const [first = ""] = words;
  switch (what) {
    case "run":
      return { type: "run", words: [...words], rest: !exact };
    case "read":
    case "write":
      return { type: what, path: resolve(first) };
    case "reach":
      return { type: "reach", host: first };
    case "browse":
      return { type: "browse", origin: first.replace(/\/$/, ""), may };
    case "tool":
      return first === "sessions_spawn" ? { type: "tool", name: first } : null;
    default:
      return null;
  }
}

/** By its id, or the beginning of that. */
export const revoke: Command<{ id: string }> = async ({ client, output }, { id }) => {
  const api = (await client()).guardian;
  const found = (await api.grants()).filter((one) => one.id.startsWith(id));
  const [only] = found;
  if (only === undefined || found.length > 1) {
    const message =
      only === undefined ? `There is no grant ${id}.` : `${found.length} grants begin with ${id}.`;
    output.fail({ code: "NOT_FOUND", message, next: "`smartclaw guardian grants` lists them." });
    return exit.failed;
  }
  const done = await api.revoke({ id: only.id });
  output.answer(done, `Revoked: ${scopeWords(only)}`);
  return exit.ok;
};

export const log: Command<{ limit: string }> = async ({ client, output }, options) => {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 500) {
    output.fail({
      code: "BAD_REQUEST",
      message: `“${options.limit}” is no number of lines.`,
      next: "Use 1 to 500.",
    });
    return exit.usage;
  }
  const lines = await (await client()).guardian.log({ limit });
  const when = (at: number): string => new Date(at).toISOString().slice(0, 19).replace("T", " ");
  const why = ({ reasons }: Readonly<Record<string, unknown>>): string =>
    Array.isArray(reasons) && reasons.length > 0 ? ` (${visible(reasons.join("; "))})` : "";
  const text = lines.map(({ at, text, body }) => `${when(at)}  ${visible(text)}${why(body)}`).join("\n");
  output.answer(lines, text === "" ? "Nothing has been asked or done yet." : text);
  return exit.ok;
};

export const verify: Command = async ({ client, output }) => {
  const verdict = await (await client()).guardian.verifyLog();
  output.answer(verdict, verdict.message);
  return verdict.whole ? exit.ok : exit.unhealthy;
};

/** JSON lines, to a file or to stdout. */
export const exportLog: Command<{ file?: string }> = async ({ client, output }, { file }) => {
  let count = 0;
  const lines: string[] = [];
  for await (const line of await (await client()).guardian.exportLog()) {
    count += 1;
    if (file === undefined) process.stdout.write(`${line}\n`);
    else lines.push(line);
  }
  if (file === undefined) return exit.ok;
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600, flag: "wx" });
  output.answer({ file, lines: count }, `${count} lines were written to ${file}.`);
  return exit.ok;
};

export const panic: Command = async ({ client, output }) => {
  const now = await (await client()).guardian.panic();
  output.answer(
    now,
    "Everything was stopped and every grant is void. `smartclaw guardian arm` lets you begin again.",
  );
  return exit.ok;
};

export const arm: Command = async ({ client, output }) => {
  const now = await (await client()).guardian.arm();
  output.answer(now, "Guardian is armed again. What was granted before stays void.");
  return exit.ok;
};

/** What would be answered to a list of commands in a folder, by the grants of now; nothing is run. */
export const test: Command<{ folder: string }> = async ({ client, output }, { folder }) => {
  const api = (await client()).guardian;
  const place = resolve(folder);
  const judged = [];
  for (const { command, never } of corpus) {
    const { decision, reasons } = await api.judge({ command, folder: place });
    judged.push({ command, decision, reasons, wrong: never && decision === "allow" });
  }
  const wrong = judged.filter((one) => one.wrong).length;
  const rows = judged.map(({ command, decision, reasons }) => [decision, command, reasons[0] ?? ""]);
  const verdict =
    wrong === 0
      ? "Nothing was run, and nothing that must not be is allowed."
      : `${wrong} must not be allowed.`;
  output.answer({ folder: place, judged, wrong }, `${table(rows)}\n\n${verdict}`);
  return wrong === 0 ? exit.ok : exit.unhealthy;
};

function describeStatus(now: GuardianStatus): string {
  const { sandbox, browser } = now;
  return table([
    ["Agentic Mode", now.agenticMode ? "on" : "off"],
    ["Actions", now.closed ?? "carried out as they are granted"],
    ["Sandbox", sandbox.state === "works" ? sandbox.by : `${sandbox.message} ${sandbox.next}`],
    ["Browser", browser.state === "works" ? "the assistant's own" : `${browser.message} ${browser.next}`],
    ["Questions", `${now.waiting.length} waiting, ${now.questionsToday} asked today`],
    ...(now.damage === null ? [] : [["Damage", now.damage]]),
    ...now.paused.map(({ asks, session }) => ["Paused", `${visible(asks)} (${visible(session)})`]),
    ...now.waiting.map(({ text, reasons }) => ["Waits", `${visible(text)} (${reasons.join("; ")})`]),
  ]);
}

export function scopeWords({ scope }: Pick<GuardianGrant, "scope">): string {
  switch (scope.type) {
    case "run":
      return `run ${scope.words.join(" ")}${scope.rest ? " …" : ""}`;
    case "reach":
      return `reach ${scope.host}`;
    case "browse":
      return `browse ${scope.origin} (${scope.may})`;
    case "tool":
      return "have sub-agents work";
    case "undo":
      return "remove what a copy is kept of";
    default:
      return `${scope.type} ${scope.path}`;
  }
}

function standingWords({ standing, duration }: GuardianGrant): string {
  const date = (at: number): string => new Date(at).toISOString().slice(0, 10);
  if (standing !== "effective") return standing;
  if (duration.kind === "session") return "for its conversation";
  return duration.kind === "until"
    ? `until ${date(duration.at)}`
    : `to be reviewed ${date(duration.reviewAt)}`;
}

/** A terminal obeys control characters, and others are not seen. */
export function visible(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu,
    (one) => `<U+${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`,
  );
}
