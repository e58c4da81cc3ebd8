import { readFileSync, readlinkSync } from "node:fs";
import { relayPort } from "./relay.ts";

/** Where the kernel tells of processes (`proc(5)`). */
type Proc = (path: string) => string;

const proc: Proc = (path) => readFileSync(`/proc/${path}`, "utf8");

/**
 * The first process of the inner sandbox; null while there is none.
 * @param outer the first process of the outer one
 */
export function firstInside(outer: number): number | null {
  const children = proc(`${outer}/task/${outer}/children`).trim().split(" ").filter(Boolean).map(Number);
  return children.find((child) => /^NSpid:.*\t1$/m.test(proc(`${child}/status`))) ?? null;
}

/**
 * Whether all of the network that a process has is a loopback of its own with the relay, as the kernel tells it; null
 * while the relay does not listen.
 */
export function hasRelayOnly(pid: number): boolean | null {
  const network = (of: number | "self"): string => readlinkSync(`/proc/${of}/ns/net`);
  if (network(pid) === network("self")) return false;
  if (!hasLoopbackOnly(proc(`${pid}/net/dev`))) return false;
  return listensForRelay(proc(`${pid}/net/tcp`)) ? true : null;
}

/** @param table `/proc/PID/net/dev`, two lines of headings first */
export function hasLoopbackOnly(table: string): boolean {
  const names = table
    .trimEnd()
    .split("\n")
    .slice(2)
    .map((line) => line.split(":")[0]?.trim());
  return names.length === 1 && names[0] === "lo";
}

/** @param table `/proc/PID/net/tcp`, in which numbers are as they lie in memory, and 0A is "listens" */
export function listensForRelay(table: string): boolean {
  const place = `0100007F:${relayPort.toString(16).toUpperCase().padStart(4, "0")}`;
  return table.split("\n").some((line) => {
    const [, local, , state] = line.trim().split(/\s+/);
    return local === place && state === "0A";
  });
}
