import { join } from "node:path";
import { z } from "zod";
import type { Machine } from "./machine.ts";

const networkManager = [
  "org.freedesktop.NetworkManager",
  "/org/freedesktop/NetworkManager",
  "org.freedesktop.NetworkManager",
] as const;
const property = z.object({ data: z.number() });
/** NMMetered: yes, and what NetworkManager guesses to be so. https://networkmanager.dev/docs/libnm/latest/libnm-nm-dbus-interface.html */
const meteredStates = [1, 3];

/** Whether NetworkManager calls the connection metered. Nothing is started to be asked. */
export async function isMeteredOnLinux({ run }: Pick<Machine, "run">): Promise<boolean> {
  const options = ["--system", "--auto-start=no", "--json=short"];
  const said = await run("busctl", [...options, "get-property", ...networkManager, "Metered"]);
  return meteredStates.includes(property.parse(JSON.parse(said)).data);
}

const supplies = "/sys/class/power_supply";

/**
 * The mean of what is left in the computer's batteries, in percent, while one of them is being emptied and no mains is
 * connected; null otherwise. https://docs.kernel.org/power/power_supply_class.html
 */
export async function batteryOnLinux({
  list,
  readText,
}: Pick<Machine, "list" | "readText">): Promise<number | null> {
  const batteries: { readonly left: number; readonly status: string }[] = [];
  for (const name of await list(supplies)) {
    const read = async (what: string): Promise<string> =>
      (await readText(join(supplies, name, what)).catch(() => "")).trim();
    const type = await read("type");
    if (type === "Mains" && (await read("online")) === "1") return null;
    // A mouse has a battery, too.
    if (type !== "Battery" || (await read("scope")) === "Device") continue;
    const capacity = await read("capacity");
    if (/^\d+$/.test(capacity)) batteries.push({ left: Number(capacity), status: await read("status") });
  }
  if (!batteries.some(({ status }) => status === "Discharging")) return null;
  return batteries.reduce((sum, { left }) => sum + left, 0) / batteries.length;
}
