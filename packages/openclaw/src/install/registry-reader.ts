import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { installFault } from "./faults.ts";
import { tarballUrl } from "./lock.ts";

/** The largest in use, OpenClaw's, has 132 KB. */
const largestManifest = 4_000_000;
const timeoutMs = 60_000;
const pausesMs = [500, 3_000];

const manifest = z.looseObject({
  name: z.string(),
  version: z.string(),
  dist: z.looseObject({
    integrity: z.string().optional(),
    signatures: z.array(z.object({ keyid: z.string(), sig: z.string() })).optional(),
    attestations: z.looseObject({ provenance: z.unknown() }).optional(),
  }),
});

/** What a registry says of one version of a package. */
export interface VersionFacts {
  readonly integrity: string | undefined;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
  /** It has a proof of where the package was built: https://docs.npmjs.com/generating-provenance-statements */
  readonly attested: boolean;
}

/** Reads single versions, a few kilobytes each, where a package's whole history can have ten megabytes. */
export interface RegistryReader {
  /** @throws SmartClawError NETWORK_UNREACHABLE, INSTALL_FAILED when the registry does not have it */
  facts(name: string, version: string): Promise<VersionFacts>;
  /** The compressed bytes of a package, where the registry says. */
  size(name: string, version: string): Promise<number | undefined>;
}

/** `GET <registry>/<name>/<version>`: https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md */
export function createRegistryReader(deps: {
  readonly registry: string;
  readonly fetch: typeof fetch;
  /** Told of the bytes of every answer. */
  readonly received: (bytes: number) => void;
}): RegistryReader {
  const base = deps.registry.replace(/\/+$/, "");

  const once = async (url: string, method: "GET" | "HEAD"): Promise<Answer> => {
    try {
      const response = await deps.fetch(url, { method, signal: AbortSignal.timeout(timeoutMs) });
      if (!response.ok) {
        await response.body?.cancel();
        throw new RegistryFault(`E${response.status}`);
      }
      const text = await readText(response);
      deps.received(Buffer.byteLength(text));
      return { text, length: Number(response.headers.get("content-length")) };
    } catch (error) {
      throw error instanceof RegistryFault ? error : new RegistryFault(networkCode(error), { cause: error });
    }
  };

  const ask = async (url: string, method: "GET" | "HEAD"): Promise<Answer> => {
    for (const pause of pausesMs)
      try {
        return await once(url, method);
      } catch (error) {
        if (!(error instanceof RegistryFault && error.mayPass)) throw error;
        await sleep(pause);
      }
    return await once(url, method);
  };

  return {
    async facts(name, version) {
      try {
        const { text } = await ask(
          `${base}/${name.replace("/", "%2f")}/${encodeURIComponent(version)}`,
          "GET",
        );
        const said = manifest.safeParse(parseJson(text)).data;
        if (said?.name !== name || said.version !== version) throw new RegistryFault("FETCH_GARBAGE");
        const { integrity, signatures = [], attestations } = said.dist;
        return { integrity, signatures, attested: Boolean(attestations?.provenance) };
      } catch (error) {
        throw installFault(error, `${name} ${version}`);
      }
    },
    async size(name, version) {
      try {
        const { length } = await ask(tarballUrl(base, name, version), "HEAD");
        return length > 0 ? length : undefined;
      } catch {
        // Only the progress of the download is less exact without it.
        return undefined;
      }
    },
  };
}

interface Answer {
  readonly text: string;
  readonly length: number;
}

/** Its codes are those that `installFault` knows from npm's libraries. */
class RegistryFault extends Error {
  readonly code: string;

  constructor(code: string, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }

  /** Whether asking again can help. */
  get mayPass(): boolean {
    return this.code === "E429" || !/^(E4\d\d|FETCH_)/.test(this.code);
  }
}

/** The code of what `fetch` throws: undici keeps the system's in the cause. */
function networkCode(error: unknown): string {
  if (error instanceof DOMException && error.name === "TimeoutError") return "ETIMEDOUT";
  const { code } = (error as { cause?: { code?: unknown } }).cause ?? {};
  return typeof code === "string" && code.startsWith("E") ? code : "ERR_SOCKET";
}

/** The whole body, unless it is larger than any should be. */
async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > largestManifest) throw new RegistryFault("FETCH_TOO_LARGE");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
