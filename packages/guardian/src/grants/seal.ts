import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";

/** Tells what SmartClaw wrote from what anybody else wrote (HMAC-SHA-256). */
export interface Seal {
  /** Of one grant. @param value all of it, in one text */
  ofGrant(value: string): Uint8Array;
  /** Of the state and of which grants there are, in whatever order. */
  ofSet(state: string, grants: readonly Uint8Array[]): Uint8Array;
}

/** @param key 32 bytes */
export function createSeal(key: Uint8Array): Seal {
  if (key.length !== 32) throw new RangeError("the key of the grants has 32 bytes");
  const secret = createSecretKey(key);
  // Neither label is the beginning of the other, so that no seal of one kind is one of the other kind.
  const seal = (label: string, text: string): Uint8Array =>
    createHmac("sha256", secret).update(`smartclaw guardian ${label} v1\0`).update(text).digest();
  return {
    ofGrant: (value) => seal("grant", value),
    ofSet: (state, grants) =>
      seal(
        "set",
        JSON.stringify([state, ...grants.map((one) => Buffer.from(one).toString("hex")).toSorted()]),
      ),
  };
}

/** Takes equally long for every two seals. */
export function isSameSeal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
