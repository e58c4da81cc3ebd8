import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { SmartClawError } from "@smartclaw/contracts";
import { inParallel } from "./in-parallel.ts";
import { hashesOf, idOf, type Lock, type LockedPackage, type PackageId, packagesOf } from "./lock.ts";
import type { RegistryKey } from "./registry-key.ts";
import type { RegistryReader, VersionFacts } from "./registry-reader.ts";

/** What became of a look at one package. */
export interface SignatureCheck {
  readonly state:
    | "signed"
    | "unsigned"
    /**
     * The signature is right, and its key no longer in use. npm asks whether the package was published before that, but
     * the time is not signed, so that whoever has an old key could choose it.
     */
    | "expired"
    | "wrong-signature"
    | "unknown-key"
    /** The registry gives another hash than the list has. */
    | "other-file";
  /** The registry has a proof of where the package was built. */
  readonly attested: boolean;
}

const parallel = 8;

/**
 * Asks the registry about every package that `earlier` does not hold with the same hash, and checks its signature.
 * What was trusted stays trusted: those of `earlier` are not in the answer.
 * @throws SmartClawError NETWORK_UNREACHABLE, INSTALL_FAILED when the registry does not tell
 */
export async function checkSignatures(
  lists: { readonly earlier: Lock | null; readonly next: Lock },
  keys: readonly RegistryKey[],
  deps: {
    readonly reader: Pick<RegistryReader, "facts">;
    readonly now: () => number;
    readonly onProgress: (done: number, total: number) => void;
  },
): Promise<Map<PackageId, SignatureCheck>> {
  const judge = createSignatureJudge(keys, deps.now());
  const known = hashesOf(lists.earlier);
  const fresh = new Map(
    packagesOf(lists.next)
      .filter((one) => known.get(idOf(one)) !== one.integrity)
      .map((one) => [idOf(one), one]),
  );
  const checks = new Map<PackageId, SignatureCheck>();
  await inParallel([...fresh], parallel, async ([id, one]) => {
    const facts = await deps.reader.facts(one.name, one.version);
    checks.set(id, { state: judge(one, facts), attested: facts.attested });
    deps.onProgress(checks.size, fresh.size);
  });
  return checks;
}

/**
 * ECDSA over P-256 and SHA-256 of `name@version:integrity`: https://docs.npmjs.com/about-registry-signatures. One key in
 * use has to have signed; while keys are changed there are two signatures, and one key may still be unknown here.
 * @throws SmartClawError INTERNAL when a key is not one of that kind
 */
export function createSignatureJudge(
  keys: readonly RegistryKey[],
  now: number,
): (
  one: Pick<LockedPackage, "name" | "version" | "integrity">,
  facts: VersionFacts,
) => SignatureCheck["state"] {
  const known = new Map(
    keys.map(({ keyid, key, expires }) => [
      keyid,
      { key: readKey(key), expired: expires !== null && Date.parse(expires) <= now },
    ]),
  );
  return (one, { integrity, signatures }) => {
    if (integrity !== one.integrity) return "other-file";
    const message = Buffer.from(`${idOf(one)}:${integrity}`);
    const found = new Set<SignatureCheck["state"]>();
    for (const { keyid, sig } of signatures) {
      const signer = known.get(keyid);
      if (signer === undefined) found.add("unknown-key");
      else if (!verify("sha256", message, signer.key, Buffer.from(sig, "base64"))) return "wrong-signature";
      else found.add(signer.expired ? "expired" : "signed");
    }
    if (found.has("signed")) return "signed";
    if (found.has("expired")) return "expired";
    return found.has("unknown-key") ? "unknown-key" : "unsigned";
  };
}

function readKey(spki: string): KeyObject {
  try {
    const key = createPublicKey({ key: Buffer.from(spki, "base64"), format: "der", type: "spki" });
    if (key.asymmetricKeyDetails?.namedCurve === "prime256v1") return key;
  } catch {}
  throw new SmartClawError(
    "INTERNAL",
    "One of the keys that the npm registry signs with cannot be read.",
    "Update SmartClaw; the release at hand stays.",
  );
}
