export type { AuditHead, AuditRow } from "./audit/entry.ts";
export { checkedLine, checkLine, type CheckedLine, type CheckResult } from "./check/check-lines.ts";
export { worldOfLines } from "./check/world-of-lines.ts";
export { type CommandRequest, type Decision, createDecider } from "./decide.ts";
export type { Grant, Scope } from "./grants/grant.ts";
export { type Guardian, openGuardian } from "./guardian.ts";
export { probeSandbox } from "./sandbox/probe-sandbox.ts";
export { thisComputer } from "./world/this-computer.ts";
export type { World } from "./world/world.ts";
