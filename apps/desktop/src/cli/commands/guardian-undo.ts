import type { GuardianSnapshot } from "@smartclaw/contracts";
import type { Command } from "../context.ts";
import { bytes, exit, table } from "../output.ts";
import { visible } from "./guardian-live.ts";

/** The list, or undoing by an id or the beginning of one. */
export const undo: Command<{ id: string; force?: boolean }> = async (
  { client, output },
  { id, force = false },
) => {
  const api = (await client()).guardian;
  const all = await api.snapshots();
  if (id === "list") {
    const text =
      all.length === 0
        ? "There is nothing to be undone."
        : table(
            all.map((one) => [one.id.slice(0, 8), when(one.at), states[one.state], size(one), what(one)]),
          );
    output.answer(all, text);
    return exit.ok;
  }
  const found = all.filter((one) => one.id.startsWith(id));
  const [only] = found;
  if (only === undefined || found.length > 1) {
    const message =
      only === undefined
        ? `No copy is kept that is called ${id}.`
        : `${found.length} copies begin with ${id}.`;
    output.fail({ code: "NOT_FOUND", message, next: "`smartclaw guardian undo` lists them." });
    return exit.failed;
  }
  const outcome = await api.undo({ id: only.id, force });
  if (outcome.state === "changed") {
    const named = outcome.paths.map((path) => `  ${visible(path)}`).join("\n");
    const more =
      outcome.count > outcome.paths.length ? `\n  and ${outcome.count - outcome.paths.length} more` : "";
    output.answer(
      outcome,
      `Nothing was put back, because somebody may have changed this since:\n${named}${more}\n` +
        "With --force it is put back all the same; what is there now is kept.",
    );
    return exit.failed;
  }
  const again =
    outcome.again === null ? "" : `\nTo undo that: smartclaw guardian undo ${outcome.again.id.slice(0, 8)}`;
  const put = only.paths.map(({ path, was }) => `  ${visible(path)} (${was})`).join("\n");
  output.answer(outcome, `Put back as it was:\n${put}${again}`);
  return exit.ok;
};

const states: Readonly<Record<GuardianSnapshot["state"], string>> = {
  running: "not over yet",
  open: "can be undone",
  unsure: "with --force",
  begun: "was cut short",
  done: "undone",
};

function what({ text, paths }: GuardianSnapshot): string {
  const [first] = paths;
  const more = paths.length > 1 ? ` and ${paths.length - 1} more` : "";
  return `${visible(text)} (${visible(first?.path ?? "")}${more})`;
}

function size(one: GuardianSnapshot): string {
  return bytes(one.bytes);
}

function when(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace("T", " ");
}
