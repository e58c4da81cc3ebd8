import type { UpdateObstacle } from "@smartclaw/contracts";

/** What a release would be fetched over, and on what power. */
export interface Conditions {
  /** The connection is paid by the byte, as its owner or its provider says. */
  readonly metered: boolean;
  /** Percent that are left in a battery which is being emptied; null on mains, and when nobody knows. */
  readonly batteryLeft: number | null;
}

const leastBattery = 30;

/**
 * What speaks against fetching a release now, which can be 150 MB and takes a minute of computing. Pure. Only for what
 * SmartClaw does by itself: the user's own word is not asked about.
 */
export function fetchObstacle({ metered, batteryLeft }: Conditions): UpdateObstacle | null {
  if (metered) return "metered";
  return batteryLeft !== null && batteryLeft < leastBattery ? "battery" : null;
}
