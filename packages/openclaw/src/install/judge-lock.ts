import { hashesOf, idOf, type Lock, type LockedPackage, type PackageId, packagesOf } from "./lock.ts";
import type { SignatureCheck } from "./registry-signatures.ts";

export type LockVerdict =
  | { readonly verdict: "trusted" }
  /** Only the user can let it through. */
  | { readonly verdict: "hold"; readonly reasons: readonly string[] }
  | { readonly verdict: "refused"; readonly reason: string };

interface Rule {
  readonly hits: (one: LockedPackage) => boolean;
  readonly say: (names: string) => string;
}

const namedAtMost = 3;

/**
 * Whether a list that was made from what the registry says may be installed. Pure. `earlier` is a list that is trusted,
 * `signatures` what `checkSignatures` found of all that it does not hold; a package in neither counts as unsigned.
 */
export function judgeLock(input: {
  readonly earlier: Lock | null;
  readonly next: Lock;
  readonly signatures: ReadonlyMap<PackageId, SignatureCheck>;
  /** The registry is known to sign its packages, even when nothing that it sent now was signed. */
  readonly registrySigns: boolean;
}): LockVerdict {
  const { earlier, signatures } = input;
  const known = hashesOf(earlier);
  const before = Map.groupBy(earlier === null ? [] : packagesOf(earlier), ({ name }) => name);
  const hashes = new Map<PackageId, Set<string>>();
  for (const one of packagesOf(input.next))
    hashes.set(idOf(one), (hashes.get(idOf(one)) ?? new Set()).add(one.integrity));
  const had = (one: LockedPackage, what: "attested" | "hasInstallScript"): boolean =>
    before.get(one.name)?.some(({ entry }) => entry[what] === true) === true;
  const is =
    (state: SignatureCheck["state"]) =>
    (one: LockedPackage): boolean =>
      (signatures.get(idOf(one))?.state ?? "unsigned") === state;
  const signs =
    input.registrySigns ||
    [...signatures.values()].some(({ state }) => state !== "unsigned") ||
    [...before.values()].flat().some(({ entry }) => entry.signed === true);

  const refusals: readonly Rule[] = [
    {
      // With the same file it would not be looked at.
      hits: (one) => known.has(idOf(one)),
      say: (names) => `The registry has another file than before under the same version of ${names}.`,
    },
    {
      hits: (one) => is("other-file")(one) || (hashes.get(idOf(one))?.size ?? 0) > 1,
      say: (names) => `The registry names two different files for ${names}.`,
    },
    {
      hits: is("wrong-signature"),
      say: (names) => `The signature of ${names} is wrong; someone may be changing what the registry sends.`,
    },
    {
      hits: is("unknown-key"),
      say: (names) => `SmartClaw does not know the key that signed ${names}.`,
    },
  ];
  const doubts: readonly Rule[] = [
    {
      hits: is("unsigned"),
      say: (names) =>
        signs
          ? `There is no signature for ${names}, although this registry signs its packages.`
          : `This registry does not sign its packages, so nothing vouches for ${names}.`,
    },
    { hits: is("expired"), say: (names) => `Only a key that is no longer in use vouches for ${names}.` },
    {
      hits: (one) => had(one, "attested") && signatures.get(idOf(one))?.attested !== true,
      say: (names) => `Earlier versions had a proof of where they were built, which is missing for ${names}.`,
    },
    {
      hits: (one) => one.entry.hasInstallScript === true && !had(one, "hasInstallScript"),
      say: (names) => `There is a new install script in ${names}.`,
    },
  ];

  const fresh = packagesOf(input.next).filter((one) => known.get(idOf(one)) !== one.integrity);
  const said = (rules: readonly Rule[]): string[] =>
    rules.flatMap(({ hits, say }) => {
      const names = new Set(fresh.filter(hits).map(({ name, version }) => `${name} ${version}`));
      return names.size === 0 ? [] : [say(nameSome([...names]))];
    });
  const [reason] = said(refusals);
  if (reason !== undefined) return { verdict: "refused", reason };
  const reasons = said(doubts);
  return reasons.length === 0 ? { verdict: "trusted" } : { verdict: "hold", reasons };
}

function nameSome(names: readonly string[]): string {
  const first = names.slice(0, namedAtMost);
  const last = names.length > namedAtMost ? `${names.length - namedAtMost} more` : first.pop();
  return first.length === 0 ? `${last}` : `${first.join(", ")} and ${last}`;
}
