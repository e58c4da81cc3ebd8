import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { modelApi, Secret } from "@smartclaw/contracts";
import JSON5 from "json5";
import { z } from "zod";
import { type FoundKey, foundKey } from "./found-key.ts";
import { type KnownProvider, knownProviders, providerOfVariable } from "./providers.ts";

/** A value that is a key: not a reference to a variable, not a placeholder. */
const plainKey = z
  .string()
  .regex(/^[\x21-\x7e]{12,8192}$/)
  .regex(/^[^$<{]/);

const configSchema = z.looseObject({
  models: z
    .looseObject({
      providers: z.record(
        z.string(),
        z.looseObject({
          apiKey: z.unknown().optional(),
          baseUrl: z.string().optional(),
          api: z.string().optional(),
          models: z.array(z.looseObject({ id: z.string() })).optional(),
        }),
      ),
    })
    .optional(),
  env: z.record(z.string(), z.unknown()).optional(),
});

export const profilesSchema = z.looseObject({
  profiles: z.record(z.string(), z.looseObject({ provider: z.string(), key: z.unknown().optional() })),
});

/** The row of OpenClaw's state that holds its auth profiles (seen in 2026.9.6). */
export const authProfilesKey = "authProfiles.store";

/**
 * Looks for provider keys in the clear: an OpenClaw installation below `home`, its `.env`, and the environment.
 * Changes nothing. A file that cannot be read or parsed is passed over.
 */
export function scanForKeys(deps: {
  home: string;
  environment: Readonly<Record<string, string | undefined>>;
}): FoundKey[] {
  const openclaw = join(deps.home, ".openclaw");
  const found = [
    ...scanConfig(join(openclaw, "openclaw.json")),
    ...scanDotenv(join(openclaw, ".env")),
    ...scanProfileFiles(join(openclaw, "agents")),
    ...scanState(join(openclaw, "state", "openclaw.sqlite")),
    ...scanEnvironment(deps.environment),
  ];
  return found;
}

function scanConfig(file: string): FoundKey[] {
  const config = configSchema.safeParse(parseJson5(file));
  if (!config.success) return [];
  const fromProviders = Object.entries(config.data.models?.providers ?? {}).flatMap(([name, entry]) => {
    const key = plainKey.safeParse(entry.apiKey);
    const provider = describe(name, entry.baseUrl, entry.api);
    if (!key.success || provider === null) return [];
    const path = ["models", "providers", name, "apiKey"];
    const model = entry.models?.[0]?.id ?? null;
    return [
      foundKey(
        "openclaw-config",
        provider,
        file,
        path.join("."),
        { kind: "json", file, path },
        Secret.fromText(key.data),
        model,
      ),
    ];
  });
  const variables = (values: Readonly<Record<string, unknown>>, prefix: readonly string[]): FoundKey[] =>
    Object.entries(values).flatMap(([variable, value]) => {
      const key = plainKey.safeParse(value);
      const provider = providerOfVariable(variable);
      if (!key.success || provider === null) return [];
      const path = [...prefix, variable];
      return [
        foundKey(
          "openclaw-config",
          provider,
          file,
          path.join("."),
          { kind: "json", file, path },
          Secret.fromText(key.data),
        ),
      ];
    });
  const env = config.data.env ?? {};
  const nested = z.record(z.string(), z.unknown()).safeParse(env["vars"]);
  return [
    ...fromProviders,
    ...variables(env, ["env"]),
    ...variables(nested.success ? nested.data : {}, ["env", "vars"]),
  ];
}

function scanDotenv(file: string): FoundKey[] {
  return readText(file)
    .split(/\r?\n/)
    .flatMap((line) => {
      const match = /^\s*(?:export\s+)?([A-Z0-9_]+)\s*=\s*(["']?)(.*?)\2\s*$/.exec(line);
      const provider = providerOfVariable(match?.[1] ?? "");
      const key = plainKey.safeParse(match?.[3]);
      if (match?.[1] === undefined || provider === null || !key.success) return [];
      const [, variable] = match;
      return [
        foundKey(
          "dotenv",
          provider,
          file,
          variable,
          { kind: "dotenv", file, variable },
          Secret.fromText(key.data),
        ),
      ];
    });
}

function scanProfileFiles(agents: string): FoundKey[] {
  if (!existsSync(agents)) return [];
  return readdirSync(agents).flatMap((agent) => {
    const file = join(agents, agent, "agent", "auth-profiles.json");
    return profiles(parseJson5(file)).flatMap(({ name, provider, key }) => {
      const path = ["profiles", name, "key"];
      return [
        foundKey("openclaw-auth-profile", provider, file, path.join("."), { kind: "json", file, path }, key),
      ];
    });
  });
}

function scanState(file: string): FoundKey[] {
  return profiles(readStoredProfiles(file)).map(({ name, provider, key }) =>
    foundKey(
      "openclaw-auth-profile",
      provider,
      file,
      `auth profile ${name}`,
      { kind: "sqlite", file, profile: name },
      key,
    ),
  );
}

/** The auth profiles in OpenClaw's state, or null. Opens the file read-only. */
export function readStoredProfiles(file: string): unknown {
  if (!existsSync(file)) return null;
  try {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      const row = database
        .prepare("SELECT value_json FROM config_machine_state WHERE state_key = ?")
        .get(authProfilesKey);
      return row === undefined ? null : JSON.parse(String(row["value_json"]));
    } finally {
      database.close();
    }
  } catch {
    return null;
  }
}

function profiles(value: unknown): { name: string; provider: KnownProvider; key: Secret }[] {
  const parsed = profilesSchema.safeParse(value);
  if (!parsed.success) return [];
  return Object.entries(parsed.data.profiles).flatMap(([name, profile]) => {
    const key = plainKey.safeParse(profile.key);
    const provider = knownProviders[profile.provider];
    return key.success && provider !== undefined ? [{ name, provider, key: Secret.fromText(key.data) }] : [];
  });
}

function scanEnvironment(environment: Readonly<Record<string, string | undefined>>): FoundKey[] {
  return Object.entries(environment).flatMap(([variable, value]) => {
    const provider = providerOfVariable(variable);
    const key = plainKey.safeParse(value);
    if (provider === null || !key.success) return [];
    const where = `the environment (${variable})`;
    return [
      foundKey(
        "environment",
        provider,
        where,
        variable,
        { kind: "environment", variable },
        Secret.fromText(key.data),
      ),
    ];
  });
}

/** A named provider, or one that the user gave an address and a protocol that we speak. */
function describe(name: string, baseUrl: string | undefined, api: string | undefined): KnownProvider | null {
  const known = knownProviders[name];
  const spoken = modelApi.safeParse(api ?? known?.api);
  if (!spoken.success) return null;
  if (known !== undefined) return { ...known, api: spoken.data, baseUrl: baseUrl ?? known.baseUrl };
  if (baseUrl === undefined || !URL.canParse(baseUrl)) return null;
  return { kind: "compatible", label: name, api: spoken.data, baseUrl, variables: [] };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function parseJson5(file: string): unknown {
  try {
    return JSON5.parse(readText(file));
  } catch {
    return null;
  }
}
