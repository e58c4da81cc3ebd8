import type { Keystore, KeystoreReading } from "../keystore.ts";

/** A stand-in for the operating system's keystore, in memory; the real one has its own test. */
export interface MemoryKeystore extends Keystore {
  /** What the next reading gives. */
  answer: KeystoreReading;
  /** How often it was asked so far. */
  readonly asked: { reads: number; writes: number };
}

export function createMemoryKeystore(): MemoryKeystore {
  const keystore: MemoryKeystore = {
    name: "The stand-in keystore",
    answer: { kind: "missing" },
    asked: { reads: 0, writes: 0 },
    read() {
      keystore.asked.reads++;
      return Promise.resolve(keystore.answer);
    },
    write(secret) {
      keystore.asked.writes++;
      keystore.answer = { kind: "found", secret };
      return Promise.resolve(null);
    },
    remove() {
      keystore.answer = { kind: "missing" };
      return Promise.resolve(null);
    },
  };
  return keystore;
}
