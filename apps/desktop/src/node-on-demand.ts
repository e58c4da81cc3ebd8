/**
 * Two of Node's modules without an `import`, which asks each for everything that it can give away: `node:http` then
 * loads undici (75 ms against 8 on a slow machine), `node:crypto` all its algorithms (15 against 1). Every command and
 * the page's door need them, and little of them. The import rules allow this here and nowhere else.
 */
export const loadHttp = () => process.getBuiltinModule("node:http");
export const loadCrypto = () => process.getBuiltinModule("node:crypto");
