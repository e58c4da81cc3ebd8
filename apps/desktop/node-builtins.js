import { isBuiltin } from "node:module";

/**
 * A plugin of the bundler that reads Node's own modules without `import`, which asks each for everything that it can
 * give away, so that it loads what nobody wants: streams for `node:fs`, undici for `node:http`, every algorithm for
 * `node:crypto`. A command that says one line would spend half of its time on that. The names are bound to the same;
 * only a later `syncBuiltinESMExports` is missed, which nothing here calls.
 */
export function nodeBuiltins() {
  return {
    name: "node-builtins",
    renderChunk(code) {
      const imports = this.parse(code).body.filter(
        ({ type, source }) => type === "ImportDeclaration" && isBuiltin(source.value),
      );
      return imports.reduceRight(
        (text, one) => text.slice(0, one.start) + asDeclaration(one) + text.slice(one.end),
        code,
      );
    },
  };
}

function asDeclaration({ specifiers, source }) {
  // A file can have a `process` of its own, from `node:process`.
  const builtin = `globalThis.process.getBuiltinModule(${JSON.stringify(source.value)})`;
  const targets = specifiers.filter(isWhole).map(({ local }) => local.name);
  const parts = specifiers.filter((one) => !isWhole(one));
  if (parts.length > 0)
    targets.push(`{ ${parts.map(({ imported, local }) => `${imported.name}: ${local.name}`).join(", ")} }`);
  return targets.map((target) => `const ${target} = ${builtin};`).join(" ");
}

/** The default of one of Node's modules is all of it. */
function isWhole({ type, imported }) {
  return type !== "ImportSpecifier" || imported.name === "default";
}
