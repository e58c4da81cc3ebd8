import { z } from "zod";

const time = z.string().regex(/^-?\d+$/);
const owned = { mode: z.int(), uid: z.int(), gid: z.int(), /** In ns since 1970. */ modified: time };

const keptFile = z.object({
  kind: z.literal("file"),
  ...owned,
  size: z.int(),
  sha256: z.string(),
  /** The number of the copy. */
  content: z.int().nonnegative(),
});
const keptLink = z.object({ kind: z.literal("link"), target: z.string(), modified: time });

/** What was at a path, with the numbers of the copies of its files. */
export type Kept = z.infer<typeof keptFile> | z.infer<typeof keptLink> | KeptFolder;
export type KeptFile = z.infer<typeof keptFile>;
export interface KeptFolder {
  kind: "folder";
  mode: number;
  uid: number;
  gid: number;
  modified: string;
  /** By their names; in no object, where a name could mean something else. */
  entries: [string, Kept][];
}

const kept: z.ZodType<Kept> = z.lazy(() =>
  z.discriminatedUnion("kind", [
    keptFile,
    keptLink,
    z.object({ kind: z.literal("folder"), ...owned, entries: z.array(z.tuple([z.string(), kept])) }),
  ]),
);

/** Paths, and what was there; null for nothing. */
export const keptPaths = z.array(z.tuple([z.string(), kept.nullable()]));
export type KeptPaths = z.infer<typeof keptPaths>;

export function* filesOf(one: Kept): Generator<KeptFile> {
  if (one.kind === "file") yield one;
  if (one.kind === "folder") for (const [, entry] of one.entries) yield* filesOf(entry);
}
