import {
  connectionId,
  connectionKind,
  type ConnectionCheck,
  type ConnectionId,
  type ErrorReport,
} from "@smartclaw/contracts";
import type { Command } from "../context.ts";
import { describeOpening } from "../describe-vault.ts";
import { exit, type Output, table } from "../output.ts";
import { readSecret } from "../read-secret.ts";

const usage = (message: string, next: string): ErrorReport => ({ code: "BAD_REQUEST", message, next });

/** The connections and where their keys live. */
export const list: Command = async ({ client, output }) => {
  const api = await client();
  const [connections, vault] = [await api.keys.list(), await api.vault.status()];
  const rows = connections.map((one) => [
    one.isDefault ? "*" : " ",
    one.id,
    one.label,
    one.model,
    one.hasKey ? `key, version ${one.keyVersion}` : "no key",
    one.lastUsedAt === null ? "never used" : `used ${new Date(one.lastUsedAt).toISOString().slice(0, 16)}`,
  ]);
  const text =
    connections.length === 0
      ? "There are no connections yet. Add one with `smartclaw keys add openai`."
      : table(rows);
  output.answer({ connections, vault }, `${text}\n${describeOpening(vault).join(" ")}`);
  return exit.ok;
};

export interface AddOptions {
  readonly url?: string;
  readonly model?: string;
  readonly label?: string;
}

/** Adds a connection; the key is read from the terminal or stdin, never from an argument. */
export const add: Command<AddOptions & { kind: string }> = async ({ client, output }, options) => {
  const kind = connectionKind.safeParse(options.kind);
  if (!kind.success) {
    output.fail(
      usage(
        `“${options.kind}” is no kind of connection.`,
        `Use one of: ${connectionKind.options.join(", ")}.`,
      ),
    );
    return exit.usage;
  }
  const keyless = kind.data === "ollama" || kind.data === "lmstudio";
  const key = keyless ? undefined : (await readSecret({ first: "Key (not shown): " })).revealText();
  const { url: baseUrl, model, label } = options;
  const api = await client();
  const given = { kind: kind.data, keepAnyway: false, ...(key === undefined || key === "" ? {} : { key }) };
  const named = {
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(model === undefined ? {} : { model }),
    ...(label === undefined ? {} : { label }),
  };
  const result = await api.keys.add({ ...given, ...named });
  return sayCheck(output, result.check, result);
};

/** Asks the model for one real answer. */
export const test: Command<{ id: string }> = async ({ client, output }, { id }) => {
  const parsed = parseId(output, id);
  if (parsed === null) return exit.usage;
  const check = await (await client()).keys.test({ id: parsed });
  return sayCheck(output, check, check);
};

export const rotate: Command<{ id: string }> = async ({ client, output }, { id }) => {
  const parsed = parseId(output, id);
  if (parsed === null) return exit.usage;
  const key = (await readSecret({ first: "New key (not shown): " })).revealText();
  const result = await (await client()).keys.rotate({ id: parsed, key });
  return sayCheck(output, result.check, result);
};

export const remove: Command<{ id: string }> = async ({ client, output }, { id }) => {
  const parsed = parseId(output, id);
  if (parsed === null) return exit.usage;
  const result = await (await client()).keys.remove({ id: parsed });
  output.answer(
    result,
    result.removed ? "The connection and its key are gone." : "There was no such connection.",
  );
  return result.removed ? exit.ok : exit.failed;
};

/** Where keys stand in the clear on this computer; with `move`, into the vault and away from there. */
export const importKeys: Command<{ move?: boolean }> = async ({ client, output }, { move }) => {
  const api = await client();
  const steps = await (move === true ? api.keys.importAll() : api.keys.scan());
  const rows = steps.map(({ outcome, path, field, storedAs, detail }) => [
    outcome,
    path,
    field,
    storedAs === null ? detail : `${detail}, as ${storedAs}`,
  ]);
  output.answer(steps, rows.length === 0 ? "No keys in the clear were found." : table(rows));
  return steps.some((step) => step.outcome === "failed") ? exit.failed : exit.ok;
};

function parseId(output: Output, text: string): ConnectionId | null {
  const parsed = connectionId.safeParse(text);
  if (!parsed.success)
    output.fail(usage(`“${text}” is not the name of a connection.`, "See them with `smartclaw keys list`."));
  return parsed.success ? parsed.data : null;
}

function sayCheck(output: Output, check: ConnectionCheck, value: unknown): number {
  if (check.ok) {
    output.answer(value, `It works: ${check.model} answered in ${Math.round(check.milliseconds)} ms.`);
    return exit.ok;
  }
  output.fail(check.error);
  return exit.failed;
}
