import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";
import { Header } from "tar";
import { externalPackages } from "../../apps/desktop/external-packages.js";
import { packageClosure } from "./package-closure.ts";
import { desktopBuild, root, webBuild } from "./places.mjs";
import { Stop } from "./process.mjs";
import { nodeRange } from "./runtime.mjs";

interface Content {
  readonly bytes: Buffer;
  readonly executable: boolean;
}

/** The time that npm gives to every file of a package. */
const someTime = new Date("1985-10-26T08:15:00.000Z");
const blockBytes = 512;

/**
 * Packs what is built into one archive, for the platform of the checkout's packages. It is laid out as the checkout is,
 * so that the bundle finds all that it needs from where it is unpacked, on any Node of `nodeRange`. The same files make
 * the same archive, byte by byte.
 * @param output folder
 * @returns path of the archive
 */
export function packRelease(version: string, output: string): string {
  const archive = join(output, `smartclaw-${version}-${process.platform}-${process.arch}.tgz`);
  mkdirSync(output, { recursive: true });
  writeFileSync(`${archive}.new`, gzipSync(tarOf(contentsOf(version))));
  renameSync(`${archive}.new`, archive);
  return archive;
}

/** By their paths in the checkout, with slashes. */
function contentsOf(version: string): ReadonlyMap<string, Content> {
  const contents = new Map<string, Content>();
  const add = (file: string): void => {
    const executable = (statSync(file).mode & 0o111) !== 0;
    contents.set(relative(root, file).replaceAll(sep, "/"), { bytes: readFileSync(file), executable });
  };
  const write = (path: string, content: object): void => {
    const bytes = Buffer.from(`${JSON.stringify(content, null, 2)}\n`);
    contents.set(path, { bytes, executable: false });
  };
  for (const build of [desktopBuild, webBuild]) {
    if (!existsSync(build)) throw new Stop(`Nothing is built in ${build}.`);
    for (const file of filesBelow(build)) add(file);
  }
  for (const folder of packageClosure(externalPackages, desktopBuild, root))
    for (const file of filesBelow(folder)) add(file);
  add(join(root, "LICENSE"));
  const desktop = JSON.parse(readFileSync(join(root, "apps", "desktop", "package.json"), "utf8"));
  write("apps/desktop/package.json", { ...desktop, version });
  write("apps/desktop/dist/version.json", { version });
  write("package.json", {
    name: desktop.name,
    version,
    private: true,
    license: desktop.license,
    engines: { node: nodeRange },
    os: [process.platform],
    cpu: [process.arch],
  });
  return contents;
}

/** Without its `node_modules`: each of those is a package of its own. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isFile()) return [path];
    if (!entry.isDirectory()) throw new Stop(`${path} is neither a file nor a folder.`);
    return entry.name === "node_modules" ? [] : filesBelow(path);
  });
}

/** https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, ustar, with npm's folder before every path. */
function tarOf(contents: ReadonlyMap<string, Content>): Buffer {
  const sorted = [...contents].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const parts = sorted.flatMap(([name, { bytes, executable }]) => {
    const path = `package/${name}`;
    const mode = executable ? 0o755 : 0o644;
    const header = new Header({ path, mode, size: bytes.length, mtime: someTime, type: "File" });
    if (header.encode() || header.block === undefined) throw new Stop(`The path ${path} is too long.`);
    return [header.block, bytes, Buffer.alloc(-bytes.length & (blockBytes - 1))];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}
