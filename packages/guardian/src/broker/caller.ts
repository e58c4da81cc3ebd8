/**
 * Under which names grants know who asks, the most general first: what is done in the owner's own conversations is the
 * owner's; a scheduled job and whoever writes through a channel have names of their own.
 * @param session OpenClaw's session key, like `agent:main:…`
 * @param isOwner what OpenClaw says of who wrote; null when nobody did
 */
export function callersOf(session: string, isOwner: boolean | null): readonly string[] {
  const [, agent = "", kind = "", id = ""] = /^agent:([^:]+):([^:]+)(?::([^:]+))?/.exec(session) ?? [];
  if (agent === "") return [`channel:${session}`];
  if (kind === "cron") return [`cron:${id}`];
  // Who had it started is not known: it may ask, and has nothing of the owner's.
  if (kind === "subagent" && isOwner === null) return [`subagent:${session}`];
  // A channel's conversations are called after it: `agent:main:telegram:direct:17`.
  if (id !== "" && kind !== "subagent") return [`channel:${kind}:${session}`];
  return isOwner === false ? [`channel:${session}`] : ["owner", `session:${session}`];
}
