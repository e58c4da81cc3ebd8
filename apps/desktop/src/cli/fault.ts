import type { ErrorReport } from "@smartclaw/contracts";
import { nextInTerminal } from "./describe-vault.ts";

const notRunning: ErrorReport = {
  code: "DAEMON_NOT_RUNNING",
  message: "SmartClaw is not running.",
  next: "Start it with `smartclaw start`.",
};

/**
 * What went wrong with a command, for people. Knows oRPC's errors by their shape (`defined`, `data`), so that a command
 * that fails early does not load oRPC to say so.
 */
export function faultOf(error: unknown): ErrorReport {
  const { code, data, defined } = error as { code?: unknown; data?: unknown; defined?: unknown };
  if (isReport(data)) return { ...data, next: nextInTerminal(data) };
  if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ECONNRESET") return notRunning;
  if (isReport(error)) return { code: error.code, message: error.message, next: error.next };
  const message =
    error instanceof Error && defined !== undefined
      ? error.message
      : "The command met a fault that it did not expect.";
  return { code: "INTERNAL", message, next: "Run `smartclaw doctor`." };
}

function isReport(value: unknown): value is ErrorReport {
  const report = value as Partial<ErrorReport> | null | undefined;
  return (
    typeof report?.code === "string" && typeof report.message === "string" && typeof report.next === "string"
  );
}
