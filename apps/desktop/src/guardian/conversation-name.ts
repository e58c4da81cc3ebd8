import type { Conversation } from "@smartclaw/contracts";

/** A question does not wait longer for the title of a conversation, in milliseconds. */
const patienceMs = 1000;

/**
 * What a conversation is called; null for what is none, or when OpenClaw does not say so in time.
 * @param list all that there are @param session OpenClaw's key of it
 */
export async function conversationName(
  list: () => Promise<readonly Conversation[]>,
  session: string,
): Promise<string | null> {
  const found = list().then(
    (all) => all.find(({ id }) => id === session)?.title ?? null,
    () => null,
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), patienceMs)));
  return await Promise.race([found, late]).finally(() => clearTimeout(timer));
}
