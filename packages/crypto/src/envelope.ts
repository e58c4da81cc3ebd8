import { gcm } from "@noble/ciphers/aes.js";
import type { RandomBytes } from "@smartclaw/contracts";

const formatVersion = 1;
const nonceLength = 12;
const tagLength = 16;

/** Bytes needed beside the plaintext. */
export const envelopeOverhead = 1 + nonceLength + tagLength;

/**
 * AES-256-GCM (NIST SP 800-38D) as `version(1) | nonce(12) | ciphertext | tag(16)`. The nonce is random, which is
 * safe for up to 2^32 envelopes under one key.
 * @param key 32 bytes
 * @param bound what the envelope belongs to, from `associatedData`; opening needs the same
 */
export function seal(
  key: Uint8Array,
  plaintext: Uint8Array,
  bound: Uint8Array,
  random: RandomBytes,
): Uint8Array {
  requireKey(key);
  const nonce = random(nonceLength);
  const sealed = gcm(key, nonce, bound).encrypt(plaintext);
  const envelope = new Uint8Array(1 + nonceLength + sealed.length);
  envelope[0] = formatVersion;
  envelope.set(nonce, 1);
  envelope.set(sealed, 1 + nonceLength);
  return envelope;
}

/** The plaintext, or null when the key, the binding or any bit of the envelope is not the one it was sealed with. */
export function open(key: Uint8Array, envelope: Uint8Array, bound: Uint8Array): Uint8Array | null {
  requireKey(key);
  if (envelope.length < envelopeOverhead || envelope[0] !== formatVersion) return null;
  try {
    return gcm(key, envelope.subarray(1, 1 + nonceLength), bound).decrypt(envelope.subarray(1 + nonceLength));
  } catch {
    return null;
  }
}

function requireKey(key: Uint8Array): void {
  if (key.length !== 32) throw new RangeError("AES-256 needs a key of 32 bytes");
}
