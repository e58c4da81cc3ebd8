import { posix } from "node:path";
import { protectedPlaces } from "../paths/protected-places.ts";
import { resolvePath } from "../paths/resolve.ts";
import type { Entry, World } from "./world.ts";

/** A computer that is only described. */
export interface Description {
  readonly home: string;
  readonly user: string;
  readonly files: readonly string[];
  readonly folders: readonly string[];
  readonly links: Readonly<Record<string, string>>;
  /** Files that have another name elsewhere. */
  readonly hardLinks: readonly string[];
  readonly controlPorts: readonly number[];
}

/** Where every program is that has a usual name. */
const programs = "/usr/bin";

/** The same answers as the real computer would give if it were as described. */
export function describedWorld(description: Description): World {
  const entries = new Map<string, Entry>([["/", { kind: "folder" }]]);
  const put = (path: string, entry: Entry): void => {
    entries.set(path, entry);
    for (let at = posix.dirname(path); !entries.has(at); at = posix.dirname(at))
      entries.set(at, { kind: "folder" });
  };
  for (const path of description.folders) put(path, { kind: "folder" });
  for (const path of description.files) put(path, { kind: "file", links: 1 });
  for (const path of description.hardLinks) put(path, { kind: "file", links: 2 });
  for (const [path, target] of Object.entries(description.links)) put(path, { kind: "link", target });
  const world: World = {
    home: description.home,
    user: description.user,
    entry: (path) => entries.get(path) ?? null,
    names(folder) {
      const place = resolvePath(world, "/", folder);
      if (place?.kind !== "folder") return null;
      const inside = place.path === "/" ? "/" : `${place.path}/`;
      const names = [...entries.keys()].filter((path) => path !== "/" && path.startsWith(inside));
      return [...new Set(names.map((path) => path.slice(inside.length).split("/")[0] ?? ""))].filter(
        (name) => name !== "",
      );
    },
    programFolders: [programs],
    isProgram: (path) =>
      posix.dirname(path) === programs && /^[a-z0-9[][a-z0-9._+-]*$/.test(posix.basename(path)),
    protectedPlaces: new Map(),
    controlPorts: new Set(description.controlPorts),
  };
  const real = (path: string): string | null => resolvePath(world, "/", path)?.path ?? null;
  return { ...world, protectedPlaces: protectedPlaces(description.home, [], real) };
}
