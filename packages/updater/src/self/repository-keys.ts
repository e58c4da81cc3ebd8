import { createHash, createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalize } from "@tufjs/canonical-json";
import { Key, Signature } from "@tufjs/models";
import { writeDurably } from "./durable.ts";

/** https://theupdateframework.github.io/specification/latest/, section 2.1. */
export const roles = ["root", "targets", "snapshot", "timestamp"] as const;
export type Role = (typeof roles)[number];

type Signer = (bytes: Buffer) => Signature;

/** The private keys of a repository: a file each, named by its role and its key's id, for its owner's eyes only. */
export interface RepositoryKeys {
  /** A new Ed25519 key; durable when it returns. */
  make(role: Role): Key;
  /** Null when this folder does not have the key, because it is kept elsewhere. */
  signer(role: Role, keyId: string): Signer | null;
}

/** @param folder made with mode 0700 when a key is made */
export function openKeys(folder: string): RepositoryKeys {
  const fileOf = (role: Role, keyId: string): string => join(folder, `${role}-${keyId.slice(0, 16)}.pem`);
  return {
    make(role) {
      const { publicKey, privateKey } = generateKeyPairSync("ed25519");
      const { x = "" } = publicKey.export({ format: "jwk" });
      const value = {
        keytype: "ed25519",
        scheme: "ed25519",
        keyval: { public: Buffer.from(x, "base64url").toString("hex") },
      };
      // The id of a key, as section 4.2 has it.
      const keyId = createHash("sha256").update(canonicalize(value)).digest("hex");
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const pem = privateKey.export({ type: "pkcs8", format: "pem" });
      writeDurably(fileOf(role, keyId), Buffer.from(pem), 0o600);
      return Key.fromJSON(keyId, value);
    },
    signer(role, keyID) {
      const file = fileOf(role, keyID);
      if (!existsSync(file)) return null;
      const key = createPrivateKey(readFileSync(file));
      return (bytes) => new Signature({ keyID, sig: sign(null, bytes, key).toString("hex") });
    },
  };
}
