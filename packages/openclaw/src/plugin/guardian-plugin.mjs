/**
 * SmartClaw's plugin in OpenClaw: asks Guardian before each call of a tool, and is the backend of OpenClaw's sandbox.
 * It decides nothing. Without it, or without the broker behind its socket, no command is started and no file is
 * touched: OpenClaw has no other way to do either.
 *
 * Stands alone: OpenClaw loads it from a folder of its own, so it imports nothing of SmartClaw.
 */
import { createConnection } from "node:net";
import { homedir } from "node:os";
import { posix } from "node:path";
import { definePluginEntry } from "openclaw/plugin-sdk/plugin-entry";
import { registerSandboxBackend } from "openclaw/plugin-sdk/sandbox";

const backend = "smartclaw";
const ticketName = "SMARTCLAW_TICKET";
/** The owner may take long; OpenClaw itself waits ten minutes at most. */
const decisionMs = 600_000;

/** One order to the broker, and its answer. The end of the connection takes the order back. */
function tell(socketPath, order, signal) {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    const chunks = [];
    const end = (error, answer) => {
      signal?.removeEventListener("abort", onAbort);
      socket.destroy();
      if (error) reject(error);
      else resolve(answer);
    };
    const away = () => new Error("SmartClaw's Guardian cannot be reached, so nothing was done.");
    const onAbort = () => end(Object.assign(new Error("Aborted"), { name: "AbortError" }));
    if (signal?.aborted) return onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    socket.on("error", () => end(away()));
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("end", () => {
      try {
        const { answer, fault } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
        if (typeof fault === "string") end(new Error(fault));
        else end(null, answer);
      } catch {
        end(away());
      }
    });
    socket.write(`${JSON.stringify(order)}\n`);
  });
}

function absolute(path, from) {
  if (path === "~" || path.startsWith("~/")) return posix.join(homedir(), path.slice(1));
  return posix.resolve(from, path);
}

/** File tools, each operation one order. The broker knows which files a decision was about. */
function createFiles(socketPath, session, workspace) {
  const order = (what, { filePath, cwd, signal }, more = {}) =>
    tell(
      socketPath,
      { op: "file", session, order: { what, path: absolute(filePath, cwd ?? workspace), ...more } },
      signal,
    );
  const read = async (params) => {
    const { path, data } = await order("read", params, params.maxBytes ? { mostBytes: params.maxBytes } : {});
    return { data: Buffer.from(data, "base64"), canonicalPath: path };
  };
  const write = (params, exclusive) =>
    order(
      "write",
      { ...params, filePath: params.pinnedPath ?? params.filePath },
      {
        data: Buffer.from(params.data, params.encoding).toString("base64"),
        make: params.mkdir ?? true,
        exclusive,
      },
    );
  return {
    pathMappings: [{ hostRoot: "/", containerRoot: "/" }],
    resolvePath({ filePath, cwd }) {
      const path = absolute(filePath, cwd ?? workspace);
      return { relativePath: posix.relative(workspace, path), containerPath: path };
    },
    async resolvePinnedMutationTarget(params) {
      const { path } = await order("where", params);
      return { policyPath: path, pinnedPath: path };
    },
    readFile: async (params) => (await read(params)).data,
    readFileWithSource: read,
    async writeFile(params) {
      await write(params, false);
    },
    async createFileExclusive(params) {
      return (await write(params, true)).written ? "created" : "exists";
    },
    async mkdirp(params) {
      await order("make", { ...params, filePath: params.pinnedPath ?? params.filePath });
    },
    async remove(params) {
      await order("remove", { ...params, filePath: params.pinnedPath ?? params.filePath });
    },
    rename: () => Promise.reject(new Error("SmartClaw's Guardian lets no file tool rename a file.")),
    async readDirectory(params) {
      const { entries } = await order("list", params);
      return entries.map(({ name, isFolder }) => ({ name, isDirectory: isFolder }));
    },
    async stat(params) {
      const { facts } = await order("stat", params);
      return facts === null ? null : { type: facts.type, size: facts.size, mtimeMs: facts.modifiedMs };
    },
  };
}

export default definePluginEntry({
  id: "smartclaw-guardian",
  name: "SmartClaw Guardian",
  description: "Lets nothing run that was not granted in SmartClaw.",
  register(api) {
    const { socket: socketPath } = api.pluginConfig ?? {};

    const dispose = registerSandboxBackend(backend, {
      factory: async ({ sessionKey: session, workspaceDir: workspace, scopeKey }) => ({
        id: backend,
        runtimeId: `${backend}-${scopeKey}`,
        runtimeLabel: "SmartClaw Guardian",
        workdir: workspace,
        workdirRoots: ["/"],
        workdirValidation: "backend",
        capabilities: { browser: false },
        validateWorkdir: async (folder) =>
          (await tell(socketPath, { op: "folder", path: absolute(folder, workspace) })).path,
        async buildExecSpec({ command, workdir, env }) {
          const { [ticketName]: ticket = "", ...environment } = env;
          const folder = absolute(workdir ?? ".", workspace);
          const order = { op: "prepare", ticket, session, command, folder, environment };
          const { job, argv, refused } = await tell(socketPath, order);
          if (refused !== undefined) throw new Error(refused);
          return {
            argv,
            env: { PATH: "/usr/bin:/bin" },
            cwd: "/",
            stdinMode: "pipe-open",
            finalizeToken: job,
          };
        },
        async finalizeExec({ token }) {
          if (typeof token === "string") await tell(socketPath, { op: "finish", job: token }).catch(() => {});
        },
        runShellCommand: () => Promise.reject(new Error("SmartClaw runs no helper programs in its sandbox.")),
        createFsBridge: () => createFiles(socketPath, session, workspace),
      }),
      manager: {
        describeRuntime: async () => ({ running: true, configLabelMatch: true }),
        removeRuntime: async () => {},
      },
      resolveWorkdir: ({ workspaceDir }) => workspaceDir,
    });
    api.on("gateway_stop", () => dispose());

    api.on(
      "before_tool_call",
      async (event, context) => {
        const { toolName: tool, params, toolCallId } = event;
        try {
          const call = {
            tool,
            params,
            toolCallId,
            session: context.sessionKey,
            isOwner: context.requester?.senderIsOwner ?? null,
          };
          const { action, reason, ticket, tab } = await tell(
            socketPath,
            { op: "decide", call },
            context.abortSignal,
          );
          if (action !== "allow")
            return { block: true, blockReason: reason ?? "SmartClaw's Guardian said no." };
          if (typeof tab === "string") return { params: { ...params, targetId: tab } };
          if (ticket === null) return undefined;
          return { params: { ...params, env: { ...params.env, [ticketName]: ticket } } };
        } catch (error) {
          return { block: true, blockReason: error instanceof Error ? error.message : "Guardian failed." };
        }
      },
      { priority: 1000, timeoutMs: decisionMs },
    );
    // What a page gave is handed on only with Guardian's leave; when this fails, OpenClaw hands on nothing of it.
    api.registerAgentToolResultMiddleware(
      async ({ toolCallId, args, result }, { sessionKey: session }) => {
        const tab = result.details?.targetId ?? args.targetId ?? args.request?.targetId;
        const order = { op: "over", session, toolCallId, tab: typeof tab === "string" ? tab : null };
        const { withheld, note } = await tell(socketPath, order);
        const said = [withheld, note].filter((text) => text !== null).map((text) => ({ type: "text", text }));
        if (withheld !== null) return { result: { content: said } };
        return said.length === 0
          ? undefined
          : { result: { ...result, content: [...result.content, ...said] } };
      },
      { runtimes: ["openclaw"], matcher: ["browser"] },
    );
    api.on("subagent_spawned", async ({ childSessionKey: child }, { requesterSessionKey: parent }) => {
      if (child && parent) await tell(socketPath, { op: "started", child, parent }).catch(() => {});
    });
    // Without it the assistant would find out by being refused.
    api.on("before_prompt_build", async (_event, { sessionKey: session }) => {
      const { text } = await tell(socketPath, { op: "hint", session });
      return { appendSystemContext: text };
    });
    api.on("after_tool_call", async ({ toolCallId }, { sessionKey: session }) => {
      if (toolCallId && session) await tell(socketPath, { op: "close", session, toolCallId }).catch(() => {});
    });
  },
});
