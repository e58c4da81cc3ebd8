import { associatedData, deriveKey, open, seal } from "@smartclaw/crypto";
import type { RandomBytes, SlotKind, VaultSlot } from "@smartclaw/contracts";
import { slotKind } from "@smartclaw/contracts";
import type { z } from "zod";
import { damaged, type SlotRow } from "./vault-file.ts";

/** A slot as it lies in the file: how to get its key, and the master key wrapped with it. */
export function wrapMasterKey(input: {
  kind: SlotKind;
  /** JSON; authenticated with the slot, not secret. */
  parameters: string;
  slotKey: Uint8Array;
  masterKey: Uint8Array;
  now: number;
  random: RandomBytes;
}): SlotRow {
  const id = Buffer.from(input.random(8)).toString("hex");
  const wrapped = seal(
    deriveKey(input.slotKey, "vault/slot"),
    input.masterKey,
    associatedData("slot", id, input.kind, input.parameters),
    input.random,
  );
  return {
    id,
    kind: input.kind,
    parameters: input.parameters,
    wrapped,
    created_at: input.now,
    last_used_at: null,
  };
}

/** The master key, or null when `slotKey` is not this slot's or the slot was changed. */
export function unwrapMasterKey(row: SlotRow, slotKey: Uint8Array): Uint8Array | null {
  const bound = associatedData("slot", row.id, row.kind, row.parameters);
  const masterKey = open(deriveKey(slotKey, "vault/slot"), row.wrapped, bound);
  return masterKey?.length === 32 ? masterKey : null;
}

/** What may be shown of a slot. @throws SmartClawError STORAGE_CORRUPT when it is of no known kind */
export function describeSlot(row: SlotRow): VaultSlot {
  const kind = slotKind.safeParse(row.kind);
  if (!kind.success) throw damaged();
  return {
    id: row.id,
    kind: kind.data,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  };
}

/** How to get a slot's key. @throws SmartClawError STORAGE_CORRUPT when that cannot be read */
export function parametersOf<S extends z.ZodType>(row: SlotRow, schema: S): z.output<S> {
  try {
    return schema.parse(JSON.parse(row.parameters));
  } catch {
    throw damaged();
  }
}
