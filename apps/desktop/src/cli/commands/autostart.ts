import { setAutostart } from "../../autostart/autostart.ts";
import type { Command } from "../context.ts";
import { exit } from "../output.ts";
import { answers } from "./start.ts";

/** Starts SmartClaw with the user's session, or not. Goes through the daemon when it runs, so that both agree. */
export const autostart: Command<{ mode: string }> = async (
  { client, environment, installed, output, paths },
  { mode },
) => {
  if (mode !== "on" && mode !== "off") {
    output.fail({
      code: "BAD_REQUEST",
      message: `“${mode}” is neither on nor off.`,
      next: "Use `smartclaw autostart on` or `off`.",
    });
    return exit.usage;
  }
  const startAtLogin = mode === "on";
  if (await answers(paths.socket)) await (await client()).settings.set({ startAtLogin });
  else await setAutostart(startAtLogin, { environment, platform: process.platform, daemon: installed });
  output.answer(
    { startAtLogin },
    startAtLogin ? "SmartClaw starts with your session." : "SmartClaw does not start by itself any more.",
  );
  return exit.ok;
};
