import type { ConnectionKind } from "@smartclaw/contracts";

export const kindLabels: Readonly<Record<ConnectionKind, string>> = {
  openai: "OpenAI",
  anthropic: "Anthropic",
  google: "Google Gemini",
  ollama: "Ollama on this computer",
  lmstudio: "LM Studio on this computer",
  compatible: "Another OpenAI-compatible address",
};

/** Whose key this looks like, by the prefixes that the providers give their keys; null when none fits. */
export function providerOfKey(key: string): ConnectionKind | null {
  const text = key.trim();
  if (text.startsWith("sk-ant-")) return "anthropic";
  if (/^AIza[\w-]{20,}/.test(text)) return "google";
  if (/^sk-(or|lf)-/.test(text)) return "compatible";
  if (text.startsWith("sk-")) return "openai";
  return null;
}
