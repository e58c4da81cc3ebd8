import { conversationId, type Conversation } from "@smartclaw/contracts";
import { z } from "zod";

/** A conversation as `sessions.list` and `sessions.describe` give it. */
export const sessionRow = z.object({
  key: z.string(),
  kind: z.string().optional(),
  isBackground: z.boolean().optional(),
  archived: z.boolean().optional(),
  label: z.string().nullish(),
  displayName: z.string().nullish(),
  derivedTitle: z.string().nullish(),
  updatedAt: z.number().nullish(),
  createdAt: z.number().nullish(),
  modelProvider: z.string().nullish(),
  model: z.string().nullish(),
  modelOverrideSource: z.string().nullish(),
  hasActiveRun: z.boolean().optional(),
});
export type SessionRow = z.infer<typeof sessionRow>;

const untitled = "New conversation";

/** Where OpenClaw shows after an update that it answers. Always the same, so that the next trial removes what one left. */
export const trialConversation = conversationId.parse("agent:main:smartclaw-trial");

/** What people talk in; not the sessions of scheduled jobs, sub-agents, channels and trials. */
export function isConversation(row: SessionRow): boolean {
  if (row.isBackground === true || row.archived === true || row.key === trialConversation) return false;
  return row.kind === "direct" && !/:(?:cron|subagent|hook|acp):/.test(row.key);
}

export function toConversation(row: SessionRow): Conversation {
  const own = row.modelOverrideSource === "user" && row.modelProvider && row.model;
  return {
    id: conversationId.parse(row.key),
    title: row.label ?? row.displayName ?? row.derivedTitle ?? untitled,
    updatedAt: Math.max(0, Math.trunc(row.updatedAt ?? row.createdAt ?? 0)),
    model: own ? `${row.modelProvider}/${row.model}` : null,
    running: row.hasActiveRun === true,
  };
}

const longestTitle = 48;

/** What a conversation is called after its first message: the beginning of its first line, in whole words. */
export function titleFrom(text: string): string {
  const line = (text.trim().split("\n")[0] ?? "").replace(/\s+/g, " ");
  if (line.length <= longestTitle) return line || untitled;
  const words = line.slice(0, longestTitle).replace(/\s\S*$/, "");
  return `${words}…`;
}
