import type { Conditions } from "@smartclaw/updater";
import { batteryOnLinux, isMeteredOnLinux } from "./linux.ts";
import { batteryOnMac } from "./macos.ts";
import type { Machine } from "./machine.ts";
import { conditionsOnWindows } from "./windows.ts";

/**
 * What this computer says of its connection and its power. What nobody knows is taken for unmetered and for mains:
 * most computers are, and one that never updates is worse. macOS tells only its own programs whether a connection is
 * metered. Never rejects.
 */
export async function readConditions(platform: NodeJS.Platform, machine: Machine): Promise<Conditions> {
  switch (platform) {
    case "linux": {
      const [metered, batteryLeft] = await Promise.all([
        isMeteredOnLinux(machine).catch(() => false),
        batteryOnLinux(machine).catch(() => null),
      ]);
      return { metered, batteryLeft };
    }
    case "darwin":
      return { metered: false, batteryLeft: await batteryOnMac(machine).catch(() => null) };
    case "win32":
      return conditionsOnWindows(machine).catch(() => unknown);
    default:
      return unknown;
  }
}

const unknown: Conditions = { metered: false, batteryLeft: null };
