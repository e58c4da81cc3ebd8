import { visible } from "../text/visible.ts";
import { callersOf } from "./caller.ts";
import type { Family } from "./children.ts";

/** In characters; a conversation is called after what somebody wrote. */
const longestName = 60;

/**
 * Who asks, in a sentence for the owner: `The assistant, in the conversation “Taxes”`.
 * @param session OpenClaw's key of it @param family for whom it works; itself, where it is no sub-agent
 * @param name of the conversation or the job; null when it is not known. Anybody may have written it.
 */
export function whoAsks(session: string, { root, isOwner }: Family, name: string | null): string {
  const who = whoIs(root, isOwner, name);
  return session === root ? who : `A helper of: ${who}`;
}

function whoIs(session: string, isOwner: boolean | null, name: string | null): string {
  const [caller = ""] = callersOf(session, isOwner);
  const [, kind = "", rest = ""] = /^([a-z]+)(?::(.*))?$/s.exec(caller) ?? [];
  const called = quoted(name ?? rest);
  switch (kind) {
    case "owner":
      return name === null
        ? "The assistant, in a conversation without a title"
        : `The assistant, in the conversation ${called}`;
    case "cron":
      return `A scheduled job, ${called}`;
    case "subagent":
      return `A helper that the assistant started, ${called}`;
    default:
      return `Somebody else than you, who writes through the channel ${called}`;
  }
}

/** A name must not end its own quotation and go on as SmartClaw. */
function quoted(name: string): string {
  const plain = name.replaceAll(/["“”„‟«»〝〞＂]/gu, "'");
  const characters = Array.from(plain);
  const cut = characters.length > longestName ? [...characters.slice(0, longestName - 1), "…"] : characters;
  return `“${visible(cut.join(""))}”`;
}
