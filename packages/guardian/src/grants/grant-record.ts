import { posix } from "node:path";
import { timestamp } from "@smartclaw/contracts";
import { z } from "zod";
import { deceptionsIn } from "../text/deceptions.ts";
import { browsing, type Grant, isOwn, namedTools, type Scope } from "./grant.ts";
import { objectionToOrigin } from "./origin.ts";

/** How long a grant holds. What is allowed once is no grant: it is the answer to one request. */
export type Duration =
  /** For this caller only, and for a day at most. */
  | { readonly kind: "session"; readonly session: string }
  /** In milliseconds since 1970. */
  | { readonly kind: "until"; readonly at: number }
  /** What allows holds until `reviewAt` (milliseconds since 1970) and again when it is renewed; what forbids holds on. */
  | { readonly kind: "always"; readonly reviewAt: number };

/** A grant as somebody wants it. */
export interface NewGrant {
  readonly effect: Grant["effect"];
  readonly scope: Scope;
  /** Who asks, like `owner`, `session:A`, `cron:job7`, `channel:family`; null for everybody, which only forbids. */
  readonly callers: readonly string[] | null;
  readonly duration: Duration;
  readonly source: "tab" | "cli" | "preset" | "request";
}

/** A grant as it is kept. All times in milliseconds since 1970. */
export interface GrantRecord extends NewGrant {
  readonly id: string;
  readonly createdAt: number;
  readonly uses: number;
  readonly lastUsedAt: number | null;
  readonly renewedAt: number | null;
}

/** A grant with the epoch in which it was made: each panic begins a new one. */
export interface HeldGrant extends GrantRecord {
  readonly epoch: number;
}

/** Text that a person reads before they agree to it. */
const plainText = z
  .string()
  .max(4096, "a word is too long to be read")
  .refine(
    (text) => deceptionsIn(text).length === 0 && !/[\t\n]/.test(text),
    "a word holds characters that cannot be seen",
  );

const path = plainText.refine(
  (text) => text.startsWith("/") && posix.normalize(text) === text && (text === "/" || !text.endsWith("/")),
  "a path must be absolute, without `.`, `..`, `//` or a slash at its end",
);

const host = z
  .string()
  .refine(isHost, "a host must be one name in lower case, or one address, as it stands in a URL");

const origin = z
  .string()
  .max(300)
  .refine((text) => objectionToOrigin(text) === null, {
    error: ({ input }) => objectionToOrigin(String(input)) ?? "",
  });

const caller = z
  .string()
  .regex(/^(?:owner|[a-z]+:[!-~]{1,200})$/, "a caller has another form")
  .refine(
    (name) => isOwn(name) || name.startsWith("channel:"),
    "a caller must be the owner, or a session, agent, job or channel of the owner",
  );

const program = plainText.refine(
  (word) => !/^-|=/.test(word) && word !== "" && (!word.includes("/") || path.safeParse(word).success),
  "a program must be given by its name or its absolute path",
);

const scope = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("run"),
    words: z.tuple([program], plainText).refine(({ length }) => length <= 50, "there are too many words"),
    rest: z.boolean(),
  }),
  z.strictObject({ type: z.literal("read"), path }),
  z.strictObject({ type: z.literal("write"), path }),
  z.strictObject({ type: z.literal("reach"), host }),
  z.strictObject({ type: z.literal("browse"), origin, may: z.enum(browsing) }),
  z.strictObject({ type: z.literal("tool"), name: z.enum(namedTools) }),
  z.strictObject({ type: z.literal("undo") }),
]);

const duration = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("session"), session: caller }),
  z.strictObject({ kind: z.literal("until"), at: timestamp }),
  z.strictObject({ kind: z.literal("always"), reviewAt: timestamp }),
]);

const form = z.strictObject({
  effect: z.enum(["allow", "deny"]),
  scope,
  callers: z.array(caller).min(1, "nobody is named who may use it").max(50).nullable(),
  duration,
  source: z.enum(["tab", "cli", "preset", "request"]),
});

/** The form of a grant, whatever the time and the computer. */
export const newGrantForm = form
  .refine(
    ({ effect, callers }) => effect === "deny" || callers !== null,
    "whom it allows something must be named: strangers have no grants",
  )
  .refine(
    ({ callers, duration }) =>
      duration.kind !== "session" || (callers?.length === 1 && callers[0] === duration.session),
    "a grant for a session is for that session only",
  )
  .refine(
    ({ effect, scope, source }) =>
      effect === "deny" || source !== "request" || scope.type !== "browse" || scope.may !== "script",
    "scripts in pages are granted by hand, and never as the answer to a question",
  );

/** What stands on the disk. */
export const heldGrantForm = form.extend({
  id: z.string().min(1).max(200),
  createdAt: timestamp,
  uses: timestamp,
  lastUsedAt: timestamp.nullable(),
  renewedAt: timestamp.nullable(),
  epoch: timestamp,
});

/** As `URL` writes it: so that two ways to write one host are not two hosts. */
function isHost(text: string): boolean {
  const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
  const isName = text.length <= 253 && new RegExp(String.raw`^${label}(?:\.${label})*$`).test(text);
  if (!isName && !/^\[[0-9a-f:.]+\]$/.test(text)) return false;
  return URL.canParse(`https://${text}/`) && new URL(`https://${text}/`).hostname === text;
}
