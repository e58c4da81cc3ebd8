import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { initRepository, publish } from "@smartclaw/updater/testing";
import { create, extract } from "tar";
import { asRehearsal } from "../../daemon/arguments.ts";
import type { UpdateSource } from "../self-source.ts";

/** What a release is made to do, beside being this very build under another version. */
type Character = "good" | "dies" | "fails-rehearsal";

const spoils: Readonly<Record<Exclude<Character, "good">, string>> = {
  dies: `if (!process.argv.includes(${JSON.stringify(asRehearsal)})) process.exit(3);\n`,
  "fails-rehearsal": "process.exit(3);\n",
};

/** A real repository of signed releases, served on loopback. */
export interface ReleaseMaker {
  readonly source: UpdateSource;
  publish(version: string, character: Character): Promise<void>;
  /** Changes one byte of a published archive. */
  tamper(version: string): void;
  close(): Promise<void>;
}

export async function createReleaseMaker(folder: string): Promise<ReleaseMaker> {
  mkdirSync(folder, { recursive: true });
  const clock = { now: () => Date.now() };
  const repository = join(folder, "repository");
  const { root } = initRepository(repository, { clock });
  const platform = `${process.platform}-${process.arch}`;
  let tampered: string | null = null;
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    let bytes: Buffer;
    try {
      bytes = readFileSync(join(repository, "public", path));
    } catch {
      response.writeHead(404).end();
      return;
    }
    if (tampered !== null && path.includes(tampered)) bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
    response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    source: { format: 1, url, root: readFileSync(root, "utf8") },
    async publish(version, character) {
      const packed = await makeRelease(version, mkdtempSync(join(folder, "packed-")));
      if (character !== "good") await spoil(packed, spoils[character]);
      publish(
        repository,
        { version, node: ">=24", archives: { [platform]: packed }, notes: null },
        { clock },
      );
    },
    tamper(version) {
      tampered = version;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** By the command with which a publisher does it. @returns path of the archive */
async function makeRelease(version: string, output: string): Promise<string> {
  const script = fileURLToPath(new URL("../../../../../scripts/make-release.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, output, "--version", version]);
  return stdout.trim();
}

/** Puts `code` before all else that the release's daemon does. */
async function spoil(archive: string, code: string): Promise<void> {
  const folder = `${archive}.unpacked`;
  mkdirSync(folder);
  await extract({ file: archive, cwd: folder });
  const program = join(folder, "package", "apps", "desktop", "dist", "daemon.js");
  const whole = readFileSync(program, "utf8");
  rmSync(program);
  writeFileSync(program, code + whole);
  await create({ file: archive, cwd: folder, gzip: true, portable: true }, ["package"]);
}
