export { checkedLine, checkLine, type CheckedLine, type CheckResult } from "./check/check-lines.ts";
export { worldOfLines } from "./check/world-of-lines.ts";
export { type CommandRequest, type Decision, createDecider } from "./decide.ts";
export type { Grant, Scope } from "./grants/grant.ts";
export { thisComputer } from "./world/this-computer.ts";
export type { World } from "./world/world.ts";
