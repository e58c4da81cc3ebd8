import { z } from "zod";
import type { Machine } from "./machine.ts";

/**
 * Windows PowerShell 5.1 comes with each Windows, and is the one that can call WinRT. Each half is asked for itself, as
 * a virtual machine has no batteries and a server no cost.
 */
const question = `
$answer = @{ cost = 'Unknown'; roaming = $false; overLimit = $false; batteries = @() }
try {
  [void][Windows.Networking.Connectivity.NetworkInformation, Windows, ContentType=WindowsRuntime]
  $cost = [Windows.Networking.Connectivity.NetworkInformation]::GetInternetConnectionProfile().GetConnectionCost()
  $answer.cost = "$($cost.NetworkCostType)"; $answer.roaming = $cost.Roaming; $answer.overLimit = $cost.OverDataLimit
} catch {}
try {
  $answer.batteries = @(Get-CimInstance Win32_Battery | ForEach-Object {
    @{ left = [int]$_.EstimatedChargeRemaining; status = [int]$_.BatteryStatus } })
} catch {}
ConvertTo-Json -Compress -Depth 3 $answer
`;

const answer = z.object({
  /** https://learn.microsoft.com/uwp/api/windows.networking.connectivity.networkcosttype */
  cost: z.string(),
  roaming: z.boolean(),
  overLimit: z.boolean(),
  /** https://learn.microsoft.com/windows/win32/cimwin32prov/win32-battery */
  batteries: z.array(z.object({ left: z.number(), status: z.number() })),
});
/** Win32_Battery.BatteryStatus: discharging; low; critical. */
const emptying = [1, 4, 5];

/** Whether the connection is metered, and what is left in batteries that are being emptied, in percent. */
export async function conditionsOnWindows({
  run,
}: Pick<Machine, "run">): Promise<{ metered: boolean; batteryLeft: number | null }> {
  const encoded = Buffer.from(question, "utf16le").toString("base64");
  const said = await run("powershell.exe", ["-NoProfile", "-NonInteractive", "-EncodedCommand", encoded]);
  const { cost, roaming, overLimit, batteries } = answer.parse(JSON.parse(said));
  const emptied = batteries.filter(({ status }) => emptying.includes(status)).map(({ left }) => left);
  return {
    metered: cost === "Fixed" || cost === "Variable" || roaming || overLimit,
    batteryLeft: emptied.length === 0 ? null : emptied.reduce((sum, left) => sum + left, 0) / emptied.length,
  };
}
