import { argon2 } from "node:crypto";
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { deriveKey } from "@smartclaw/crypto";
import { SmartClawError, type RandomBytes } from "@smartclaw/contracts";
import { z } from "zod";

const argon2Async = promisify(argon2);

/** Parameters of argon2id (RFC 9106), stored with the slot so that they can grow. Memory in KiB. */
export const argon2Parameters = z.object({
  salt: z.base64(),
  memory: z.number().int().min(8192).max(4_194_304),
  passes: z.number().int().min(1).max(64),
  parallelism: z.number().int().min(1).max(64),
});
export type Argon2Parameters = z.infer<typeof argon2Parameters>;

/** RFC 9106's second recommended option: 64 MiB, three passes, four lanes. */
export function newArgon2Parameters(random: RandomBytes): Argon2Parameters {
  return { salt: Buffer.from(random(16)).toString("base64"), memory: 65_536, passes: 3, parallelism: 4 };
}

/** 32 bytes; takes a fifth of a second on purpose. */
export async function keyOfPassphrase(passphrase: string, parameters: Argon2Parameters): Promise<Uint8Array> {
  const key = await argon2Async("argon2id", {
    message: passphrase.normalize("NFKC"),
    nonce: Buffer.from(parameters.salt, "base64"),
    memory: parameters.memory,
    passes: parameters.passes,
    parallelism: parameters.parallelism,
    tagLength: 32,
  });
  return Uint8Array.from(key);
}

export function keyOfEntropy(entropy: Uint8Array): Uint8Array {
  return deriveKey(entropy, "recovery-phrase");
}

/** @returns 32 bytes, or null when the credential is not that long. */
export function keyOfCredential(content: Uint8Array): Uint8Array | null {
  if (content.length === 32) return Uint8Array.from(content);
  const decoded = Buffer.from(Buffer.from(content).toString("utf8").trim(), "base64");
  return decoded.length === 32 ? Uint8Array.from(decoded) : null;
}

/**
 * Reads a key file. It must be a regular file of mode 0400 (the owner reads, nobody writes) that belongs to this user.
 * @throws SmartClawError KEYSTORE_UNAVAILABLE with what is wrong with it
 */
export function readKeyFile(path: string, platform: string): Uint8Array {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch {
    throw fileFault(`The key file ${path} cannot be opened.`);
  }
  try {
    const { mode, uid, size } = fstatSync(descriptor);
    if (platform !== "win32" && (mode & 0o777) !== 0o400)
      throw fileFault(`The key file ${path} must have mode 0400.`);
    if (platform !== "win32" && uid !== process.getuid?.())
      throw fileFault(`The key file ${path} belongs to another user.`);
    const key = size <= 1024 ? keyOfCredential(readFileSync(descriptor)) : null;
    if (key === null) throw fileFault(`The key file ${path} does not hold a key of 32 bytes.`);
    return key;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Makes a key file of mode 0400; never overwrites, and leaves none behind that is not whole.
 * @throws SmartClawError CONFLICT, KEYSTORE_UNAVAILABLE, DISK_FULL
 */
export function writeKeyFile(path: string, key: Uint8Array): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, "wx", 0o400);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST")
      throw new SmartClawError(
        "CONFLICT",
        `There is a file at ${path} already.`,
        "Name a file that does not exist yet.",
      );
    throw fileFault(`The key file ${path} cannot be made.`);
  }
  try {
    writeFileSync(descriptor, Buffer.from(key).toString("base64"));
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(path, { force: true });
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC")
      throw fileFault(`The key file ${path} cannot be made.`);
    throw new SmartClawError(
      "DISK_FULL",
      `The key file ${path} could not be written: the disk is full.`,
      "Free some space and try again.",
      { cause: error },
    );
  } finally {
    closeSync(descriptor);
  }
}

function fileFault(message: string): SmartClawError {
  return new SmartClawError(
    "KEYSTORE_UNAVAILABLE",
    message,
    "Put the key file right, or open the vault another way.",
  );
}
