import type { Scope } from "./grant.ts";
import type { Duration, NewGrant } from "./grant-record.ts";

export type Preset = "look" | "work" | "build";

/** What a preset gives, for people. */
export const presetTexts: Readonly<Record<Preset, string>> = {
  look: "Read what is in the folder, with programs that show, search and compare. Reviewed in 90 days.",
  work: "Look, and for 30 days change what is in the folder: make, edit, move and remove files.",
  build:
    "Work, and for 7 days build and test with commands that are exactly those listed. Each runs the project's own code, " +
    "and so does whatever that code says.",
};

const day = 86_400_000;

/** Each with any further arguments that are only data. */
const looking = [
  ..."ls cat tac head tail wc nl grep egrep fgrep rg find sort uniq cut tr paste comm cmp diff stat file du tree".split(
    " ",
  ),
  ..."basename dirname realpath readlink md5sum sha256sum jq echo printf pwd date true test".split(" "),
  ..."status log diff show branch blame ls-files rev-parse describe shortlog"
    .split(" ")
    .map((name) => `git ${name}`),
];
const working = "mkdir rmdir touch cp mv rm ln chmod sed tee".split(" ");

/** Each exactly so: every one of them runs what the project says. */
const building = [
  ..."npm pnpm yarn"
    .split(" ")
    .flatMap((name) => [`${name} test`, ...["build", "lint"].map((task) => `${name} run ${task}`)]),
  "make",
  "make test",
  "make check",
  "cargo build",
  "cargo test",
  "cargo check",
  "cargo clippy",
  "go build",
  "go build ./...",
  "go test ./...",
  "go vet ./...",
  "pytest",
  "python -m pytest",
  "python3 -m pytest",
  "mvn test",
  "gradle build",
  "gradle test",
  "dotnet build",
  "dotnet test",
];

/**
 * The grants of a preset, for the owner, from the most careful to the boldest: the bolder, the sooner they end.
 * @param folder absolute, without links @param now in ms since 1970
 */
export function presetGrants(preset: Preset, folder: string, now: number): readonly NewGrant[] {
  const look = grantsOf([{ type: "read", path: folder }, ...looking.map((line) => run(line, true))], {
    kind: "always",
    reviewAt: now + 90 * day,
  });
  if (preset === "look") return look;
  const work = grantsOf([{ type: "write", path: folder }, ...working.map((line) => run(line, true))], {
    kind: "until",
    at: now + 30 * day,
  });
  if (preset === "work") return [...look, ...work];
  const build = grantsOf(
    building.map((line) => run(line, false)),
    { kind: "until", at: now + 7 * day },
  );
  return [...look, ...work, ...build];
}

function run(line: string, rest: boolean): Scope {
  return { type: "run", words: line.split(" "), rest };
}

function grantsOf(scopes: readonly Scope[], duration: Duration): readonly NewGrant[] {
  return scopes.map((scope) => ({
    effect: "allow",
    scope,
    callers: ["owner"],
    duration,
    source: "preset",
  }));
}
