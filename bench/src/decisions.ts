/** Decisions on the real file system, in a process of their own, where the grants are known already. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDecider, type Grant, thisComputer } from "@smartclaw/guardian";
import { quantile } from "./row.ts";

const grantCount = 1000;
const rounds = 1000;
const warmRounds = 1000;
/** Of every length, from a look to a small script. */
const commands = [
  "ls -la src | head -5",
  "git log --oneline --since='1 week ago' -- src | head -20",
  "grep -rn import src | sort | uniq -c | sort -rn | head",
  "find . -name '*.ts' -newer package.json -print0 | xargs -0 wc -l",
  "for i in a b c; do cat $i.txt; done",
  "cd src && sed -n '1,20p;s/a/b/' a.ts > ../build/out && git diff --stat HEAD~1",
  "if test -f a.txt; then cat a.txt; else echo none >&2; fi",
  "tar -czf build/x.tgz --exclude=node_modules src && rm -rf build/tmp",
  "curl -sS https://api.github.com/repos/a/b | jq '.[] | .name'",
  "env LC_ALL=C sh -c 'ls | wc -l' && cat {a,b,c}.txt \"$PWD\"/README.md",
];

const folder = realpathSync(mkdtempSync(join(tmpdir(), "sc-guardian-")));
for (const name of ["src", "build/tmp"]) mkdirSync(join(folder, name), { recursive: true });
for (const name of ["a.txt", "b.txt", "c.txt", "package.json", "README.md", "src/a.ts"])
  writeFileSync(join(folder, name), "");
const world = thisComputer({ folders: [], controlPorts: [] });
const grants = Array.from({ length: grantCount }, (_, at): Grant => {
  const [id, rest] = [String(at), { effect: "allow", callers: ["owner"], until: null } as const];
  if (at % 3 === 0) return { id, scope: { type: "read", path: `/srv/${at}` }, ...rest };
  if (at % 3 === 1) return { id, scope: { type: "reach", host: `host-${at}.example` }, ...rest };
  return { id, scope: { type: "run", words: ["git", `command-${at}`], rest: true }, ...rest };
});
const decide = createDecider(grants, world);
const times: number[] = [];
for (let round = 0; round < warmRounds + rounds; round += 1)
  for (const text of commands) {
    const started = performance.now();
    decide({ text, folder, caller: "owner", now: 0 });
    if (round >= warmRounds) times.push(performance.now() - started);
  }
rmSync(folder, { recursive: true, force: true });
process.stdout.write(JSON.stringify({ p50: quantile(times, 0.5), p99: quantile(times, 0.99) }));
