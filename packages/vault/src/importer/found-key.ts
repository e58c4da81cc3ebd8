import { createHash } from "node:crypto";
import type { Discovery, Secret } from "@smartclaw/contracts";
import type { KnownProvider } from "./providers.ts";

/** Where a key stands, precisely enough to take it out again. */
export type KeyPlace =
  | { readonly kind: "json"; readonly file: string; readonly path: readonly string[] }
  | { readonly kind: "dotenv"; readonly file: string; readonly variable: string }
  | { readonly kind: "sqlite"; readonly file: string; readonly profile: string }
  /** Cannot be taken out: it belongs to the shell that started SmartClaw. */
  | { readonly kind: "environment"; readonly variable: string };

/** A key that lies in the clear. */
export interface FoundKey extends Pick<
  Discovery,
  "id" | "source" | "kind" | "label" | "where" | "baseUrl" | "api" | "model"
> {
  /** Whose key it is, as people call them. */
  readonly provider: string;
  readonly secret: Secret;
  readonly place: KeyPlace;
  readonly field: string;
}

export function foundKey(
  source: Discovery["source"],
  provider: Pick<KnownProvider, "kind" | "label" | "api" | "baseUrl">,
  where: string,
  field: string,
  place: KeyPlace,
  secret: Secret,
  model: string | null = null,
): FoundKey {
  const id = `key-${createHash("sha256").update(`${where}\0${field}`).digest("hex").slice(0, 12)}`;
  const { kind, api, baseUrl } = provider;
  return {
    id,
    source,
    kind,
    api,
    baseUrl,
    label: `${provider.label} key in ${where}`,
    provider: provider.label,
    where,
    field,
    place,
    secret,
    model,
  };
}
