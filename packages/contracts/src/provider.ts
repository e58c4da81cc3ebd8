import { z } from "zod";
import { errorReport } from "./error-report.ts";
import { timestamp } from "./base.ts";

/** The wire protocols that OpenClaw speaks to a model, by its own names. */
export const modelApis = [
  "openai-completions",
  "openai-responses",
  "anthropic-messages",
  "google-generative-ai",
] as const;
export const modelApi = z.enum(modelApis);
export type ModelApi = z.infer<typeof modelApi>;

export const connectionId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/)
  .brand<"ConnectionId">();
export type ConnectionId = z.infer<typeof connectionId>;

export const connectionKind = z.enum(["openai", "anthropic", "google", "ollama", "lmstudio", "compatible"]);
export type ConnectionKind = z.infer<typeof connectionKind>;

export const model = z.object({
  id: z.string().min(1).max(200),
  name: z.string().max(200),
  contextWindow: z.number().int().positive(),
  maxTokens: z.number().int().positive(),
  /** Whether the model accepts images. */
  images: z.boolean(),
  reasoning: z.boolean(),
});
export type Model = z.infer<typeof model>;

/** `ok` only after one real completion came back from the model. */
export const connectionCheck = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), at: timestamp, model: z.string(), milliseconds: z.number() }),
  z.object({ ok: z.literal(false), at: timestamp, error: errorReport }),
]);
export type ConnectionCheck = z.infer<typeof connectionCheck>;

/** A way to a model: an address, a protocol, and (in the vault, under `provider/<id>`) a key. */
export const connection = z.object({
  id: connectionId,
  kind: connectionKind,
  label: z.string().min(1).max(80),
  api: modelApi,
  /** Where the provider's API begins, as its own documentation gives it, e.g. `https://api.openai.com/v1`. */
  baseUrl: z.url({ protocol: /^https?$/ }),
  /** The model used unless a conversation asks for another. */
  model: z.string(),
  models: z.array(model),
  hasKey: z.boolean(),
  keyVersion: z.number().int().nullable(),
  addedAt: timestamp,
  rotatedAt: timestamp.nullable(),
  lastUsedAt: timestamp.nullable(),
  lastCheck: connectionCheck.nullable(),
  isDefault: z.boolean(),
});
export type Connection = z.infer<typeof connection>;

export const newConnection = z.object({
  kind: connectionKind,
  label: z.string().min(1).max(80).optional(),
  /** Needed for `compatible`; the others know theirs. */
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  api: modelApi.optional(),
  key: z.string().max(8192).optional(),
  model: z.string().max(200).optional(),
});
export type NewConnection = z.infer<typeof newConnection>;

/** The vault id of a connection's key. */
export function secretIdOf(id: ConnectionId): string {
  return `provider/${id}`;
}

/** Something on this computer that can answer, found without changing anything. Never holds the key itself. */
export const discovery = z.object({
  id: z.string(),
  source: z.enum(["openclaw-config", "openclaw-auth-profile", "dotenv", "environment", "ollama", "lmstudio"]),
  kind: connectionKind,
  /** For people: "OpenAI key in ~/.openclaw/openclaw.json". */
  label: z.string(),
  /** Where it was found: a path, a variable name, an address. */
  where: z.string(),
  baseUrl: z.string(),
  api: modelApi,
  model: z.string().nullable(),
  /** Whether using it moves a plaintext key into the vault. */
  hasKey: z.boolean(),
});
export type Discovery = z.infer<typeof discovery>;

/** What the importer did, or would do, to one place where a key stood in the clear. */
export const importStep = z.object({
  path: z.string(),
  /** e.g. `models.providers.openai.apiKey` or `OPENAI_API_KEY`. */
  field: z.string(),
  /** The connection or vault id that now holds it; null when only scrubbed. */
  storedAs: z.string().nullable(),
  outcome: z.enum(["found", "moved", "scrubbed", "already-there", "left", "failed"]),
  detail: z.string(),
});
export type ImportStep = z.infer<typeof importStep>;
