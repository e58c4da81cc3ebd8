import { SmartClawError } from "@smartclaw/contracts";
import { z } from "zod";
import { ask, type RegistryDeps } from "./registry-question.ts";
import { nodeRange, version } from "./release-fields.ts";

/** Of a body, in bytes: what npm's registry gives is 21 bytes and 132 KB long. */
const mostBytes = { distTags: 64 * 1024, manifest: 2 * 1024 * 1024 };

/** https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md */
const distTags = z.object({ latest: version });

/** https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md, as far as SmartClaw uses it. */
const manifestOf = (asked: string) =>
  z.object({
    name: z.literal("openclaw"),
    version: z.literal(asked),
    engines: z.object({ node: nodeRange }),
    dist: z.object({ integrity: z.string().regex(/^sha512-[A-Za-z0-9+/]{86}==$/) }),
    openclaw: z
      .object({ schemaVersions: z.record(z.string(), z.number().int().nonnegative()).default({}) })
      .default({ schemaVersions: {} }),
  });

/** What the registry says of one release. None of it is signed, except that `integrity` fixes what is downloaded. */
interface PublishedRelease {
  readonly version: string;
  /** `engines.node`: the versions of Node that it runs on. */
  readonly node: string;
  /** SHA-512 of its tarball, as in npm's lock files. */
  readonly integrity: string;
  /** Of the databases in its state, by name; empty when the release does not tell. */
  readonly schemaVersions: Readonly<Record<string, number>>;
  /** Received for this answer. */
  readonly bytes: number;
}

/** The npm registry, as far as it is asked for newer releases. Each question is in the ledger, and none is repeated. */
export interface Registry {
  /** The release that OpenClaw's authors call the latest. @throws as `ask` */
  newest(signal: AbortSignal): Promise<{ readonly version: string; readonly bytes: number }>;
  /** @throws as `ask`, and SmartClawError BAD_REQUEST for what is no version */
  release(version: string, signal: AbortSignal): Promise<PublishedRelease>;
}

export function createRegistry(deps: RegistryDeps): Registry {
  return {
    async newest(signal) {
      const { answer, bytes } = await ask(
        deps,
        { path: "-/package/openclaw/dist-tags", schema: distTags, mostBytes: mostBytes.distTags },
        signal,
      );
      return { version: answer.latest, bytes };
    },
    async release(asked, signal) {
      if (!version.safeParse(asked).success)
        throw new SmartClawError("BAD_REQUEST", "That is no version of OpenClaw.", "Give one like 2026.9.6.");
      const { answer, bytes } = await ask(
        deps,
        { path: `openclaw/${asked}`, schema: manifestOf(asked), mostBytes: mostBytes.manifest },
        signal,
      );
      const { engines, dist, openclaw } = answer;
      const { schemaVersions } = openclaw;
      return { version: asked, node: engines.node, integrity: dist.integrity, schemaVersions, bytes };
    },
  };
}
