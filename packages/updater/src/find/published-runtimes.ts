import { z } from "zod";
import { ask, type RegistryDeps } from "./registry-question.ts";
import { version } from "./release-fields.ts";

/** Of a body, in bytes: that of Linux on x64, which has the most versions, is 385 KB long. */
const mostBytes = 8 * 1024 * 1024;

/** https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md, as far as SmartClaw uses it. */
const packumentOf = (name: string) =>
  z.object({
    name: z.literal(name),
    versions: z.record(z.string(), z.looseObject({ deprecated: z.unknown().optional() })),
  });

/**
 * Asks which versions of Node the npm registry has for one kind of machine, without those that were withdrawn. It is the
 * one question that tells: what is published differs from machine to machine, and the registry answers no ranges.
 * @param name the machine's package
 * @throws as `ask`
 */
export async function publishedRuntimes(
  deps: RegistryDeps,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly versions: readonly string[]; readonly bytes: number }> {
  const { answer, bytes } = await ask(deps, { path: name, schema: packumentOf(name), mostBytes }, signal);
  const versions = Object.entries(answer.versions).flatMap(([text, { deprecated }]) =>
    version.safeParse(text).success && !deprecated ? [text] : [],
  );
  return { versions, bytes };
}
