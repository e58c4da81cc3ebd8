import type { Edge, Node } from "@npmcli/arborist";
import { SmartClawError } from "@smartclaw/contracts";

/**
 * Checks that everything a tree of packages needs comes from the registry and could be fetched; a tree that is only
 * half built, too.
 * @param fault what is thrown for a package that could not be fetched
 * @throws SmartClawError UPDATE_REFUSED
 */
export function checkSources(tree: Tree, fault: (error: unknown, name: string) => SmartClawError): void {
  for (const { name, spec, from, to } of edgesOf(tree)) {
    if (parseSpec(name, spec) === null)
      throw refusal(`${from?.packageName} needs ${name}, which does not come from the npm registry`);
    // npm would leave an optional package out without a word, and OpenClaw would lack it when it starts.
    const [failure] = to?.errors ?? [];
    if (failure !== undefined) throw fault(failure, name);
  }
}

/**
 * Checks that everything is what was asked for. A signature covers a name, a version and a file, but not the question: a
 * registry could answer with another package, or with an old version, that is rightly signed.
 * @throws SmartClawError UPDATE_REFUSED
 */
export function checkAnswers(tree: Tree): void {
  for (const { name, spec, type, to, valid } of edgesOf(tree)) {
    // Brought along in the tarball of whoever needs it.
    if (to === null) continue;
    const asked = parseSpec(name, spec);
    if (to.packageName !== asked)
      throw refusal(`The npm registry gave ${to.packageName} where ${asked} was asked for`);
    // Peers are only a wish: npm lets them differ.
    if (!valid && !type.startsWith("peer"))
      throw refusal(`The npm registry gave ${name} ${to.version} where ${spec} was asked for`);
  }
}

type Tree = Pick<Node, "inventory">;

/** Who needs what, but for what is only named in case something else brings it. */
function edgesOf(tree: Tree): Edge[] {
  return [...tree.inventory.values()]
    .flatMap(({ edgesOut }) => [...edgesOut.values()])
    .filter(({ to, type }) => to !== null || type !== "peerOptional");
}

/** The package that a dependency names, or null when that is an address, a path or a repository. */
function parseSpec(name: string, spec: string): string | null {
  const alias = /^npm:(?<target>(?:@[^/@]+\/)?[^/@]+)(?:@(?<range>.*))?$/.exec(spec)?.groups;
  const range = alias === undefined ? spec : (alias["range"] ?? "");
  // No version, range or tag has any of these: https://docs.npmjs.com/cli/configuring-npm/package-json#dependencies
  if (/[:/\\]|^\.|\.(?:tgz|tar\.gz|tar)$/i.test(range)) return null;
  return alias?.["target"] ?? name;
}

/** That a release is not to be installed, whatever the user says. */
export function refusal(what: string): SmartClawError {
  return new SmartClawError(
    "UPDATE_REFUSED",
    `${what}.`,
    "Nothing was changed; a later release may be better.",
  );
}
