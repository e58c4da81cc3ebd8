/**
 * Stands in for the program that fetches a release: lays out one of two files, which leads to an OpenClaw that is
 * installed. Speaks that program's protocol. argv: that OpenClaw's package folder, the text of the release's program.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [openclaw = "", program = ""] = process.argv.slice(2);
createInterface({ input: process.stdin }).once("line", (line) => {
  const { staging, version } = JSON.parse(line) as { staging: string; version: string };
  const manifest = JSON.parse(readFileSync(join(openclaw, "package.json"), "utf8")) as {
    engines: { node: string };
  };
  const folder = join(staging, "node_modules", "openclaw");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ ...manifest, version }));
  writeFileSync(join(folder, "openclaw.mjs"), program);
  const { node } = manifest.engines;
  process.stdout.write(`${JSON.stringify({ type: "done", integrity: "sha512-", node, counts: [] })}\n`);
  process.exit(0);
});
