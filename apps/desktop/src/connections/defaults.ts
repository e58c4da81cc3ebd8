import type { ConnectionKind, Model, ModelApi } from "@smartclaw/contracts";

/** What is known of a provider without asking it. */
export interface ProviderDefaults {
  readonly label: string;
  readonly api: ModelApi;
  /** Null where the user must say it. */
  readonly baseUrl: string | null;
  readonly needsKey: boolean;
  /** Tried in this order; what the provider's own list does not have is passed over. */
  readonly models: readonly string[];
}

/** Addresses from each provider's API reference. */
export const providerDefaults: Readonly<Record<ConnectionKind, ProviderDefaults>> = {
  openai: {
    label: "OpenAI",
    api: "openai-responses",
    baseUrl: "https://api.openai.com/v1",
    needsKey: true,
    models: ["gpt-5.1", "gpt-5", "gpt-5-mini", "gpt-4.1", "gpt-4o"],
  },
  anthropic: {
    label: "Anthropic",
    api: "anthropic-messages",
    baseUrl: "https://api.anthropic.com",
    needsKey: true,
    models: ["claude-sonnet-4-5", "claude-opus-4-1", "claude-haiku-4-5", "claude-sonnet-4-0"],
  },
  google: {
    label: "Google Gemini",
    api: "google-generative-ai",
    baseUrl: "https://generativelanguage.googleapis.com/v1beta",
    needsKey: true,
    models: ["gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.0-flash"],
  },
  ollama: {
    label: "Ollama on this computer",
    api: "openai-completions",
    baseUrl: "http://127.0.0.1:11434/v1",
    needsKey: false,
    models: [],
  },
  lmstudio: {
    label: "LM Studio on this computer",
    api: "openai-completions",
    baseUrl: "http://127.0.0.1:1234/v1",
    needsKey: false,
    models: [],
  },
  compatible: {
    label: "OpenAI-compatible",
    api: "openai-completions",
    baseUrl: null,
    needsKey: false,
    models: [],
  },
};

const contextWindow = 131_072;
const maxTokens = 8_192;

/** A model of which only the name is known. The sizes are what OpenClaw plans with, and are safe for current models. */
export function modelNamed(id: string): Model {
  return { id, name: id, contextWindow, maxTokens, images: false, reasoning: false };
}

/** Names of models that do not chat, whichever provider lists them. */
const noChat =
  /embed|rerank|moderation|whisper|transcribe|(^|[-_/])(tts|audio|image|realtime|dall-e|sora)([-_/]|$)/i;

/**
 * The model to begin with: the first preferred one that the provider lists, else the first listed that by its name
 * can chat, else the first preferred.
 */
export function firstModel(preferred: readonly string[], listed: readonly string[]): string | null {
  const match = preferred.find((wanted) => listed.includes(wanted));
  return match ?? listed.find((name) => !noChat.test(name)) ?? preferred[0] ?? null;
}
