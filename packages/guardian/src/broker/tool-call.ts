import { posix } from "node:path";
import { z } from "zod";
import { type BrowserCall, readBrowserCall } from "./browser-call.ts";

/** What OpenClaw asks before a tool is called. */
export const toolCall = z.object({
  tool: z.string().min(1).max(200),
  params: z.record(z.string(), z.unknown()),
  toolCallId: z.string().min(1).max(300),
  session: z.string().min(1).max(300),
  /** What OpenClaw says of who wrote; null when nobody did, as in a scheduled job. */
  isOwner: z.boolean().nullable(),
});
export type ToolCall = z.infer<typeof toolCall>;

/** What a tool's call means for this computer. */
export type Action =
  | {
      readonly type: "command";
      readonly text: string;
      /** As it was given; relative to the assistant's own folder. */
      readonly folder: string | null;
      readonly environment: Readonly<Record<string, string>>;
    }
  | {
      readonly type: "files";
      /** In a line, for people. */
      readonly text: string;
      readonly reads: readonly string[];
      readonly writes: readonly string[];
    }
  | {
      readonly type: "browser";
      readonly call: BrowserCall;
      /** For people. */
      readonly text: string;
    }
  /** A task for a sub-agent, whose calls are decided on by themselves. */
  | { readonly type: "delegate"; readonly text: string }
  /** Words for a program that runs already. */
  | { readonly type: "input"; readonly text: string }
  /** Looks at, or ends, what was allowed before. */
  | { readonly type: "free" }
  | { readonly type: "refused"; readonly reason: string };

/** What can be decided on. */
export type Doable = Exclude<Action, { type: "free" | "refused" }>;

/** Longer, nobody reads. In UTF-16 code units. */
const longest = 65_536;
/** The end of a word for everything that is told of it. */
const withoutNul = z.string().refine((text) => !text.includes("\0"));
const path = withoutNul.min(1).max(4096);
const exec = z.looseObject({
  command: withoutNul.min(1).max(longest),
  workdir: path.or(z.literal("")).optional(),
  env: z.record(withoutNul.regex(/^[^=]+$/).max(200), withoutNul.max(32_768)).default({}),
  pty: z.boolean().default(false),
  host: z.enum(["auto", "sandbox"]).default("auto"),
  elevated: z.literal(false).default(false),
  node: z.undefined().optional(),
});
/** A sub-agent in the background, that works where its conversation does and tells it the result. */
const spawn = z.strictObject({
  task: withoutNul.min(1).max(longest),
  taskName: z.string().max(64).optional(),
  label: z.string().max(200).optional(),
  runtime: z.literal("subagent").optional(),
  mode: z.literal("run").optional(),
  thinking: z.string().max(40).optional(),
  runTimeoutSeconds: z.int().nonnegative().optional(),
  cleanup: z.enum(["delete", "keep"]).optional(),
  context: z.enum(["isolated", "fork"]).optional(),
  sandbox: z.enum(["inherit", "require"]).optional(),
  completionTarget: z.literal("parent").optional(),
  expectsCompletionMessage: z.literal(true).optional(),
  visible: z.literal(false).optional(),
  thread: z.literal(false).optional(),
});
const process = z.looseObject({ action: z.string() });
/** Under another name OpenClaw does not take it. */
const onePath = z.looseObject({ path });
const harmlessActions: ReadonlySet<string> = new Set(["list", "poll", "log", "kill", "clear", "remove"]);

/** Reads a tool's call. Whatever is not known is refused: OpenClaw's later tools are not SmartClaw's to guess at. */
export function readAction({ tool, params }: Pick<ToolCall, "tool" | "params">): Action {
  switch (tool) {
    case "exec":
    case "bash": {
      const call = exec.safeParse(params).data;
      if (call === undefined)
        return refused("a command that is not understood, or is to run elsewhere than in the sandbox");
      if (call.pty) return refused("a command that needs a terminal, which the sandbox has not");
      return {
        type: "command",
        text: call.command,
        folder: call.workdir === undefined || call.workdir === "" ? null : call.workdir,
        environment: call.env,
      };
    }
    case "process": {
      const call = process.safeParse(params).data;
      if (call === undefined) return refused("a call that is not understood");
      if (harmlessActions.has(call.action)) return { type: "free" };
      const text = JSON.stringify(params);
      if (text.length > longest) return refused("more words for a program than anybody reads");
      return { type: "input", text };
    }
    case "read":
    case "write":
    case "edit": {
      const call = onePath.safeParse(params).data;
      if (call === undefined) return refused("a call that is not understood");
      const what = { read: "Read", write: "Write", edit: "Change" }[tool];
      return {
        type: "files",
        text: `${what} ${call.path}`,
        reads: tool === "write" ? [] : [call.path],
        writes: tool === "read" ? [] : [call.path],
      };
    }
    case "browser": {
      const read = readBrowserCall(params);
      return "refused" in read ? refused(read.refused) : { type: "browser", ...read };
    }
    case "sessions_spawn": {
      const call = spawn.safeParse(params).data;
      if (call === undefined) return refused("a sub-agent of another kind than a plain one");
      return { type: "delegate", text: call.task };
    }
    case "sessions_yield":
    case "session_status":
      return { type: "free" };
    default:
      return refused(`the tool ${tool.slice(0, 60)}, which is not one of those that SmartClaw lets in`);
  }
}

function refused(reason: string): Action {
  return { type: "refused", reason };
}

/** The path as the tools of OpenClaw mean it. @param workspace the assistant's own folder */
export function absolutePath(path: string, workspace: string, home: string): string {
  if (path === "~" || path.startsWith("~/")) return posix.join(home, path.slice(1));
  return posix.resolve(workspace, path);
}
