import { isIP } from "node:net";
import { protectionOf } from "../paths/protected.ts";
import { resolvePath } from "../paths/resolve.ts";
import type { Argument } from "../shell/argument.ts";
import type { Folders } from "../shell/walk.ts";
import type { World } from "../world/world.ts";
import { createFindings, type Findings } from "./report.ts";

/** Where clouds tell a machine its own secrets. */
const metadata = new Set([
  "169.254.169.254",
  "[fd00:ec2::254]",
  "100.100.100.200",
  "metadata.google.internal",
  "metadata",
]);

const orders = "it would give orders to SmartClaw or OpenClaw";

/**
 * What a program that is given a URL reaches. Programs read addresses in their own ways, so that only the plainest is
 * taken: https, a name, no user, the usual port.
 */
export function reachUrl(
  world: World,
  findings: Findings,
  folders: Folders,
  argument: Argument,
  sends: boolean,
): void {
  const { text, source } = argument;
  if (text === null) return findings.unknown(`where ${source} leads is not known before the run`);
  const url = parsed(text);
  if (url === null) return findings.unknown(`${text} is no address that is understood`);
  if (url.protocol === "file:") {
    const place = resolvePath(world, folders?.[0] ?? "/", decoded(url.pathname));
    const protection = place === null ? null : protectionOf(world, place.path, "read");
    if (protection?.kind === "never") findings.refuse(`${protection.what} would be read`);
    return findings.unknown("a file would be read as an address");
  }
  const host = url.hostname.toLowerCase().replace(/\.$/, "");
  if (metadata.has(host)) findings.refuse("the secrets of this machine would be asked for");
  const port = url.port === "" ? (url.protocol === "http:" ? 80 : 443) : Number(url.port);
  refuseOrders(world, findings, host, port);
  if (isThisComputer(host) && /guardian|smart-?claw|open-?claw/i.test(url.pathname)) findings.refuse(orders);
  const plain = /^https:\/\/[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::443)?(?:[/?#]|$)/i.test(text);
  if (!plain) return findings.unknown(`${text} is no plain address of a page`);
  findings.need({ type: "reach", host, port, sends });
}

/**
 * The same for a URL of which nobody knows whether it is reached. One with signs of a pattern is what it stands for
 * where no file has such a name.
 */
export function perhapsReach(world: World, findings: Findings, folders: Folders, argument: Argument): void {
  const text = argument.text ?? argument.pattern?.replaceAll(/\\(.)/gs, "$1") ?? null;
  if (text === null) return;
  const aside = createFindings();
  reachUrl(world, aside, folders, { ...argument, text }, false);
  for (const need of aside.report().needs)
    if (need.type === "reach" && !isNoPublicName(need.host)) findings.perhaps(need);
}

/** Refuses what would reach a port of this computer behind which SmartClaw and OpenClaw are told what to do. */
export function refuseOrders(world: World, findings: Findings, host: string, port: number): void {
  if (isThisComputer(host.toLowerCase()) && world.controlPorts.has(port)) findings.refuse(orders);
}

/** Whether a host is named as no exit lets it through: an address, or a name that only this computer has. */
export function isNoPublicName(host: string): boolean {
  return isIP(host.replaceAll(/^\[|\]$/g, "")) !== 0 || /^(?:.+\.)?localhost$/.test(host);
}

function parsed(text: string): URL | null {
  const whole = /^[a-z][a-z0-9+.-]*:(?:\/\/|[^\d/])/i.test(text) ? text : `http://${text}`;
  return URL.canParse(whole) ? new URL(whole) : null;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function isThisComputer(host: string): boolean {
  return (
    host === "localhost" ||
    host.endsWith(".localhost") ||
    /^127\.|^0\.0\.0\.0$/.test(host) ||
    ["[::1]", "[::]"].includes(host) ||
    host.startsWith("[::ffff:7f")
  );
}
