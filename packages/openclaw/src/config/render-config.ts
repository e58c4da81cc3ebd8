import type { Model, ModelApi } from "@smartclaw/contracts";
import { guardianPluginId } from "../plugin/install-plugin.ts";

/** A way to a model, as OpenClaw may know it: an address on loopback and no key. */
export interface DoorProvider {
  readonly id: string;
  readonly api: ModelApi;
  readonly baseUrl: string;
  readonly models: readonly Model[];
}

export interface ConfigInput {
  readonly port: number;
  /** The program that OpenClaw asks for its two secrets. */
  readonly secretCommand: { readonly command: string; readonly args: readonly string[] };
  readonly providers: readonly DoorProvider[];
  /** `<provider>/<model>`, or null while there is none. */
  readonly primary: string | null;
  readonly forwardProxyUrl: string;
  readonly workspace: string;
  readonly logFile: string;
  /** Agentic Mode, or null while it is off. */
  readonly guardian: GuardianPlace | null;
}

/** Where OpenClaw finds Guardian. */
export interface GuardianPlace {
  /** The folder of SmartClaw's plugin. */
  readonly plugin: string;
  /** The broker's socket. */
  readonly socket: string;
  /** The port of the gate to the assistant's browser, on loopback; null while there is no browser. */
  readonly browserGate: number | null;
  /** Whether scripts in pages are granted anywhere; where else, Guardian decides by itself. */
  readonly browserScripts: boolean;
}

/** Names under which OpenClaw asks for the two secrets that it must hold. Neither is a provider's key. */
export const secretIds = { gatewayToken: "gateway/token", proxyToken: "proxy/token" } as const;

const secretProvider = "smartclaw";
const secretRef = (id: string): object => ({ source: "exec", provider: secretProvider, id });

/** Every group and tool that acts on this computer or reaches out. Agentic Mode is off until Guardian grants. */
const deniedTools = [
  "group:runtime",
  "group:fs",
  "group:web",
  "group:ui",
  "group:automation",
  "group:nodes",
  "group:messaging",
  "group:media",
  "browser",
  "canvas",
  "gateway",
  "cron",
  "exec",
  "process",
  "sessions_spawn",
  "sessions_send",
  "subagents",
] as const;

/** What Guardian knows to decide on. */
const guardedTools = ["exec", "process", "read", "write", "edit", "sessions_spawn", "sessions_yield"];

/** Comes with OpenClaw, and is both the name of the plugin and of its one tool. */
const browserPlugin = "browser";

function renderTools(guardian: GuardianPlace | null): object {
  const off = { elevated: { enabled: false }, agentToAgent: { enabled: false }, toolSearch: false };
  if (guardian === null)
    return {
      ...off,
      profile: "minimal",
      deny: [...deniedTools],
      exec: { mode: "deny" },
      fs: { workspaceOnly: true },
    };
  const allowed = [...guardedTools, ...(guardian.browserGate === null ? [] : [browserPlugin])];
  const groups = new Set([
    "group:runtime",
    "group:fs",
    ...(guardian.browserGate === null ? [] : ["group:ui"]),
  ]);
  const denied = deniedTools.filter((name) => !groups.has(name) && !allowed.includes(name));
  return {
    ...off,
    profile: "minimal",
    alsoAllow: allowed,
    deny: [...denied, "code_execution", "apply_patch"],
    // Only in the sandbox, and there whatever Guardian lets through; without a sandbox nothing runs.
    exec: { host: "sandbox", mode: "full" },
    sandbox: { tools: { allow: [...allowed, "session_status"] } },
    // Which files may be touched, and where, the broker decides.
    fs: { workspaceOnly: false },
  };
}

/**
 * SmartClaw's own browser under a profile of its own, and nothing under the names by which OpenClaw would by itself
 * start a browser, or attach to the user's.
 */
function renderBrowser(guardian: GuardianPlace | null): object {
  if (guardian === null || guardian.browserGate === null) return { enabled: false };
  const at = (port: number): object => ({ cdpUrl: `http://127.0.0.1:${port}`, attachOnly: true });
  const nowhere = at(1);
  return {
    enabled: true,
    evaluateEnabled: guardian.browserScripts,
    attachOnly: true,
    // What the guard answers to look-ups; see `guardEnvironment`.
    ssrfPolicy: { allowRfc2544BenchmarkRange: true },
    defaultProfile: "smartclaw",
    profiles: { smartclaw: at(guardian.browserGate), openclaw: nowhere, user: nowhere, chrome: nowhere },
  };
}

function renderPlugins(guardian: GuardianPlace | null): object {
  // Browser, computer use, file transfer and ten more come with OpenClaw; a chat needs none of them.
  if (guardian === null) return { enabled: false };
  const hasBrowser = guardian.browserGate !== null;
  return {
    enabled: true,
    allow: [guardianPluginId, ...(hasBrowser ? [browserPlugin] : [])],
    load: { paths: [guardian.plugin] },
    entries: {
      ...(hasBrowser ? { [browserPlugin]: { enabled: true } } : {}),
      [guardianPluginId]: {
        enabled: true,
        // To tell the assistant where it may work.
        hooks: { allowConversationAccess: true },
        config: { socket: guardian.socket },
      },
    },
  };
}

function renderSandbox({ browserGate }: GuardianPlace): object {
  return {
    mode: "all",
    backend: "smartclaw",
    scope: "agent",
    workspaceAccess: "rw",
    // "Host" is what OpenClaw calls a browser that is not in a container of its own; SmartClaw's is held elsewhere.
    ...(browserGate === null ? {} : { browser: { allowHostControl: true } }),
  };
}

/**
 * OpenClaw's whole configuration, made anew from what SmartClaw knows. Holds no secret: the tokens are references that
 * OpenClaw resolves once, through a window that the supervisor opens.
 */
export function renderConfig(input: ConfigInput): object {
  return {
    gateway: {
      mode: "local",
      bind: "loopback",
      port: input.port,
      auth: { mode: "token", token: secretRef(secretIds.gatewayToken) },
      terminal: { enabled: false },
      controlUi: { enabled: false, automaticallyFetchFavicons: false },
      tailscale: { mode: "off" },
      nodes: { pairing: { autoApproveLocal: false }, browser: { mode: "off" } },
      http: { endpoints: { chatCompletions: { enabled: false }, responses: { enabled: false } } },
    },
    secrets: {
      providers: {
        [secretProvider]: {
          source: "exec",
          ...input.secretCommand,
          timeoutMs: 5000,
          jsonOnly: true,
        },
      },
      defaults: { exec: secretProvider },
    },
    models: {
      mode: "replace",
      catalogRefresh: { enabled: false },
      providers: Object.fromEntries(
        input.providers.map((provider) => [provider.id, renderProvider(provider)]),
      ),
    },
    agents: {
      defaults: {
        workspace: input.workspace,
        ...(input.primary === null ? {} : { model: { primary: input.primary, fallbacks: [] } }),
        modelPolicy: { allow: input.providers.map(({ id }) => `${id}/*`) },
        utilityModel: "",
        heartbeat: { every: "0m" },
        ...(input.guardian === null ? {} : { sandbox: renderSandbox(input.guardian) }),
      },
    },
    tools: renderTools(input.guardian),
    commands: { bash: false, config: false, debug: false, restart: false },
    browser: renderBrowser(input.guardian),
    hooks: { enabled: false },
    cron: { enabled: false },
    memory: { search: { provider: "none" } },
    plugins: renderPlugins(input.guardian),
    discovery: { mdns: { mode: "off" } },
    update: { checkOnStart: false, auto: { enabled: false } },
    telemetry: { enabled: false },
    proxy: { proxyUrl: input.forwardProxyUrl },
    logging: { file: input.logFile, level: "warn", consoleLevel: "info" },
  };
}

function renderProvider(provider: DoorProvider): object {
  return {
    baseUrl: provider.baseUrl,
    apiKey: secretRef(secretIds.proxyToken),
    api: provider.api,
    models: provider.models.map((model) => ({
      id: model.id,
      name: model.name,
      reasoning: model.reasoning,
      input: model.images ? ["text", "image"] : ["text"],
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
      contextWindow: model.contextWindow,
      maxTokens: model.maxTokens,
    })),
  };
}
