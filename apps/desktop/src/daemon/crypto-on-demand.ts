/**
 * Node's cryptography without an `import`, which loads it (30 ms on a slow machine) in every command and before the page
 * answers; most never need it. The import rules allow this here and nowhere else.
 */
export const loadCrypto = () => process.getBuiltinModule("node:crypto");
