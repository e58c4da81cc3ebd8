import { satisfies } from "semver";
import { growAcquaintance } from "./find/acquaintance.ts";
import { chooseRuntime, newestRuntime, type RuntimesAtHand } from "./find/choose-runtime.ts";
import type { RuntimeOffer } from "./find/choose-update.ts";
import { noRuntime } from "./refusals.ts";
import type { UpdateStore } from "./store/update-store.ts";

/** Nodes for releases that do not run on SmartClaw's own. */
export interface RuntimeSource {
  /** Versions that lie there whole. */
  installed(): readonly string[];
  /** Versions that could be fetched for this computer. @throws as `ask` of the registry */
  published(signal: AbortSignal): Promise<{ readonly versions: readonly string[]; readonly bytes: number }>;
  /** `engines.node` of a release that lies there; null when it does not. */
  neededBy(version: string): string | null;
}

/** Finds the Node that a release runs on. It is fetched with the release, and only named here. */
export interface RuntimeFinder {
  readonly atHand: () => RuntimesAtHand;
  /** What would be fetched, by what was learned so far. */
  offer(now: number): RuntimeOffer | null;
  /** The Node for a range, as a pointer names it; null when none is known that would do. */
  choose(range: string): string | null;
  /** Asks which Nodes there are, when none at hand will do. @returns bytes received. @throws as `RuntimeSource` */
  look(range: string, now: number, signal: AbortSignal): Promise<number>;
  /**
   * The Node for a release that the user wants now: no cool-down counts.
   * @param range asks for its `engines.node`, if it does not lie there
   * @throws SmartClawError UPDATE_REFUSED when there is none; as `RuntimeSource`
   */
  find(version: string, range: () => Promise<string>, signal: AbortSignal): Promise<string>;
  /** The Node for a release that ran on `node`. */
  again(version: string, node: string): string;
}

export function createRuntimeFinder(deps: {
  readonly source: RuntimeSource;
  readonly bundled: string;
  readonly store: Pick<UpdateStore, "memory" | "remember">;
}): RuntimeFinder {
  const { source, bundled, store } = deps;
  const atHand = (): RuntimesAtHand => ({ bundled, installed: source.installed() });

  /** What is known for a while stays the choice, so that a newer one each day does not keep an update away for ever. */
  const pick = (range: string, published: readonly string[]): string | null => {
    const known = store.memory().runtime?.version;
    return known !== undefined && published.includes(known) && satisfies(known, range)
      ? known
      : newestRuntime(range, published);
  };

  return {
    atHand,
    offer(now) {
      const { runtime } = store.memory();
      return runtime === null ? null : growAcquaintance(runtime, runtime.version, now);
    },
    choose(range) {
      const { runtime } = store.memory();
      const fetched = runtime !== null && satisfies(runtime.version, range) ? runtime.version : null;
      return chooseRuntime(range, atHand()) ?? fetched;
    },
    async look(range, now, signal) {
      const { runtime } = store.memory();
      if (chooseRuntime(range, atHand()) !== null) {
        if (runtime !== null) store.remember({ runtime: null });
        return 0;
      }
      const { versions, bytes } = await source.published(signal);
      const version = pick(range, versions);
      store.remember({ runtime: version === null ? null : growAcquaintance(runtime, version, now) });
      return bytes;
    },
    async find(version, askRange, signal) {
      const range = source.neededBy(version) ?? (await askRange());
      const there = chooseRuntime(range, atHand());
      if (there !== null) return there;
      const found = pick(range, (await source.published(signal)).versions);
      if (found === null) throw noRuntime(version, range, bundled);
      return found;
    },
    again(version, node) {
      // SmartClaw's own may be another one by now.
      const range = node === "bundled" ? source.neededBy(version) : null;
      return (range === null ? null : chooseRuntime(range, atHand())) ?? node;
    },
  };
}
