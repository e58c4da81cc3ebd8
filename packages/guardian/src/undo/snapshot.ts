import { z } from "zod";

/** For what a copy is kept. */
export const snapshotRecord = z.object({
  id: z.string(),
  /** In ms since 1970. */
  at: z.int(),
  session: z.string(),
  /** The action, as it was decided on. */
  text: z.string(),
  /** The snapshot that is undone by the action; null for an action of the assistant. */
  undoes: z.string().nullable(),
  /** What was at the paths (absolute, without links). */
  paths: z.array(z.object({ path: z.string(), was: z.enum(["file", "folder", "link", "nothing"]) })),
  /** Files, folders and links that were copied, and their bytes. */
  entries: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  /** What could not be copied, being neither. */
  special: z.array(z.string()),
});
export type SnapshotRecord = z.infer<typeof snapshotRecord>;

/** How far its undoing is; with the snapshot of what was there before that. */
export const undoing = z.object({ state: z.enum(["begun", "done"]), aside: z.string() });
export type Undoing = z.infer<typeof undoing>;

export interface Snapshot extends SnapshotRecord {
  /**
   * `running`: so is the action; `open`: can be undone; `unsure`: what the action left is not known; `begun`: its
   * undoing was cut short, and goes on when it is asked for again; `done`: it was undone.
   */
  readonly state: "running" | "open" | "unsure" | "begun" | "done";
  /** What undoes the undoing. */
  readonly aside: string | null;
}
