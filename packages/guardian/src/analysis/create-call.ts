import { posix } from "node:path";
import { hasLinks } from "../paths/links.ts";
import { protectionOf } from "../paths/protected.ts";
import { resolvePath } from "../paths/resolve.ts";
import type { Call } from "../programs/call.ts";
import { type Argument, known } from "../shell/argument.ts";
import type { ShellCommand } from "../shell/walk.ts";
import type { World } from "../world/world.ts";
import { mention, touch } from "./path-effects.ts";
import { createFindings, type Findings } from "./report.ts";
import { perhapsReach, reachUrl, refuseOrders } from "./url-effects.ts";

/** What the calls of one line have in common. */
export interface LineContext {
  readonly world: World;
  readonly findings: Findings;
  /** Files that the line writes or removes by their names. */
  readonly written: Set<string>;
  /** Folders into which it puts files with names of their own. */
  readonly filled: Set<string>;
  /** Runs another program in the place of one. */
  readonly runs: (command: ShellCommand) => void;
  /** Runs shell code in the place of one. */
  readonly shell: (code: string, from: ShellCommand) => void;
}

/** A program's call, as its profile sees it. */
export function createCall(
  one: ShellCommand,
  name: string,
  args: readonly Argument[],
  told: Pick<Call, "beyond" | "namedAs">,
  line: LineContext,
): Call {
  const { world, findings, written, filled } = line;
  const { folders, fedBy } = one;
  const reads = (path: Argument): void => touch(world, findings, folders, path, "read");
  const writes = (path: Argument): void => touch(world, findings, folders, path, "write");
  const runs = (words: readonly Argument[]): void => line.runs({ ...one, words });
  const fills = (path: Argument): void => {
    writes(path);
    for (const from of folders ?? []) {
      const place = path.text === null ? null : resolvePath(world, from, path.text);
      if (place !== null) filled.add(place.path);
    }
  };
  const placesOf = (path: Argument): string[] =>
    path.text === null
      ? []
      : (folders ?? [])
          .flatMap((from) => resolvePath(world, from, path.text ?? "") ?? [])
          .filter(({ kind }) => kind !== "missing")
          .map((place) => place.path);
  return {
    name,
    args,
    fedBy,
    fedByNames: fedBy.length === 1 && namesEndWithNul(fedBy[0] ?? []),
    ...told,
    reads,
    writes,
    removes: (path) => touch(world, findings, folders, path, "remove"),
    readsFolder: () => reads(known(".")),
    followsLinksIn(path) {
      for (const place of placesOf(path))
        if (hasLinks(world, place)) findings.unknown("links would be followed to where they lead");
    },
    fills,
    fillsFolder: () => fills(known(".")),
    readsIfThere: (path) => {
      if (placesOf(path).length > 0) reads(path);
    },
    isThere: (path) => placesOf(path).length > 0,
    mentions: (path) => mention(world, findings, folders, path),
    arrivesAt(path) {
      for (const from of folders ?? []) {
        const place = path.text === null ? null : resolvePath(world, from, path.text);
        const protection = place === null ? null : protectionOf(world, place.path, "write");
        if (protection !== null) findings.unknown(`${protection.what} would be written`);
        if (place !== null) written.add(place.path);
      }
    },
    besides(path) {
      const { text } = path;
      if (text === null) return;
      const folder = { ...path, text: posix.dirname(text), atLeast: posix.dirname(text) };
      writes(folder);
    },
    reaches(url, sends) {
      reachUrl(world, findings, folders, url, sends);
      if (url.text === null) perhapsReach(world, findings, folders, url);
    },
    mentionsUrl(url) {
      const refuse = (why: string): void => findings.refuse(why);
      const aside = { ...createFindings(), refuse };
      reachUrl(world, aside, folders, { ...url, text: url.text ?? url.atLeast }, false);
      perhapsReach(world, findings, folders, url);
    },
    mentionsPort: (host, port) => refuseOrders(world, findings, host, port),
    loses: (what) => findings.need({ type: "undo", what }),
    runs,
    runsOnNames: (words) => {
      const names: Argument = {
        text: null,
        pattern: null,
        atLeast: "",
        pipe: true,
        source: "the names that it reads",
      };
      runs(words.length === 0 ? [known("echo"), names] : [...words, names]);
    },
    runsShell(script) {
      if (script.text === null) findings.unknown(`what ${name} would run is not known before`);
      else line.shell(script.text, one);
    },
    unknown: (why) => findings.unknown(why),
    refuse: (why) => findings.refuse(why),
  };
}

/** Whether a command prints names of files below where it looks, with a NUL behind each, and nothing else. */
function namesEndWithNul(words: readonly string[]): boolean {
  const [name = "", ...args] = words;
  const base = posix.basename(name);
  // Where it looks must be written there, and what it prints must not be somebody's own text.
  if (
    args.some((arg) =>
      /^[*?[]|^-$|^--(?:label|path-separator|replace)|^-(?:print|printf|ls|exec|execdir|ok|okdir|fprint|fprint0|fprintf|fls)$/.test(
        arg,
      ),
    )
  )
    return false;
  if (base === "find") return args.includes("-print0");
  if (base === "grep")
    return (
      args.some((arg) => /^-[A-Za-z]*Z|^--null$/.test(arg)) &&
      args.some((arg) => /^-[A-Za-z]*[lL]|^--files-with(?:out)?-match(?:es)?$/.test(arg))
    );
  if (base === "rg" || base === "fd" || base === "fdfind")
    return args.some((arg) => /^-[A-Za-z]*0|^--null$|^--print0$/.test(arg));
  return false;
}
