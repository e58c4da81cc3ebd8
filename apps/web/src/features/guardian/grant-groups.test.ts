import assert from "node:assert/strict";
import { test } from "node:test";
import type { GrantScope, GuardianGrant } from "@smartclaw/contracts";
import { groupGrants } from "./grant-groups.ts";

const make = (id: string, scope: GrantScope, rest: Partial<GuardianGrant> = {}): GuardianGrant => ({
  id,
  effect: "allow",
  scope,
  callers: null,
  duration: { kind: "until", at: 1 },
  createdAt: 0,
  uses: 0,
  lastUsedAt: null,
  standing: "effective",
  examples: { allows: [], refuses: [] },
  ...rest,
});
const grants = [
  make("ls", { type: "run", words: ["ls"], rest: true }),
  make("git", { type: "run", words: ["git", "log"], rest: true }, { standing: "past" }),
  make("cat", { type: "run", words: ["cat"], rest: true }, { standing: "unused" }),
  make("docs", { type: "read", path: "/home/u/Docs" }, { callers: ["cron:nightly"] }),
  make("host", { type: "reach", host: "example.org" }),
  make("pages", { type: "browse", origin: "https://example.org", may: "act" }),
  make("never", { type: "write", path: "/home/u/Docs/final" }, { effect: "deny" }),
];
const found = (text: string, filter: Parameters<typeof groupGrants>[1]["filter"] = "all"): string =>
  groupGrants(grants, { text, filter })
    .map((group) => `${group.title}: ${group.grants.map(({ id }) => id).join(" ")}`)
    .join("; ");

test("grants stand by what they are about, those to be looked at first", () => {
  assert.equal(found(""), "Forbidden: never; Programs: cat ls git; Files and folders: docs; Web: host pages");
  assert.equal(
    found("", "effective"),
    "Forbidden: never; Programs: ls; Files and folders: docs; Web: host pages",
  );
  assert.equal(found("", "review"), "Programs: cat");
  assert.equal(found("", "over"), "Programs: git");
});

test("every word that is looked for is somewhere in the sentence or in who may", () => {
  assert.equal(found("docs"), "Forbidden: never; Files and folders: docs");
  assert.equal(found("read DOCS"), "Files and folders: docs");
  assert.equal(found("nightly"), "Files and folders: docs");
  assert.equal(found("nothing of it"), "");
});
