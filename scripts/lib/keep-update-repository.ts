import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { SmartClawError } from "@smartclaw/contracts";
import {
  initRepository,
  publish,
  refresh,
  type RepositoryState,
  type Role,
  roles,
  rotateRoot,
} from "@smartclaw/updater/repository";
import { Stop } from "./process.mjs";
import { readReleaseManifest } from "./release-manifest.ts";

const usage = `usage: make-update-repository.ts COMMAND FOLDER …
  init FOLDER URL                             makes keys and an empty repository, to be served at URL
  publish FOLDER ARCHIVE… [--notes FILE]      makes a release of make-release.ts the newest one
  refresh FOLDER                              signs anew what would run out; once a week is good
  rotate FOLDER [ROLE…]                       new keys for root, or for the roles named (${roles.join(", ")})`;
const clock = { now: () => Date.now() };
type Print = (text: string) => void;

/**
 * Carries out what a publisher of releases asks for, and prints in plain words what comes next. Never prints a key.
 * @throws Stop when it cannot be done
 */
export function keepUpdateRepository(args: readonly string[], print: Print): void {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { notes: { type: "string" } },
  });
  const [command, folder, ...rest] = positionals;
  if (folder === undefined) throw new Stop(usage);
  try {
    if (command === "init") init(folder, rest, print);
    else if (command === "publish") publishAll(folder, rest, values.notes, print);
    else if (command === "refresh") showChanged(folder, refresh(folder, { clock }), print);
    else if (command === "rotate") rotate(folder, rolesOf(rest), print);
    else throw new Stop(usage);
  } catch (error) {
    if (error instanceof SmartClawError) throw new Stop(`${error.message} ${error.next}`);
    throw error;
  }
}

function init(folder: string, [url, ...more]: readonly string[], print: Print): void {
  const protocol = URL.parse(url ?? "")?.protocol ?? "";
  if (url === undefined || more.length > 0 || !/^https?:$/.test(protocol)) throw new Stop(usage);
  const state = initRepository(folder, { clock });
  writeSource(folder, url, state);
  print(`The repository is in ${folder}:
  public/   goes to your web server, so that it is found at ${url}. Nothing in it is secret.
  keys/     stays with you. Whoever has these files decides what your SmartClaws install.
    root-*.pem       two keys, to be kept offline and apart: they are needed for \`rotate\`, at least once a year
    targets-*.pem    to be kept offline: it is needed for \`publish\`, and every three months for \`refresh\`
    snapshot-*.pem, timestamp-*.pem   where \`refresh\` runs
  update-source.json   goes into the data folder of each SmartClaw that is to update itself from here: it names the
    address and the keys (public/metadata/1.root.json) that are trusted.

Next: pack a release with make-release.ts, and \`publish\` it.`);
  showEnds(state, print);
}

function publishAll(
  folder: string,
  archives: readonly string[],
  notes: string | undefined,
  print: Print,
): void {
  const manifests = archives.map((archive) => ({ archive, ...readReleaseManifest(archive) }));
  const [first] = manifests;
  if (first === undefined) throw new Stop(usage);
  const { version, node } = first;
  if (manifests.some((one) => one.version !== version || one.node !== node))
    throw new Stop("These archives are not of one release.");
  const files = Object.fromEntries(manifests.map(({ platform, archive }) => [platform, archive]));
  const text = notes === undefined ? null : readFileSync(notes, "utf8");
  const state = publish(folder, { version, node, archives: files, notes: text }, { clock });
  print(`SmartClaw ${version} is the newest release, for ${Object.keys(files).join(", ")}.\n`);
  showChanged(folder, state, print);
}

function rotate(folder: string, renew: readonly Role[], print: Print): void {
  const { url } = JSON.parse(readFileSync(sourceFile(folder), "utf8"));
  const state = rotateRoot(folder, { clock, renew });
  writeSource(folder, url, state);
  print(`New keys for ${renew.join(", ")} are in ${join(folder, "keys")}, and ${basename(state.root)} makes them known.
Every SmartClaw that trusts the old ones goes over to the new ones by itself, as long as each NUMBER.root.json stays on
the server. update-source.json, for SmartClaws that do not know this repository yet, is new too. The files of the old
keys can go once all of this is uploaded.
`);
  showChanged(folder, state, print);
}

function rolesOf(names: readonly string[]): readonly Role[] {
  const wanted = roles.filter((role) => names.includes(role));
  if (wanted.length !== new Set(names).size) throw new Stop(usage);
  return names.length === 0 ? ["root"] : wanted;
}

/** What a SmartClaw reads to learn of the repository; see `readUpdateSource`. */
function writeSource(folder: string, url: string, { root }: RepositoryState): void {
  const source = { format: 1, url, root: readFileSync(root, "utf8") };
  writeFileSync(sourceFile(folder), `${JSON.stringify(source, null, 2)}\n`);
}

function sourceFile(folder: string): string {
  return join(folder, "update-source.json");
}

function showChanged(folder: string, state: RepositoryState, print: Print): void {
  print(
    `Next: upload ${join(folder, "public")}, metadata/timestamp.json last, since it leads to all the rest.`,
  );
  showEnds(state, print);
}

function showEnds({ ends }: RepositoryState, print: Print): void {
  const dates = roles.map((role) => `${role} ${new Date(ends[role]).toISOString().slice(0, 10)}`);
  print(`
Signed until: ${dates.join(", ")}. After that nobody finds a newer release, and what runs goes on. \`refresh\` puts the
last two off, and the targets in their last 45 days when their key is there; \`rotate\` puts root off.`);
}
