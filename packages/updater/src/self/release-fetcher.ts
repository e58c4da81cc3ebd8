import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Fetcher } from "tuf-js";
import { DownloadHTTPError } from "tuf-js/dist/error.js";
import type { Errand, ErrandFaults } from "../find/errand-faults.ts";
import { request, type RequestDeps, upTo } from "../find/recorded-request.ts";

/** Of one file of metadata, in bytes, whatever other metadata says of its length. */
const mostMetadataBytes = 512 * 1024;
const metadataDeadlineMs = 20_000;
/** 16 KB a second: what comes slower than that is given up. */
const slowestBytesPerMs = 16;

export interface ReleaseFetcherDeps extends RequestDeps {
  readonly errand: Errand;
  readonly faults: ErrandFaults;
  /** Where a target lies until it is verified. */
  readonly folder: string;
  readonly onTargetBytes: (received: number, total: number) => void;
  readonly signal: AbortSignal;
}

/** How tuf-js reaches the network: each request is in the ledger, comes to an end, and is not repeated. */
export interface ReleaseFetcher extends Fetcher {
  /** Of all bodies together. */
  bytes(): number;
  /** Root metadata that was received, by version; it is not trusted for that. */
  readonly roots: ReadonlyMap<number, Buffer>;
  /** Why the last request failed, of which tuf-js passes on the text at best; null when it did not. */
  fault(): unknown;
}

export function createReleaseFetcher(deps: ReleaseFetcherDeps): ReleaseFetcher {
  const { errand, faults } = deps;
  const roots = new Map<number, Buffer>();
  let total = 0;
  let fault: unknown = null;

  /** @returns false when there is no such file and that may be so */
  async function receive(
    url: string,
    limits: { readonly accept: string; readonly deadlineMs: number; readonly mostBytes: number },
    mayBeAbsent: boolean,
    take: (chunk: Uint8Array) => Promise<void> | void,
  ): Promise<boolean> {
    const address = new URL(url);
    const host = address.hostname;
    const tooLong = () => faults.unbelievable(`${host} sent more than it announced`);
    const read = async (response: Response, body: AsyncIterable<Uint8Array>): Promise<boolean> => {
      const { status } = response;
      const absent = mayBeAbsent && [403, 404].includes(status);
      const isPage = /html/i.test(response.headers.get("content-type") ?? "");
      if (status !== 200 || isPage) await response.body?.cancel();
      if (absent) return false;
      if (status !== 200) throw faults.answeredWith(status, host);
      if (isPage) throw faults.someoneElse(host);
      for await (const chunk of upTo(body, limits.mostBytes, tooLong)) {
        total += chunk.byteLength;
        await take(chunk);
      }
      return true;
    };
    fault = null;
    try {
      return await request(deps, { address, reason: errand.reason, faults, ...limits, read }, deps.signal);
    } catch (error) {
      fault = error;
      throw error;
    }
  }

  return {
    roots,
    bytes: () => total,
    fault: () => fault,
    async downloadBytes(url, maxLength) {
      const root = /\/(\d+)\.root\.json$/.exec(url)?.[1];
      const mostBytes = Math.min(maxLength, mostMetadataBytes);
      const limits = { accept: "application/json", deadlineMs: metadataDeadlineMs, mostBytes };
      const chunks: Uint8Array[] = [];
      const came = await receive(url, limits, root !== undefined, (chunk) => void chunks.push(chunk));
      // So tuf-js learns that the root it has is the newest one.
      if (!came) throw new DownloadHTTPError("no newer root", 404);
      const bytes = Buffer.concat(chunks);
      if (root !== undefined) roots.set(Number(root), bytes);
      return bytes;
    },
    async downloadFile(url, length, handler) {
      const path = join(deps.folder, "received");
      const deadlineMs = metadataDeadlineMs + Math.ceil(length / slowestBytesPerMs);
      const limits = { accept: "*/*", deadlineMs, mostBytes: length };
      const file = await open(path, "w", 0o600);
      try {
        let received = 0;
        await receive(url, limits, false, async (chunk) => {
          try {
            await file.writeFile(chunk);
          } catch (error) {
            throw faults.disk((error as NodeJS.ErrnoException).code ?? "", error);
          }
          received += chunk.byteLength;
          deps.onTargetBytes(received, length);
        });
      } finally {
        await file.close();
      }
      return handler(path);
    },
  };
}
