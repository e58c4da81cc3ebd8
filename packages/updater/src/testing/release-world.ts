/** What tests of signed releases start from: a repository with one release, served on loopback, and SmartClaws of it. */
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LedgerEntry, LedgerWriter } from "@smartclaw/contracts";
import { createReleaseSource, type ReleaseSource } from "../self/release-source.ts";
import { initRepository, publish, type RepositoryState } from "../self/repository.ts";
import { type ReleaseServer, startReleaseServer } from "./release-server.ts";

export const platform = "linux-x64";

type Row = Pick<LedgerEntry, "door" | "process" | "host" | "port" | "reason"> & {
  received: number;
  outcome: string;
};

export interface ReleaseWorld {
  readonly folder: string;
  readonly repository: string;
  /** What is served of it. */
  readonly public: string;
  readonly server: ReleaseServer;
  /** The text of the first root metadata. */
  readonly root: string;
  readonly rows: Row[];
  readonly ledger: LedgerWriter;
  /** Publishes a release of random bytes. */
  publish(version: string, options?: { now?: number; bytes?: Buffer }): RepositoryState;
  /** A SmartClaw, after a restart when one with this name was there before. */
  smartclaw(name?: string, options?: Partial<Parameters<typeof createReleaseSource>[0]>): ReleaseSource;
  close(): Promise<void>;
}

/** @param now when the repository is made, in milliseconds since the epoch */
export async function createReleaseWorld(now = Date.now()): Promise<ReleaseWorld> {
  const folder = mkdtempSync(join(tmpdir(), "smartclaw-releases-"));
  const repository = join(folder, "repository");
  const first = initRepository(repository, { clock: { now: () => now } });
  const server = await startReleaseServer(join(repository, "public"));
  const root = readFileSync(first.root, "utf8");
  const rows: Row[] = [];
  const ledger: LedgerWriter = {
    refuse() {},
    begin(entry) {
      const row = { ...entry, received: 0, outcome: "open" };
      rows.push(row);
      return {
        connected() {},
        count: ({ received = 0 }) => void (row.received += received),
        end: () => void (row.outcome = "ended"),
        fail: (reason) => void (row.outcome = `failed: ${reason}`),
      };
    },
  };
  const world: ReleaseWorld = {
    folder,
    repository,
    public: join(repository, "public"),
    server,
    root,
    rows,
    ledger,
    publish(version, { now: at = Date.now(), bytes = randomBytes(200_000) } = {}) {
      const archive = join(folder, `packed-${version}.tgz`);
      writeFileSync(archive, bytes);
      return publish(
        repository,
        { version, node: ">=24.16.0 <25 || >=26.1.0", archives: { [platform]: archive }, notes: null },
        { clock: { now: () => at } },
      );
    },
    smartclaw(name = "one", options = {}) {
      mkdirSync(join(folder, "smartclaws"), { recursive: true });
      return createReleaseSource({
        root,
        url: server.url,
        folder: join(folder, "smartclaws", name),
        platform,
        fetch,
        ledger,
        processName: "smartclaw-daemon (1)",
        ...options,
      });
    },
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  world.publish("1.0.0", { now });
  server.requests.length = 0;
  return world;
}
