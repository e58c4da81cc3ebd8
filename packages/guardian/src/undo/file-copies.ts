import type { FileWindows } from "../broker/file-windows.ts";
import type { FileOrders } from "../files/file-orders.ts";
import { SmartClawError } from "@smartclaw/contracts";
import { resolvePath } from "../paths/resolve.ts";
import type { World } from "../world/world.ts";
import { takeWhole } from "./command-copies.ts";
import { knownLimits } from "./limits.ts";
import type { SnapshotStore } from "./snapshot-store.ts";

/** Before a file is written over or removed, a copy of it is kept. Everything else goes on as it did. */
export function withFileCopies(
  carryOut: FileOrders,
  deps: {
    readonly store: SnapshotStore;
    readonly windows: Pick<FileWindows, "covers" | "withoutCopy">;
    readonly world: World;
  },
): FileOrders {
  const { store, windows, world } = deps;

  async function keepFirst(session: string, path: string, act: (noted: object) => unknown): Promise<unknown> {
    const text = `Write ${path}`;
    const copy = await takeWhole(store, { session, text }, [path], knownLimits);
    let done: unknown;
    try {
      if (!copy.isStill())
        throw new SmartClawError(
          "CONFLICT",
          "The file was changed by somebody else at this moment.",
          "Read it again first.",
        );
      done = act({ copy: copy.id });
    } catch (error) {
      store.drop(copy.id);
      throw error;
    }
    await store.ended(copy.id);
    return done;
  }

  return (session, order) => {
    const isLoss = order.what === "remove" || (order.what === "write" && !order.exclusive);
    const place = isLoss ? resolvePath(world, "/", order.path) : null;
    if (place === null || place.kind === "missing" || !windows.covers(session, "write", place.path))
      return carryOut(session, order);
    const noCopy = windows.withoutCopy(session, place.path);
    if (noCopy !== null) return carryOut(session, order, { noCopy });
    return keepFirst(session, place.path, (noted) => carryOut(session, order, noted));
  };
}
