import { errorReport } from "@smartclaw/contracts";
import { z } from "zod";
import { component } from "./component.ts";
import { installProgress } from "./messages.ts";
import { registryKey } from "./registry-key.ts";

/** What the parent asks: one JSON line on the child's stdin. */
export const resolveOrder = z.object({
  component,
  version: z.string(),
  /** The announced hash of its tarball, when it was announced; a registry that has another is refused. */
  integrity: z.string().startsWith("sha512-").nullable(),
  registry: z.url(),
  /** This registry is known to sign its packages, so that their absence is a doubt. */
  registrySigns: z.boolean(),
  /** Not from the registry that they are to check; null for `npmKeys`. */
  keys: z.array(registryKey).nullable(),
  /** Packages that are younger are passed over. */
  before: z.iso.datetime().nullable(),
  /** A list that is trusted: a committed one, or that of the release at hand. */
  earlierFile: z.string().nullable(),
  /** To work in; kept after a failure, it makes the next time quicker. */
  folder: z.string(),
  /** Written only when the list is trusted. */
  lockFile: z.string(),
  /** Written when only the user can let it through. */
  heldFile: z.string(),
});
export type ResolveOrder = z.infer<typeof resolveOrder>;

/** What the child says last. */
export const resolveAnswer = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("done"),
    verdict: z.enum(["trusted", "hold", "refused"]),
    /** Sentences for people; none when it is trusted. */
    reasons: z.array(z.string()),
    /** What was written, if anything. */
    lockFile: z.string().nullable(),
  }),
  /** It could not be found out; asking again later can help. */
  z.object({ type: z.literal("failed"), error: errorReport }),
]);
export type ResolveAnswer = z.infer<typeof resolveAnswer>;

/** What the child says: JSON lines on stdout. */
export const resolveMessage = z.discriminatedUnion("type", [installProgress, resolveAnswer]);
export type ResolveMessage = z.infer<typeof resolveMessage>;
