import assert from "node:assert/strict";
import { test } from "node:test";
import type { GrantScope, GuardianGrant } from "@smartclaw/contracts";
import {
  callerParts,
  durationWords,
  grantSentence,
  idleDays,
  standingWords,
  useWords,
} from "./grant-words.ts";
import { sentenceParts, textOf } from "./words.ts";

const now = new Date(2031, 5, 15, 12, 0).getTime();
const dayMs = 86_400_000;
const grant: GuardianGrant = {
  id: "one",
  effect: "allow",
  scope: { type: "run", words: ["git", "status"], rest: true },
  callers: null,
  duration: { kind: "until", at: now + 90 * dayMs },
  createdAt: now - 40 * dayMs,
  uses: 0,
  lastUsedAt: null,
  standing: "effective",
  examples: { allows: [], refuses: [] },
};

test("a grant is said in plain words", () => {
  const cases: readonly (readonly [GrantScope, string, string])[] = [
    [
      { type: "run", words: ["git", "status"], rest: true },
      "May run git status with any data arguments",
      "May never run git status with whatever follows",
    ],
    [
      { type: "run", words: ["git", "commit", "-m", "two words"], rest: false },
      "May run git commit -m 'two words' exactly as it stands",
      "May never run git commit -m 'two words' exactly as it stands",
    ],
    [{ type: "read", path: "/home/u" }, "May read in /home/u", "May never read in /home/u"],
    [{ type: "write", path: "/home/u/proj" }, "May write in /home/u/proj", "May never write in /home/u/proj"],
    [
      { type: "reach", host: "example.org" },
      "May fetch from example.org",
      "May never fetch from example.org",
    ],
    [
      { type: "browse", origin: "https://example.org", may: "read" },
      "May read pages of https://example.org",
      "May never open pages of https://example.org",
    ],
    [
      { type: "browse", origin: "https://example.org", may: "act" },
      "May read, click and type on pages of https://example.org",
      "May never click, type or run scripts on pages of https://example.org",
    ],
    [
      { type: "undo" },
      "May change or remove what is there, as a copy is kept first",
      "May never change or remove what is there",
    ],
  ];
  for (const [scope, allows, denies] of cases) {
    assert.equal(grantSentence({ effect: "allow", scope }), allows);
    assert.equal(grantSentence({ effect: "deny", scope }), denies);
  }
});

test("callers have names that people know", () => {
  const words = (callers: readonly string[] | null): string =>
    textOf(sentenceParts(callerParts(callers, (key) => (key === "agent:main:a" ? "Taxes" : null))));
  assert.equal(words(null), "Everybody");
  assert.equal(words(["owner"]), "You");
  assert.equal(words(["cron:backup"]), "A scheduled job backup");
  assert.equal(words(["session:agent:main:a"]), "The conversation “Taxes”");
  assert.equal(
    words(["owner", "session:agent:main:b", "job:7"]),
    "You, the conversation agent:main:b and a job 7",
  );
  assert.equal(words(["constructor:x"]), "constructor:x");
  assert.equal(words(["stranger"]), "stranger");
});

test("how long, how often, and why it does not count", () => {
  const lasts = (duration: GuardianGrant["duration"], rest: Partial<GuardianGrant> = {}): string =>
    durationWords({ ...grant, ...rest, duration }, now, (key) => (key === "agent:main:a" ? "Taxes" : null));
  assert.match(lasts({ kind: "until", at: now + 90 * dayMs }), /^until (?!.*2031).*13/);
  assert.match(lasts({ kind: "until", at: now + 900 * dayMs }), /^until .*2033/);
  assert.match(lasts({ kind: "until", at: now + 3_600_000 }), /^until .*1.00/);
  const always = { kind: "always", reviewAt: now + 90 * dayMs } as const;
  assert.match(lasts(always), /^always, to be reviewed /);
  assert.equal(lasts(always, { effect: "deny" }), "always");
  assert.equal(lasts({ kind: "session", session: "session:b" }), "for one conversation");
  assert.equal(lasts({ kind: "session", session: "session:agent:main:a" }), "for the conversation “Taxes”");
  assert.equal(useWords(grant, now), "never used");
  assert.equal(
    useWords({ ...grant, uses: 1, lastUsedAt: now - 3 * dayMs }, now),
    "used once, last 3 days ago",
  );
  assert.equal(useWords({ ...grant, uses: 12, lastUsedAt: now }, now), "used 12 times, last just now");
  assert.equal(idleDays(grant, now), 40);
  assert.equal(standingWords(grant, now), null);
  assert.equal(standingWords({ ...grant, standing: "unused" }, now)?.word, "unused for 40 days");
  for (const standing of ["past", "to-review", "void"] as const)
    assert.ok(standingWords({ ...grant, standing }, now));
});
