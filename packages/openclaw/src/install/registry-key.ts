import { z } from "zod";

/** One of a registry's signing keys, as `/-/npm/v1/keys` gives them. */
export const registryKey = z.object({
  keyid: z.string(),
  /** Base64 of the DER form (SubjectPublicKeyInfo). */
  key: z.string(),
  expires: z.iso.datetime({ offset: true }).nullable(),
});
export type RegistryKey = z.infer<typeof registryKey>;
