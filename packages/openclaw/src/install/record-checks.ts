import { idOf, type Lock, type PackageId, packagesOf } from "./lock.ts";
import type { SignatureCheck } from "./registry-signatures.ts";

/** The list with what was found out written down, for the next one to be judged by. */
export function recordChecks(
  next: Lock,
  earlier: Lock | null,
  signatures: ReadonlyMap<PackageId, SignatureCheck>,
): Lock {
  const before = new Map(earlier === null ? [] : packagesOf(earlier).map((one) => [idOf(one), one.entry]));
  const packages = { ...next.packages };
  for (const one of packagesOf(next)) {
    const { path, entry } = one;
    const check = signatures.get(idOf(one));
    const { size, signed, attested } =
      check === undefined
        ? (before.get(idOf(one)) ?? {})
        : { size: undefined, signed: check.state === "signed", attested: check.attested };
    packages[path] = {
      ...entry,
      ...(size !== undefined && { size }),
      ...(signed === true && { signed }),
      ...(attested === true && { attested }),
    };
  }
  return { ...next, packages };
}
