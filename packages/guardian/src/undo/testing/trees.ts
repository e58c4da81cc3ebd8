import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";

type Tree =
  | { readonly kind: "file"; readonly text: string; readonly mode: number }
  | { readonly kind: "link"; readonly target: string }
  | { readonly kind: "folder"; readonly mode: number; readonly entries: Readonly<Record<string, Tree>> };

const name = fc.constantFrom("a", "b", "c d", "é", "-x", "__proto_", "$(x)");
const file = fc.record({
  kind: fc.constant("file" as const),
  text: fc.string({ maxLength: 20 }),
  mode: fc.constantFrom(0o644, 0o600, 0o755, 0o444),
});
const link = fc.record({
  kind: fc.constant("link" as const),
  target: fc.constantFrom("a", "../a", "/etc/passwd", "no"),
});

const folderOf = (tree: fc.Arbitrary<Tree>) =>
  fc.record({
    kind: fc.constant("folder" as const),
    mode: fc.constantFrom(0o755, 0o700, 0o555),
    entries: fc.dictionary(name, tree, { maxKeys: 4, noNullPrototype: true }),
  });
const trees: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof({ maxDepth: 3, withCrossShrink: true }, file, link, folderOf(tie("tree"))),
})).tree;
export const folders: fc.Arbitrary<Tree> = folderOf(trees);

export function makeTree(path: string, tree: Tree): void {
  if (tree.kind === "link") return symlinkSync(tree.target, path);
  if (tree.kind === "file") writeFileSync(path, tree.text);
  else {
    mkdirSync(path);
    for (const [one, entry] of Object.entries(tree.entries)) makeTree(join(path, one), entry);
  }
  chmodSync(path, tree.mode);
  utimesSync(path, 1_600_000_000, 1_600_000_000.5);
}

/** A line for each entry below a path, with everything that is to be the same. */
export function treeOf(path: string, shown = ""): string[] {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (stat.isSymbolicLink()) return [`${shown} -> ${readlinkSync(path)}`];
  const mode = (stat.mode & 0o7777).toString(8);
  const facts = `${shown} ${mode} ${Math.round(stat.mtimeMs)}`;
  if (stat.isFile()) return [`${facts} ${readFileSync(path).toString("base64")}`];
  const lines = [facts];
  for (const one of readdirSync(path))
    lines.push(...treeOf(join(path, one), shown === "" ? one : `${shown}/${one}`));
  return lines.toSorted();
}

type Change =
  | { readonly does: "remove" | "make-folder"; readonly at: readonly string[] }
  | { readonly does: "write"; readonly at: readonly string[]; readonly text: string }
  | { readonly does: "put"; readonly at: readonly string[]; readonly tree: Tree }
  | { readonly does: "mode"; readonly at: readonly string[]; readonly mode: number }
  | { readonly does: "move"; readonly at: readonly string[]; readonly to: readonly string[] };

const at = fc.array(name, { maxLength: 3 });
export const changes: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ does: fc.constantFrom("remove" as const, "make-folder" as const), at }),
  fc.record({ does: fc.constant("write" as const), at, text: fc.string({ maxLength: 20 }) }),
  fc.record({ does: fc.constant("put" as const), at, tree: trees }),
  fc.record({ does: fc.constant("mode" as const), at, mode: fc.constantFrom(0o600, 0o700, 0o755) }),
  fc.record({ does: fc.constant("move" as const), at, to: at }),
);

/** Does it, where it can be done. Nothing is done by way of a link that leads out of the tree. */
export function applyChange(root: string, change: Change): void {
  const path = join(root, ...change.at);
  const followed = change.does === "mode" || change.does === "write";
  try {
    for (let up = followed ? path : dirname(path); up.length >= root.length; up = dirname(up))
      if (lstatSync(up, { throwIfNoEntry: false })?.isSymbolicLink() === true) return;
    switch (change.does) {
      case "remove":
        return rmSync(path, { recursive: true });
      case "make-folder":
        return void mkdirSync(path, { recursive: true });
      case "write":
        return writeFileSync(path, change.text);
      case "put":
        if (!existsSync(path)) makeTree(path, change.tree);
        return;
      case "mode":
        return chmodSync(path, change.mode);
      case "move":
        return renameSync(path, join(root, ...change.to));
    }
  } catch {
    // There is nothing there to which it could be done.
  }
}
