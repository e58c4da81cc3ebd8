import { type Log, type Settings, settings } from "@smartclaw/contracts";
import { type JsonFile, openJsonFile } from "../daemon/json-file.ts";

const initial: Settings = { allowedHosts: [], openBrowserAtStart: true, ledgerDays: 90, startAtLogin: false };

export function openSettings(path: string, log: Log): JsonFile<Settings> {
  return openJsonFile(path, settings, initial, log);
}
