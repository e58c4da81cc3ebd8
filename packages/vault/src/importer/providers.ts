import type { ConnectionKind, ModelApi } from "@smartclaw/contracts";

/** What a provider's name in OpenClaw, or its usual variable, means here. Addresses from the providers' references. */
export interface KnownProvider {
  readonly kind: ConnectionKind;
  readonly label: string;
  readonly api: ModelApi;
  readonly baseUrl: string;
  readonly variables: readonly string[];
}

export const knownProviders: Readonly<Record<string, KnownProvider>> = {
  openai: {
    kind: "openai",
    label: "OpenAI",
    api: "openai-responses",
    baseUrl: "https://api.openai.com/v1",
    variables: ["OPENAI_API_KEY"],
  },
  anthropic: {
    kind: "anthropic",
    label: "Anthropic",
    api: "anthropic-messages",
    baseUrl: "https://api.anthropic.com",
    variables: ["ANTHROPIC_API_KEY"],
  },
  google: {
    kind: "google",
    label: "Google Gemini",
    api: "google-generative-ai",
    baseUrl: "https://generativelanguage.googleapis.com/v1beta",
    variables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
  },
  openrouter: compatible("OpenRouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
  groq: compatible("Groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
  mistral: compatible("Mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
  deepseek: compatible("DeepSeek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
  xai: compatible("xAI", "https://api.x.ai/v1", "XAI_API_KEY"),
  together: compatible("Together AI", "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
};

function compatible(label: string, baseUrl: string, variable: string): KnownProvider {
  return { kind: "compatible", label, api: "openai-completions", baseUrl, variables: [variable] };
}

/** The provider that a variable's name belongs to, or null. */
export function providerOfVariable(variable: string): KnownProvider | null {
  return Object.values(knownProviders).find(({ variables }) => variables.includes(variable)) ?? null;
}
