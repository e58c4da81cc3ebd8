import { z } from "zod";

/** What the parent asks, one JSON document on the child's stdin. The secret never appears in arguments or environment. */
export const keystoreRequest = z.discriminatedUnion("op", [
  z.object({ op: z.literal("read"), service: z.string(), account: z.string() }),
  z.object({ op: z.literal("write"), service: z.string(), account: z.string(), secret: z.base64() }),
  z.object({ op: z.literal("remove"), service: z.string(), account: z.string() }),
]);
export type KeystoreRequest = z.infer<typeof keystoreRequest>;

/** What the child answers, one JSON document on its stdout. */
export const keystoreAnswer = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("found"), secret: z.base64() }),
  z.object({ kind: z.literal("missing") }),
  z.object({ kind: z.literal("done") }),
  z.object({ kind: z.literal("locked"), reason: z.string() }),
  z.object({ kind: z.literal("unavailable"), reason: z.string() }),
]);
export type KeystoreAnswer = z.infer<typeof keystoreAnswer>;
