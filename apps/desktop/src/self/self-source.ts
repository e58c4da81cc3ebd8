import { readFileSync } from "node:fs";
import { z } from "zod";

/** Where signed releases of SmartClaw are, and by whom they must be signed. */
const updateSource = z.object({
  format: z.literal(1),
  /** Of a repository as https://theupdateframework.github.io/specification/latest/ describes it. */
  url: z.url(),
  /** The text of the first root.json that is trusted; it leads to the later ones. */
  root: z.string().min(1),
});
export type UpdateSource = z.infer<typeof updateSource>;

/**
 * The first of `files` that exists: the user's own before the one that came with SmartClaw.
 * @returns null when there is none; "damaged" when what is there cannot be used, which is not passed over
 */
export function readUpdateSource(files: readonly string[]): UpdateSource | "damaged" | null {
  for (const file of files) {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
      return "damaged";
    }
    try {
      return updateSource.parse(JSON.parse(text));
    } catch {
      return "damaged";
    }
  }
  return null;
}
