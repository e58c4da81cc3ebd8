import { ago, type GuardianOffer, offerDays } from "@smartclaw/contracts";
import type { Command } from "../context.ts";
import { exit, table } from "../output.ts";
import { scopeWords, visible } from "./guardian-live.ts";

/** What was allowed again and again, and could be granted. */
export const offers: Command = async ({ client, output }) => {
  const all = await (await client()).guardian.offers();
  output.answer(all, all.length === 0 ? "Nothing is offered." : all.map(describe).join("\n\n"));
  return exit.ok;
};

function describe({ id, times, lastAt, scopes, examples }: GuardianOffer): string {
  return [
    `${id.slice(0, 8)}  allowed ${times} times, last ${ago(lastAt, Date.now())}; for ${offerDays} days it would`,
    ...scopes.map((scope) => `  ${scopeWords({ scope })}`),
    table([
      ...examples.allows.map((line) => ["  allow", visible(line)]),
      ...examples.refuses.map((line) => ["  not", visible(line)]),
    ]),
  ].join("\n");
}

/** By its id, or the beginning of that. */
export const answerOffer: Command<{ id: string; accept: boolean }> = async (
  { client, output },
  { id, accept },
) => {
  const api = (await client()).guardian;
  const found = (await api.offers()).filter((one) => one.id.startsWith(id));
  const [only] = found;
  if (only === undefined || found.length > 1) {
    const message =
      only === undefined ? `There is no offer ${id}.` : `${found.length} offers begin with ${id}.`;
    output.fail({ code: "NOT_FOUND", message, next: "`smartclaw guardian offers` lists them." });
    return exit.failed;
  }
  if (accept) {
    const made = await api.acceptOffer({ id: only.id });
    output.answer(made, table(made.map((one) => [one.id.slice(0, 8), one.effect, scopeWords(one)])));
  } else output.answer(await api.dismissOffer({ id: only.id }), "It is not offered again for 30 days.");
  return exit.ok;
};

/** Lets paused conversations ask again: one, or all. */
export const resume: Command<{ session?: string }> = async ({ client, output }, { session }) => {
  const api = (await client()).guardian;
  const { paused } = await api.status();
  const wanted = paused.filter((one) => session === undefined || one.session === session);
  if (wanted.length === 0) {
    const message = session === undefined ? "No conversation is paused." : `${session} is not paused.`;
    output.fail({ code: "NOT_FOUND", message, next: "`smartclaw guardian status` shows what is paused." });
    return exit.failed;
  }
  for (const one of wanted) await api.resume({ session: one.session });
  output.answer(
    { resumed: wanted.map((one) => one.session) },
    wanted.map(({ asks }) => `May ask again: ${visible(asks)}`).join("\n"),
  );
  return exit.ok;
};
