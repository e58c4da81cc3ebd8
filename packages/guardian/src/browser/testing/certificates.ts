import { generate } from "selfsigned";

/** A throw-away certificate authority and a certificate for `hosts`, in PEM. */
export async function testCertificates(
  hosts: readonly [string, ...string[]],
): Promise<{ authority: string; key: string; cert: string }> {
  const kind = { algorithm: "sha256", keyType: "ec" } as const;
  const authority = await generate([{ name: "commonName", value: "SmartClaw test authority" }], {
    ...kind,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, digitalSignature: true, critical: true },
    ],
  });
  const leaf = await generate([{ name: "commonName", value: hosts[0] }], {
    ...kind,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: hosts.map((value) => ({ type: 2 as const, value })) },
    ],
  });
  return { authority: authority.cert, key: leaf.private, cert: leaf.cert };
}
