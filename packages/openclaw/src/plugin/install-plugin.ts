import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The plugin's name in OpenClaw. */
export const guardianPluginId = "smartclaw-guardian";

const manifest = {
  id: guardianPluginId,
  name: "SmartClaw Guardian",
  description: "Lets nothing run that was not granted in SmartClaw.",
  activation: { onStartup: true },
  contracts: { agentToolResultMiddleware: ["openclaw"] },
  configSchema: {
    type: "object",
    additionalProperties: false,
    required: ["socket"],
    properties: { socket: { type: "string" } },
  },
};
const packageFile = {
  name: guardianPluginId,
  version: "0.1.0",
  type: "module",
  openclaw: { extensions: ["./index.mjs"] },
};

/** Puts the plugin, as it came with SmartClaw, into `folder` (made anew, mode 0700), from where OpenClaw loads it. */
export function installGuardianPlugin(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = {
    "package.json": JSON.stringify(packageFile),
    "openclaw.plugin.json": JSON.stringify(manifest),
    "index.mjs": readFileSync(new URL("./guardian-plugin.mjs", import.meta.url), "utf8"),
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    chmodSync(join(folder, name), 0o600);
  }
}
