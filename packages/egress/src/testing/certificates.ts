import { generate } from "selfsigned";

/** A throw-away certificate authority and a leaf for `hosts`, in PEM. */
export async function makeTestCertificates(
  hosts: readonly string[],
): Promise<{ ca: string; key: string; cert: string }> {
  const authority = await generate([{ name: "commonName", value: "SmartClaw test authority" }], {
    algorithm: "sha256",
    keyType: "ec",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, digitalSignature: true, critical: true },
    ],
  });
  const leaf = await generate([{ name: "commonName", value: hosts[0] ?? "localhost" }], {
    algorithm: "sha256",
    keyType: "ec",
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: hosts.map((host) =>
          /^[\d.]+$/.test(host) ? { type: 7 as const, ip: host } : { type: 2 as const, value: host },
        ),
      },
    ],
  });
  return { ca: authority.cert, key: leaf.private, cert: leaf.cert };
}
