import { createORPCClient, ORPCError } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import type { ContractRouterClient } from "@orpc/contract";
import type { Api, ErrorReport } from "@smartclaw/contracts";
import { createSocketFetch } from "./socket-fetch.ts";

export type Client = ContractRouterClient<Api>;

/** The daemon's API through its socket. Nothing is contacted before the first call. */
export function createClient(socketPath: string): Client {
  const link = new RPCLink({ url: "http://localhost/rpc", fetch: createSocketFetch(socketPath) });
  return createORPCClient(link);
}

const notRunning: ErrorReport = {
  code: "DAEMON_NOT_RUNNING",
  message: "SmartClaw is not running.",
  next: "Start it with `smartclaw start`.",
};

/** What went wrong with a call, for people. */
export function faultOf(error: unknown): ErrorReport {
  if (error instanceof ORPCError && isReport(error.data)) return error.data;
  const code = (error as { code?: unknown }).code;
  if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ECONNRESET") return notRunning;
  if (isReport(error)) return error;
  const message =
    error instanceof ORPCError ? error.message : "The command met a fault that it did not expect.";
  return { code: "INTERNAL", message, next: "Run `smartclaw doctor`." };
}

function isReport(value: unknown): value is ErrorReport {
  const report = value as Partial<ErrorReport> | null | undefined;
  return (
    typeof report?.code === "string" && typeof report.message === "string" && typeof report.next === "string"
  );
}
