/** What nobody's grant covers. */
export const privateKey = "~/.ssh/id_ed25519";
const key = privateKey;

/** Further arguments that are only data, and some that are more or name what is never touched. */
type Endings = readonly [allowed: readonly string[], refused?: string];

const alone: Endings = [[""]];
const awk: Endings = [["'{ print $1 }' notes.txt"], `'BEGIN { system("id") }'`];
const fd: Endings = [["a src"], "a src --exec rm"];

/** Of programs, and of what they are told first where that says what they do. */
const usual: Readonly<Record<string, Endings>> = {
  ...Object.fromEntries(
    "pwd true false : whoami nproc arch uname uptime hostname id cal make gmake"
      .split(" ")
      .map((name) => [name, alone]),
  ),
  ls: [["", "-l src"], "~/.ssh"],
  head: [["-n 20 notes.txt"], key],
  tail: [["-n 20 notes.txt"], key],
  grep: [["-rn TODO src"], `-r . ${key}`],
  egrep: [["-rn 'TODO|FIXME' src"], `-r . ${key}`],
  fgrep: [["-rn TODO src"], `-r . ${key}`],
  rg: [["TODO src"], "--pre ./run.sh TODO"],
  find: [["src -name '*.ts'"], "src -name '*.ts' -delete"],
  fd,
  fdfind: fd,
  sort: [["-u notes.txt"], "--compress-program=sh notes.txt"],
  cut: [["-d , -f 1 notes.txt"], `-c 1- ${key}`],
  tr: [["a-z A-Z"]],
  paste: [["notes.txt a.txt"], key],
  comm: [["notes.txt a.txt"], `notes.txt ${key}`],
  cmp: [["notes.txt a.txt"], `notes.txt ${key}`],
  diff: [["-u notes.txt a.txt"], `notes.txt ${key}`],
  du: [["-sh src"], "-a ~/.ssh"],
  tree: [["-L 2 src"], "~/.ssh"],
  jq: [[".name package.json"], "'env'"],
  basename: [["src/a.ts"]],
  dirname: [["src/a.ts"]],
  awk,
  gawk: awk,
  mawk: awk,
  nawk: awk,
  sed: [["-n 1,20p notes.txt"], "'1e id' notes.txt"],
  echo: [["done"], "done > ~/.profile"],
  printf: [["'%s\\n' done"], "-v PATH /tmp"],
  date: [["", "-u"], "-s 12:00"],
  seq: [["1 10"]],
  sleep: [["1"]],
  which: [["git"]],
  test: [["-f notes.txt"], `-f ${key}`],
  "[": [["-f notes.txt ]"], `-f ${key} ]`],
  mkdir: [["-p build/reports"], "-p ~/.config/autostart"],
  touch: [["notes.txt"], "~/.bashrc"],
  cp: [["notes.txt copy.txt"], `${key} key.txt`],
  mv: [["notes.txt old.txt"], "notes.txt ~/.bashrc"],
  rm: [["old.txt", "-r build"], "-r ~"],
  ln: [["-s notes.txt latest.txt"], `-s ${key} key.txt`],
  chmod: [["600 notes.txt"], "777 notes.txt"],
  tee: [["notes.txt"], "-a ~/.bashrc"],
  dd: [["if=notes.txt of=copy.txt"], `if=${key}`],
  tar: [["-cf build.tar src"], "-cf build.tar --checkpoint-action=exec=sh src"],
  curl: [["https://example.com/"], "-d @notes.txt https://example.com/"],
  wget: [["--max-redirect=0 -O page.html https://example.com/"], "https://example.com/"],
  cargo: [["test"], "run"],
  go: [["test ./..."], "run ."],
  git: [["status", "log --oneline -5"], "push"],
  "git fetch": [["https://example.com/proj.git main"], ""],
  "git status": [["", "--short"], "--no-optional-locks=1"],
  "git log": [["--oneline -5"], "--output=$HOME/.profile"],
  "git diff": [["", "--stat"], "--ext-diff"],
  "git show": [["HEAD"], "--ext-diff"],
  "git branch": [["--list"], "-D main"],
  "git blame": [["notes.txt"]],
  "git ls-files": [["src"]],
  "git rev-parse": [["HEAD"]],
};

const known: ReadonlyMap<string, Endings> = new Map(Object.entries(usual));
const byCommand = new Set(["git", "cargo", "go"]);

/** For a program with any further arguments, by which examples of it are made. @param words its name first, without a folder */
export function usualArguments(words: readonly string[]): Endings {
  const [name = ""] = words;
  const exact = known.get(words.join(" "));
  if (exact !== undefined) return exact;
  return byCommand.has(name) ? alone : (known.get(name) ?? [["notes.txt"], key]);
}
