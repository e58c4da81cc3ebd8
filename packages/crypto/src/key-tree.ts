import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";

/**
 * A key of 32 bytes for one purpose, by HKDF-SHA256 (RFC 5869). Keys of different purposes say nothing of each other
 * or of their parent.
 * @param parent 32 bytes of full entropy
 */
export function deriveKey(parent: Uint8Array, purpose: string): Uint8Array {
  return hkdf(sha256, parent, undefined, new TextEncoder().encode(`smartclaw/v1/${purpose}`), 32);
}
