import { associatedData, deriveKey, open, seal } from "@smartclaw/crypto";
import {
  type Clock,
  type RandomBytes,
  Secret,
  type SecretInfo,
  type SecretStore,
  SmartClawError,
} from "@smartclaw/contracts";
import { z } from "zod";
import type { VaultFile } from "./vault-file.ts";

const manifestSchema = z.record(z.string(), z.number().int().positive());

/**
 * Secrets as sealed rows, for as long as the vault is open.
 *
 * A row is bound to its id and version. A sealed manifest names the current version of every row and is written in the
 * same transaction, so a row that was deleted, swapped or put back to an older state is noticed. Putting back the
 * *whole* file is not: that would need a counter outside it.
 */
export interface SealedSecrets extends SecretStore {
  /** Writes the times of last use where it can, and forgets the keys in any case. */
  dispose(): void;
}

export function createSealedSecrets(deps: {
  file: VaultFile;
  masterKey: Uint8Array;
  clock: Clock;
  random: RandomBytes;
}): SealedSecrets {
  const { file, clock, random } = deps;
  const secretKey = deriveKey(deps.masterKey, "vault/secret");
  const manifestKey = deriveKey(deps.masterKey, "vault/manifest");
  const used = new Map<string, number>();
  const bound = (id: string, version: number): Uint8Array => associatedData("secret", id, version);

  const manifest = (): Record<string, number> => {
    const sealed = file.manifest();
    const opened = sealed === null ? null : open(manifestKey, sealed, associatedData("manifest"));
    if (opened === null) throw tampered();
    return manifestSchema.parse(JSON.parse(new TextDecoder().decode(opened)));
  };
  const saveManifest = (versions: Record<string, number>): void => {
    const plain = new TextEncoder().encode(JSON.stringify(versions));
    file.putManifest(seal(manifestKey, plain, associatedData("manifest"), random));
  };
  const lastUsed = (id: string, stored: number | null): number | null => used.get(id) ?? stored;
  const writeTimes = (): void => {
    if (used.size === 0) return;
    file.transaction(() => {
      for (const [id, at] of used) file.touch("secret", id, at);
    });
    used.clear();
  };

  if (file.manifest() === null) {
    if (file.secrets().length > 0) throw tampered();
    file.transaction(() => saveManifest({}));
  }
  manifest();

  return {
    get(id) {
      const versions = manifest();
      const row = file.secret(id);
      const version = Object.hasOwn(versions, id) ? versions[id] : undefined;
      if (row === null && version === undefined) return null;
      if (row === null || row.version !== version) throw tamperedRow();
      const plain = open(secretKey, row.sealed, bound(id, row.version));
      if (plain === null) throw tamperedRow();
      used.set(id, clock.now());
      const secret = Secret.fromBytes(plain);
      plain.fill(0);
      return secret;
    },
    put(id, secret) {
      const info = file.transaction((): SecretInfo => {
        const versions = manifest();
        const before = file.secret(id);
        const version = (versions[id] ?? 0) + 1;
        const now = clock.now();
        const plain = secret.reveal();
        const sealed = seal(secretKey, plain, bound(id, version), random);
        plain.fill(0);
        const created = before?.created_at ?? now;
        const last = lastUsed(id, before?.last_used_at ?? null);
        file.putSecret({ id, version, sealed, created_at: created, updated_at: now, last_used_at: last });
        saveManifest({ ...versions, [id]: version });
        return { id, version, createdAt: created, updatedAt: now, lastUsedAt: last };
      });
      file.scrub();
      return info;
    },
    remove(id) {
      const removed = file.transaction(() => {
        const { [id]: version, ...others } = manifest();
        if (version === undefined) return false;
        file.removeSecret(id);
        saveManifest(others);
        return true;
      });
      used.delete(id);
      if (removed) file.scrub();
      return removed;
    },
    list: () =>
      file.secrets().map((row) => ({
        id: row.id,
        version: row.version,
        createdAt: row.created_at,
        updatedAt: row.updated_at,
        lastUsedAt: lastUsed(row.id, row.last_used_at),
      })),
    dispose() {
      try {
        writeTimes();
      } catch {
        // A full or failing disk: these times are not worth keeping the keys in memory for.
      } finally {
        secretKey.fill(0);
        manifestKey.fill(0);
      }
    },
  };
}

export function tampered(): SmartClawError {
  return new SmartClawError(
    "VAULT_TAMPERED",
    "The vault file was changed by something other than SmartClaw, so nothing in it is used.",
    "Put back a copy of vault.sqlite from a backup, or move the file away to begin with an empty vault.",
  );
}

function tamperedRow(): SmartClawError {
  return new SmartClawError(
    "VAULT_TAMPERED",
    "This key was changed in the vault file by something other than SmartClaw, so it is not used.",
    "Remove it on the Keys page and add it again, or put back a copy of vault.sqlite from a backup.",
  );
}
