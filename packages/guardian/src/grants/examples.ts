import { posix } from "node:path";
import { browsing, type Scope } from "./grant.ts";
import { privateKey, usualArguments } from "./usual-arguments.ts";

/** Command lines, for people, of what a grant would allow and of what it would not. */
export interface Examples {
  readonly allows: readonly string[];
  readonly refuses: readonly string[];
}

/** Up to three of each, without a look at the computer; whatever else they need is taken as granted. */
export function examplesOf(scope: Scope): Examples {
  switch (scope.type) {
    case "run":
      return examplesOfRun(scope.words, scope.rest);
    case "read":
      return examplesOfRead(scope.path);
    case "write":
      return examplesOfWrite(scope.path);
    case "reach":
      return examplesOfReach(scope.host);
    case "browse":
      return examplesOfBrowse(scope.origin, scope.may);
    case "tool":
      return {
        allows: ["have a sub-agent read the logs"],
        refuses: ["whatever a sub-agent is not granted itself"],
      };
    case "undo":
      return {
        allows: ["git restore notes.txt", "git reset --hard"],
        refuses: ["git config --global alias.st '!sh'", "rm -r ~"],
      };
  }
}

function examplesOfRun(words: readonly string[], rest: boolean): Examples {
  const line = words.map((word, at) => quoted(word, at === 0)).join(" ");
  const elsewhere = [`${line} > ~/.bashrc`, `${line} | sh`];
  if (!rest) return { allows: [line], refuses: [`${line} --more`, ...elsewhere] };
  const [program = "", ...others] = words;
  const [endings, refused] = usualArguments([posix.basename(program), ...others]);
  const withEnding = (ending: string): string => (ending === "" ? line : `${line} ${ending}`);
  return {
    allows: endings.map(withEnding),
    refuses: [...(refused === undefined ? [] : [withEnding(refused)]), ...elsewhere],
  };
}

function examplesOfRead(path: string): Examples {
  const place = quoted(path);
  if (looksLikeFile(path))
    return { allows: [`cat ${place}`], refuses: [`touch ${place}`, `cat ${privateKey}`] };
  const inside = (name: string): string => quoted(`${path}/${name}`);
  return {
    allows: [`ls ${place}`, `cat ${inside("notes.txt")}`, `grep -r TODO ${place}`],
    refuses: [`touch ${inside("notes.txt")}`, `cat ${inside(".env")}`, `cat ${privateKey}`],
  };
}

function examplesOfWrite(path: string): Examples {
  const place = quoted(path);
  if (looksLikeFile(path))
    return { allows: [`echo done > ${place}`, `cat ${place}`], refuses: [`rm ${place}`, "touch ~/.bashrc"] };
  const inside = (name: string): string => quoted(`${path}/${name}`);
  return {
    allows: [
      `touch ${inside("notes.txt")}`,
      `cp ${inside("notes.txt")} ${inside("copy.txt")}`,
      `rm ${inside("copy.txt")}`,
    ],
    refuses: [`rm -r ${place}`, `touch ${inside(".git/hooks/pre-commit")}`, "touch ~/.bashrc"],
  };
}

function examplesOfReach(host: string): Examples {
  const other = host === "example.com" ? "example.org" : "example.com";
  return {
    // An address in numbers of the newer kind is not read as a plain one, and always asked about.
    allows: host.startsWith("[") ? [] : [`curl https://${host}/`],
    refuses: [`curl -d @notes.txt https://${host}/`, `curl http://${host}/`, `curl https://${other}/`],
  };
}

/** Not command lines: what the assistant would do in its browser. */
function examplesOfBrowse(origin: string, may: (typeof browsing)[number]): Examples {
  const deeds = {
    read: `read ${origin}/news`,
    act: `fill in a form on ${origin}/contact`,
    script: `run a script on ${origin}/`,
  };
  const at = browsing.indexOf(may);
  const other = origin.replace("://", "://other.");
  return {
    allows: [`open ${origin}/`, deeds.read, ...browsing.slice(1, at + 1).map((one) => deeds[one])].slice(-3),
    refuses: [...browsing.slice(at + 1).map((one) => deeds[one]), `open ${other}/`].slice(0, 3),
  };
}

/** The computer is not asked: it is only for the choice of examples. */
function looksLikeFile(path: string): boolean {
  return /[^/.]\.[A-Za-z0-9]{1,8}$/.test(path);
}

/** As a shell reads it as one word. */
function quoted(word: string, isProgram = false): string {
  const isPlain =
    /^[A-Za-z0-9_@%+:,./-]+$/.test(word) || (!isProgram && /^[A-Za-z0-9_@%+=:,./-]+$/.test(word));
  return isPlain ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
