import { posix } from "node:path";
import { z } from "zod";
import { createDecider } from "../decide.ts";
import type { Grant } from "../grants/grant.ts";
import { protectedPlaces } from "../paths/protected-places.ts";
import type { World } from "../world/world.ts";

const time = z.iso.datetime().transform((text) => Date.parse(text));
const extra = { until: time.optional(), caller: z.string().optional() };
const grant = z.union([
  z.strictObject({ exec: z.string().min(1), ...extra }),
  z.strictObject({ read: z.string().startsWith("/"), ...extra }),
  z.strictObject({ write: z.string().startsWith("/"), ...extra }),
  z.strictObject({ net: z.string().min(1), ...extra }),
  z.strictObject({ undo: z.literal(true), ...extra }),
]);

/** One line of a file of commands; what it has beside this is left alone. */
export const checkedLine = z.looseObject({
  id: z.string(),
  cmd: z.string(),
  cwd: z.string().startsWith("/"),
  /** Each is looked at by itself: one that is not known takes nothing from the others. */
  grants: z.array(z.unknown()),
  caller: z.string().default("owner"),
  now: time.default(Date.UTC(2025, 11, 1)),
});
export type CheckedLine = z.infer<typeof checkedLine>;

export interface CheckResult {
  readonly id: string;
  readonly decision: "allow" | "ask" | "deny";
  readonly reasons: readonly string[];
}

/**
 * Judges a command by the grants that stand beside it. Nothing is run.
 * @param described for lines whose folder is not on this computer
 */
export function checkLine(line: CheckedLine, here: World, described: World): CheckResult {
  const world = here.entry(line.cwd)?.kind === "folder" ? ofLine(line.cwd, here, described) : described;
  const request = { text: line.cmd, folder: line.cwd, caller: line.caller, now: line.now };
  const known = line.grants.flatMap((given) => grant.safeParse(given).data ?? []);
  const grants = known.map((given, at) => toGrant(given, at, line.cwd));
  const { decision, reasons } = createDecider(grants, world)(request);
  // It could be one that forbids.
  if (decision === "allow" && known.length < line.grants.length)
    return { id: line.id, decision: "ask", reasons: ["a grant is not understood"] };
  return { id: line.id, decision, reasons };
}

/** The files are those of this computer; whose home it is says the folder, and every program counts as installed. */
function ofLine(folder: string, here: World, described: World): World {
  const [, home = here.home, user = here.user] = /^(\/home\/([^/]+))(?:\/|$)/.exec(folder) ?? [];
  const places = new Map([...here.protectedPlaces, ...protectedPlaces(home, [], () => null)]);
  const { programFolders, controlPorts } = described;
  return {
    ...here,
    home,
    user,
    protectedPlaces: places,
    programFolders,
    controlPorts,
    isProgram: (path) => described.isProgram(path),
  };
}

function toGrant(given: z.infer<typeof grant>, at: number, folder: string): Grant {
  const isRun = "exec" in given;
  return {
    id: String(at + 1),
    effect: "allow",
    scope: scopeOf(given, folder),
    // Folders and hosts are for whoever may run something there.
    callers: given.caller === undefined ? (isRun ? ["owner"] : null) : [given.caller],
    until: given.until ?? null,
  };
}

function scopeOf(given: z.infer<typeof grant>, folder: string): Grant["scope"] {
  if ("exec" in given) {
    const rest = given.exec.endsWith(" *");
    const words = (rest ? given.exec.slice(0, -2) : given.exec).split(" ").filter((word) => word !== "");
    const [program = "", ...others] = words;
    return {
      type: "run",
      words: [program.includes("/") ? posix.resolve(folder, program) : program, ...others],
      rest,
    };
  }
  if ("read" in given) return { type: "read", path: given.read };
  if ("write" in given) return { type: "write", path: given.write };
  return "net" in given ? { type: "reach", host: given.net } : { type: "undo" };
}
