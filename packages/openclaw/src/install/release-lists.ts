import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type LedgerWriter, type Log, reportOf, SmartClawError } from "@smartclaw/contracts";
import { syncFolder } from "../releases/sync-folder.ts";
import type { Component } from "./component.ts";
import { installFault } from "./faults.ts";
import type { InstallProgress } from "./messages.ts";
import type { RegistryKey } from "./registry-key.ts";
import { beginAtRegistry } from "./registry-ticket.ts";
import { type ResolveAnswer, resolveAnswer, type ResolveOrder } from "./resolve-messages.ts";
import { type ChildProgram, runChild } from "./run-child.ts";

export interface ReleaseListsDeps extends ChildProgram {
  readonly component: Component;
  /** Where the list of a version lies that came with SmartClaw, if there is one. */
  readonly committed: (version: string) => string;
  /** The user's own; for lists that were made here. */
  readonly folder: string;
  /** Of what the registry says, until the list is made. */
  readonly cache: string;
  readonly registry: string;
  /** This registry is known to sign its packages. */
  readonly registrySigns: boolean;
  /** The registry's keys; null for npm's own, which a mirror's packages are signed with as well. */
  readonly keys: readonly RegistryKey[] | null;
  readonly ledger: LedgerWriter;
  readonly processName: string;
  readonly log: Log;
}

export interface ListRequest {
  readonly version: string;
  /** Asks for the announced hash of its tarball; called only when a list has to be made. Null when nobody announces one. */
  readonly integrity: ((signal: AbortSignal) => Promise<string>) | null;
  /** The user wants this version although there were doubts. */
  readonly insisted: boolean;
  /** The version that runs; its list is what the new one is judged by. */
  readonly earlier: string | null;
  /** Packages that are younger are passed over. */
  readonly before: Date | null;
}

/** The lists of packages, with their hashes, by which releases are installed. */
export interface ReleaseLists {
  /** Of the trusted list of a version; nothing is there when it has none yet. */
  readonly pathOf: (version: string) => string;
  /**
   * Makes sure that a version has a trusted list, which is made and judged when it has none. Doubts about it are the
   * user's to decide: one who insists gets the very list that they were about.
   * @throws SmartClawError UPDATE_REFUSED when the packages are not to be trusted; CANCELLED when `signal` aborts;
   * NETWORK_UNREACHABLE, INSTALL_FAILED, DISK_FULL when it could not be found out; what `request.integrity` throws
   */
  ensure(
    request: ListRequest,
    onProgress: (progress: InstallProgress) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Removes the lists of all other versions. Of those about which the user has to decide the newest stays, as only the
   * newest version is offered.
   */
  tidy(keep: readonly string[]): void;
}

type Verdict = Extract<ResolveAnswer, { type: "done" }>;

/** For people, on one page with other things. */
const longestReason = 300;

export function createReleaseLists(deps: ReleaseListsDeps): ReleaseLists {
  const { folder, component } = deps;
  const heldOf = (version: string): string => join(folder, `${component.name}-${version}.held.json`);
  const pathOf = (version: string): string => {
    const committed = deps.committed(version);
    return existsSync(committed) ? committed : join(folder, `${component.name}-${version}.json`);
  };

  /** Other components' lists lie in the same folder. */
  const isOwn = (name: string): boolean =>
    name.startsWith(`${component.name}-`) && /^\d/.test(name.slice(component.name.length + 1));

  const orderOf = async (request: ListRequest, signal: AbortSignal): Promise<ResolveOrder> => {
    const { version, before, earlier } = request;
    const earlierFile = earlier === null ? null : pathOf(earlier);
    return {
      component,
      version,
      integrity: (await request.integrity?.(signal)) ?? null,
      registry: deps.registry,
      registrySigns: deps.registrySigns,
      keys: deps.keys === null ? null : [...deps.keys],
      before: before?.toISOString() ?? null,
      earlierFile: earlierFile !== null && existsSync(earlierFile) ? earlierFile : null,
      folder: deps.cache,
      lockFile: pathOf(version),
      heldFile: heldOf(version),
    };
  };

  const carryOut = async (
    order: ResolveOrder,
    onProgress: (progress: InstallProgress) => void,
    signal: AbortSignal,
  ): Promise<Verdict> => {
    const ticket = beginAtRegistry(
      deps,
      `looking through the packages of ${component.title} ${order.version}`,
    );
    let counted = 0;
    const tell = (progress: InstallProgress): void => {
      ticket.count({ received: progress.bytesDone - counted });
      counted = progress.bytesDone;
      onProgress(progress);
    };
    try {
      const verdict = verdictOf(await runChild(deps, order, resolveAnswer, tell, signal), order, signal);
      ticket.end();
      return verdict;
    } catch (error) {
      ticket.fail(reportOf(error).message);
      throw error;
    }
  };

  return {
    pathOf,
    async ensure(request, onProgress, signal) {
      const { version } = request;
      if (existsSync(pathOf(version))) return;
      if (request.insisted && existsSync(heldOf(version)))
        return letThrough(folder, heldOf(version), pathOf(version));
      const order = await orderOf(request, signal);
      // What is refused now must not be let through because there were only doubts the last time.
      atDisk(() => {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        rmSync(order.heldFile, { force: true });
      });
      const { verdict, reasons } = await carryOut(order, onProgress, signal);
      deps.log.info({ version, verdict, reasons }, "the packages of a release were looked through");
      if (verdict !== "trusted") throw refusedFor(reasons, verdict);
    },
    tidy(keep) {
      const own = (existsSync(folder) ? readdirSync(folder) : []).filter(isOwn);
      const madeAt = (name: string): number => statSync(join(folder, name)).mtimeMs;
      const undecided = own.filter((name) => name.endsWith(".held.json"));
      const [newest] = undecided.toSorted((one, other) => madeAt(other) - madeAt(one));
      const kept = new Set([newest, ...keep.map((version) => `${component.name}-${version}.json`)]);
      for (const name of own) if (!kept.has(name)) rmSync(join(folder, name), { force: true });
    },
  };
}

function verdictOf(
  answer: ResolveAnswer | null,
  { component, version }: ResolveOrder,
  signal: AbortSignal,
): Verdict {
  if (signal.aborted)
    throw new SmartClawError(
      "CANCELLED",
      `The look through the packages of ${component.title} ${version} was stopped.`,
      "Nothing was changed; it can be begun again.",
    );
  if (answer === null)
    throw new SmartClawError(
      "INSTALL_FAILED",
      `The look through the packages of ${component.title} ${version} ended before its time.`,
      "Nothing was changed; try again when other programs use less memory.",
    );
  if (answer.type === "done") return answer;
  throw SmartClawError.from(answer.error);
}

function refusedFor(reasons: readonly string[], verdict: "hold" | "refused"): SmartClawError {
  const text = reasons.join(" ");
  const end = text.lastIndexOf(" ", longestReason - 1);
  const next =
    verdict === "hold"
      ? "Update to it by hand if you trust it."
      : "Nothing is to be done; a newer version is looked for as before.";
  return new SmartClawError(
    "UPDATE_REFUSED",
    text.length <= longestReason ? text : `${text.slice(0, end).replace(/,$/, "")}…`,
    next,
  );
}

/** Makes a list that was held the trusted one, durably. */
function letThrough(folder: string, held: string, trusted: string): void {
  atDisk(() => {
    renameSync(held, trusted);
    syncFolder(folder);
  });
}

function atDisk(write: () => void): void {
  try {
    write();
  } catch (error) {
    throw installFault(error, "The list of packages");
  }
}
