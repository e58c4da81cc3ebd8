import { SmartClawError } from "@smartclaw/contracts";
import { z } from "zod";
import { resolvePath } from "../paths/resolve.ts";
import type { World } from "../world/world.ts";
import type { FileWindows } from "../broker/file-windows.ts";
import { fileHands, FileRefusal } from "./file-hands.ts";

const path = z.string().startsWith("/").max(4096);

/** What a file tool of OpenClaw wants of the computer. Bytes are in base64. */
export const fileOrder = z.discriminatedUnion("what", [
  z.object({ what: z.literal("read"), path, mostBytes: z.number().int().positive().optional() }),
  z.object({
    what: z.literal("write"),
    path,
    data: z.base64(),
    make: z.boolean(),
    exclusive: z.boolean(),
  }),
  z.object({ what: z.enum(["make", "stat", "list", "remove", "where"]), path }),
]);
export type FileOrder = z.infer<typeof fileOrder>;

/** @param more what is written down with it */
export type FileOrders = (session: string, order: FileOrder, more?: object) => unknown;

/** In bytes. */
const largestFile = 64 * 1024 * 1024;

/**
 * Carries file operations out, each in one step: within a window that a decision opened, on the very file that was
 * decided on.
 * @throws SmartClawError FORBIDDEN without a window, NOT_FOUND, BAD_REQUEST with the reason of the system
 */
export function createFileOrders(deps: {
  readonly world: World;
  readonly windows: Pick<FileWindows, "covers">;
  readonly note: (session: string, what: string, path: string, more: object) => void;
}): FileOrders {
  const { world, windows } = deps;

  function placeOf(session: string, order: FileOrder): string {
    const access =
      order.what === "write" || order.what === "remove"
        ? "write"
        : order.what === "read" || order.what === "list"
          ? "read"
          : order.what === "make"
            ? "make"
            : "look";
    const place = resolvePath(world, "/", order.path);
    if (place === null || !windows.covers(session, access, place.path))
      throw new SmartClawError(
        "FORBIDDEN",
        "SmartClaw's Guardian has not decided on this file.",
        "Ask for it by a file tool.",
      );
    return place.path;
  }

  return (session, order, more = {}) => {
    const place = placeOf(session, order);
    if (order.what === "where") return { path: place };
    if (order.what !== "stat") deps.note(session, order.what, place, more);
    try {
      switch (order.what) {
        case "read": {
          const most = Math.min(order.mostBytes ?? largestFile, largestFile);
          return { path: place, data: Buffer.from(fileHands.read(place, most)).toString("base64") };
        }
        case "write": {
          const { make, exclusive } = order;
          return { written: fileHands.write(place, Buffer.from(order.data, "base64"), { make, exclusive }) };
        }
        case "make":
          fileHands.makeFolder(place);
          return {};
        case "remove":
          return { removed: fileHands.remove(place) };
        case "list":
          return { entries: fileHands.list(place) };
        case "stat":
          return { facts: fileHands.stat(place) };
      }
    } catch (error) {
      throw told(error);
    }
  };
}

function told(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof FileRefusal)
    return new SmartClawError("BAD_REQUEST", error.message, "Choose another file.");
  if (code === "ENOENT" || code === "ENOTDIR")
    return new SmartClawError("NOT_FOUND", "There is no such file (ENOENT).", "Look what is there first.");
  if (code === "ENOSPC" || code === "EDQUOT")
    return new SmartClawError("DISK_FULL", "The disk is full.", "Make room, then try again.");
  if (code === undefined) return error;
  const link = code === "ELOOP" ? ": a link was put in its way" : "";
  return new SmartClawError("BAD_REQUEST", `The system refused it (${code}${link}).`, "Choose another file.");
}
