import type { UpdateRecord, UpdateSettings, UpdateVerdict } from "@smartclaw/contracts";
import { satisfies } from "semver";
import { chooseRuntime, type RuntimesAtHand } from "./choose-runtime.ts";
import { compareReleases } from "./release-order.ts";

/** A release that the registry offers. */
export interface Offer {
  readonly version: string;
  /** `engines.node` of its package. */
  readonly node: string;
  /** Milliseconds that SmartClaw has known of it; see `growAcquaintance`. */
  readonly knownForMs: number;
}

/** A Node that would be fetched for a release. */
export type RuntimeOffer = Pick<Offer, "version" | "knownForMs">;

const hourMs = 3_600_000;

/**
 * Decides what becomes of an offered release. Pure. A version that is not newer is never an update, whatever the
 * registry says: old metadata that is replayed changes nothing.
 *
 * @param now milliseconds since the Unix epoch, for `until` only: what counts is how long the release is known.
 */
export function chooseUpdate(
  offer: Offer,
  known: {
    readonly live: string;
    readonly runtimes: RuntimesAtHand;
    readonly runtimeOffer: RuntimeOffer | null;
    readonly settings: UpdateSettings;
    readonly history: readonly UpdateRecord[];
    readonly now: number;
  },
): UpdateVerdict {
  const { version } = offer;
  const { live, settings, runtimes, runtimeOffer } = known;
  const hold = (reason: string): UpdateVerdict => ({ verdict: "hold", version, reason });
  if (compareReleases(version, live) <= 0) return { verdict: "current" };
  if (settings.held) return hold(`You hold it at ${live}.`);
  if (settings.pinned !== null && settings.pinned !== version)
    return hold(`You pinned it to ${settings.pinned}.`);
  if (settings.skipped.includes(version)) return hold("You skipped this version.");
  const bad = failureOf(version, known.history);
  if (bad !== null) return hold(`It was tried and did not work: ${bad}`);
  const atHand = chooseRuntime(offer.node, runtimes);
  const fetched =
    atHand === null && runtimeOffer !== null && satisfies(runtimeOffer.version, offer.node)
      ? runtimeOffer
      : null;
  if (atHand === null && fetched === null)
    return hold(
      `It needs Node ${offer.node}; SmartClaw brings ${runtimes.bundled}, and found no other that would do.`,
    );
  const isNodeYounger = fetched !== null && fetched.knownForMs < offer.knownForMs;
  const waitMs = settings.coolDownHours * hourMs - (isNodeYounger ? fetched : offer).knownForMs;
  if (waitMs > 0) {
    const what = isNodeYounger ? `Node ${fetched.version}, which it needs,` : "It";
    const reason = `${what} is new; SmartClaw waits ${settings.coolDownHours} hours, in which a bad release is usually found out.`;
    return { verdict: "wait", version, until: known.now + waitMs, reason };
  }
  return { verdict: "install", version };
}

/** Why a version is not tried again by itself: it failed, or the user went back from it. A newer version is. */
export function failureOf(version: string, history: readonly UpdateRecord[]): string | null {
  for (const record of history) {
    if (record.kind === "go-back" && record.outcome === "committed" && record.from === version)
      return "you went back from it.";
    if (record.kind !== "update" || record.to !== version) continue;
    if (record.outcome === "refused" || record.outcome === "rolled-back")
      return record.error?.message ?? "it failed.";
  }
  return null;
}
