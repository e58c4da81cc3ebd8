import { expandPattern, literalFolder } from "../paths/pattern.ts";
import { type Access, type Protection, protectionOf, protectionOfPattern } from "../paths/protected.ts";
import { isWithin, resolvePath } from "../paths/resolve.ts";
import type { Argument } from "../shell/argument.ts";
import type { Folders } from "../shell/walk.ts";
import type { World } from "../world/world.ts";
import type { Findings } from "./report.ts";

/** Ends of what a program already holds, and devices that hold nothing. */
const free = /^\/dev\/(?:null|zero|full|random|urandom|stdin|stdout|stderr|fd\/\d+)$/;

/** What a program that is given a path does to it. */
export function touch(
  world: World,
  findings: Findings,
  folders: Folders,
  argument: Argument,
  access: Access,
): void {
  const { text, pattern, source } = argument;
  if (argument.pipe && access !== "read")
    return findings.unknown(`what ${source} names is not known before the run`);
  if (argument.pipe || (text !== null && free.test(text))) return;
  if (text !== null) return touchPath(world, findings, folders, text, access);
  if (pattern !== null) return touchPattern(world, findings, folders, pattern, access);
  findings.unknown(`what ${source} stands for is not known before the run`);
  // If the unknown part were empty.
  const least = argument.atLeast.replace(/(?<=\/)\*$/, "");
  if (least === "") return;
  for (const from of folders ?? []) {
    const place = resolvePath(world, from, least);
    if (place === null) continue;
    refuseProtected(findings, protectionOf(world, place.path, access), access, true);
    if (access === "remove") refuseRoots(world, findings, place.path);
  }
}

function touchPath(world: World, findings: Findings, folders: Folders, path: string, access: Access): void {
  if (path === "") return findings.unknown("a path is empty");
  if (folders === null && !path.startsWith("/")) {
    findings.unknown(`the folder from which ${path} is meant is not known`);
  }
  for (const from of path.startsWith("/") ? ["/"] : (folders ?? [])) {
    // Who removes a link removes nothing of what it leads to.
    const place = resolvePath(world, from, path, access === "remove" ? "keep" : "follow");
    if (place === null) {
      findings.unknown(`where ${path} leads is not known`);
      continue;
    }
    if (/[\n\t]/.test(path)) findings.unknown("a path has line breaks in it");
    const process =
      place.path.startsWith("/proc/") &&
      !/^\/proc\/(?:cpuinfo|meminfo|loadavg|uptime|version|stat)$/.test(place.path);
    if (process) findings.unknown(`${path} means another file for every program`);
    if (place.kind === "special") findings.unknown(`${path} is no ordinary file`);
    if (place.manyNames) findings.unknown(`${path} has other names, which may lie anywhere`);
    reach(world, findings, place.path, access);
  }
}

function reach(world: World, findings: Findings, path: string, access: Access): void {
  refuseProtected(findings, protectionOf(world, path, access), access, false);
  if (access === "remove") refuseRoots(world, findings, path);
  findings.need({ type: access, path });
}

function refuseProtected(
  findings: Findings,
  protection: Protection | null,
  access: Access,
  onlyNever: boolean,
): void {
  if (protection === null) return;
  const done = { read: "read", write: "written", remove: "removed" }[access];
  if (protection.kind === "never") findings.refuse(`${protection.what} would be ${done}`);
  else if (!onlyNever) findings.unknown(`${protection.what} would be ${done}`);
}

/** Nobody means this, whatever they were told. */
function refuseRoots(world: World, findings: Findings, path: string): void {
  if (isWithin(world.home, path)) findings.refuse("a whole home or the whole system would be removed");
}

function touchPattern(
  world: World,
  findings: Findings,
  folders: Folders,
  pattern: string,
  access: Access,
): void {
  if (folders === null && !pattern.startsWith("/"))
    findings.unknown(`the folder from which ${pattern} is meant is not known`);
  for (const from of pattern.startsWith("/") ? ["/"] : (folders ?? [])) {
    const folder = literalFolder(pattern);
    const place = resolvePath(world, from, folder === "" ? "." : folder);
    if (place === null) {
      findings.unknown(`where ${pattern} leads is not known`);
      continue;
    }
    const rest = pattern.slice(folder.length).replace(/^\/+/, "");
    if (/(?:^|\/)\.\.?(?:\/|$)/.test(rest)) findings.unknown(`where ${pattern} leads is not known`);
    const whole = `${place.path === "/" ? "" : place.path.replaceAll(/[\\*?[\]]/g, String.raw`\$&`)}/${rest}`;
    refuseProtected(findings, protectionOfPattern(world, whole, access), access, false);
    // What will be there when it runs lies in this folder, too.
    findings.need({ type: access === "remove" ? "write" : access, path: place.path });
    const found = expandPattern(world, whole);
    if (found === null) findings.unknown(`what ${pattern} names is not known`);
    for (const path of found ?? []) touchPath(world, findings, ["/"], path, access);
    if (access === "remove" && /^\.?\*$/.test(rest))
      findings.need({ type: "remove", path: place.path, contents: true });
  }
}

/** A path that may be touched or not: refused if nothing ever may. */
export function mention(world: World, findings: Findings, folders: Folders, path: Argument): void {
  const text = path.text ?? path.atLeast;
  if (text === "") return;
  for (const from of folders ?? ["/"]) {
    const place = resolvePath(world, from, text.startsWith("~/") ? world.home + text.slice(1) : text);
    const protection = place === null ? null : protectionOf(world, place.path, "read");
    if (protection?.kind === "never") findings.refuse(`${protection.what} would be touched`);
  }
}
