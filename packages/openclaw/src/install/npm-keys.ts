import seeds from "@sigstore/tuf/seeds.json" with { type: "json" };
import { z } from "zod";
import { type RegistryKey, registryKey } from "./registry-key.ts";

const repository = "https://tuf-repo-cdn.sigstore.dev";
const target = encodeURIComponent("registry.npmjs.org/keys.json");

/** As far as it is used here; the same keys stand there once more, for attestations. */
const keyFile = z.object({
  keys: z.array(
    z.object({
      keyId: z.string(),
      keyUsage: z.string(),
      publicKey: z.object({
        rawBytes: z.string(),
        keyDetails: z.string(),
        validFor: z.object({ end: z.string().optional() }),
      }),
    }),
  ),
});

/**
 * The keys that npm's registry signs packages with, from Sigstore's TUF repository, as SmartClaw's own release brings
 * them.
 *
 * No third host is asked for newer ones. Then whoever can answer for that host on the way could have his own keys
 * believed, and an update would fail whenever it is out of reach. These change once in years; a package that is signed
 * with a key that is not here yet is refused, what runs goes on, and SmartClaw's next release brings the key.
 *
 * @throws ZodError when the file has another form than the version of the package that is pinned
 */
export function npmKeys(): RegistryKey[] {
  const seed = z
    .object({ [repository]: z.object({ targets: z.object({ [target]: z.base64() }) }) })
    .parse(seeds);
  const text = Buffer.from(seed[repository]?.targets[target] ?? "", "base64").toString("utf8");
  return keyFile
    .parse(JSON.parse(text))
    .keys.filter(
      ({ keyUsage, publicKey }) =>
        keyUsage === "npm:signatures" && publicKey.keyDetails === "PKIX_ECDSA_P256_SHA_256",
    )
    .map(({ keyId, publicKey: { rawBytes, validFor } }) =>
      registryKey.parse({ keyid: keyId, key: rawBytes, expires: validFor.end ?? null }),
    );
}
