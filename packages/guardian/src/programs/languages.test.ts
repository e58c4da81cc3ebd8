import assert from "node:assert/strict";
import { test } from "node:test";
import { readAwk, readJq, readSed } from "./languages.ts";

const plain = { reads: [], writes: [], beyond: null };

test("scripts of sed that only change their output", () => {
  for (const script of [
    "p",
    "1,20p",
    "$p",
    "/we/d",
    "s/w/e/",
    "s|a|b|g;s,x,y,2p",
    "s/[/]/x/",
    "s/a\\/b/w e/",
    "1!G;h;$!d",
    "/a/,/b/{s/x/y/;p}",
    "y/abc/xyz/",
    ":a;N;$!ba;s/\\n/ /g",
    "2q",
    "/x/I,+3d",
    "0~4p",
    "a\\\nwe write e",
    "i hello w e",
    "# w x",
    "=",
    "\\,a,p",
    "",
  ])
    assert.deepEqual(readSed(script), plain, script);
});

test("files that a script of sed names", () => {
  assert.deepEqual(readSed("w out.txt").writes, ["out.txt"]);
  assert.deepEqual(readSed("s/a/b/gw out; not a command").writes, ["out; not a command"]);
  assert.deepEqual(readSed("p\n$W x\nr /etc/passwd"), {
    reads: ["/etc/passwd"],
    writes: ["x"],
    beyond: null,
  });
});

test("scripts of sed that run something, or are not understood", () => {
  for (const script of ["e touch x", "1e", "s/a/touch x/e", "s/a/b/Ie", "s/a/b", "k", "/a", "s\na\nb\n"])
    assert.notEqual(readSed(script).beyond, null, script);
});

test("programs of awk", () => {
  for (const program of [
    "{print $1}",
    "NR>1",
    "$1 > 5 {n++} END{print n}",
    '{printf "%s|%s\\n", $1, $2}',
    "/a|b/{print}",
    "a || b",
    '/"/{print $1/2}',
    "{n += $1 / $2 / 3} END {print n}",
    "$1 ~ /[/|>]/ {print}",
    "{print $1,\n $2}",
  ])
    assert.deepEqual(readAwk(program), plain, program);
  for (const program of [
    'BEGIN{system("x")}',
    '{print | "sh"}',
    '{print > "x"}',
    '{printf "a" >> f}',
    '"date" | getline d',
    "BEGIN{ARGV[1]=x}",
    "{print ENVIRON[1]}",
    "@load x",
    '/"/{print > "x"}',
    '{print $1,\n$2 > "x"}',
    '{print $1, # "\n$2 > "x"}',
    '{print \\\n > "x"}',
    '{print length /"/ > "x"}',
    '{x++ /"/; print > "x"}',
    '{print |& "/inet/tcp/0/h/1"}',
    '{f="system"; @f()}',
  ])
    assert.notEqual(readAwk(program).beyond, null, program);
});

test("filters of jq", () => {
  for (const filter of [".", ".env", ".a.environment", '.["env"]', ".scripts | keys", "map(select(.x > 1))"])
    assert.deepEqual(readJq(filter), plain, filter);
  for (const filter of [
    "env",
    "$ENV.HOME",
    ".a | env | .PATH",
    '"\\(env.HOME)"',
    'import "m" as m; .',
    "[env]",
  ])
    assert.notEqual(readJq(filter).beyond, null, filter);
});
