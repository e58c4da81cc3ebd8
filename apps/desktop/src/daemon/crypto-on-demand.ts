/**
 * Node's cryptography, loaded by the first who needs it. An import loads it at the start, for 30 ms on a slow machine, of
 * every command and of the page's door, which seldom do. The import rules allow this here and nowhere else.
 */
export const loadCrypto = () => process.getBuiltinModule("node:crypto");
