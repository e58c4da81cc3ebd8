import { entropyToMnemonic, mnemonicToEntropy } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";

/** 24 English words for 32 bytes (BIP-39, with its checksum of 8 bits). */
export function phraseOf(entropy: Uint8Array): string {
  if (entropy.length !== 32) throw new RangeError("a recovery phrase holds 32 bytes");
  return entropyToMnemonic(entropy, wordlist);
}

/** The 32 bytes of a phrase as a person types it, or null when a word or the checksum is wrong. */
export function entropyOf(typed: string): Uint8Array | null {
  const words = typed
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z]+/g, " ")
    .trim();
  if (words.split(" ").length !== 24) return null;
  try {
    return mnemonicToEntropy(words, wordlist);
  } catch {
    return null;
  }
}
