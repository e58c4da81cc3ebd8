import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Component } from "../../install/component.ts";
import { createRegistryReader } from "../../install/registry-reader.ts";
import { createReleaseLists } from "../../install/release-lists.ts";
import { runtimeComponent } from "../runtime-component.ts";
import { createRuntimeInstaller, type RuntimeInstaller } from "../runtime-installer.ts";
import { createRuntimes } from "../runtimes.ts";

/** Another line than SmartClaw's own, on which OpenClaw 2026.9.6 runs, too. */
export const otherVersion = "24.21.0";

const registry = process.env["npm_config_registry"] ?? "https://registry.npmjs.org/";
const program = (name: string): string => fileURLToPath(new URL(`../../install/${name}`, import.meta.url));

/**
 * An installer of Nodes for tests, from the npm registry or the mirror that this machine has in its place.
 * @param root where they are laid out; their tarballs are kept from one test run to the next
 * @returns a sentence instead when that version cannot be had here
 */
export async function openOtherNodes(root: string): Promise<RuntimeInstaller | string> {
  const component = runtimeComponent(process.platform, process.arch);
  if (component === null) return "there is no package of Node for this machine";
  const bundled = { path: process.execPath, version: process.versions.node };
  const nodes = open(root, component, bundled);
  if (nodes.runtimes.isWhole(otherVersion)) return nodes;
  const facts = await createRegistryReader({ registry, fetch, received() {} })
    .facts(component.name, otherVersion)
    .catch(() => null);
  return facts === null ? `${registry} does not give ${component.name} ${otherVersion}` : nodes;
}

function open(
  root: string,
  component: Component,
  bundled: { path: string; version: string },
): RuntimeInstaller {
  const npm = {
    environment: process.env,
    registry,
    processName: "test",
    ledger: { begin: () => ({ connected() {}, count() {}, end() {}, fail() {} }), refuse() {} },
    log: { info() {}, warn() {}, error() {} },
  };
  const lists = createReleaseLists({
    ...npm,
    command: [process.execPath, program("resolve-child.ts")],
    component,
    committed: () => join(root, "no-list"),
    folder: join(root, "lists"),
    cache: join(root, "list-cache"),
    registrySigns: false,
    keys: null,
  });
  return createRuntimeInstaller({
    ...npm,
    command: [process.execPath, program("child.ts")],
    runtimes: createRuntimes({ root, bundled, platform: process.platform }),
    source: { component, lists },
    cache: join(process.env["SMARTCLAW_TEST_CACHE"] ?? tmpdir(), "npm-node"),
    clock: Date,
  });
}

/** Brings that version; a mirror signs nothing, so that one has to insist. @throws as `RuntimeInstaller.ensure` */
export async function bringOtherNode(nodes: RuntimeInstaller): Promise<string> {
  const { signal } = new AbortController();
  await nodes
    .ensure(otherVersion, false, () => {}, signal)
    .catch(() => nodes.ensure(otherVersion, true, () => {}, signal));
  return nodes.runtimes.path(otherVersion);
}
